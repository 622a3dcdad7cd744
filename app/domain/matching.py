"""Which questions a released event answers, why, and why not.

`answers` is the plain meaning; `CriteriaIndex` gives the same without asking every question, and `first_refusal` names
what stood in the way. Production, explanation and preview all ask here.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from app.domain.alerts import Alert
from app.domain.events import Audience, EventKind
from app.domain.notices import NoticeType
from app.domain.sectors import Facet, Label, Role
from app.domain.subscriptions import FIELDS, READ_FACETS, Criteria
from app.domain.symbols import OWN_MEMBER, Area


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What a released event offers to be matched by.

    `primary` and `related` hold sectors with the parents that they imply, `read` the labels of the other facets but
    themes; `hs` holds digits. `text` is all of its text as `matchable` returns it.
    """

    area: Area | None
    audience: Audience
    members: frozenset[str]
    primary: frozenset[str]
    related: frozenset[str]
    themes: frozenset[str]
    hs: frozenset[str]
    text: str
    read: Mapping[Facet, frozenset[str]] = field(default_factory=dict)

    def labels(self, facet: Facet) -> frozenset[str]:
        """Return the labels of a facet that is read out of a notice."""
        return self.read.get(facet, frozenset())


@dataclass(frozen=True, slots=True)
class Reason:
    """One value of the question that the event answered: the facet (`sector`, `hs` …) and the value asked for."""

    facet: str
    value: str


class Condition(StrEnum):
    """What must hold for somebody to be told, in the order in which it is looked at."""

    PUBLIC = "public"
    WITHDRAWN = "withdrawn"
    SORTED = "sorted"
    RELEASED = "released"
    SILENCE = "silence"
    CONFIRMED = "confirmed"
    ENDED = "ended"
    SUPPRESSED = "suppressed"
    LATE = "late"
    AREA = "area"
    OWN = "own"
    ADDITIONS = "additions"
    UPDATES = "updates"
    EXCLUDED = "excluded"
    SECTOR = "sector"
    RELATED = "related"
    THEME = "theme"
    MEASURE_TYPE = "measure_type"
    STANDARD = "standard"
    SUBSTANCE = "substance"
    AGREEMENT = "agreement"
    ORIGIN = "origin"
    AFFECTED = "affected"
    IMPORTANCE = "importance"
    MEMBER = "member"
    HS = "hs"
    KEYWORD = "keyword"


@dataclass(frozen=True, slots=True)
class Refusal:
    """The first condition that failed: what it asked for, and what there was instead."""

    condition: Condition
    asked: tuple[str, ...] = ()
    found: tuple[str, ...] = ()


_ASKED = (
    *((facet.value, name) for facet, name in FIELDS.items()),
    ("member", "members"),
    ("hs", "hs"),
    ("keyword", "keywords"),
)
"""Each facet of a question and where it is asked, in the order in which reasons are given."""
_READ = {facet.value: facet for facet in READ_FACETS}

_BASE_TYPES = frozenset({NoticeType.REGULAR, NoticeType.EMERGENCY, NoticeType.WARNING})
_WORDS = re.compile(r"\w+", re.UNICODE)


def matchable(text: str) -> str:
    """Return the words of a text, composed and casefolded, each between single blanks, so that whole words are found."""
    words = _WORDS.findall(unicodedata.normalize("NFC", text).casefold())
    return f" {' '.join(words)} "


def answers(criteria: Criteria, facts: Facts) -> tuple[Reason, ...] | None:
    """Return why an event answers a question, or None when it does not. A question without facets is always answered.

    But for the measures of Viet Nam itself, of which only those are told who ask for that member: the others ask for
    what stands in the way of their exports.
    """
    if (criteria.area is not None and criteria.area is not facts.area) or not _wants(criteria, facts.audience):
        return None
    if _is_unasked_own(criteria, facts) or any(_says(facts, keyword) for keyword in criteria.excluded):
        return None
    met: list[Reason] = []
    for facet, field_name in _ASKED:
        asked = getattr(criteria, field_name)
        if asked:
            hits = [Reason(facet, value) for value in asked if _meets(criteria, facts, facet, value)]
            if not hits:
                return None
            met += hits
    return tuple(met)


def first_refusal(criteria: Criteria, facts: Facts) -> Refusal | None:
    """Return the first condition, in the order of `Condition`, for which `answers` says no; None when it says why."""
    if criteria.area is not None and criteria.area is not facts.area:
        return Refusal(Condition.AREA, (criteria.area.value,), (facts.area.value,) if facts.area else ())
    if _is_unasked_own(criteria, facts):
        return Refusal(Condition.OWN)
    if not _wants(criteria, facts.audience):
        return Refusal(Condition.ADDITIONS if facts.audience is Audience.ADDITIONS else Condition.UPDATES)
    forbidden = tuple(keyword for keyword in criteria.excluded if _says(facts, keyword))
    if forbidden:
        return Refusal(Condition.EXCLUDED, found=forbidden)
    return next(_unmet(criteria, facts), None)


def sole_reasons(criteria: Criteria, reasons: Sequence[Reason]) -> tuple[Reason, ...]:
    """Return the reasons that an answer hangs on: without that value the question is not answered.

    A value that alone makes up its facet is none of these: without it the question asks for more, not for less.
    """
    several = {facet for facet, field_name in _ASKED if len(getattr(criteria, field_name)) > 1}
    met = [reason.facet for reason in reasons]
    return tuple(reason for reason in reasons if met.count(reason.facet) == 1 and reason.facet in several)


def facts_of(alert: Alert, audience: Audience, parents: Mapping[str, str]) -> Facts:
    """Return what an alert offers to be matched by; `parents` names the sector above each child."""
    content = alert.content
    words = [*(title for _, title in content.titles), content.products, content.description, *content.keywords]
    return Facts(
        area=content.area,
        audience=audience,
        members=frozenset(content.members),
        primary=_with_parents(alert.sectors, Role.PRIMARY, parents),
        related=_with_parents(alert.sectors, Role.RELATED, parents),
        themes=frozenset(label.id for label in alert.themes),
        hs=frozenset(content.hs),
        text=matchable("\n".join(words)),
        read={
            facet: frozenset(label.id for label in labels if label.role is Role.PRIMARY)
            for facet, labels in alert.facets.items()
        },
    )


def audience_of(kind: EventKind, type_: NoticeType, *, told: bool) -> Audience | None:
    """Return who hears of an event: those who take updates once its measure was `told`, else those who take additions.

    None for a base notice that comes after its measure was told through a follow-up: no second alert (IN-06).
    """
    if told and type_ in _BASE_TYPES and kind is EventKind.NOTIFIED:
        return None
    return Audience.UPDATES if told else Audience.ADDITIONS


class CriteriaIndex:
    """Distinct criteria, each filed under the values of its rarest facet, so that few are asked for one event."""

    def __init__(self, criteria: Iterable[tuple[int, Criteria]] = ()) -> None:
        self._criteria: dict[int, Criteria] = {}
        self._filed: dict[tuple[str, str], list[int]] = defaultdict(list)
        self._unfiled: list[int] = []
        for number, asked in criteria:
            self.add(number, asked)

    def add(self, number: int, asked: Criteria) -> None:
        """File one question under a facet that every answer must satisfy."""
        self._criteria[number] = asked
        for facet, values in _rarest_first(asked):
            if values:
                for value in set(values):
                    self._filed[facet, value].append(number)
                return
        self._unfiled.append(number)

    def match(self, facts: Facts) -> Mapping[int, tuple[Reason, ...]]:
        """Return the questions that the event answers, with the reasons."""
        matched = {}
        for number in self._candidates(facts):
            reasons = answers(self._criteria[number], facts)
            if reasons is not None:
                matched[number] = reasons
        return matched

    def _candidates(self, facts: Facts) -> set[int]:
        keys = {("sector", value) for value in facts.primary | facts.related}
        keys |= {("theme", value) for value in facts.themes}
        keys |= {(facet.value, value) for facet, values in facts.read.items() for value in values}
        keys |= {("member", value) for value in facts.members}
        keys |= {("hs", code[:2]) for code in facts.hs}
        keys |= {("keyword", word) for word in facts.text.split()}
        return {number for key in keys & self._filed.keys() for number in self._filed[key]} | set(self._unfiled)


def _unmet(criteria: Criteria, facts: Facts) -> Iterator[Refusal]:
    """Yield a refusal for each facet that asks for something and is not met."""
    asked = frozenset(criteria.sectors)
    if asked and not asked & (facts.primary | facts.related if criteria.related else facts.primary):
        touched = tuple(sorted(asked & facts.related))
        condition = Condition.RELATED if touched else Condition.SECTOR
        yield Refusal(condition, criteria.sectors, touched or tuple(sorted(facts.primary)))
    if criteria.themes and not facts.themes.intersection(criteria.themes):
        yield Refusal(Condition.THEME, criteria.themes, tuple(sorted(facts.themes)))
    for facet in READ_FACETS:
        wanted = criteria.labels(facet)
        if wanted and facts.labels(facet).isdisjoint(wanted):
            yield Refusal(Condition(facet.value), wanted, tuple(sorted(facts.labels(facet))))
    if criteria.members and not facts.members.intersection(criteria.members):
        yield Refusal(Condition.MEMBER, criteria.members, tuple(sorted(facts.members)))
    if criteria.hs and not any(_has_code(facts, prefix) for prefix in criteria.hs):
        yield Refusal(Condition.HS, criteria.hs, tuple(sorted(facts.hs)))
    if criteria.keywords and not any(_says(facts, keyword) for keyword in criteria.keywords):
        yield Refusal(Condition.KEYWORD, criteria.keywords)


def _meets(criteria: Criteria, facts: Facts, facet: str, value: str) -> bool:
    match facet:
        case "sector":
            return value in facts.primary or (criteria.related and value in facts.related)
        case "theme":
            return value in facts.themes
        case "member":
            return value in facts.members
        case "hs":
            return _has_code(facts, value)
        case "keyword":
            return _says(facts, value)
        case _:
            return value in facts.labels(_READ[facet])


def _rarest_first(asked: Criteria) -> Iterator[tuple[str, list[str]]]:
    """Yield what a question can be filed under, the facet first whose values the fewest notices have."""
    yield "keyword", [_first_word(keyword) for keyword in asked.keywords]
    yield "hs", [prefix[:2] for prefix in asked.hs]
    for facet in (Facet.STANDARD, Facet.SUBSTANCE, Facet.SECTOR, Facet.THEME):
        yield facet.value, list(asked.labels(facet))
    yield "member", list(asked.members)
    for facet in (Facet.AGREEMENT, Facet.ORIGIN, Facet.MEASURE_TYPE, Facet.IMPORTANCE, Facet.AFFECTED):
        yield facet.value, list(asked.labels(facet))


def _is_unasked_own(criteria: Criteria, facts: Facts) -> bool:
    return facts.members == {OWN_MEMBER} and OWN_MEMBER not in criteria.members


def _with_parents(labels: tuple[Label, ...], role: Role, parents: Mapping[str, str]) -> frozenset[str]:
    own = {label.id for label in labels if label.role is role}
    return frozenset(own | {parents[label] for label in own if label in parents})


def _wants(criteria: Criteria, audience: Audience) -> bool:
    return criteria.additions if audience is Audience.ADDITIONS else criteria.updates


def _has_code(facts: Facts, prefix: str) -> bool:
    # A notice that states a whole chapter concerns whoever asks for a heading in it, and the other way round.
    return any(code.startswith(prefix) or prefix.startswith(code) for code in facts.hs)


def _says(facts: Facts, keyword: str) -> bool:
    phrase = matchable(keyword)
    return phrase.strip() != "" and phrase in facts.text


def _first_word(keyword: str) -> str:
    words = matchable(keyword).split()
    return words[0] if words else ""
