"""Search of notices: what was typed is widened by other names, looked for, and ordered by day or by relevance."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import chain

from app.domain.facets.citations import citations
from app.domain.queries import Query, Thesaurus, parse_query, relevance, thesaurus_of, widened, without_telex
from app.domain.sectors import Facet
from app.domain.taxonomy import Taxonomy
from app.i18n.facets import value_of_name
from app.i18n.synonyms import synonyms
from app.store import catalogue
from app.store.catalogue import CataloguedNotice, Place
from app.store.database import Connection
from app.store.filters import Filters

LONGEST_VALUE = 80
MOST_RANKED = 100
"""Notices that are ranked by relevance: the newest that hold the words as typed, then those found by other names.

Last come those of which only an attachment names what is asked for.
"""


@dataclass(frozen=True, slots=True)
class Found:
    """A page of notices, where it ended if there are more, and what else was looked for than what was typed."""

    notices: Sequence[CataloguedNotice]
    ended: Place | None
    also_searched: tuple[str, ...] = ()


def understood(text: str, taxonomy: Taxonomy) -> Query:
    """Read what somebody typed and add other names in English and Vietnamese; AppError when it cannot be looked for."""
    return widened(parse_query(text), _thesaurus(tuple((one.name_en, one.name_vi) for one in taxonomy.sectors)))


def value_meant(facet: Facet, name: str) -> str | None:
    """Return the value of a facet that somebody typed, by any of its names; None for what a closed one lacks.

    A standard is read as in the text of a notice, so that `Codex Stan 193` and `CXS 193-1995` are the same.
    """
    if facet is not Facet.STANDARD or len(name) > LONGEST_VALUE:
        return value_of_name(facet, name)
    cited = next(chain.from_iterable(citations(written, [0]) for written in (name.strip(), name.strip().upper())), None)
    return value_of_name(facet, name) if cited is None else cited.id


async def newest(connection: Connection, filters: Filters, after: Place | None, limit: int) -> Found:
    """Return a page of what was found, the last circulated first.

    Words that occur nowhere are read as Telex keys that the keyboard did not take (`thuyr san`), if they can be.
    """
    found, ended = await catalogue.newest(connection, filters, after, limit)
    if filters.query is None:
        return Found(found, ended)
    read = None if found or after is not None else without_telex(filters.query)
    if read is None:
        return Found(found, ended, filters.query.also_searched)
    found, ended = await catalogue.newest(connection, replace(filters, query=read), None, limit)
    return Found(found, ended, read.also_searched)


async def most_relevant(connection: Connection, filters: Filters, limit: int) -> Found:
    """Return what answers a query best, the best first and of equals the newest; there is no second page.

    Of very many the newest are ranked (`MOST_RANKED`), those first that hold the words as typed.
    """
    query = filters.query
    if query is None:
        return await newest(connection, filters, None, limit)
    typed = replace(filters, query=replace(query, other_names=()), annexes=False)
    found, _ = await catalogue.newest(connection, typed, None, MOST_RANKED)
    asked, also = query, query.also_searched
    if query.other_names:
        found = await _with_more(connection, found, replace(filters, annexes=False), limit)
    found = await _with_more(connection, found, filters, limit)
    if not found and (read := without_telex(query)) is not None:
        found, _ = await catalogue.newest(connection, replace(filters, query=read), None, MOST_RANKED)
        asked, also = read, read.also_searched
    ranked = sorted(found, key=lambda notice: relevance(asked, notice.content))
    return Found(ranked[:limit], None, also)


async def _with_more(
    connection: Connection, found: list[CataloguedNotice], wider: Filters, limit: int
) -> list[CataloguedNotice]:
    """Add what a wider question finds, behind what was found, where that does not fill the page."""
    if len(found) >= limit:
        return found
    known = {notice.id for notice in found}
    more, _ = await catalogue.newest(connection, wider, None, MOST_RANKED)
    return [*found, *(notice for notice in more if notice.id not in known)]


@cache
def _thesaurus(sectors: tuple[tuple[str, str], ...]) -> Thesaurus:
    return thesaurus_of((*synonyms(), *(((english,), (vietnamese,)) for english, vietnamese in sectors)))
