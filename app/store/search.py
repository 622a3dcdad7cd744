"""Looking for words in notices: one question in, one condition out, on either database."""

import re
from dataclasses import dataclass

from sqlalchemy import ColumnElement, bindparam, column, func, literal_column, select, table
from sqlalchemy.engine import Dialect

from app.domain.errors import invalid
from app.domain.folding import fold
from app.store.tables import notice_texts, notices

LONGEST_QUERY = 200
"""Characters; a symbol has about 30, a title that somebody pastes about 150."""
MOST_TERMS = 16
SHORTEST_PREFIX = 2

_HS_PREFIX = re.compile(r"(?<!\w)(?:mã\s+)?HS(?:\s+codes?)?\s*:?\s*(\d{2,4}(?:\.?\d{2}){0,4})(?![\w.])", re.IGNORECASE)
_PIECES = re.compile(r'"([^"]*)"?|(\S+)')
_NOTICE_SEARCH = table("notice_search", column("rowid"), column("notice_search"))


@dataclass(frozen=True, slots=True)
class Term:
    """Folded words that must stand side by side in this order; with `prefix` the last may go on."""

    words: tuple[str, ...]
    prefix: bool = False


@dataclass(frozen=True, slots=True)
class Query:
    """What was asked for: every term must occur, and one of the notice's HS codes must fit each prefix in `hs`."""

    terms: tuple[Term, ...]
    hs: tuple[str, ...] = ()


def parse_query(text: str) -> Query:
    """Read what somebody typed into a search box; AppError when it is too long or holds no word.

    Words are joined by *and*, `"words in quotes"` must stand together, `word*` finds what begins so. A symbol or a
    part of one (`G/TBT/N/USA/2211`, `USA/2211`) is found as typed, `HS 64` finds stated HS codes under 64.
    """
    if len(text) > LONGEST_QUERY:
        raise invalid("query-too-long", f"at most {LONGEST_QUERY} characters can be searched for", field="q")
    hs = tuple(re.sub(r"\D", "", found) for found in _HS_PREFIX.findall(text))
    terms = dict.fromkeys(map(_term, _pieces(_HS_PREFIX.sub(" ", text))))
    query = Query(tuple(term for term in terms if term.words), tuple(dict.fromkeys(hs)))
    if not query.terms and not query.hs:
        raise invalid("query-without-words", "holds no letter or digit to search for", field="q")
    if len(query.terms) + len(query.hs) > MOST_TERMS:
        raise invalid("query-too-long", f"at most {MOST_TERMS} words can be searched for at once", field="q")
    return query


def saying(query: Query, dialect: Dialect) -> ColumnElement[bool]:
    """Return the condition on `notices` that every term of the query occurs; `hs` is the catalogue's business."""
    if dialect.name == "sqlite":
        expression = " AND ".join(map(_fts5, query.terms))
        found = select(_NOTICE_SEARCH.c.rowid).where(_NOTICE_SEARCH.c.notice_search.match(bindparam(None, expression)))
        return notices.c.id.in_(found)
    expression = " & ".join(map(_tsquery, query.terms))
    # As in the index: an expression index serves only the expression that it was made of.
    indexed = func.to_tsvector(literal_column("'simple'"), notice_texts.c.folded)
    asked = func.to_tsquery(literal_column("'simple'"), bindparam(None, expression))
    return notices.c.id.in_(select(notice_texts.c.notice_id).where(indexed.op("@@")(asked)))


def _pieces(text: str) -> list[tuple[str, bool]]:
    return [(quoted or bare, bare.endswith("*")) for quoted, bare in _PIECES.findall(text)]


def _term(piece: tuple[str, bool]) -> Term:
    words = tuple(fold(piece[0]).split())
    return Term(words, prefix=piece[1] and len(words[-1]) >= SHORTEST_PREFIX if words else False)


def _fts5(term: Term) -> str:
    return f'"{" ".join(term.words)}"' + (" *" if term.prefix else "")


def _tsquery(term: Term) -> str:
    words = " <-> ".join(f"'{word}'" for word in term.words)
    return f"({words}{':*' if term.prefix else ''})"
