"""The taxonomy: which goods a sector is about, and by which signs a notice is known to be about them.

It is data with a version: a file says it (`app.sources.taxonomy_file` reads one), this module says what it may hold.
"""

import itertools
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache

LANGUAGES = ("en", "fr", "es", "vi")
MOST_FORMS = 128
LONGEST_PHRASE = 120
LONGEST_PATTERN = 500

_PIECES = re.compile(r"([()|])")


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words to look for, in one language. `pattern` may hold round brackets: see `forms_of`."""

    pattern: str
    language: str


@dataclass(frozen=True, slots=True)
class CodeRules:
    """Codes of one nomenclature, each standing for everything below it; the longest that fits a stated code decides.

    `primary` codes belong to the sector, `related` ones touch it, `never` takes codes out of a broader one.
    """

    primary: tuple[str, ...] = ()
    related: tuple[str, ...] = ()
    never: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FormRule:
    """What a ticked box of the form says: `value` in `field` (`keywords`, `objectives`) counts for `weight`."""

    field: str
    value: str
    weight: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Sector:
    """One group of goods with the signs that it is known by.

    `strong` phrases name its goods, `related` ones matters that touch it, `weak` ones count in company only. The goods
    of a sector that is `widely_named` occur in notices about the goods of others ("refrigerators for foodstuffs"); one
    that is `cross_cutting` is about a quality of goods whose codes are those of others (energy efficiency).
    """

    id: str
    name_vi: str
    name_en: str
    parent: str = ""
    aliases: tuple[str, ...] = ()
    widely_named: bool = False
    cross_cutting: bool = False
    hs: CodeRules = CodeRules()
    ics: CodeRules = CodeRules()
    strong: tuple[Phrase, ...] = ()
    related: tuple[Phrase, ...] = ()
    weak: tuple[Phrase, ...] = ()
    form: tuple[FormRule, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Theme:
    """A concern that cuts across sectors."""

    id: str
    name_vi: str
    name_en: str
    aliases: tuple[str, ...] = ()
    phrases: tuple[Phrase, ...] = ()
    hs: tuple[str, ...] = ()
    form: tuple[FormRule, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Mute:
    """A context that turns another sector's signs into mere mentions.

    When a phrase of `when` stands in the title, or in the products, and none of `unless` does, what counts for the
    sectors `mutes` and their children makes them related at most: "seeds for sowing" after a crop's name are no food.
    With `silences`, words alone make them nothing.
    """

    id: str
    mutes: tuple[str, ...]
    silences: bool
    when: tuple[Phrase, ...]
    unless: tuple[Phrase, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Exclusions:
    """Words after which a text names what it is not about: to the end of the sentence, or of the clause."""

    sentence: tuple[Phrase, ...] = ()
    clause: tuple[Phrase, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Outbreaks:
    """How letters about an animal disease are read: their lists of codes run over many chapters and mean the animals.

    Where `theme` is found in a notice whose codes touch `sectors_from` sectors or more, only `primary` and
    `related` sectors are labelled.
    """

    theme: str
    sectors_from: int
    primary: tuple[str, ...]
    related: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """How much a sign counts, from 0 to 1, and where the lines are drawn.

    `hs`, `ics`: a stated code; `…_related`: one that only touches the sector; `hs_broad`: a stated chapter of which
    the sector is a part; `hs_minor`: few codes of a long, mixed list. `head`: a strong phrase in the title or the
    products; `body`: one in the description; `touching`: a related phrase in either; `…_more`: two or more different
    ones; `body_alone`: in the description of a notice whose title and products name no sector. `listed`: in the text
    of a nomenclature heading, which ePing pastes into the products box. `weak`: a weak phrase, up to `weak_most`
    together. `form_alone`: a ticked box of a notice whose words and codes name no sector.
    """

    hs: float
    hs_related: float
    hs_broad: float
    hs_minor: float
    ics: float
    ics_related: float
    head: float
    head_more: float
    body: float
    body_more: float
    body_alone: float
    touching: float
    listed: float
    weak: float
    weak_most: float
    form_alone: float
    primary_from: float
    related_from: float
    sure_from: float


@dataclass(frozen=True, kw_only=True)
class Taxonomy:
    """A version of the rules for sorting.

    `decoys` are phrases that hide the words in them ("sole importer") and say nothing themselves; `elsewhere` name
    goods and matters that belong to no sector; `names` are proper names, met with exactly these capitals ("Áo" is
    Austria, "áo" a shirt). `spellings` pairs words of a language that are spelt in two ways.
    """

    version: str
    weights: Weights
    sectors: tuple[Sector, ...]
    themes: tuple[Theme, ...] = ()
    mutes: tuple[Mute, ...] = ()
    decoys: tuple[Phrase, ...] = ()
    elsewhere: tuple[Phrase, ...] = ()
    names: tuple[Phrase, ...] = ()
    exclusions: Exclusions = Exclusions()
    outbreaks: Outbreaks | None = None
    filler_hs: tuple[str, ...] = ()
    filler_ics: tuple[str, ...] = ()
    spellings: tuple[tuple[str, str, str], ...] = ()

    @cached_property
    def other_spellings(self) -> Mapping[tuple[str, str], str]:
        """The other spelling of each word that a language spells in two ways, by language and word."""
        pairs = {(language, one): other for language, one, other in self.spellings}
        return pairs | {(language, other): one for language, one, other in self.spellings}

    @cached_property
    def by_id(self) -> Mapping[str, Sector]:
        """The sectors by their ids."""
        return {sector.id: sector for sector in self.sectors}

    @cached_property
    def parents(self) -> Mapping[str, str]:
        """The sector above each child."""
        return {sector.id: sector.parent for sector in self.sectors if sector.parent}

    def sector_id(self, name: str) -> str | None:
        """Return the id that a name in a file means: an id, or an alias of one; None when it is none of ours."""
        return self._sector_names.get(_tidy(name))

    def theme_id(self, name: str) -> str | None:
        """Return the id of the theme that a name in a file means; None when it is none of ours."""
        return self._theme_names.get(_tidy(name))

    def with_parents(self, ids: Iterable[str]) -> frozenset[str]:
        """Return sectors together with the parents that they imply."""
        known = frozenset(ids)
        return known | {self.by_id[one].parent for one in known if one in self.by_id and self.by_id[one].parent}

    def with_children(self, ids: Iterable[str]) -> frozenset[str]:
        """Return sectors together with those below them."""
        known = frozenset(ids)
        return known | {sector.id for sector in self.sectors if sector.parent in known}

    def children_of(self, sector: str) -> tuple[str, ...]:
        """Return the sectors below one, in the order of the file."""
        return tuple(child.id for child in self.sectors if child.parent == sector)

    @cached_property
    def _sector_names(self) -> dict[str, str]:
        return _names_of(self.sectors)

    @cached_property
    def _theme_names(self) -> dict[str, str]:
        return _names_of(self.themes)


@lru_cache(maxsize=16_384)
def forms_of(pattern: str) -> tuple[str, ...]:
    """Return everything that a phrase stands for.

    Round brackets hold what may be there, `shoe(s)`, or what there is to choose from, `fib(re|er)`; an empty choice
    is allowed, `(raw |)hides`; brackets may stand within brackets. Raises ValueError for brackets that do not close,
    for more than 128 forms or 500 characters, and for forms without a letter or digit or of more than 120 characters.
    """
    if len(pattern) > LONGEST_PATTERN:
        raise ValueError(f"a phrase of {len(pattern)} characters is longer than {LONGEST_PATTERN}")
    pieces = [piece for piece in reversed(_PIECES.split(pattern)) if piece]
    forms = _alternatives(pieces, within=False)
    if pieces:
        raise ValueError(f"a bracket in {pattern!r} closes that was not opened")
    tidied = tuple(dict.fromkeys(" ".join(form.split()) for form in forms))
    if any(len(form) > LONGEST_PHRASE or not any(map(str.isalnum, form)) for form in tidied):
        raise ValueError(f"{pattern!r} stands for a phrase that is empty or longer than {LONGEST_PHRASE} characters")
    return tidied


def _alternatives(pieces: list[str], *, within: bool) -> list[str]:
    """Take the pieces up to a closing bracket off the end of a reversed list, and return what they stand for."""
    done: list[str] = []
    forms = [""]
    while pieces:
        if pieces[-1] == ")" and not within:
            return forms
        piece = pieces.pop()
        if piece == "(":
            inner = _alternatives(pieces, within=True)
            forms = [form + choice for form in forms for choice in inner]
        elif piece == ")":
            return [*done, *forms] if done else ["", *forms]
        elif piece == "|" and within:
            done, forms = done + forms, [""]
        else:
            forms = [form + piece for form in forms]
        if len(forms) + len(done) > MOST_FORMS:
            raise ValueError(f"a phrase stands for more than {MOST_FORMS} others")
    if within:
        raise ValueError("a bracket is not closed")
    return forms


def spellings_of(form: str, language: str, others: Mapping[tuple[str, str], str]) -> set[str]:
    """Return a phrase in every spelling: words that a language spells in two ways, and both places of a tone mark.

    `others` gives the other spelling of a word of a language.
    """
    choices = [(word, others[language, word]) if (language, word) in others else (word,) for word in form.split()]
    variants = {" ".join(words) for words in itertools.product(*choices)}
    if language == "vi":
        variants |= {_other_tone_place(variant) for variant in variants}
    return variants


# Two schools put the tone mark of the open syllables oa, oe and uy on different letters: hóa and hoá, thủy and thuỷ.
_TONE_PLACES = {
    old: new
    for pair in ("òa oà", "óa oá", "ỏa oả", "õa oã", "ọa oạ", "òe oè", "óe oé", "ỏe oẻ", "õe oẽ", "ọe oẹ",
                 "ùy uỳ", "úy uý", "ủy uỷ", "ũy uỹ", "ụy uỵ")
    for old, new in [pair.split()]
}  # fmt: skip
_OLD_TONE_PLACE = re.compile(rf"({'|'.join(_TONE_PLACES)})\b")


def _other_tone_place(phrase: str) -> str:
    return _OLD_TONE_PLACE.sub(lambda match: _TONE_PLACES[match[0]], phrase)


def _tidy(name: str) -> str:
    return name.strip().casefold().replace("_", "-")


def _names_of(entries: Iterable[Sector] | Iterable[Theme]) -> dict[str, str]:
    return {_tidy(name): entry.id for entry in entries for name in (entry.id, *entry.aliases)}
