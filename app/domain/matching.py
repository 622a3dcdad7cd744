"""Which questions a released event answers, and why.

`answers` is the plain meaning; `CriteriaIndex` gives the same without asking every question.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from app.domain.events import Audience
from app.domain.subscriptions import Criteria
from app.domain.symbols import Area


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What a released event offers to be matched by.

    `primary` and `related` hold sectors with the parents that they imply; `hs` holds digits. `text` is all of its text
    as `matchable` returns it.
    """

    area: Area | None
    audience: Audience
    members: frozenset[str]
    primary: frozenset[str]
    related: frozenset[str]
    themes: frozenset[str]
    hs: frozenset[str]
    text: str


@dataclass(frozen=True, slots=True)
class Reason:
    """One value of the question that the event answered: the facet (`sector`, `hs` …) and the value asked for."""

    facet: str
    value: str


_WORDS = re.compile(r"\w+", re.UNICODE)


def matchable(text: str) -> str:
    """Return the words of a text, composed and casefolded, each between single blanks, so that whole words are found."""
    words = _WORDS.findall(unicodedata.normalize("NFC", text).casefold())
    return f" {' '.join(words)} "


def answers(criteria: Criteria, facts: Facts) -> tuple[Reason, ...] | None:
    """Return why an event answers a question, or None when it does not. A question without facets is always answered."""
    if (criteria.area is not None and criteria.area is not facts.area) or not _wants(criteria, facts.audience):
        return None
    if any(_says(facts, keyword) for keyword in criteria.excluded):
        return None
    sectors = facts.primary | facts.related if criteria.related else facts.primary
    found = {
        "sector": (criteria.sectors, [value for value in criteria.sectors if value in sectors]),
        "theme": (criteria.themes, [value for value in criteria.themes if value in facts.themes]),
        "member": (criteria.members, [value for value in criteria.members if value in facts.members]),
        "hs": (criteria.hs, [prefix for prefix in criteria.hs if _has_code(facts, prefix)]),
        "keyword": (criteria.keywords, [value for value in criteria.keywords if _says(facts, value)]),
    }
    if any(asked and not hits for asked, hits in found.values()):
        return None
    return tuple(Reason(facet, value) for facet, (_, hits) in found.items() for value in hits)


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
        for facet, values in (
            ("keyword", [_first_word(keyword) for keyword in asked.keywords]),
            ("hs", [prefix[:2] for prefix in asked.hs]),
            ("sector", list(asked.sectors)),
            ("theme", list(asked.themes)),
            ("member", list(asked.members)),
        ):
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
        keys |= {("member", value) for value in facts.members}
        keys |= {("hs", code[:2]) for code in facts.hs}
        keys |= {("keyword", word) for word in facts.text.split()}
        return {number for key in keys & self._filed.keys() for number in self._filed[key]} | set(self._unfiled)


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
