"""Reads documents, each in a process of its own with limits of time and memory: what is in them is hostile until read."""

import asyncio
import json
import sys
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Final

from app.domain.attachments import AttachmentState, Reading
from app.sources.documents.limits import EXHAUSTED, ReadingLimits

_ROOT: Final = str(Path(__file__).resolve().parents[3])
_CHILD: Final = "app.sources.documents.child"
_BYTES_OF_A_CHARACTER: Final = 12
"""What JSON makes of a character at most: two escapes of six signs."""
_AROUND: Final = 10_000


class DocumentReader:
    """Reads one document at a time in a process of its own."""

    def __init__(self, limits: ReadingLimits | None = None) -> None:
        self._limits = limits or ReadingLimits()

    async def read(self, body: bytes) -> Reading:
        """Return what a document says, or why it does not; one that takes too long or too much is given up."""
        child = await asyncio.create_subprocess_exec(
            *(sys.executable, "-P", "-m", _CHILD, json.dumps(asdict(self._limits))),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            env={"PYTHONPATH": _ROOT},
            cwd="/",
        )
        try:
            async with asyncio.timeout(self._limits.seconds):
                said, _ = await asyncio.gather(self._heard(child), _hand_over(child, body))
                ended = await child.wait()
        except TimeoutError:
            reason = f"The document takes longer than {self._limits.seconds} seconds to read."
            return Reading(state=AttachmentState.OVER_LIMITS, reason=reason)
        finally:
            with suppress(ProcessLookupError):
                child.kill()
            await child.wait()
        return _reading(said, ended)

    async def _heard(self, child: asyncio.subprocess.Process) -> bytes:
        """Return what the child prints, but not more than a sound reading can be."""
        most = self._limits.characters * _BYTES_OF_A_CHARACTER + _AROUND
        assert child.stdout is not None  # noqa: S101 - it was opened as a pipe
        try:
            return await child.stdout.readexactly(most)
        except asyncio.IncompleteReadError as error:
            return error.partial


async def _hand_over(child: asyncio.subprocess.Process, body: bytes) -> None:
    assert child.stdin is not None  # noqa: S101 - it was opened as a pipe
    with suppress(ConnectionError):  # it may have ended before it took everything
        child.stdin.write(body)
        await child.stdin.drain()
    child.stdin.close()


def _reading(said: bytes, ended: int) -> Reading:
    if ended < 0:
        reason = f"The process that read the document was ended by signal {-ended}: too long, too large or malformed."
        return Reading(state=AttachmentState.OVER_LIMITS, reason=reason)
    if ended == EXHAUSTED:
        reason = "The document takes more memory than is given to it."
        return Reading(state=AttachmentState.OVER_LIMITS, reason=reason)
    try:
        found = json.loads(said)
    except ValueError:
        return Reading(state=AttachmentState.BROKEN, reason=f"The document cannot be read (exit code {ended}).")
    return Reading(**{**found, "state": AttachmentState(found["state"])})
