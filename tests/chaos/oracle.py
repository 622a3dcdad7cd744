"""The oracle (O1): who should have got what, by code that shares nothing with Kẻng.

It knows what was asked, what the source served and what the peer holds, all as the harness wrote them down, and reads the
database with statements of its own. It imports nothing of `app`, so that a fault there cannot hide itself here.
"""

import email
import email.policy
import hashlib
import re
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

import psycopg

MOST_COPIES = 2
OVER = frozenset({"accepted", "rejected", "needs_human", "skipped", "bounced", "superseded"})
"""States of a message that nothing more will happen to by itself."""

_SYMBOLS = re.compile(r"^(?:Mã thông báo|Notification symbol|Symbol): (.+)$", re.MULTILINE)


@dataclass(frozen=True)
class Asked:
    """A confirmed person and the sector that they asked for."""

    address: str
    sector: str


@dataclass(frozen=True)
class Served:
    """A notice as the source served it: its symbol, and its sector by the fixture's own hand."""

    symbol: str
    sector: str


@dataclass(frozen=True)
class Copy:
    """A message that the peer holds: the recipient on its envelope and its octets."""

    recipient: str
    octets: bytes


@dataclass(frozen=True)
class Row:
    """A message as the database tells of it; `hashes` are those of the attempts that were made."""

    address: str
    message_id: str
    state: str
    ambiguous: int
    hashes: frozenset[str]
    symbols: frozenset[str]


@dataclass
class Evidence:
    """Everything that a verdict is made of.

    `unclear` counts by Message-ID, or under "" where only their number is known, the hand-overs whose end the harness
    hid from Kẻng: only those may have been repeated. `listed` are the states that excuse a mail that did not arrive;
    `stopped` are the addresses that no mail may have reached, and `free` those that it may or may not; `silent` are pairs of
    an address and a symbol that no mail may have told. `gone` are the rows of a database that was lost: they prove that
    what they tell of was recorded before it was sent.
    """

    asked: list[Asked] = field(default_factory=list)
    served: list[Served] = field(default_factory=list)
    copies: list[Copy] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    unclear: Counter[str] = field(default_factory=Counter)
    listed: frozenset[str] = frozenset({"needs_human"})
    stopped: frozenset[str] = frozenset()
    free: frozenset[str] = frozenset()
    silent: frozenset[tuple[str, str]] = frozenset()
    gone: list[Row] = field(default_factory=list)


@dataclass
class Verdict:
    """What the evidence proves: mails lost, second copies, mails listed for a person, and every breach in words."""

    lost: int = 0
    copies: int = 0
    listed: int = 0
    told: int = 0
    breaches: list[str] = field(default_factory=list)


def judge(evidence: Evidence) -> Verdict:
    """Return the verdict on a run that came to rest."""
    verdict = Verdict()
    _judge_telling(evidence, verdict)
    _judge_copies(evidence, verdict)
    _judge_records(evidence, verdict)
    return verdict


def _judge_telling(evidence: Evidence, verdict: Verdict) -> None:
    wanted = {
        (one.address, notice.symbol)
        for one in evidence.asked
        for notice in evidence.served
        if one.sector == notice.sector
    }
    told = {(copy.recipient, symbol) for copy in evidence.copies for symbol in symbols_in(copy.octets)}
    excused = {(row.address, symbol) for row in evidence.rows if row.state in evidence.listed for symbol in row.symbols}
    silent = {pair for pair in wanted if pair[0] in evidence.stopped | evidence.free} | evidence.silent
    verdict.told = len(told)
    verdict.listed = len((wanted - told) & excused)
    lost = wanted - told - excused - silent
    verdict.lost = len(lost)
    verdict.breaches += [f"lost: {address} was not told of {symbol}" for address, symbol in sorted(lost)]
    verdict.breaches += [f"nobody asked: {address} was told of {symbol}" for address, symbol in sorted(told - wanted)]
    reached = sorted({copy.recipient for copy in evidence.copies} & evidence.stopped)
    verdict.breaches += [f"stopped and told all the same: {address}" for address in reached]
    broken = sorted(told & evidence.silent)
    verdict.breaches += [f"stopped and told all the same: {address} of {symbol}" for address, symbol in broken]


def _judge_copies(evidence: Evidence, verdict: Verdict) -> None:
    groups: dict[str, list[Copy]] = defaultdict(list)
    names: dict[tuple[str, str], set[str]] = defaultdict(set)
    for copy in evidence.copies:
        name = message_id(copy.octets)
        groups[name].append(copy)
        for symbol in symbols_in(copy.octets):
            names[copy.recipient, symbol].add(name)
    unknown = 0
    for name, copies in groups.items():
        verdict.copies += len(copies) - 1
        unknown += max(len(copies) - 1 - evidence.unclear[name], 0)
        if len(copies) > MOST_COPIES:
            verdict.breaches.append(f"{len(copies)} copies of {name}")
        if len({copy.octets for copy in copies}) > 1:
            verdict.breaches.append(f"copies of {name} differ")
        if len({copy.recipient for copy in copies}) > 1:
            verdict.breaches.append(f"{name} went to several people")
    if unknown > evidence.unclear[""]:
        allowed = sum(evidence.unclear.values())
        verdict.breaches.append(f"{verdict.copies} copies, where {allowed} hand-overs were unclear")
    twice = sorted(pair for pair, found in names.items() if len(found) > 1)
    verdict.breaches += [f"{address} was told of {symbol} in two messages" for address, symbol in twice]


def _judge_records(evidence: Evidence, verdict: Verdict) -> None:
    recorded: dict[str, frozenset[str]] = defaultdict(frozenset)
    for row in (*evidence.gone, *evidence.rows):
        recorded[row.message_id] |= row.hashes
    held = Counter(message_id(copy.octets) for copy in evidence.copies)
    for copy in evidence.copies:
        name = message_id(copy.octets)
        if not recorded[name]:
            verdict.breaches.append(f"mail without a record: {name}")
        elif hashlib.sha256(copy.octets).hexdigest() not in recorded[name]:
            verdict.breaches.append(f"other octets than the record says: {name}")
    for row in evidence.rows:
        if row.state == "accepted" and not held[row.message_id]:
            verdict.breaches.append(f"accepted, says the record, and the peer holds nothing: {row.message_id}")
        if row.state not in OVER:
            verdict.breaches.append(f"not at rest: {row.message_id} is {row.state}")


def message_id(octets: bytes) -> str:
    """Return a message's Message-ID without its brackets."""
    found = re.search(rb"^Message-ID:\s*<([^>]+)>", octets, re.IGNORECASE | re.MULTILINE)
    return found[1].decode("ascii", "replace") if found else ""


def symbols_in(octets: bytes) -> set[str]:
    """Return the symbols of the notices that a message tells of."""
    body = email.message_from_bytes(octets, policy=email.policy.default).get_body(("plain",))
    text = str(body.get_content()).replace("\r\n", "\n") if body is not None else ""
    return {symbol.strip() for line in _SYMBOLS.findall(text) for symbol in line.split(",")}


_ROWS = """
SELECT s.identity, d.message_id, d.state, d.ambiguous, a.message_hash, y.symbol
FROM deliveries d
JOIN subscribers s ON s.id = d.subscriber_id
LEFT JOIN attempts a ON a.delivery_id = d.id
LEFT JOIN items i ON i.delivery_id = d.id
LEFT JOIN events e ON e.id = i.event_id
LEFT JOIN notice_symbols y ON y.notice_id = e.notice_id
"""
_OPEN = "SELECT message_id FROM deliveries WHERE state = 'handing_over'"
_STATES = "SELECT state, count(*) FROM deliveries GROUP BY state"


def read_rows(url: str) -> list[Row]:
    """Return every message in the outbox; `url` is the database's as Kẻng is given it."""
    hashes: dict[str, set[str]] = defaultdict(set)
    symbols: dict[str, set[str]] = defaultdict(set)
    known: dict[str, tuple[str, str, str, int]] = {}
    for address, name, state, ambiguous, message_hash, symbol in query(url, _ROWS):
        known[name] = (address, name, state, ambiguous)
        hashes[name] |= {message_hash} if message_hash else set()
        symbols[name] |= {symbol} if symbol else set()
    return [Row(*row, frozenset(hashes[name]), frozenset(symbols[name])) for name, row in known.items()]


def open_hand_overs(url: str) -> set[str]:
    """Return the Message-IDs whose hand-over was begun and whose end is not written: what a kill leaves in doubt."""
    return {row[0] for row in query(url, _OPEN)}


def states(url: str) -> Mapping[str, int]:
    """Return how many messages stand in each state."""
    return dict(query(url, _STATES))


def query(url: str, statement: str) -> Sequence[Any]:
    """Run a statement on the database itself, past everything that Kẻng has of drivers."""
    scheme, _, rest = url.partition("://")
    if scheme.startswith("sqlite"):
        with closing(sqlite3.connect(rest.removeprefix("/"), timeout=30)) as file:
            return file.execute(statement).fetchall()
    with psycopg.connect(f"postgresql://{rest}") as connection:
        return connection.execute(statement.encode()).fetchall()


def copies_of(mails: Iterable[tuple[Sequence[str], bytes]]) -> list[Copy]:
    """Return the copies that mails are, given as the recipients on their envelopes and their octets."""
    return [Copy(recipient, octets) for recipients, octets in mails for recipient in recipients]
