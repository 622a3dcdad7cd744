"""A Maildir that bounces are delivered to: read from `new`, moved to `cur` when they are dealt with.

The marks are those of any mail program: `S` for seen, `F` (a star) for what a person should look at.
"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import suppress
from pathlib import Path

from app.domain.bounces import IncomingMail
from app.sources.returned import LARGEST_MESSAGE, read_returned

MOST_A_VISIT = 500


class Maildir:
    """One Maildir by its path. What is read of a file is bounded; a file that vanishes meanwhile is somebody else's."""

    door = "maildir"

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def waiting(self) -> AsyncGenerator[IncomingMail, None]:
        """Yield the messages in `new`, the oldest name first, at most `MOST_A_VISIT`. OSError when it cannot be read."""
        for name in await asyncio.to_thread(self._names):
            with suppress(FileNotFoundError):
                yield await asyncio.to_thread(self._read, name)

    async def settle(self, name: str, *, aside: bool) -> None:
        """Move a message to `cur`, seen; `aside`: and flagged."""
        await asyncio.to_thread(self._move, name, "FS" if aside else "S")

    def _names(self) -> list[str]:
        found = (file.name for file in (self._folder / "new").iterdir() if not file.name.startswith("."))
        return sorted(found)[:MOST_A_VISIT]

    def _read(self, name: str) -> IncomingMail:
        with (self._folder / "new" / name).open("rb") as file:
            return IncomingMail(name, read_returned(file.read(LARGEST_MESSAGE)))

    def _move(self, name: str, flags: str) -> None:
        target = self._folder / "cur" / f"{name.partition(':')[0]}:2,{flags}"
        with suppress(FileNotFoundError):
            (self._folder / "new" / name).rename(target)
