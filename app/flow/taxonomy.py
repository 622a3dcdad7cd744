"""A new taxonomy: tried on what is stored, and put in force."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from app.domain.errors import conflict, invalid
from app.domain.notices import Content
from app.domain.sectors import Classification, Facet, Label
from app.i18n.dates import today_in_vietnam
from app.store import audit, taxonomies, taxonomy_versions
from app.store.database import Connection, Database
from app.store.ledger import in_turn
from app.store.taxonomies import Unsorted

MOST_EXAMPLES = 5
_BATCH = 100
"""Notices read at a time: a page of the desk waits while as many are made of their rows."""
_MARKED = 5000
NOTHING = "none"
"""The role of a sector that a notice does not have."""


class Sorter(Protocol):
    """What gives notices their sectors."""

    def classify(self, content: Content, parent: Content | None = None, annex: str = "") -> Classification:
        """Return the labels of a content, with what its parent lends to it and what its attachments say."""


@dataclass(frozen=True, slots=True)
class Move:
    """One label that would be another: its roles before and after, `none` for no label."""

    ref: str
    before: str
    after: str
    open: bool


@dataclass(slots=True)
class SectorChange:
    """How many notices a sector would gain, lose or hold in another role, and some of them."""

    gained: int = 0
    gained_open: int = 0
    lost: int = 0
    changed: int = 0
    examples: list[Move] = field(default_factory=list)

    def add(self, move: Move) -> None:
        """Count one label."""
        self.gained += move.before == NOTHING
        self.gained_open += move.before == NOTHING and move.open
        self.lost += move.after == NOTHING
        self.changed += NOTHING not in (move.before, move.after)
        if len(self.examples) < MOST_EXAMPLES:
            self.examples.append(move)


@dataclass(slots=True)
class Trial:
    """What a taxonomy would change: how many notices were sorted, how many would differ, and how, by sector."""

    notices: int = 0
    differing: int = 0
    sectors: dict[str, SectorChange] = field(default_factory=dict)


async def try_on_newest(database: Database, sorter: Sorter, count: int) -> tuple[Trial, int]:
    """Try a sorter on the newest `count` notices; return what would change of these, and how many are stored in all."""
    async with database.reading() as connection:
        after, stored = await taxonomy_versions.before_newest(connection, count)
    return await try_out(database, sorter, after=after), stored


async def try_out(
    database: Database, sorter: Sorter, watch: Callable[[int], None] = lambda _seen: None, *, after: int = 0
) -> Trial:
    """Sort what is stored after a number, dry, and return what would change; what staff decided would not."""
    trial = Trial()
    while True:
        async with database.reading() as connection:
            today = today_in_vietnam(await database.now(connection))
            page = await taxonomy_versions.stored_after(connection, after, _BATCH)
            present = await taxonomies.labels_of(connection, list(page))
            decided = await taxonomy_versions.decided_by_staff(connection, list(page))
        if not page:
            return trial
        sorted_anew = await asyncio.to_thread(_classified, sorter, [notice for _, notice in page.values()])
        for number, (ref, notice) in page.items():
            before = _roles(present[number][Facet.SECTOR])
            deadline = notice.content.comment_deadline
            is_open = deadline is not None and deadline >= today
            moves = _moves(ref, before, _roles(sorted_anew[number].sectors), still_open=is_open)
            kept = {sector: move for sector, move in moves.items() if (number, sector) not in decided}
            for sector, move in kept.items():
                trial.sectors.setdefault(sector, SectorChange()).add(move)
            trial.differing += bool(kept)
        trial.notices += len(page)
        after = max(page)
        watch(trial.notices)


async def put_in_force(database: Database, version: str, body: bytes, actor: str, because: str = "") -> int:
    """Keep a taxonomy as the one in force and let every notice be sorted anew by it; return how many wait for that.

    A person's corrections stand, nobody is told twice, and what waits for staff goes out by the new sorting only while
    it is open for comments. Safe to repeat after it was broken off.
    """
    async with database.writing() as connection:
        await _apply(connection, version, body, actor, because, await database.now(connection))
    return await outdate(database, version)


async def replace(database: Database, standing: str, version: str, body: bytes, actor: str, because: str) -> None:
    """Keep a taxonomy as the one in force in the place of the one that its editor saw; `outdate` does the rest.

    AppError: invalid without a reason; conflict when another version than `standing` is in force by now, or this one.
    """
    if not because.strip():
        raise invalid("no-reason", "a taxonomy is put in force with a reason", field="because")
    if version == standing:
        raise conflict("taxonomy-unchanged", f"{version} is in force already")
    async with database.writing() as connection:
        await in_turn(connection, "taxonomy")
        if await taxonomy_versions.in_force(connection) not in {None, standing}:
            raise conflict("taxonomy-moved", "another taxonomy was put in force meanwhile")
        await _apply(connection, version, body, actor, because.strip(), await database.now(connection))


async def outdate_left_over(database: Database) -> int:
    """Let what another version than the applied one sorted be sorted anew; return how many notices that are.

    Some are left over when applying was broken off, or when a process sorted on for a moment by the version before.
    """
    async with database.reading() as connection:
        version = await taxonomy_versions.in_force(connection)
        if version is None or not await taxonomy_versions.has_outdated(connection, version):
            return 0
    return await outdate(database, version)


async def outdate(database: Database, version: str) -> int:
    """Let every notice be sorted anew that another version of the taxonomy sorted; return how many that are."""
    total, after = 0, 0
    while True:
        async with database.writing() as connection:
            count, last = await taxonomy_versions.mark_outdated(connection, version, after, _MARKED)
        total += count
        if last is None:
            return total
        after = last


async def _apply(connection: Connection, version: str, body: bytes, actor: str, because: str, now: datetime) -> None:
    await taxonomy_versions.put_in_force(connection, version, body, actor, because, now)
    details = {"bytes": len(body)} | ({"because": because} if because else {})
    await audit.write_audit(connection, actor, "apply_taxonomy", version, details, now)


def _classified(sorter: Sorter, notices: list[Unsorted]) -> dict[int, Classification]:
    return {notice.id: sorter.classify(notice.content, notice.parent, notice.annex.text) for notice in notices}


def _roles(labels: tuple[Label, ...]) -> dict[str, str]:
    return {label.id: label.role.value for label in labels}


def _moves(ref: str, before: dict[str, str], after: dict[str, str], *, still_open: bool) -> dict[str, Move]:
    found = {}
    for sector in sorted(before.keys() | after.keys()):
        move = Move(ref, before.get(sector, NOTHING), after.get(sector, NOTHING), still_open)
        if move.before != move.after:
            found[sector] = move
    return found
