"""The chain of the audit: every row sealed by a hash over itself and the seal before it (MO-08)."""

import hashlib
import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Final

GENESIS: Final = "0" * 64
"""What stands before the first row."""

CUT: Final = "cut_audit"
"""The verb of the row that says how far the beginning of the chain was destroyed for its age."""
ACCEPT: Final = "accept_break"
"""The verb of the row by which a person explains a break, which is passed over from then on."""

_HEAD = re.compile(r"([1-9][0-9]{0,17}):([0-9a-f]{64})")


class Origin(StrEnum):
    """From where an act came."""

    COMMAND = "command"
    PAGE = "page"
    API = "api"
    WORKER = "worker"
    UNKNOWN = "unknown"
    """It was written before this was asked, or by a program that does not say."""


class Fault(StrEnum):
    """How a chain can be broken."""

    BEGINNING_GONE = "beginning_gone"
    """It begins later than where it was cut for its age."""
    ROW_GONE = "row_gone"
    """A row between two others is missing, or cannot be read any more."""
    ROW_CHANGED = "row_changed"
    """A row says something else than when it was sealed."""
    SEAL_CHANGED = "seal_changed"
    """A row does not follow on the one before it."""
    END_GONE = "end_gone"
    """It ends before a head that was noted, or says something else there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One row of the audit: when, who, from where, did what to what; `details` as old and new, ids and keyed hashes."""

    id: int
    at: datetime
    actor: str
    origin: str
    verb: str
    subject: str
    details: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Head:
    """A place in the chain: the number of a row in its order, and its hash, which stands for all before it."""

    number: int
    hash: str

    def __str__(self) -> str:
        return f"{self.number}:{self.hash}"

    @classmethod
    def read(cls, printed: str) -> "Head":
        """Read `NUMBER:HASH`; ValueError for anything else."""
        found = _HEAD.fullmatch(printed.strip())
        if found is None:
            raise ValueError("a head is NUMBER:HASH, as the log and keng audit verify print it")
        return cls(int(found[1]), found[2])


@dataclass(frozen=True, slots=True)
class Seal:
    """The place of a row in the chain."""

    number: int
    audit_id: int
    previous: str
    hash: str


@dataclass(frozen=True, slots=True)
class Break:
    """The first place where a chain is broken: the number in its order, the row if it is there, and how.

    `resumes` is where the chain goes on after it and `row` the hash of what stands there now: who explains a break
    explains just that, and whatever is changed there later is another break.
    """

    number: int
    audit_id: int | None
    fault: Fault
    resumes: Head | None = field(default=None, compare=False)
    row: str | None = field(default=None, compare=False)

    @property
    def stands(self) -> tuple[int, Fault, Head | None, str | None]:
        """All of it that an explanation is about."""
        return self.number, self.fault, self.resumes, self.row


BEGIN: Final = Head(0, GENESIS)


def canonical(value: Any) -> bytes:
    """Return JSON in the one form that RFC 8785 gives it: names in the order of UTF-16, no blanks, UTF-8.

    Unlike there, a fraction is written as Python writes it; the rows of the audit hold none.
    """
    return json.dumps(_ordered(value), ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()


def chained(previous: str, entry: Entry) -> str:
    """Return the hash of a row after the one with the hash `previous`: SHA-256 in hexadecimal."""
    body = {
        "id": entry.id,
        "at": f"{entry.at.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}",
        "actor": entry.actor,
        "origin": entry.origin,
        "verb": entry.verb,
        "subject": entry.subject,
        "details": entry.details,
    }
    return hashlib.sha256(previous.encode("ascii") + canonical(body)).hexdigest()


def sealed(entries: Iterable[Entry], head: Head) -> Iterator[Seal]:
    """Yield the seals of rows, in their order, that follow on a head."""
    for number, entry in enumerate(entries, start=head.number + 1):
        seal = Seal(number, entry.id, head.hash, chained(head.hash, entry))
        head = Head(seal.number, seal.hash)
        yield seal


class Walk:
    """A walk along a chain from a place on, which remembers how far it came.

    `noted` are heads that were put down elsewhere: the chain must lead through each that lies ahead. `accepted` are
    breaks that are passed over, as long as they are just what was explained.
    """

    def __init__(self, begin: Head, noted: Iterable[Head] = (), accepted: Collection[Break] = ()) -> None:
        self.head = begin
        self._accepted = frozenset(one.stands for one in accepted)
        self._noted: dict[int, set[str]] = {}
        for one in noted:
            if one.number > begin.number:
                self._noted.setdefault(one.number, set()).add(one.hash)

    def step(self, seal: Seal, entry: Entry | None) -> Break | None:
        """Go on to the next row; return the break if there is one."""
        fault = self._fault(seal, entry)
        number, place = self.head.number + 1, Head(seal.number, seal.hash)
        if fault is not None:
            row = None if entry is None else _rehashed(seal.previous, entry)
            found = Break(number, None if entry is None or number != seal.number else entry.id, fault, place, row)
            if found.stands not in self._accepted:
                return found
        self.head = place
        return None

    def end(self) -> Break | None:
        """Return the break at the end, where a head was noted beyond it."""
        beyond = [number for number in self._noted if number > self.head.number]
        return Break(self.head.number + 1, None, Fault.END_GONE, self.head) if beyond else None

    def _fault(self, seal: Seal, entry: Entry | None) -> Fault | None:
        if seal.number != self.head.number + 1 or entry is None:
            return Fault.ROW_GONE
        if seal.previous != self.head.hash:
            return Fault.SEAL_CHANGED
        if seal.hash != _rehashed(seal.previous, entry):
            return Fault.ROW_CHANGED
        if self._noted.get(seal.number, {seal.hash}) != {seal.hash}:
            return Fault.END_GONE
        return None


def _rehashed(previous: str, entry: Entry) -> str | None:
    try:
        return chained(previous, entry)
    except ValueError:  # a value that has no canonical form: the program writes none
        return None


def _ordered(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _ordered(value[name]) for name in sorted(value, key=lambda name: name.encode("utf-16-be"))}
    return [_ordered(one) for one in value] if isinstance(value, list | tuple) else value
