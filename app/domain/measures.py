"""Measures: what the documents of one thread amount to, whatever the order in which they arrived.

The meaning of addendum, corrigendum, revision and supplement is that of the TBT Committee's recommendation "Coherent
use of notification formats" (2014); the SPS Committee's forms (G/SPS/7) tick the same reasons.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from functools import lru_cache, reduce

from app.domain.events import EventKind
from app.domain.intake import status_of
from app.domain.notices import Content, NoticeType, first_symbol
from app.domain.symbols import Symbol, parse_symbol


class MeasureState(StrEnum):
    """What is lasting about a measure; whether it is open for comments depends on the day as well."""

    PROPOSED = "proposed"
    ADOPTED = "adopted"
    IN_FORCE = "in_force"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """What a thread of notices amounts to."""

    state: MeasureState
    comment_deadline: date | None = None
    adoption_on: date | None = None
    in_force_on: date | None = None


_STATE_OF = {
    EventKind.ADOPTED: MeasureState.ADOPTED,
    EventKind.IN_FORCE: MeasureState.IN_FORCE,
    EventKind.WITHDRAWN: MeasureState.WITHDRAWN,
}

FOLLOW_UPS = frozenset({NoticeType.ADDENDUM, NoticeType.CORRIGENDUM, NoticeType.REVISION, NoticeType.SUPPLEMENT})

_REASONS: tuple[tuple[EventKind, re.Pattern[str]], ...] = (
    (
        EventKind.WITHDRAWN,
        re.compile(
            r"\b(withdraw(s|n|al)?|null and void|revoke[sd]?|revocation|lifted the (temporary )?suspension"
            r"|retir[oó]|deja(n)? sin efecto|levanta(n)? la suspensi[oó]n|retrait|lev[ée]e d|abrog[ée]e?s?)\b",
            re.IGNORECASE,
        ),
    ),
    (
        EventKind.DEADLINE_CHANGED,
        re.compile(
            r"\b((comment|consultation)s? period (is |has been |was )?(changed|extended|re-?opened)"
            r"|exten(ds|ded|sion of|ding) (of )?the (public )?(comment|consultation)"
            r"|(pr[oó]rroga|ampl[ií]a)\w* (de|el) (plazo|per[ií]odo)"
            r"|prolongation (du|de la) (d[ée]lai|p[ée]riode))",
            re.IGNORECASE,
        ),
    ),
    (
        EventKind.IN_FORCE,
        re.compile(
            r"\b((came|entered|enters|entry|will enter|will come|shall come) into force|entr[oó] en vigor"
            r"|entrada en vigor|entr[ée]e en vigueur)\b",
            re.IGNORECASE,
        ),
    ),
    (
        EventKind.ADOPTED,
        re.compile(
            r"\b(is now adopted|(was|were|has been|have been) (adopted|published|promulgated)|final (rule|text|order)"
            r"|notified measure (adopted|published)|la publicaci[oó]n de|ha sido (aprobad|publicad)[oa]"
            r"|a [ée]t[ée] (adopt|publi)[ée]e?)\b",
            re.IGNORECASE,
        ),
    ),
)

_KEYWORDS = {
    "withdrawal of the measure": EventKind.WITHDRAWN,
    "modification of final date for comments": EventKind.DEADLINE_CHANGED,
    "comment period changed": EventKind.DEADLINE_CHANGED,
    "modification of content/scope of regulation": EventKind.SCOPE_CHANGED,
    "adoption/publication/entry into force of reg.": EventKind.ADOPTED,
}


def event_of(content: Content) -> EventKind:
    """Return what the arrival of a document means for its measure.

    A base notice, a revision and a supplement are notified; a corrigendum corrects; an addendum says by its keywords, or
    failing those by its words, what happened.
    """
    if content.type is NoticeType.CORRIGENDUM:
        return EventKind.WITHDRAWN if _reason(content) is EventKind.WITHDRAWN else EventKind.CORRECTED
    if content.type is not NoticeType.ADDENDUM:
        return EventKind.NOTIFIED
    return _reason(content) or EventKind.NOTIFIED


def measure_of(contents: Sequence[Content]) -> Measure:
    """Return what the thread amounts to: its documents are read in order of circulation, then of their symbols.

    A revision replaces what came before and opens the draft again; otherwise the last word on each point stands.
    """
    return reduce(followed, sorted(contents, key=thread_order), Measure(state=MeasureState.PROPOSED))


def followed(measure: Measure, content: Content) -> Measure:
    """Return what a measure amounts to once its next document is read."""
    state = measure.state
    if content.type is NoticeType.REVISION:
        state = MeasureState.PROPOSED
    elif content.type in FOLLOW_UPS:
        state = _STATE_OF.get(event_of(content), state)
    elif status_of(content) is EventKind.WITHDRAWN:
        state = MeasureState.WITHDRAWN
    return Measure(
        state=state,
        comment_deadline=content.comment_deadline or measure.comment_deadline,
        adoption_on=content.adoption_on or measure.adoption_on,
        in_force_on=content.in_force_on or measure.in_force_on,
    )


def is_open(state: MeasureState, deadline: date | None, today: date) -> bool:
    """Say whether comments are still taken; the last day counts. Both dates are calendar dates in Viet Nam."""
    return state is not MeasureState.WITHDRAWN and deadline is not None and deadline >= today


def thread_order(content: Content) -> tuple[date, tuple[int, ...], str]:
    """Return the sort key of a document in its thread: circulation first, then its place in the chain of symbols."""
    symbol = first_symbol(content)
    links = (
        () if symbol is None else tuple(number for part in symbol.suffixes for number in (len(part.part), part.number))
    )
    return (content.distributed_on or date.min, (len(links), *links), str(symbol))


def lender(content: Content, thread: dict[str, Content]) -> Content | None:
    """Return the nearest ancestor that has the products or codes which a follow-up leaves empty; None if it needs none.

    `thread` maps every printed symbol of the measure's documents to what they say.
    """
    if content.type not in FOLLOW_UPS or (content.hs or content.ics or content.products):
        return None
    return next((found for found in _forebears(content, thread) if found.hs or found.ics or found.products), None)


def is_orphan(content: Content, thread: dict[str, Content]) -> bool:
    """Say whether a follow-up stands here without any document that it follows."""
    return content.type in FOLLOW_UPS and not _forebears(content, thread)


def with_loan(content: Content, parent: Content | None) -> Content:
    """Return the content with the products and codes that its parent lends to it."""
    if parent is None:
        return content
    return replace(content, products=parent.products, hs=parent.hs, ics=parent.ics)


def _forebears(content: Content, thread: dict[str, Content]) -> list[Content]:
    symbols = [symbol for symbol in map(parse_symbol, content.symbols) if symbol is not None]
    ancestors = [ancestor for symbol in symbols for ancestor in symbol.ancestors]
    ordered: list[Symbol] = sorted(ancestors, key=lambda symbol: -len(symbol.suffixes))
    found = [thread[str(symbol)] for symbol in ordered if str(symbol) in thread]
    return list(dict.fromkeys(found))


def _reason(content: Content) -> EventKind | None:
    return _reason_said(content.keywords, f"{content.title}\n{content.description}")


@lru_cache(maxsize=256)
def _reason_said(keywords: tuple[str, ...], text: str) -> EventKind | None:
    """Each document of a thread is asked once for each that follows it, and a page may show the thread."""
    by_keyword = {_KEYWORDS.get(keyword.casefold()) for keyword in keywords}
    by_words = [kind for kind, pattern in _REASONS if pattern.search(text)]
    for kind in (EventKind.WITHDRAWN, EventKind.DEADLINE_CHANGED, EventKind.SCOPE_CHANGED):
        if kind in by_keyword:
            return kind
    if EventKind.ADOPTED in by_keyword:
        return EventKind.IN_FORCE if EventKind.IN_FORCE in by_words else EventKind.ADOPTED
    return by_words[0] if by_words else None
