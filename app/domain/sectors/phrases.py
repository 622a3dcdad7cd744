"""The taxonomy's phrases, found in a text by one automaton (Aho-Corasick, pyahocorasick).

Whole words only. Of phrases that overlap, the longest counts: "coffee machine" hides "coffee", a decoy hides what
stands in it. What a text says that it is not about ("does not apply to …") counts for nothing.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum, auto

import ahocorasick

from app.domain.taxonomy import Phrase, Taxonomy, forms_of, spellings_of
from app.domain.text import phrase_form, searchable


class Sign(Enum):
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
_OPENERS = frozenset({Sign.SENTENCE, Sign.CLAUSE})


@dataclass(frozen=True, slots=True)
class PhraseRule:
    """One phrase of the taxonomy: its id, what it is a sign of, and for which sector, theme or mute."""

    id: str
    sign: Sign
    target: str = ""
    exactly: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """A phrase in a text: offsets into the text as it is stored, and the rules that it answers to."""

    start: int
    end: int
    rules: tuple[PhraseRule, ...]


class Lexicon:
    """All phrases of a taxonomy, ready to be looked for."""

    def __init__(self, taxonomy: Taxonomy) -> None:
        self._families = {
            mute.id: frozenset(mute.mutes).union(*(taxonomy.children_of(sector) for sector in mute.mutes))
            for mute in taxonomy.mutes
        }
        filed: dict[str, set[PhraseRule]] = {}
        for rule, phrase in _rules_of(taxonomy):
            for form in forms_of(phrase.pattern):
                exact = PhraseRule(rule.id, rule.sign, rule.target, form) if rule.sign is Sign.NAME else rule
                for spelling in spellings_of(form, phrase.language, taxonomy.spellings):
                    filed.setdefault(phrase_form(spelling), set()).add(exact)
        self._automaton = ahocorasick.Automaton()
        for form, rules in filed.items():
            self._automaton.add_word(form, (len(form), _one_per_target(rules)))
        if filed:
            self._automaton.make_automaton()
        self._empty = not filed

    def find(self, text: str) -> list[Found]:
        """Return the phrases in a text that count, in the order of the text."""
        if self._empty or not text:
            return []
        read = searchable(text)
        found = []
        for last, (length, rules) in self._automaton.iter(read.form):
            start, end = read.span(last - length + 2, last)
            if rules[0].exactly:
                rules = _as_written(rules, text[start:end])
            if rules:
                found.append(Found(start, end, rules))
        return self._settle(text, found)

    def _settle(self, text: str, found: list[Found]) -> list[Found]:
        claims = [one for one in found if not all(rule.sign in _ASIDE for rule in one.rules)]
        claims.sort(key=lambda one: (one.start - one.end, one.start))
        accepted: list[Found] = []
        for one in claims:
            if not any(one.start < other.end and other.start < one.end for other in accepted):
                accepted.append(one)
        cuts = [*_masks(text), *_cuts(text, accepted)]
        # What touches a sector, a theme, a context stand beside the claims: only what hides their words takes them away.
        aside = [
            Found(one.start, one.end, standing)
            for one in found
            if (standing := tuple(rule for rule in one.rules if self._stands(rule, one, accepted)))
        ]
        claims = [
            Found(one.start, one.end, claiming)
            for one in accepted
            if (claiming := tuple(rule for rule in one.rules if rule.sign not in _ASIDE and not _lessened(rule, one, aside)))
        ]
        kept = [one for one in (*claims, *aside) if not _inside(one, cuts)]
        return sorted(kept, key=lambda one: (one.start, one.end))

    def _stands(self, rule: PhraseRule, one: Found, accepted: Iterable[Found]) -> bool:
        if rule.sign not in _ASIDE:
            return False
        covers = [other for other in accepted if other.start <= one.start and one.end <= other.end]
        return all(self._lets_stand(other, rule, one) for other in covers)

    def _lets_stand(self, cover: Found, rule: PhraseRule, one: Found) -> bool:
        if (cover.start, cover.end) == (one.start, one.end):
            return True
        sectors = {other.target for other in cover.rules if other.sign in _OF_SECTORS}
        if rule.sign in (Sign.THEME, Sign.RELATED):
            return bool(sectors)
        family = self._families[rule.target]
        return bool(sectors) and (sectors <= family if rule.sign is Sign.UNLESS else not sectors & family)


def _lessened(rule: PhraseRule, one: Found, aside: Iterable[Found]) -> bool:
    """Tell whether a longer phrase says that a sector is only touched: "leather care" is not about leather."""
    return any(
        other.start <= one.start and one.end <= other.end and (other.start, other.end) != (one.start, one.end)
        for other in aside
        if any(near.sign is Sign.RELATED and near.target == rule.target for near in other.rules)
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


def _as_written(rules: tuple[PhraseRule, ...], written: str) -> tuple[PhraseRule, ...]:
    """Return the names that are written so, or else the rules for common words."""
    names = tuple(rule for rule in rules if rule.exactly == written)
    return names or tuple(rule for rule in rules if not rule.exactly)


# What looks like words but is a document's number, an address, or the name of an office ("Ministry of Agriculture and
# Food"): the name ends with the first word that offices are not named with.
_LOOKS_MASKED = re.compile(r"G/|://|www\.|@|Minist|Depart|Servi|Secre|Direc|Commi|Bureau")
_OFFICE_WORD = (
    r"(?:Agri\w*|Agro\w*|Agrar\w*|Foods?|Drugs?|Fish\w*|Livestock|Animals?|Veterinary|Phytosanitary|Plants?|Health|Public"
    r"|Forest\w*|Rural|Development|Environment\w*|Policy|Affairs|Safety|Industr\w*|Trade|Commerce|Econom\w*|Consumers?"
    r"|Protection|Nature|Quality|Sanitary|Inspection|Hygiene|Water|Irrigation|Natural|Resources|Cooperatives|Textiles?"
    r"|Ganadería|Pesca|Pêche\w*|Alimentación|Alimentation|Aliment\w*|Salud|Santé|Sanidad|Inocuidad|Calidad|Desarrollo"
    r"|Riego|Abastecimiento|Comercio|Industria|Turismo|Souveraineté|Eaux|Élevage|Elevage|Marit\w*|Nacional|National)"
)
_JOINT = r"(?:,? (?:and|of|the|for|y|e|et|de|du|des|la|las|los|del|&) (?:the |la |las |los |l['’])?|, | |,? (?:et )?de l['’])"
_MASKED = re.compile(
    r"\bG/(?:TBT|SPS)/\S+"
    r"|\bhttps?://\S+|\bwww\.\S+"
    r"|[^\s@]{1,64}@[^\s@]{1,255}"
    r"|\b(?:Minist(?:ry|er|ère|erio|re)|Department|Departamento|Bureau|Secretar(?:y|iat|ía)|Directorate|Dirección|Direction"
    r"|Committee|Commission|Service|Servicio)(?: General)?"
    rf"{_JOINT}{_OFFICE_WORD}(?:{_JOINT}{_OFFICE_WORD})*"
)


def _masks(text: str) -> list[tuple[int, int]]:
    return [match.span() for match in _MASKED.finditer(text)] if _LOOKS_MASKED.search(text) else []


_SENTENCE_END = re.compile(r"[.;:!?\n](?=\s|$|[A-ZÀ-Ỹ])")
_CLAUSE_END = re.compile(r"[,;:)\]\n]|[.!?](?=\s|$)")


def _cuts(text: str, accepted: Iterable[Found]) -> Iterator[tuple[int, int]]:
    """Yield the stretches of a text that name what it is not about."""
    for one in accepted:
        for rule in one.rules:
            if rule.sign in _OPENERS:
                ends = _SENTENCE_END if rule.sign is Sign.SENTENCE else _CLAUSE_END
                end = ends.search(text, one.end)
                yield one.start, end.start() if end else len(text)


def _inside(one: Found, stretches: Iterable[tuple[int, int]]) -> bool:
    return any(start <= one.start < end for start, end in stretches)
