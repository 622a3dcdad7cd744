"""Phrases that say two things at once, that a longer one hides, or that are too short to say one thing."""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import yaml

from app.domain.taxonomy import Taxonomy
from app.sources.taxonomy_lint.findings import Finding, Form, forms_in, parts_of

_NAMED = 3
"""Longer phrases that a note names; there may be more."""
_VOWELS = re.compile(r"[aeiouy]+")
_LONGEST_SYLLABLE = 7
_HEAD_LAST = "en"


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a phrase stands: in which sector, and on which line."""

    sector: str
    line: int


@dataclass(frozen=True, slots=True)
class _Phrases:
    """The strong phrases of a file with the first place of each, and what takes words away from every sector."""

    strong: Mapping[Form, _Place]
    cancelling: Mapping[Form, int]
    taxonomy: Taxonomy

    def related(self, one: str, other: str) -> bool:
        """Say whether two sectors stand under one top: a phrase may name the goods of several parts of one sector."""
        return bool(self.taxonomy.with_parents([one]) & self.taxonomy.with_parents([other]))


def phrase_findings(root: yaml.Node, taxonomy: Taxonomy) -> Iterator[Finding]:
    """Find what the phrases of a sound file say that may not be meant."""
    top = parts_of(root)
    sectors = parts_of(top.get("sectors"))
    strong: dict[Form, _Place] = {}
    for sector, node in sectors.items():
        for form, line in forms_in(parts_of(node).get("strong")):
            strong.setdefault(form, _Place(sector, line))
    cancelling = dict(forms_in(top.get("elsewhere")))
    for group in parts_of(top.get("decoys")).values():
        cancelling |= dict(forms_in(group))
    phrases = _Phrases(strong, cancelling, taxonomy)
    yield from _shared(sectors, phrases)
    yield from _twofold(sectors)
    yield from _contradicted(top, phrases)
    yield from _hidden(phrases)
    yield from _bare_syllables(phrases)


def _shared(sectors: Mapping[str, yaml.Node], phrases: _Phrases) -> Iterator[Finding]:
    """Find phrases that name the goods of two sectors."""
    for sector, node in sectors.items():
        for form, line in forms_in(parts_of(node).get("strong")):
            owner = phrases.strong[form]
            if owner.sector != sector and not phrases.related(owner.sector, sector):
                reason = f"{form[1]!r} is a strong phrase of {owner.sector!r} too (line {owner.line})"
                yield Finding(line, reason, note=True)


def _twofold(sectors: Mapping[str, yaml.Node]) -> Iterator[Finding]:
    """Find phrases that one sector lists in two strengths, of which only the stronger counts."""
    for sector, node in sectors.items():
        lists = parts_of(node)
        first: dict[Form, tuple[str, int]] = {}
        for kind in ("strong", "related", "weak"):
            for form, line in forms_in(lists.get(kind)):
                before, there = first.setdefault(form, (kind, line))
                if before != kind:
                    yield Finding(line, f"{form[1]!r} of {sector!r} is {before} already (line {there})", note=True)


def _contradicted(top: Mapping[str, yaml.Node], phrases: _Phrases) -> Iterator[Finding]:
    """Find phrases that name goods and cancel them."""
    for form, line in forms_in(top.get("elsewhere")):
        if form in phrases.strong:
            owner = phrases.strong[form]
            reason = f"{form[1]!r} is elsewhere here and a strong phrase of {owner.sector!r} (line {owner.line})"
            yield Finding(line, reason, note=False)
    for mute, node in parts_of(top.get("mutes")).items():
        lists = parts_of(node)
        when = dict(forms_in(lists.get("when")))
        for form, line in forms_in(lists.get("unless")):
            if form in when:
                yield Finding(line, f"{form[1]!r} of {mute!r} is when (line {when[form]}) and unless", note=False)
    exclusions = parts_of(top.get("exclusions"))
    sentence = dict(forms_in(exclusions.get("sentence")))
    for form, line in forms_in(exclusions.get("clause")):
        if form in sentence:
            yield Finding(line, f"{form[1]!r} excludes a sentence (line {sentence[form]}) and a clause", note=False)


def _hidden(phrases: _Phrases) -> Iterator[Finding]:
    """Find phrases that a longer one of another sector hides, although its goods are named by the same head word.

    "Coffee machine" hides "coffee" and is no coffee. "Slide fastener" hides "fastener" and may well be one. The head
    of a compound stands last in English and first in French, Spanish and Vietnamese.
    """
    hiding: dict[Form, list[str]] = defaultdict(list)
    for (language, form), place in phrases.strong.items():
        words = form.split()
        for start in range(1, len(words)):
            head = words[start:] if language == _HEAD_LAST else words[:-start]
            hidden = (language, " ".join(head))
            owner = phrases.strong.get(hidden)
            if owner is not None and not phrases.related(owner.sector, place.sector):
                hiding[hidden].append(f"{form!r} of {place.sector!r} (line {place.line})")
    for hidden, longer in hiding.items():
        named = ", ".join(longer[:_NAMED]) + (", …" if len(longer) > _NAMED else "")
        place = phrases.strong[hidden]
        yield Finding(place.line, f"{hidden[1]!r} of {place.sector!r} is hidden by {named}", note=True)


def _bare_syllables(phrases: _Phrases) -> Iterator[Finding]:
    """Find Vietnamese phrases of one syllable that no longer phrase tells apart from other words of the same sound."""
    elsewhere: dict[str, set[str]] = defaultdict(set)
    for language, form in phrases.cancelling:
        if language == "vi":
            for word in form.split():
                elsewhere[word].add("")
    for (language, form), place in phrases.strong.items():
        if language == "vi":
            for word in set(form.split()) - {form}:
                elsewhere[word].add(place.sector)
    for (language, form), place in phrases.strong.items():
        told_apart = any(not sector or not phrases.related(sector, place.sector) for sector in elsewhere[form])
        if language == "vi" and _is_syllable(form) and not told_apart:
            reason = (
                f"{form!r} of {place.sector!r} is one syllable, and no longer phrase says where it means other things"
            )
            yield Finding(place.line, reason, note=True)


def _is_syllable(form: str) -> bool:
    plain = "".join(letter for letter in unicodedata.normalize("NFD", form) if not unicodedata.combining(letter))
    return " " not in form and len(plain) <= _LONGEST_SYLLABLE and len(_VOWELS.findall(plain)) == 1
