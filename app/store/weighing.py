"""How much notices matter, by what was read out of them, by what people corrected, and by the table of exports."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.facets import hs_codes, importance_of
from app.domain.notices import Content
from app.domain.sectors import Classification, Facet, Label, Role
from app.store import exports
from app.store.tables import corrections
from app.store.writes import chunks

_CHAPTER = 2


@dataclass(frozen=True, slots=True)
class Weighed:
    """A notice to be weighed: what it says and how it is sorted, corrections of staff included."""

    content: Content
    classification: Classification


async def importance(connection: AsyncConnection, sorted_notices: Mapping[int, Weighed]) -> dict[int, Label]:
    """Return how much each notice matters: what a person said of it, else what the rules say."""
    said = await _said(connection, list(sorted_notices))
    goods = {pair for one in sorted_notices.values() for pair in _goods(one)}
    known = await exports.of_goods(connection, goods)
    return {
        number: said.get(number) or importance_of(one.content, one.classification, known)
        for number, one in sorted_notices.items()
    }


async def _said(connection: AsyncConnection, notice_ids: list[int]) -> dict[int, Label]:
    found: dict[int, Label] = {}
    for piece in chunks(notice_ids):
        mine = (corrections.c.notice_id.in_(piece), corrections.c.facet == Facet.IMPORTANCE)
        rows = await connection.execute(select(corrections.c.notice_id, corrections.c.label).where(*mine))
        found |= {row.notice_id: Label(row.label, Role.PRIMARY, 1.0, ()) for row in rows}
    return found


def _goods(one: Weighed) -> Iterable[tuple[str, str]]:
    """Yield the members that a notice is of, each with the chapters of its goods, stated or lent."""
    chapters = {code.quote[:_CHAPTER] for code in hs_codes(one.content, one.classification)}
    return ((member, chapter) for member in one.content.members for chapter in chapters)
