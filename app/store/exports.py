"""The operator's table of exports."""

from collections.abc import Collection, Sequence
from dataclasses import asdict

from sqlalchemy import delete, func, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.exports import ExportLine, destinations
from app.domain.facets import Exports
from app.store.tables import exports
from app.store.writes import chunks, insert

_CHAPTER = 2
_KEYS = 200


async def clear(connection: AsyncConnection) -> None:
    """Forget the table that was loaded before."""
    await connection.execute(delete(exports))


async def add(connection: AsyncConnection, lines: Sequence[ExportLine]) -> None:
    """Add lines of the table."""
    await insert(connection, exports, [asdict(line) | {"chapter": line.hs[:_CHAPTER]} for line in lines])


async def of_goods(connection: AsyncConnection, goods: Collection[tuple[str, str]]) -> Exports | None:
    """Return what was exported of goods, each a member and an HS chapter; None while no table is loaded.

    Counted is the newest year that the table has of each member.
    """
    if (await connection.execute(select(exports.c.member).limit(1))).first() is None:
        return None
    goods = {(to, chapter) for member, chapter in goods for to in destinations([member])}
    newest = await _newest_years(connection, sorted({member for member, _ in goods}))
    # With an empty code: a member that the table speaks of, though perhaps not of these goods.
    values: dict[tuple[str, str], float] = {(member, ""): 0.0 for member in newest}
    wanted = [(member, newest[member], chapter) for member, chapter in sorted(goods) if member in newest]
    key = tuple_(exports.c.member, exports.c.year, exports.c.chapter)
    for piece in chunks(wanted, _KEYS):
        rows = await connection.execute(select(exports.c.member, exports.c.hs, exports.c.value).where(key.in_(piece)))
        values |= {(row.member, row.hs): row.value for row in rows}
    return Exports(values)


async def _newest_years(connection: AsyncConnection, members: Sequence[str]) -> dict[str, int]:
    years: dict[str, int] = {}
    for piece in chunks(members):
        found = select(exports.c.member, func.max(exports.c.year)).where(exports.c.member.in_(piece))
        years |= dict((await connection.execute(found.group_by(exports.c.member))).all())
    return years
