"""The relay's log: the files that Postfix or syslog write, read on from where they were left, across rotations.

Postfix notes a Message-ID as soon as the header has passed (`cleanup`), which proves nothing: when the line breaks before
the final dot the message is thrown away. The proof is the queue manager's "(queue active)" for the same queue id. Queue
ids are used again, so the order of the lines counts.

A file is known by its first octets, not by its name or number, so that it is found again after `logrotate` moved, copied
or compressed it. Lines are bounded and anchored at their beginning: what a sender writes into a subject or an address
stands behind the name of the program that logged it.
"""

import gzip
import hashlib
import re
import time
import zlib
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

from app.domain.unknowns import LogPlace, LogReading, LogUnreadable, Queued

_SLICE = 4 << 20
_LONGEST_LINE = 16 << 10
_MEASURED = 1024
_ENTERED_KEPT = 2000
_RESTS_FOR = 30.0
"""Seconds without a change after which a file that was rotated away is left: its writer may be late to notice."""

_ROTATED = re.compile(r"[.-]\d[\d.-]*(?:\.gz)?")
_LINE = re.compile(
    rb"(?P<logged>[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d)) "
    rb"\S+ (?P<instance>[\w.-]+(?:/[\w.-]+)*)/(?P<program>cleanup|qmgr|master|postfix-script)\[\d+\]: (?P<said>.*)"
)
_ENTERED = re.compile(rb"(?P<queue>[0-9A-Za-z]{6,32}): message-id=<(?P<message_id>[!-;=?-~]{1,250})>")
_ACTIVE = re.compile(rb"(?P<queue>[0-9A-Za-z]{6,32}): from=<(?P<sender>.*)>, size=\d+, nrcpt=\d+ \(queue active\)")
_GONE = re.compile(
    rb"(?:warning: )?(?P<queue>[0-9A-Za-z]{6,32}): (?:milter-)?(?:reject|discard|removed|queue file write)"
)
_STARTED = re.compile(rb"daemon started\b")
_STOPPED = re.compile(rb"terminating on signal \d+|stopping the Postfix mail system")


@dataclass(frozen=True, slots=True)
class Entered:
    """A Message-ID passed; the message may still be thrown away."""

    queue: str
    message_id: str


@dataclass(frozen=True, slots=True)
class Active:
    """A message stands in the queue: the relay answers for it."""

    queue: str
    sender: str
    logged: str


@dataclass(frozen=True, slots=True)
class Gone:
    """A queue id means nothing any more."""

    queue: str


@dataclass(frozen=True, slots=True)
class Running:
    """The relay started, or was stopped."""

    now: bool


Entry = Entered | Active | Gone | Running


def parse(line: bytes) -> Entry | None:
    """Return what one line of the log (without its end) says that matters here; None for all other lines."""
    if len(line) > _LONGEST_LINE or (found := _LINE.fullmatch(line)) is None:
        return None
    if found["program"] in {b"master", b"postfix-script"}:
        return _of_the_relay(found["said"])
    return _of_a_message(found["instance"].decode(), found["said"], found["logged"].decode())


def _of_the_relay(said: bytes) -> Entry | None:
    if _STARTED.match(said):
        return Running(now=True)
    return Running(now=False) if _STOPPED.fullmatch(said) else None


def _of_a_message(instance: str, said: bytes, logged: str) -> Entry | None:
    if entered := _ENTERED.fullmatch(said):
        return Entered(f"{instance}/{entered['queue'].decode()}", entered["message_id"].decode())
    if active := _ACTIVE.fullmatch(said):
        sender = active["sender"].decode("ascii", "replace")
        return Active(f"{instance}/{active['queue'].decode()}", sender, logged)
    gone = _GONE.match(said)
    return Gone(f"{instance}/{gone['queue'].decode()}") if gone else None


@dataclass(frozen=True, slots=True)
class RelayLog:
    """The log at `path` and its rotated files beside it; only Message-IDs of `domain` are of interest.

    A file that was rotated away is left after `rests_for` seconds without a change.
    """

    path: Path
    domain: str
    rests_for: float = _RESTS_FOR

    def read(self, place: LogPlace | None) -> LogReading | LogUnreadable:
        """Read on from a place, a few megabytes at most; without one, or where it is gone, from what is there."""
        try:
            files = _files(self.path)
            # An empty file has no octets to be known by: what came since is read from its beginning.
            fresh = place is None or not place.measured
            known = None if place is None or fresh else _found(files, place)
            if place is not None and known is not None:
                return self._read(files, known, place.offset, place.entered, whole=True)
            return self._read(files, files[-2:][0] if fresh else files[0], 0, {}, whole=fresh)
        except (OSError, EOFError, zlib.error) as error:
            return LogUnreadable(type(error).__name__)

    def _read(
        self, files: Sequence[Path], file: Path, offset: int, entered: Mapping[str, str], *, whole: bool
    ) -> LogReading:
        piece = _piece(file, offset)
        while piece.is_empty and self._is_left(files, file):
            following = files[files.index(file) + 1]
            ahead = _piece(following, 0)
            if not ahead.head:
                break
            file, offset, piece = following, 0, ahead
        told = _Telling(dict(entered), f"@{self.domain}")
        for line in piece.lines.splitlines():
            told.hear(parse(line))
        return LogReading(
            queued=tuple(told.queued),
            place=LogPlace(
                fingerprint=_fingerprint(piece.head),
                measured=len(piece.head),
                offset=offset + piece.octets,
                entered=dict(list(told.entered.items())[-_ENTERED_KEPT:]),
            ),
            more=not piece.ended or (not piece.is_empty and self._is_left(files, file)),
            whole=whole,
            running=told.running,
            started=told.started,
        )

    def _is_left(self, files: Sequence[Path], file: Path) -> bool:
        return file != files[-1] and time.time() - file.stat().st_mtime >= self.rests_for


class _Telling:
    """What the lines tell, one after the other."""

    def __init__(self, entered: dict[str, str], ending: str) -> None:
        self.entered = entered
        self.queued: list[Queued] = []
        self.running: bool | None = None
        self.started = False
        self._ending = ending

    def hear(self, entry: Entry | None) -> None:
        """Take in one line: only what entered before can stand in the queue."""
        match entry:
            case Entered(queue, message_id):
                self.entered.pop(queue, None)
                if message_id.endswith(self._ending):
                    self.entered[queue] = message_id
            case Active(queue, sender, logged) if queue in self.entered:
                name = queue.rpartition("/")[2]
                message_id = self.entered.pop(queue)
                self.queued.append(Queued(message_id=message_id, queue_id=name, sender=sender, logged=logged))
            case Gone(queue):
                self.entered.pop(queue, None)
            case Running(now):
                self.running, self.started = now, self.started or now


@dataclass(frozen=True, slots=True)
class _Piece:
    """Whole lines of a file, how many octets they and what was passed over take, and the file's first octets."""

    lines: bytes
    octets: int
    ended: bool
    head: bytes

    @property
    def is_empty(self) -> bool:
        return self.ended and not self.octets


def _piece(file: Path, offset: int) -> _Piece:
    """Read whole lines from an offset on; a line longer than a piece is passed over, an unfinished one is waited for."""
    with _opened(file) as opened:
        head = opened.read(_MEASURED)
        opened.seek(offset)
        octets = opened.read(_SLICE)
    ended = len(octets) < _SLICE
    lines = octets[: octets.rfind(b"\n") + 1]
    return _Piece(lines, len(lines) if lines or ended else len(octets), ended, head)


def _files(path: Path) -> list[Path]:
    """Return the rotated files beside a log, oldest first, and the log itself at the end. Raises OSError."""
    path.stat()
    rotated = []
    for file in path.parent.iterdir():
        if file.name.startswith(path.name) and _ROTATED.fullmatch(file.name[len(path.name) :]):
            with suppress(FileNotFoundError):
                rotated.append((file.stat().st_mtime, file))
    return [file for _, file in sorted(rotated)] + [path]


def _found(files: Sequence[Path], place: LogPlace) -> Path | None:
    """Return the file that a place is in, the newest first; None when it is there no more."""
    for file in reversed(files):
        with suppress(FileNotFoundError), _opened(file) as opened:
            head = opened.read(place.measured)
            if len(head) == place.measured and _fingerprint(head) == place.fingerprint:
                return file
    return None


def _opened(file: Path) -> BinaryIO:
    return cast("BinaryIO", gzip.open(file)) if file.suffix == ".gz" else file.open("rb")


def _fingerprint(head: bytes) -> str:
    return hashlib.sha256(head).hexdigest()
