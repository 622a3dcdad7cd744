"""The Vietnamese of boxes: the version that stands, those before it, and another one behind them."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import and_, bindparam, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.boxes import Box, BoxState, Written
from app.store.tables import accounts, notices, translations
from app.store.writes import chunks, insert

_NEWEST = (
    select(translations.c.notice_id, translations.c.box, func.max(translations.c.number).label("number"))
    .where(translations.c.notice_id.in_(bindparam("notice_ids", expanding=True)))
    .group_by(translations.c.notice_id, translations.c.box)
    .subquery()
)
_STANDING = select(translations).join(
    _NEWEST, and_(*(translations.c[name] == _NEWEST.c[name] for name in ("notice_id", "box", "number")))
)


async def standing(connection: AsyncConnection, notice_ids: Sequence[int]) -> dict[int, dict[Box, Written]]:
    """Return the newest version of every box of each notice that has one."""
    found: dict[int, dict[Box, Written]] = {}
    for piece in chunks(notice_ids):
        for row in await connection.execute(_STANDING, {"notice_ids": piece}):
            found.setdefault(row.notice_id, {})[Box(row.box)] = _written(row)
    return found


async def history(connection: AsyncConnection, notice_id: int, box: Box) -> list[Written]:
    """Return every version of a box, oldest first."""
    mine = (translations.c.notice_id == notice_id, translations.c.box == box)
    rows = await connection.execute(select(translations).where(*mine).order_by(translations.c.number))
    return [_written(row) for row in rows]


async def add(connection: AsyncConnection, notice_id: int, written: Written) -> None:
    """Add a version; the caller holds the notice, so that its number is not taken."""
    row = {
        "notice_id": notice_id,
        "box": written.box,
        "number": written.number,
        "text": written.text,
        "state": written.state,
        "original": written.original,
        "written_by": written.written_by,
        "reviewed_by": written.reviewed_by,
        "at": written.at,
        "asked_by": written.asked_by,
    }
    await insert(connection, translations, [row])


async def hold(connection: AsyncConnection, notice_id: int) -> None:
    """Let one transaction at a time add to the boxes of a notice."""
    await connection.execute(select(notices.c.id).where(notices.c.id == notice_id).with_for_update())


async def people(connection: AsyncConnection, numbers: Sequence[int]) -> Mapping[int, str]:
    """Return the addresses of accounts, as the people of the desk know each other."""
    rows = await connection.execute(select(accounts.c.id, accounts.c.address).where(accounts.c.id.in_(list(numbers))))
    return {row.id: row.address for row in rows}


async def move(connection: AsyncConnection, keep: int, drop: int) -> None:
    """Move every version of the notice `drop` to `keep`, before those that `keep` has: its own word stands."""
    most = select(func.coalesce(func.max(translations.c.number), 0)).where(translations.c.notice_id.in_([keep, drop]))
    offset = (await connection.execute(most)).scalar_one()
    own = update(translations).where(translations.c.notice_id == keep)
    # Up by more than there are, so that no version meets another on its way.
    await connection.execute(own.values(number=translations.c.number + offset))
    await connection.execute(update(translations).where(translations.c.notice_id == drop).values(notice_id=keep))


def _written(row: Any) -> Written:
    return Written(
        box=Box(row.box),
        number=row.number,
        text=row.text,
        state=BoxState(row.state),
        original=row.original,
        written_by=row.written_by,
        reviewed_by=row.reviewed_by,
        at=row.at,
        asked_by=row.asked_by,
    )
