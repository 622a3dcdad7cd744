"""From the nodes of a taxonomy file to the taxonomy, or to the reasons why the file is refused."""

import hashlib
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields
from functools import cache
from importlib.resources import files
from typing import TypeVar

import yaml

from app.domain.sectors.codes import Nomenclature, prefixes_of
from app.domain.taxonomy import (
    LANGUAGES,
    CodeRules,
    Exclusions,
    FormRule,
    Mute,
    Outbreaks,
    Phrase,
    Sector,
    Taxonomy,
    Theme,
    Weights,
    forms_of,
)
from app.domain.text import phrase_form
from app.sources.taxonomy_file.nodes import FileComplaint, Nodes, collections_in, compose

LARGEST_FILE = 10 * 1024 * 1024

_ID = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_REGULAR_EXPRESSION = re.compile(r"[\\*+?^$\[\]{}]")
_FORM_FIELDS = ("keywords", "objectives")
_Item = TypeVar("_Item")


@dataclass(frozen=True, slots=True)
class TaxonomyReading:
    """What reading a file came to: a taxonomy, or the complaints for which the whole file is refused."""

    taxonomy: Taxonomy | None
    complaints: tuple[FileComplaint, ...] = ()


def read_taxonomy(body: bytes, name: str) -> TaxonomyReading:
    """Read a taxonomy file; `name` is what complaints call it.

    The version is the file's own with the beginning of its SHA-256, so that two texts never bear one version.
    """
    if len(body) > LARGEST_FILE:
        return TaxonomyReading(None, (FileComplaint(name, 0, f"larger than {LARGEST_FILE // 1024 // 1024} MB"),))
    root = compose(body, name)
    if isinstance(root, FileComplaint):
        return TaxonomyReading(None, (root,))
    reader = _Reader(name, hashlib.sha256(body).hexdigest()[:12])
    taxonomy = reader.taxonomy(root)
    if reader.complaints:
        return TaxonomyReading(None, tuple(sorted(reader.complaints, key=lambda one: (one.line, one.reason))))
    return TaxonomyReading(taxonomy)


def bundled_file() -> bytes:
    """Return the file of the taxonomy that comes with the project."""
    return files("app").joinpath("data", "taxonomy.yaml").read_bytes()


@cache
def bundled_taxonomy() -> Taxonomy:
    """Return the taxonomy that comes with the project. Raises ValueError when its file is not sound."""
    reading = read_taxonomy(bundled_file(), "taxonomy.yaml")
    if reading.taxonomy is None:
        raise ValueError("; ".join(map(str, reading.complaints)))
    return reading.taxonomy


class _Reader(Nodes):
    """Makes a taxonomy of nodes, and compares its parts with each other."""

    def __init__(self, name: str, digest: str) -> None:
        super().__init__(name)
        self._digest = digest

    def taxonomy(self, root: yaml.Node) -> Taxonomy | None:
        """Read the whole file; None where the weights are missing."""
        entries = self.mapping(
            root,
            required=("version", "weights", "sectors"),
            optional=(
                *("filler", "spellings", "themes", "mutes", "decoys", "elsewhere", "names", "exclusions", "outbreaks"),
            ),
        )
        weights = self._weights(entries.get("weights"))
        filler = self.mapping(entries.get("filler"), optional=("hs", "ics"))
        exclusions = self.mapping(entries.get("exclusions"), optional=("sentence", "clause"))
        sectors = self._named(entries.get("sectors"), self._sector)
        themes = self._named(entries.get("themes"), self._theme)
        known = {sector.id for sector in sectors}
        mutes = self._named(entries.get("mutes"), lambda id_, node: self._mute(id_, node, known))
        self._compare(entries, sectors)
        if weights is None:
            return None
        return Taxonomy(
            version=f"{self.text(entries.get('version'))}+{self._digest}",
            weights=weights,
            sectors=sectors,
            themes=themes,
            mutes=mutes,
            decoys=self._groups(entries.get("decoys")),
            elsewhere=self._phrases(entries.get("elsewhere")),
            names=self._phrases(entries.get("names")),
            exclusions=Exclusions(**{kind: self._phrases(node) for kind, node in exclusions.items()}),
            outbreaks=self._outbreaks(entries.get("outbreaks"), known, {theme.id for theme in themes}),
            filler_hs=self.texts(filler.get("hs")),
            filler_ics=self.texts(filler.get("ics")),
            spellings=self._spellings(entries.get("spellings")),
        )

    def _weights(self, node: yaml.Node | None) -> Weights | None:
        names = [field.name for field in fields(Weights)]
        entries = self.mapping(node, required=names)
        if len(entries) < len(names):
            return None
        weights = Weights(**{name: self.share(entries[name]) for name in names})
        if not weights.related_from < weights.primary_from <= weights.sure_from:
            self.complain(entries["primary_from"], "the lines must rise: related_from, primary_from, sure_from")
        return weights

    def _named(self, node: yaml.Node | None, read: Callable[[str, yaml.Node], _Item]) -> tuple[_Item, ...]:
        entries = self.mapping(node, optional=None)
        for id_, entry in entries.items():
            if not _ID.fullmatch(id_):
                self.complain(entry, f"{id_!r} is no id: small letters, digits and single hyphens")
        return tuple(read(id_, entry) for id_, entry in entries.items())

    def _sector(self, id_: str, node: yaml.Node) -> Sector:
        known = ("aliases", "parent", "widely_named", "cross_cutting", "hs", "ics", "strong", "related", "weak", "form")
        entries = self.mapping(node, required=("name",), optional=known)
        vi, en = self._names(entries.get("name"))
        strong, weak = self._phrases(entries.get("strong")), self._phrases(entries.get("weak"))
        self._compare_strengths(node, strong, weak)
        return Sector(
            id=id_,
            name_vi=vi,
            name_en=en,
            parent=self.text(entries.get("parent")),
            aliases=self.texts(entries.get("aliases")),
            widely_named=self.flag(entries.get("widely_named")),
            cross_cutting=self.flag(entries.get("cross_cutting")),
            hs=self._codes(Nomenclature.HS, entries.get("hs")),
            ics=self._codes(Nomenclature.ICS, entries.get("ics")),
            strong=strong,
            related=self._phrases(entries.get("related")),
            weak=weak,
            form=self._form(entries.get("form")),
        )

    def _theme(self, id_: str, node: yaml.Node) -> Theme:
        entries = self.mapping(node, required=("name", "phrases"), optional=("aliases", "hs", "form"))
        vi, en = self._names(entries.get("name"))
        return Theme(
            id=id_,
            name_vi=vi,
            name_en=en,
            aliases=self.texts(entries.get("aliases")),
            phrases=self._phrases(entries.get("phrases")),
            hs=self._prefixes(Nomenclature.HS, entries.get("hs")),
            form=self._form(entries.get("form")),
        )

    def _names(self, node: yaml.Node | None) -> tuple[str, str]:
        names = self.mapping(node, required=("vi", "en"))
        return self.text(names.get("vi")), self.text(names.get("en"))

    def _mute(self, id_: str, node: yaml.Node, known: set[str]) -> Mute:
        entries = self.mapping(node, required=("mutes", "leaves", "when"), optional=("unless",))
        leaves = self.text(entries.get("leaves"))
        if leaves not in ("related", "nothing"):
            self.complain(entries.get("leaves", node), f"{leaves!r} is neither 'related' nor 'nothing'")
        return Mute(
            id=id_,
            mutes=self._known(entries.get("mutes"), known),
            silences=leaves == "nothing",
            when=self._phrases(entries.get("when")),
            unless=self._phrases(entries.get("unless")),
        )

    def _outbreaks(self, node: yaml.Node | None, sectors: set[str], themes: set[str]) -> Outbreaks | None:
        if node is None:
            return None
        entries = self.mapping(node, required=("theme", "sectors_from", "primary", "related"))
        theme, number = self.text(entries.get("theme")), self.text(entries.get("sectors_from"))
        if theme not in themes:
            self.complain(entries.get("theme", node), f"{theme!r} is no theme of this file")
        if not number.isdecimal() or not int(number):
            self.complain(entries.get("sectors_from", node), f"{number!r} is no number of sectors")
            return None
        return Outbreaks(
            theme=theme,
            sectors_from=int(number),
            primary=self._known(entries.get("primary"), sectors),
            related=self._known(entries.get("related"), sectors),
        )

    def _known(self, node: yaml.Node | None, known: set[str]) -> tuple[str, ...]:
        """Read a list of sectors of this file."""
        for item in self.items(node):
            if self.text(item) not in known:
                self.complain(item, f"{self.text(item)!r} is no sector of this file")
        return self.texts(node)

    def _codes(self, nomenclature: Nomenclature, node: yaml.Node | None) -> CodeRules:
        kinds = self.mapping(node, optional=("primary", "related", "never"))
        return CodeRules(**{kind: self._prefixes(nomenclature, codes) for kind, codes in kinds.items()})

    def _prefixes(self, nomenclature: Nomenclature, node: yaml.Node | None) -> tuple[str, ...]:
        """Read codes and ranges as the prefixes that they stand for."""
        prefixes: list[str] = []
        for item in self.items(node):
            code = self.text(item)
            try:
                read = prefixes_of(nomenclature, code)
            except ValueError as error:
                self.complain(item, str(error))
                continue
            if set(read) & set(prefixes):
                self.complain(item, f"code {code!r} stands in this list twice")
            prefixes += read
        return tuple(prefixes)

    def _form(self, node: yaml.Node | None) -> tuple[FormRule, ...]:
        return tuple(
            FormRule(field=field, value=value, weight=self.share(weight))
            for field, boxes in self.mapping(node, optional=_FORM_FIELDS).items()
            for value, weight in self.mapping(boxes, optional=None).items()
        )

    def _phrases(self, node: yaml.Node | None) -> tuple[Phrase, ...]:
        """Read phrases by language; one that adds nothing to those before it is a complaint."""
        phrases = []
        for language, listed in self.mapping(node, optional=LANGUAGES).items():
            seen: dict[str, str] = {}
            for item in self.items(listed):
                pattern = self.text(item)
                if sign := _REGULAR_EXPRESSION.search(pattern):
                    # Taken as it stands it would never be found; run as one, it could take for ever.
                    self.complain(item, f"{pattern!r} holds {sign[0]!r}: a phrase is words, no regular expression")
                    continue
                try:
                    forms = {phrase_form(form) for form in forms_of(pattern)}
                except ValueError as error:
                    self.complain(item, str(error))
                    continue
                if forms <= seen.keys():
                    self.complain(item, f"{pattern!r} adds nothing to {seen[min(forms)]!r}")
                seen.update(dict.fromkeys(forms, pattern))
                phrases.append(Phrase(pattern, language))
        return tuple(phrases)

    def _groups(self, node: yaml.Node | None) -> tuple[Phrase, ...]:
        """Read phrases that are kept in named groups."""
        groups = self.mapping(node, optional=None).values()
        return tuple(phrase for group in groups for phrase in self._phrases(group))

    def _spellings(self, node: yaml.Node | None) -> tuple[tuple[str, str, str], ...]:
        spellings = []
        for language, pairs in self.mapping(node, optional=LANGUAGES).items():
            for item in self.items(pairs):
                match self.texts(item):
                    case (one, other):
                        spellings.append((language, one, other))
                    case _:
                        self.complain(item, "a pair of two spellings is needed here")
        return tuple(spellings)

    def _compare(self, entries: dict[str, yaml.Node], sectors: Iterable[Sector]) -> None:
        self._compare_names(entries.get("sectors"))
        self._compare_names(entries.get("themes"))
        self._compare_parents(entries.get("sectors"), sectors)
        self._compare_decoys(entries.get("decoys"), sectors)

    def _compare_names(self, node: yaml.Node | None) -> None:
        """Complain of an alias that is another's id or alias."""
        taken: dict[str, str] = {}
        for id_, entry in collections_in(node):
            aliases = dict(collections_in(entry)).get("aliases")
            named = [(id_, entry), *((str(one.value), one) for one in (aliases.value if aliases else ()))]
            for name, place in named:
                tidy = name.replace("_", "-")
                if taken.setdefault(tidy, id_) != id_:
                    self.complain(place, f"{name!r} already means {taken[tidy]!r}")

    def _compare_parents(self, node: yaml.Node | None, sectors: Iterable[Sector]) -> None:
        tops = {sector.id for sector in sectors if not sector.parent}
        places = dict(collections_in(node))
        for sector in sectors:
            if sector.parent and sector.parent not in tops:
                self.complain(places[sector.id], f"{sector.parent!r} is no sector at the top, so it can be no parent")

    def _compare_strengths(self, node: yaml.Node, strong: Iterable[Phrase], weak: Iterable[Phrase]) -> None:
        for language, form in sorted(_forms(strong) & _forms(weak)):
            self.complain(node, f"{form.strip()!r} ({language}) is both strong and weak")

    def _compare_decoys(self, node: yaml.Node | None, sectors: Iterable[Sector]) -> None:
        """Complain of phrases that are to say nothing and to say something: a decoy that is a sector's own phrase."""
        signs = {
            sign: sector.id for sector in sectors for sign in _forms((*sector.strong, *sector.related, *sector.weak))
        }
        for _, group in collections_in(node):
            for language, listed in collections_in(group):
                for item in listed.value:
                    for sign in sorted(_forms([Phrase(str(item.value), language)]) & signs.keys()):
                        self.complain(item, f"{sign[1].strip()!r} is a decoy here and a phrase of {signs[sign]!r} too")


def _forms(phrases: Iterable[Phrase]) -> set[tuple[str, str]]:
    """Return the language and the form of everything that sound phrases stand for."""
    forms: set[tuple[str, str]] = set()
    for phrase in phrases:
        try:
            forms.update((phrase.language, phrase_form(form)) for form in forms_of(phrase.pattern))
        except ValueError:
            continue  # complained of where the phrase was read
    return forms
