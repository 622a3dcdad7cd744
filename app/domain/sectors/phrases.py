"""The taxonomy's phrases, found in a text by one automaton (Aho-Corasick, pyahocorasick).

Whole words only. Of phrases that overlap, the longest counts: "coffee machine" hides "coffee", a decoy hides what
stands in it. What a text says that it is not about ("does not apply to …") counts for nothing.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import IntEnum, auto
from typing import NamedTuple

import ahocorasick

from app.domain.sectors.masks import end_of_clause, end_of_sentence, masked
from app.domain.taxonomy import Phrase, Taxonomy, forms_of, spellings_of
from app.domain.text import Searchable, phrase_form, searchable


class Sign(IntEnum):
    """What it means that a phrase was found."""

    STRONG = auto()
    RELATED = auto()
    WEAK = auto()
    THEME = auto()
    DECOY = auto()
    ELSEWHERE = auto()
    NAME = auto()
    SENTENCE = auto()
    CLAUSE = auto()
    MUTE = auto()
    UNLESS = auto()


_OF_SECTORS = frozenset({Sign.STRONG, Sign.RELATED, Sign.WEAK})
_ASIDE = frozenset({Sign.RELATED, Sign.THEME, Sign.MUTE, Sign.UNLESS})


@dataclass(frozen=True, slots=True)
class PhraseRule:
    """One phrase of the taxonomy: its id, what it is a sign of, and for which sector, theme or mute."""

    id: str
    sign: Sign
    target: str = ""
    exactly: str = ""


class Found(NamedTuple):
    """A phrase in a text: offsets into the text as it is stored, and the rules that it answers to.

    `aside` are those of the rules that stand beside claims, `claims` the others. A tuple, since thousands are made.
    """

    start: int
    end: int
    rules: tuple[PhraseRule, ...]
    aside: tuple[PhraseRule, ...] = ()
    claims: tuple[PhraseRule, ...] = ()


class Lexicon:
    """All phrases of a taxonomy, ready to be looked for."""

    def __init__(self, taxonomy: Taxonomy) -> None:
        self._muted = {mute.id: taxonomy.with_children(mute.mutes) for mute in taxonomy.mutes}
        filed: dict[str, set[PhraseRule]] = {}
        for rule, phrase in _rules_of(taxonomy):
            for form in forms_of(phrase.pattern):
                exact = PhraseRule(rule.id, rule.sign, rule.target, form) if rule.sign is Sign.NAME else rule
                for spelling in spellings_of(form, phrase.language, taxonomy.other_spellings):
                    filed.setdefault(phrase_form(spelling), set()).add(exact)
        self._automaton = ahocorasick.Automaton()
        for form, rules in filed.items():
            self._automaton.add_word(form, (len(form), _parted(_one_per_target(rules))))
        if filed:
            self._automaton.make_automaton()
        self._empty = not filed

    def find(
        self, text: str, form: Searchable | None = None, passed_over: Iterable[tuple[int, int]] | None = None
    ) -> list[Found]:
        """Return the phrases in a text that count, in the order of the text.

        `form` is its searchable form and `passed_over` what `masked` makes of it, where those are known already.
        """
        if self._empty or not text:
            return []
        read = form or searchable(text)
        found = []
        for last, (length, parted) in self._automaton.iter(read.form):
            start, end = read.span(last - length + 2, last)
            if not parted[0][0].exactly:
                found.append(Found(start, end, *parted))
            elif rules := _as_written(parted[0], text[start:end]):
                found.append(Found(start, end, *_parted(rules)))
        return self._settle(text, found, masked(text) if passed_over is None else passed_over)

    def _settle(self, text: str, found: list[Found], passed_over: Iterable[tuple[int, int]]) -> list[Found]:
        """Keep what counts: the longest of the claims that overlap, and beside them what they do not hide."""
        claims = [one for one in found if one.claims]
        owners: dict[int, Found] = {}
        accepted: list[Found] = []
        taken = bytearray(len(text))
        for one in sorted(claims, key=lambda one: (one.start - one.end, one.start)):
            if taken.find(1, one.start, one.end) < 0:
                taken[one.start : one.end] = b"\x01" * (one.end - one.start)
                owners.update(dict.fromkeys(range(one.start, one.end), one))
                accepted.append(one)
        unread = _unread(text, accepted, passed_over)
        aside = [Found(one.start, one.end, self._standing(one, owners)) for one in found if one.aside]
        nearer = _stretches_of_related(aside)
        kept = [Found(one.start, one.end, _claiming(one, nearer)) for one in accepted]
        settled = [one for one in (*kept, *aside) if one.rules and not unread[one.start]]
        return sorted(settled, key=lambda one: (one.start, one.end))

    def _standing(self, one: Found, owners: Mapping[int, Found]) -> tuple[PhraseRule, ...]:
        """Return the signs beside the claims that count: only what hides its words takes one away."""
        aside = one.aside
        cover = owners.get(one.start)
        if cover is None or cover is not owners.get(one.end - 1):
            return aside
        if (cover.start, cover.end) == (one.start, one.end):
            return aside
        sectors = {rule.target for rule in cover.rules if rule.sign in _OF_SECTORS}
        return tuple(rule for rule in aside if sectors and self._stands(rule, sectors))

    def _stands(self, rule: PhraseRule, sectors: set[str]) -> bool:
        """Tell whether a sign counts within a longer phrase of these sectors."""
        if rule.sign in (Sign.THEME, Sign.RELATED):
            return True
        muted = self._muted[rule.target]
        return sectors <= muted if rule.sign is Sign.UNLESS else not sectors & muted


def _unread(text: str, accepted: Iterable[Found], passed_over: Iterable[tuple[int, int]]) -> bytearray:
    """Return a mark for each character that stands where the text is not read."""
    unread = bytearray(len(text))
    stretches = list(passed_over)
    cut = 0
    for one in sorted(accepted, key=lambda one: one.start):
        signs = {rule.sign for rule in one.rules}
        if one.start >= cut and signs & {Sign.SENTENCE, Sign.CLAUSE}:
            cut = (end_of_sentence if Sign.SENTENCE in signs else end_of_clause)(text, one.end)
            stretches.append((one.start, cut))
    for start, end in stretches:
        unread[start:end] = b"\x01" * (end - start)
    return unread


def _stretches_of_related(aside: Iterable[Found]) -> dict[str, list[tuple[int, int]]]:
    stretches: dict[str, list[tuple[int, int]]] = {}
    for one in aside:
        for rule in one.rules:
            if rule.sign is Sign.RELATED:
                stretches.setdefault(rule.target, []).append((one.start, one.end))
    return stretches


def _claiming(one: Found, nearer: Mapping[str, list[tuple[int, int]]]) -> tuple[PhraseRule, ...]:
    """Return the claims that a longer phrase does not lessen: "leather care" only touches leather."""
    if not nearer:
        return one.claims
    return tuple(
        rule
        for rule in one.claims
        if not any(
            start <= one.start and one.end <= end and (start, end) != (one.start, one.end)
            for start, end in nearer.get(rule.target, ())
        )
    )


def _rules_of(taxonomy: Taxonomy) -> Iterator[tuple[PhraseRule, Phrase]]:
    """Yield every phrase with its rule. A rule's id says where in the file the phrase stands."""
    lists: list[tuple[str, Sign, str, Iterable[Phrase]]] = [
        ("decoys", Sign.DECOY, "", taxonomy.decoys),
        ("elsewhere", Sign.ELSEWHERE, "", taxonomy.elsewhere),
        ("names", Sign.NAME, "", taxonomy.names),
        ("exclusions/sentence", Sign.SENTENCE, "", taxonomy.exclusions.sentence),
        ("exclusions/clause", Sign.CLAUSE, "", taxonomy.exclusions.clause),
    ]
    for sector in taxonomy.sectors:
        lists.append((f"{sector.id}/strong", Sign.STRONG, sector.id, sector.strong))
        lists.append((f"{sector.id}/related", Sign.RELATED, sector.id, sector.related))
        lists.append((f"{sector.id}/weak", Sign.WEAK, sector.id, sector.weak))
    lists += [(f"{theme.id}/phrases", Sign.THEME, theme.id, theme.phrases) for theme in taxonomy.themes]
    for mute in taxonomy.mutes:
        lists.append((f"{mute.id}/when", Sign.MUTE, mute.id, mute.when))
        lists.append((f"{mute.id}/unless", Sign.UNLESS, mute.id, mute.unless))
    for place, sign, target, phrases in lists:
        for phrase in phrases:
            yield PhraseRule(f"{place}/{phrase.language}/{phrase.pattern}", sign, target), phrase


def _one_per_target(rules: Iterable[PhraseRule]) -> tuple[PhraseRule, ...]:
    """Keep one rule for each sign and target, names first; of a sector's own signs the strongest."""
    kept: dict[tuple[str, str], PhraseRule] = {}
    for rule in sorted(rules, key=lambda rule: (rule.sign.value, rule.id)):
        sign = Sign.STRONG if rule.sign in _OF_SECTORS else rule.sign
        kept.setdefault((sign.name, rule.target), rule)
    return tuple(sorted(kept.values(), key=lambda rule: (not rule.exactly, rule.id)))


def _parted(
    rules: tuple[PhraseRule, ...],
) -> tuple[tuple[PhraseRule, ...], tuple[PhraseRule, ...], tuple[PhraseRule, ...]]:
    """Return rules, those of them that stand beside claims, and those that claim the words."""
    aside = tuple(rule for rule in rules if rule.sign in _ASIDE)
    return rules, aside, tuple(rule for rule in rules if rule.sign not in _ASIDE)


def _as_written(rules: tuple[PhraseRule, ...], written: str) -> tuple[PhraseRule, ...]:
    """Return the names that are written so, or else the rules for common words."""
    names = tuple(rule for rule in rules if rule.exactly == written)
    return names or tuple(rule for rule in rules if not rule.exactly)
