"""What the demo promises, checked on what arrived: who confirmed is told, nobody else is, and nothing is lost."""

from app.demo.catcher import Catcher
from app.demo.readers import READERS
from app.demo.summary import alerts_of
from app.flow.deliver import Drained

PATIENCE_SECONDS = 30.0
"""How long a mail may take from the relay's yes to the catcher's list."""


class StoryError(Exception):
    """Something that must happen in the demo did not; said in Vietnamese and in English."""

    def __init__(self, vietnamese: str, english: str) -> None:
        super().__init__(english)
        self.vietnamese = vietnamese
        self.english = english


async def check_arrival(catcher: Catcher, before: int, drained: Drained, seconds: float = PATIENCE_SECONDS) -> None:
    """Wait until what was handed over has joined the `before` mails that were there; StoryError when it does not."""
    if drained.host_down is not None:
        raise StoryError(f"Không gửi được thư: {drained.host_down}", "the relay could not be used")
    if not await catcher.wait_for(before + drained.accepted, seconds):
        raise StoryError("Thư đã gửi mà không đến hộp thư mẫu", "mails were handed over but did not arrive")


def check_readers(catcher: Catcher) -> None:
    """Make sure that every reader who confirmed was told, and no other; StoryError when not."""
    told = alerts_of(catcher.mails)
    for reader in READERS:
        if reader.confirmed and not told.get(reader.address):
            raise StoryError(f"{reader.address} không nhận được cảnh báo nào", "a confirmed subscriber was not told")
        if not reader.confirmed and told.get(reader.address):
            raise StoryError(f"{reader.address} chưa xác nhận mà vẫn bị gửi", "an unconfirmed subscriber was told")
