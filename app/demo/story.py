"""`keng demo`: a day of Kẻng on one machine, told as it happens.

An ePing stand-in with the bundled sample, a mail catcher and a temporary SQLite file stand where the WTO, the relay and
the database of a real installation are; everything between them is the real thing. Nothing outside the machine is
asked or told.
"""

import asyncio
import logging
import secrets
import signal
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Final

from rich.console import Console

from app.demo.catcher import Catcher, catching
from app.demo.house import House, Places, opened, settings_for
from app.demo.mail_pages import MailPages
from app.demo.narrator import Narrator
from app.demo.notices import SampleNotice, sample_notices
from app.demo.readers import READERS
from app.demo.serving import NoPortError, address_of, listen, port_of, serving
from app.demo.stand_in import StandIn
from app.demo.summary import Fate, Summary, alerts_of, summarise
from app.flow.deliver import Drained
from app.flow.ingest import PullReport
from app.i18n.dates import VIETNAM, short_date, today_in_vietnam
from app.main import create_app
from app.telemetry.logs import configure_logging
from app.worker import work

NOTICE: Final = "Bản trình diễn: dữ liệu mẫu, ngày đã dời"
"""What every page and mail of the demo says."""

_PATIENCE = 30.0
_FREQUENCIES = {"instant": ("gửi ngay", "at once"), "daily": ("gộp theo ngày", "daily digest")}
_NEAREST = 8
_FATES = {
    Fate.MAILED: "đã gửi thư",
    Fate.EARLIER: "có trước khi Kẻng chạy hơn 7 ngày: chỉ lưu, không gửi",
    Fate.UNMATCHED: "đã phát hành, không ai đăng ký lĩnh vực này",
    Fate.UNLABELLED: "chờ người duyệt: chưa nhận ra lĩnh vực",
    Fate.UNSURE: "chờ người duyệt: máy chưa chắc về lĩnh vực",
    Fate.ORPHAN: "chờ người duyệt: chưa có thông báo gốc",
    Fate.CONTRADICTORY: "chờ người duyệt: tiêu đề và mã hàng trái nhau",
    Fate.SILENT: "đã phát hành, nội dung đã báo trước đó",
}


class StoryError(Exception):
    """Something that must happen in the demo did not; said in Vietnamese and in English."""

    def __init__(self, vietnamese: str, english: str) -> None:
        super().__init__(english)
        self.vietnamese = vietnamese
        self.english = english


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """Everything that stands while the demo runs."""

    stand_in: StandIn
    catcher: Catcher
    house: House
    digest_at: datetime
    site: str
    mails_at: str


def run(*, port: int, once: bool, say: Console | None = None) -> int:
    """Run the demo with its pages at `port` or the next free one; return the exit code.

    With `once` it ends when the mails have arrived; without, it stays up until Ctrl-C. 1 means that something that must
    happen did not, and the reason was said.
    """
    configure_logging(level=logging.WARNING)
    return asyncio.run(_until_stopped(port, once, Narrator(say or Console(highlight=False))))


async def _until_stopped(port: int, once: bool, narrator: Narrator) -> int:  # noqa: FBT001 - handed on as it came
    """Play until the end or until somebody stops it, whichever comes first; whatever was opened is closed."""
    stop = asyncio.Event()
    with _stopped_by_signals(stop):
        playing = asyncio.create_task(_play(port, once, narrator, stop))
        stopping = asyncio.create_task(stop.wait())
        await asyncio.wait({playing, stopping}, return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        try:
            return await asyncio.wait_for(playing, None if playing.done() else _PATIENCE)
        except (TimeoutError, asyncio.CancelledError):
            return 1
