"""What pages say of a measure as time went by: its notices, what happened to it, and what was stated otherwise later."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from app.domain.differences import Fate, word_differences
from app.domain.events import EventKind
from app.domain.measures import FOLLOW_UPS, MeasureState
from app.domain.notices import FieldChange, NoticeType
from app.i18n.dates import short_date, today_in_vietnam
from app.i18n.terms import code_name, field_name
from app.store.catalogue import CataloguedEvent, Thread
from app.store.timeline import LaterVersion
from app.texts.cleaning import one_line
from app.texts.facts import changes
from app.texts.wording import capitalised
from app.web.views import Badge, Line, Names, badge, line

LONGEST_KEPT = 160
"""Characters of a text that stayed the same before its middle is left out, at a word."""
MOST_PIECES = 400

_STATELESS = {NoticeType.WARNING}
"""A warning is no draft that could be adopted."""
_WORDED = frozenset({"title", "titles", "description", "products"})


@dataclass(frozen=True, slots=True)
class ShownPiece:
    """A run of words: `kept`, `removed` or `added`."""

    fate: str
    text: str


@dataclass(frozen=True, slots=True)
class ShownChange:
    """One field before and after; of a longer text the words between them instead, as `pieces`."""

    label: str
    before: str
    after: str
    note: str
    pieces: tuple[ShownPiece, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """One event of a thread; `digest` says that it was no alert of its own."""

    day: str
    kind: str
    ref: str
    because: str
    digest: bool
    changes: tuple[ShownChange, ...]


@dataclass(frozen=True, slots=True)
class ShownVersion:
    """A later version of a notice."""

    day: str
    ref: str
    number: int
    changes: tuple[ShownChange, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ThreadView:
    """A measure: where it stands (empty for a warning), its notices in order, what happened to it, and what was stated otherwise later."""

    ref: str
    state: str
    badge: Badge
    notices: tuple[Line, ...]
    events: tuple[Happening, ...]
    versions: tuple[ShownVersion, ...]


def thread_view(
    thread: Thread, names: Names, today: date, language: str, versions: Iterable[LaterVersion] = ()
) -> ThreadView:
    """Return a measure with its notices, events and later versions."""
    types = {notice.ref: notice.content.type for notice in thread.notices}
    standing = thread.standing_on(today)
    return ThreadView(
        ref=thread.ref,
        state="" if set(types.values()) == _STATELESS else code_name("measure-state", standing, language),
        badge=badge(thread.comment_deadline, today, language, withdrawn=thread.state is MeasureState.WITHDRAWN),
        notices=tuple(line(notice, names, today, language) for notice in thread.notices),
        events=tuple(_happening(event, types.get(event.ref), language) for event in thread.events),
        versions=tuple(_version(version, language) for version in versions),
    )


def shown_changes(found: Iterable[FieldChange], language: str) -> tuple[ShownChange, ...]:
    """Return changes in the reader's words, as mails print them; longer texts word by word."""
    return tuple(_shown(change, language) for change in found)


def _happening(event: CataloguedEvent, type_: NoticeType | None, language: str) -> Happening:
    """Return an event; a follow-up or a warning that arrived is named by what it is, for it is no new draft."""
    arrived = type_ in FOLLOW_UPS | _STATELESS and event.kind is EventKind.NOTIFIED
    return Happening(
        day=short_date(event.happened_on or today_in_vietnam(event.created_at), language),
        kind=code_name("notice-type", type_, language)
        if type_ and arrived
        else code_name("event", event.kind, language),
        ref=event.ref,
        because=one_line(event.because),
        digest=event.material is False,
        changes=shown_changes(event.changes, language),
    )


def _version(version: LaterVersion, language: str) -> ShownVersion:
    day = short_date(today_in_vietnam(version.created_at), language)
    return ShownVersion(day, version.ref, version.number, shown_changes(version.changes, language))


def _shown(change: FieldChange, language: str) -> ShownChange:
    if change.field in _WORDED and change.before and change.after:
        return ShownChange(capitalised(field_name(change.field, language)), "", "", "", _pieces(change))
    (printed,) = changes([change], language)
    return ShownChange(printed.label, printed.before, printed.after, printed.note)


def _pieces(change: FieldChange) -> tuple[ShownPiece, ...]:
    found = word_differences(one_line(change.before), one_line(change.after))
    last = len(found) - 1
    shown = [
        ShownPiece(one.fate.value, _shortened(one.text, first=place == 0, last=place == last))
        if one.fate is Fate.KEPT
        else ShownPiece(one.fate.value, one.text)
        for place, one in enumerate(found[:MOST_PIECES])
    ]
    return (*shown, ShownPiece(Fate.KEPT.value, " …")) if len(found) > MOST_PIECES else tuple(shown)


def _shortened(text: str, *, first: bool, last: bool) -> str:
    """Leave out what stands far from any change."""
    if len(text) <= LONGEST_KEPT:
        return text
    around = LONGEST_KEPT // 2
    head = "" if first else text[:around].rpartition(" ")[0]
    tail = "" if last else text[-around:].partition(" ")[2]
    return f"{head} … {tail}"
