"""Looking for words in notices: one question in, one condition out, on either database."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    FromClause,
    Integer,
    bindparam,
    column,
    func,
    literal_column,
    select,
    table,
)
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.engine import Dialect

from app.domain.queries import Query, Term, hs_wanted, spellings
from app.store.tables import notice_texts, notices

_NUMBER_BITS = 40
_LARGEST_NUMBER = (1 << _NUMBER_BITS) - 1
_NOTICE_SEARCH = table("notice_search", column("rowid", BigInteger), column("notice_search"))


@dataclass(frozen=True, slots=True)
class Matches:
    """The index of words to select from: what says the words, whose they are, and its place in the order of pages."""

    index: FromClause
    says: ColumnElement[bool]
    notice_id: ColumnElement[int]
    place: ColumnElement[int]


def place_among_all(day: date | None, number: int) -> int:
    """Return where a notice stands among all: by its day of circulation, then by its number; the undated first."""
    return (0 if day is None else day.toordinal()) << _NUMBER_BITS | min(number, _LARGEST_NUMBER)


def matches(query: Query, dialect: Dialect, *, annexes: bool = True) -> Matches:
    """Return where the notices stand that hold every term of a query; without `annexes` in their own words.

    On SQLite the place is the number of the row in the index, so that FTS5 gives the newest first and stops at a page.
    """
    if dialect.name == "sqlite":
        expression = _expression(query, _FTS5)
        asked_of = expression if annexes else f"folded : ({expression})"
        says = _NOTICE_SEARCH.c.notice_search.match(bindparam(None, asked_of))
        number = _NOTICE_SEARCH.c.rowid.bitwise_and(literal_column(str(_LARGEST_NUMBER), Integer))
        return Matches(_NOTICE_SEARCH, says, number, _NOTICE_SEARCH.c.rowid)
    expression = _expression(query, _TSQUERY if annexes else _TSQUERY_OWN)
    asked = func.to_tsquery(literal_column("'simple'"), bindparam(None, expression))
    says = literal_column("notice_texts.vector", TSVECTOR).op("@@")(asked)
    return Matches(notice_texts, says, notice_texts.c.notice_id, notice_texts.c.place)


def saying(query: Query, dialect: Dialect, *, annexes: bool = True) -> ColumnElement[bool]:
    """Return the condition on `notices` that they hold every term of a query; without `annexes` in their own words."""
    found = matches(query, dialect, annexes=annexes)
    return notices.c.id.in_(select(found.notice_id).select_from(found.index).where(found.says))


@dataclass(frozen=True, slots=True)
class _Grammar:
    """How a database writes a question: words are folded before, so that none of its own signs is left in them."""

    both: str
    either: str
    phrase: str
    words: str
    on: str
    quote: str = ""
    own: str = ""


_FTS5 = _Grammar(both=" AND ", either=" OR ", phrase='"{}"', words=" ", on=" *")
_TSQUERY = _Grammar(both=" & ", either=" | ", phrase="({})", words=" <-> ", on="*", quote="'")
# The weight A marks a notice's own words (migration 0005).
_TSQUERY_OWN = replace(_TSQUERY, own="A")


def _expression(query: Query, grammar: _Grammar) -> str:
    """Write all terms joined by *and*; a run of terms that has other names is in brackets with them."""
    groups = []
    at = 0
    for names in (*query.other_names, None):
        first = len(query.terms) if names is None else names.first
        groups += [_term(term, grammar) for term in query.terms[at:first]]
        if names is None:
            break
        typed = grammar.both.join(_term(term, grammar) for term in query.terms[first : names.last])
        others = (_phrase(words, grammar) for words in names.phrases)
        groups.append(_either((f"({typed})", *others), grammar))
        at = names.last
    codes = (_either((_phrase((word,), grammar) for word in hs_wanted(code)), grammar) for code in query.hs)
    return grammar.both.join((*groups, *codes))


def _term(term: Term, grammar: _Grammar) -> str:
    ways = [term.words] if term.quoted else spellings(term.words)
    phrases = [_phrase(words, grammar, prefix=term.prefix) for words in ways]
    return _either((*phrases, *([_phrase((f"hs{term.hs}",), grammar)] if term.hs else [])), grammar)


def _phrase(words: tuple[str, ...], grammar: _Grammar, *, prefix: bool = False) -> str:
    if grammar.quote:
        marks = [grammar.own] * (len(words) - 1) + [(grammar.on if prefix else "") + grammar.own]
        quoted = [f"'{word}'" + (f":{mark}" if mark else "") for word, mark in zip(words, marks, strict=True)]
        return grammar.phrase.format(grammar.words.join(quoted))
    return grammar.phrase.format(grammar.words.join(words)) + (grammar.on if prefix else "")


def _either(expressions: Iterable[str], grammar: _Grammar) -> str:
    return f"({grammar.either.join(expressions)})"
