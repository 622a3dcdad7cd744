"""Who should have been told, worked out a second time: on purpose naive, and by other means than `domain.matching`.

Every notice is held against every question, one condition after the other. What this and the matcher do not agree on is
a fault of one of the two, and a person should look (MO-01).
"""

import json
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta, tzinfo
from typing import Any, Final

from app.domain.notices import Content
from app.domain.sectors import Facet, Role
from app.domain.subscriptions import READ_FACETS, Criteria, Frequency
from app.domain.symbols import OWN_MEMBER, read_symbols

WINDOW: Final = timedelta(days=7)
"""How far back is looked when nobody says otherwise."""
STAGE: Final = timedelta(minutes=15)
"""What a notice may take to be sorted, judged, fanned out or gathered; each takes seconds when all is well."""
DIGESTS: Final = timedelta(hours=2)
"""After the hour of the digests, until all must be in the outbox (GOV.UK misses a run after two hours)."""
LEASE: Final = timedelta(minutes=5)
"""After the end of a lease, until somebody must have noticed."""
UNKNOWN: Final = timedelta(minutes=15)
"""Until a hand-over whose end nobody knows must be settled (DL-05)."""
CHANGE_CONFIRMED: Final = timedelta(days=2)
"""How long the link in a mail to a new address holds; one that is gone after that is missed by nobody."""
NOTHING_TAKEN: Final = timedelta(minutes=5)
"""Mail has been due for so long and the relay has taken none: it is blocked."""
ALL_REFUSED: Final = timedelta(minutes=30)
"""Mail was offered for so long and none was taken (GOV.UK: work exists but nothing succeeded)."""
FEWEST_REFUSED: Final = 10
"""Tries that must have failed for that: fewer may be the fault of their recipients."""
WORKER: Final = timedelta(minutes=2)
"""No job at all finished for so long: twice the period of the slowest that always runs, the delivery loop (MO-04)."""
JOB: Final = timedelta(minutes=15)
"""A job that took longer than twice its period may be busy; after so long it is not."""
SOURCE: Final = timedelta(hours=24)
"""A source that did not answer soundly for so long."""
SILENT_WORKING_DAYS: Final = 3
"""Working days in Viet Nam without a new record, after which the silence of a source is worth a look (MO-05)."""
NORM: Final = timedelta(days=30)
"""What is usual is read off so many days."""
FEWEST_FOR_A_NORM: Final = 10
CHANCE: Final = 0.0001
"""A run of alerts that nobody matched is no accident when it is less likely than this."""

DUE: Final[Mapping[str, timedelta]] = {
    "confirmation": timedelta(minutes=15),
    "link": timedelta(minutes=15),
    "new_address": timedelta(minutes=15),
    "old_address": timedelta(minutes=15),
    "contact": timedelta(minutes=15),
    "instant": timedelta(hours=2),
    "letter": timedelta(hours=2),
    "digest": timedelta(hours=3),
    "replay": timedelta(hours=24),
}
"""How long a due message of each kind may wait while the relay takes others: 100,000 at a time are healthy (MO-07).

For the first five somebody waits in front of a page."""
DUE_OTHERWISE: Final = timedelta(hours=3)

_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Offer:
    """What a released event has to say to the questions that people ask; `labels` are (facet, id, role)."""

    content: Content
    labels: frozenset[tuple[str, str, str]]
    update: bool
    words: tuple[str, ...]


def offer_of(
    content: Content, labels: Iterable[tuple[str, str, str]], parents: Mapping[str, str], *, update: bool
) -> Offer:
    """Return what an event offers; a sector stands for the one above it too, in the same role."""
    own = set(labels)
    above = {(facet, parents[one], role) for facet, one, role in own if facet == Facet.SECTOR and one in parents}
    titles = " ".join(title for _, title in content.titles)
    said = "\n".join([titles, content.products, content.description, " ".join(content.keywords)])
    return Offer(content, frozenset(own | above), update, tuple(words_of(said)))


def words_of(text: str) -> list[str]:
    """Return the words of a text, one by one, without regard to capitals."""
    return _WORD.findall(unicodedata.normalize("NFC", text).casefold())


def concerns(asked: Criteria, offer: Offer) -> bool:
    """Say whether a reader who asks this should be told of the event: every condition must be met."""
    return all(_conditions(asked, offer))


def symbols_in(payload: bytes) -> set[str]:
    """Return the symbols of the documents that a page of ePing names, as we print them; none for any other page."""
    try:
        page = json.loads(payload)
    except ValueError:
        return set()
    return {str(symbol) for text in _values_of(page, "documentSymbol") for symbol in read_symbols(text).symbols}


def last_close(frequency: Frequency, moment: datetime, at: time, zone: tzinfo) -> datetime:
    """Return when the last digest hour before a moment was: daily, or on Monday."""
    local = moment.astimezone(zone)
    day = local.date()
    while True:
        close = datetime.combine(day, at, zone)
        if close <= local and (frequency is not Frequency.WEEKLY or day.weekday() == 0):
            return close
        day -= timedelta(days=1)


def unlikely_run(newest_first: Sequence[bool]) -> int:
    """Return how many of the newest did not do what is usual, when that is no accident; otherwise 0.

    True says that one did: was labelled, found a reader. The older ones say how usual that is; one more failure is
    assumed among them, so that a short past never makes a single exception impossible.
    """
    run = next((place for place, done in enumerate(newest_first) if done), len(newest_first))
    past = newest_first[run:]
    if not run or len(past) < FEWEST_FOR_A_NORM:
        return 0
    norm = sum(past) / (len(past) + 1)
    return run if (1 - norm) ** run <= CHANCE else 0


def _conditions(asked: Criteria, offer: Offer) -> Iterator[bool]:
    content = offer.content
    yield asked.updates if offer.update else asked.additions
    yield asked.area is None or asked.area == content.area
    yield set(content.members) != {OWN_MEMBER} or OWN_MEMBER in asked.members
    yield not asked.members or bool(set(asked.members) & set(content.members))
    yield not asked.sectors or any(_has_sector(offer, sector, asked) for sector in asked.sectors)
    yield not asked.themes or any(_is_labelled(offer, Facet.THEME, theme) for theme in asked.themes)
    yield all(not asked.labels(facet) or _reads(offer, facet, asked) for facet in READ_FACETS)
    yield not asked.hs or any(_overlap(code, wanted) for code in content.hs for wanted in asked.hs)
    yield not any(_holds(offer.words, phrase) for phrase in asked.excluded)
    yield not asked.keywords or any(_holds(offer.words, phrase) for phrase in asked.keywords)


def _has_sector(offer: Offer, sector: str, asked: Criteria) -> bool:
    roles = (Role.PRIMARY, Role.RELATED) if asked.related else (Role.PRIMARY,)
    return any((Facet.SECTOR, sector, role) in offer.labels for role in roles)


def _is_labelled(offer: Offer, facet: Facet, label: str) -> bool:
    return any((facet, label, role) in offer.labels for role in Role)


def _reads(offer: Offer, facet: Facet, asked: Criteria) -> bool:
    return any((facet, label, Role.PRIMARY) in offer.labels for label in asked.labels(facet))


def _overlap(code: str, wanted: str) -> bool:
    """Say whether two codes meet: a chapter concerns whoever asks for a heading in it, and the other way round."""
    shorter = min(len(code), len(wanted))
    return code[:shorter] == wanted[:shorter]


def _holds(words: Sequence[str], phrase: str) -> bool:
    """Say whether the words of a phrase stand side by side."""
    wanted = tuple(words_of(phrase))
    if not wanted or wanted[0] not in words:
        return False
    return any(tuple(words[start : start + len(wanted)]) == wanted for start in range(len(words)))


def _values_of(value: Any, name: str) -> list[str]:
    """Return every text that stands under a name, however deep."""
    if isinstance(value, dict):
        found = [text for key, text in value.items() if key == name and isinstance(text, str)]
        return found + [text for inner in value.values() for text in _values_of(inner, name)]
    return [text for inner in value for text in _values_of(inner, name)] if isinstance(value, list) else []
