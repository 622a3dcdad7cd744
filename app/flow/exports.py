"""The operator's table of exports: loaded whole or not at all, and every stored notice weighed by it."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

from app.domain.exports import ExportLine
from app.domain.visits import Complaint
from app.store import audit, exports, importance
from app.store.database import Connection, Database

MOST_COMPLAINTS = 20
_LINES = 2000
_NOTICES = 500

Watch = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Loaded:
    """How many lines were loaded; with complaints, the first of them, none was."""

    lines: int
    complaints: tuple[Complaint, ...] = ()


class _UnsoundError(Exception):
    """It undoes the transaction and never leaves the module."""

    def __init__(self, complaints: tuple[Complaint, ...]) -> None:
        super().__init__()
        self.complaints = complaints


async def load(
    database: Database, lines: Iterable[ExportLine | Complaint], actor: str, watch: Watch = lambda _seen: None
) -> Loaded:
    """Load a table in place of the one before; while one line is unsound, the one before stays."""
    try:
        async with database.writing() as connection:
            await exports.clear(connection)
            total = await _add(connection, lines, watch)
            now = await database.now(connection)
            await audit.write_audit(connection, actor, "load_exports", "exports", {"lines": total}, now)
    except _UnsoundError as unsound:
        return Loaded(0, unsound.complaints)
    return Loaded(total)


async def _add(connection: Connection, lines: Iterable[ExportLine | Complaint], watch: Watch) -> int:
    complaints: list[Complaint] = []
    sound = _sound(lines, complaints)
    total = 0
    while batch := list(islice(sound, _LINES)):
        if not complaints:
            await exports.add(connection, batch)
        total += len(batch)
        watch(total)
    if complaints:
        raise _UnsoundError(tuple(complaints))
    return total


async def weigh_again(database: Database, watch: Watch = lambda _seen: None) -> int:
    """Give every sorted notice the importance that it has by the table of exports now; return how many changed.

    Nothing is judged again and nobody is told. Safe to repeat after it was broken off.
    """
    changed, seen, after = 0, 0, 0
    while True:
        async with database.writing() as connection:
            now = await database.now(connection)
            page, count = await importance.weigh_again(connection, after, _NOTICES, now)
        if not page:
            return changed
        changed, seen, after = changed + count, seen + len(page), page[-1]
        watch(seen)


def _sound(lines: Iterable[ExportLine | Complaint], complaints: list[Complaint]) -> Iterator[ExportLine]:
    for line in lines:
        if isinstance(line, ExportLine):
            yield line
        elif len(complaints) < MOST_COMPLAINTS:
            complaints.append(line)
