"""The taxonomy as a file: YAML read within limits, and every fault of it named by file, line and reason."""

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator
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

LARGEST_FILE = 10 * 1024 * 1024
DEEPEST = 12
MOST_NODES = 200_000

_ID = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_FORM_FIELDS = ("keywords", "objectives")
_Item = TypeVar("_Item")


@dataclass(frozen=True, slots=True)
class FileComplaint:
    """One fault of a file. `line` counts from 1; 0 stands for the whole file."""

    file: str
    line: int
    reason: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.reason}" if self.line else f"{self.file}: {self.reason}"


@dataclass(frozen=True, slots=True)
class TaxonomyReading:
    """What reading a file came to: a taxonomy, or the reasons why it is refused."""

    taxonomy: Taxonomy | None
    complaints: tuple[FileComplaint, ...] = ()


def read_taxonomy(body: bytes, name: str) -> TaxonomyReading:
    """Read a taxonomy file. Any complaint refuses the whole file.

    The version is the file's own with the beginning of its SHA-256, so that two texts never bear one version.
    """
    if len(body) > LARGEST_FILE:
        return TaxonomyReading(None, (FileComplaint(name, 0, f"larger than {LARGEST_FILE // 1024 // 1024} MB"),))
    try:
        _refuse_traps(body)
        root = yaml.compose(body, Loader=yaml.CSafeLoader)
    except yaml.YAMLError as error:
        return TaxonomyReading(None, (_syntax_complaint(name, error),))
    if root is None:
        return TaxonomyReading(None, (FileComplaint(name, 0, "the file is empty"),))
    reader = _Reader(name, hashlib.sha256(body).hexdigest()[:12])
    taxonomy = reader.taxonomy(root)
    if reader.complaints:
        return TaxonomyReading(None, tuple(sorted(reader.complaints, key=lambda one: (one.line, one.reason))))
    return TaxonomyReading(taxonomy)


@cache
def bundled_taxonomy() -> Taxonomy:
    """Return the taxonomy that comes with the project. Raises ValueError when its file is not sound."""
    body = files("app").joinpath("data", "taxonomy.yaml").read_bytes()
    reading = read_taxonomy(body, "taxonomy.yaml")
    if reading.taxonomy is None:
        raise ValueError("; ".join(map(str, reading.complaints)))
    return reading.taxonomy


class _Reader:
    """Turns the nodes of a file into a taxonomy and keeps every complaint; what was complained of is left out."""

    def __init__(self, name: str, digest: str) -> None:
        self.complaints: list[FileComplaint] = []
        self._name = name
        self._digest = digest

    def complain(self, node: yaml.Node, reason: str) -> None:
        self.complaints.append(FileComplaint(self._name, node.start_mark.line + 1, reason))

    def taxonomy(self, root: yaml.Node) -> Taxonomy | None:
        """Read the whole file."""
        entries = self.mapping(
            root,
            required=("version", "weights", "sectors"),
            optional=(
                "filler",
                "spellings",
                "themes",
                "mutes",
                "decoys",
                "elsewhere",
                "names",
                "exclusions",
                "outbreaks",
            ),
        )
        weights = self._weights(entries.get("weights"))
        filler = self.mapping(entries.get("filler"), optional=("hs", "ics"))
        exclusions = self.mapping(entries.get("exclusions"), optional=("sentence", "clause"))
        sectors = self._named(entries.get("sectors"), self._sector)
        themes = self._named(entries.get("themes"), self._theme)
        known = {sector.id for sector in sectors}
        if weights is None:
            return None
        taxonomy = Taxonomy(
            version=f"{self.text(entries.get('version'))}+{self._digest}",
            weights=weights,
            sectors=sectors,
            themes=themes,
            mutes=self._named(entries.get("mutes"), lambda id_, node: self._mute(id_, node, known)),
            decoys=self._groups(entries.get("decoys")),
            elsewhere=self.phrases(entries.get("elsewhere")),
            names=self.phrases(entries.get("names")),
            exclusions=Exclusions(**{kind: self.phrases(node) for kind, node in exclusions.items()}),
            outbreaks=self._outbreaks(entries.get("outbreaks"), known, {theme.id for theme in themes}),
            filler_hs=self.texts(filler.get("hs")),
            filler_ics=self.texts(filler.get("ics")),
            spellings=self._spellings(entries.get("spellings")),
        )
        self._check_names(entries)
        self._check_parents(entries.get("sectors"), sectors)
        self._check_decoys(entries.get("decoys"), sectors)
        return taxonomy

    def mapping(
        self, node: yaml.Node | None, *, required: Iterable[str] = (), optional: Iterable[str] | None = ()
    ) -> dict[str, yaml.Node]:
        """Return the entries of a mapping; without `optional`, any key is allowed."""
        if node is None:
            return {}
        if not isinstance(node, yaml.MappingNode):
            self.complain(node, "a mapping of keys to values is needed here")
            return {}
        entries: dict[str, yaml.Node] = {}
        allowed = None if optional is None else {*required, *optional}
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                self.complain(key, "a key must be a word")
            elif key.value in entries:
                self.complain(key, f"{key.value!r} stands here twice")
            elif allowed is not None and key.value not in allowed:
                self.complain(key, f"unknown key {key.value!r}; known here: {', '.join(sorted(allowed))}")
            else:
                entries[key.value] = value
        for name in required:
            if name not in entries:
                self.complain(node, f"{name!r} is missing")
        return entries

    def text(self, node: yaml.Node | None) -> str:
        """Return a scalar as it is written, so that 0401 stays what it is."""
        if node is None:
            return ""
        if not isinstance(node, yaml.ScalarNode) or not node.value.strip():
            self.complain(node, "a word or a number is needed here")
            return ""
        return " ".join(node.value.split())

    def texts(self, node: yaml.Node | None) -> tuple[str, ...]:
        return tuple(text for item in self.items(node) if (text := self.text(item)))

    def items(self, node: yaml.Node | None) -> list[yaml.Node]:
        if node is None:
            return []
        if not isinstance(node, yaml.SequenceNode):
            self.complain(node, "a list is needed here")
            return []
        return list(node.value)

    def number(self, node: yaml.Node) -> float:
        try:
            number = float(self.text(node))
        except ValueError:
            number = -1.0
        if not 0 <= number <= 1:
            self.complain(node, f"{self.text(node)!r} is no number from 0 to 1")
        return number

    def _flag(self, node: yaml.Node | None) -> bool:
        text = self.text(node)
        if node is not None and text not in ("true", "false"):
            self.complain(node, f"{text!r} is neither true nor false")
        return text == "true"

    def phrases(self, node: yaml.Node | None) -> tuple[Phrase, ...]:
        """Read phrases by language; one that adds nothing to those before it is a complaint."""
        phrases = []
        for language, listed in self.mapping(node, optional=LANGUAGES).items():
            seen: dict[str, str] = {}
            for item in self.items(listed):
                pattern = self.text(item)
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

    def _named(self, node: yaml.Node | None, read: Callable[[str, yaml.Node], _Item | None]) -> tuple[_Item, ...]:
        entries = self.mapping(node, optional=None)
        for id_, entry in entries.items():
            if not _ID.fullmatch(id_):
                self.complain(entry, f"{id_!r} is no id: small letters, digits and single hyphens")
        return tuple(item for id_, entry in entries.items() if (item := read(id_, entry)) is not None)

    def _sector(self, id_: str, node: yaml.Node) -> Sector | None:
        entries = self.mapping(
            node, required=("name",), optional=("aliases", "parent", "widely_named", "hs", "ics", "strong", "related", "weak", "form")
        )
        vi, en = self._names(entries.get("name"))
        strong, weak = self.phrases(entries.get("strong")), self.phrases(entries.get("weak"))
        self._check_strengths(entries.get("weak"), strong, weak)
        return Sector(
            id=id_,
            name_vi=vi,
            name_en=en,
            parent=self.text(entries.get("parent")),
            aliases=self.texts(entries.get("aliases")),
            widely_named=self._flag(entries.get("widely_named")),
            hs=self._codes(Nomenclature.HS, entries.get("hs")),
            ics=self._codes(Nomenclature.ICS, entries.get("ics")),
            strong=strong,
            related=self.phrases(entries.get("related")),
            weak=weak,
            form=self._form(entries.get("form")),
        )

    def _theme(self, id_: str, node: yaml.Node) -> Theme | None:
        entries = self.mapping(node, required=("name", "phrases"), optional=("aliases", "hs", "form"))
        vi, en = self._names(entries.get("name"))
        return Theme(
            id=id_,
            name_vi=vi,
            name_en=en,
            aliases=self.texts(entries.get("aliases")),
            phrases=self.phrases(entries.get("phrases")),
            hs=self._prefixes(Nomenclature.HS, entries.get("hs")),
            form=self._form(entries.get("form")),
        )

    def _names(self, node: yaml.Node | None) -> tuple[str, str]:
        names = self.mapping(node, required=("vi", "en"))
        return self.text(names.get("vi")), self.text(names.get("en"))

    def _mute(self, id_: str, node: yaml.Node, known: set[str]) -> Mute | None:
        entries = self.mapping(node, required=("mutes", "when", "leaves"), optional=("unless",))
        leaves = self.text(entries.get("leaves"))
        if leaves not in ("related", "nothing"):
            self.complain(entries.get("leaves", node), f"{leaves!r} is neither 'related' nor 'nothing'")
        return Mute(
            id=id_,
            mutes=self._known(entries.get("mutes"), known),
            silences=leaves == "nothing",
            when=self.phrases(entries.get("when")),
            unless=self.phrases(entries.get("unless")),
        )

    def _outbreaks(self, node: yaml.Node | None, sectors: set[str], themes: set[str]) -> Outbreaks | None:
        if node is None:
            return None
        entries = self.mapping(node, required=("theme", "sectors_from", "primary", "related"))
        theme, number = self.text(entries.get("theme")), self.text(entries.get("sectors_from"))
        if theme and theme not in themes:
            self.complain(entries["theme"], f"{theme!r} is no theme of this file")
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
        for item in self.items(node):
            if isinstance(item, yaml.ScalarNode) and item.value not in known:
                self.complain(item, f"{item.value!r} is no sector of this file")
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
            for prefix in read:
                if prefix in prefixes:
                    self.complain(item, f"code {code!r} stands in this list twice")
                prefixes.append(prefix)
        return tuple(prefixes)

    def _form(self, node: yaml.Node | None) -> tuple[FormRule, ...]:
        return tuple(
            FormRule(field=field, value=value, weight=self.number(weight))
            for field, boxes in self.mapping(node, optional=_FORM_FIELDS).items()
            for value, weight in self.mapping(boxes, optional=None).items()
        )

    def _weights(self, node: yaml.Node | None) -> Weights | None:
        names = [field.name for field in fields(Weights)]
        entries = self.mapping(node, required=names)
        if len(entries) < len(names):
            return None
        return Weights(**{name: self.number(entries[name]) for name in names})

    def _spellings(self, node: yaml.Node | None) -> tuple[tuple[str, str, str], ...]:
        spellings = []
        for language, pairs in self.mapping(node, optional=LANGUAGES).items():
            for item in self.items(pairs):
                pair = self.texts(item)
                if len(pair) == len(("one", "other")):
                    spellings.append((language, *pair))
                else:
                    self.complain(item, "a pair of two spellings is needed here")
        return tuple(spellings)

    def _check_names(self, entries: dict[str, yaml.Node]) -> None:
        """Complain of an alias that is another's id or alias."""
        for group in ("sectors", "themes"):
            taken: dict[str, str] = {}
            for id_, node in self._entries_of(entries.get(group)):
                aliases = [child for key, value in node.value if key.value == "aliases" for child in value.value]
                for name, place in [(id_, node), *((alias.value, alias) for alias in aliases)]:
                    tidy = str(name).replace("_", "-")
                    if taken.setdefault(tidy, id_) != id_:
                        self.complain(place, f"{name!r} already means {taken[tidy]!r}")

    def _check_parents(self, node: yaml.Node | None, sectors: Iterable[Sector]) -> None:
        tops = {sector.id for sector in sectors if not sector.parent}
        places = dict(self._entries_of(node))
        for sector in sectors:
            if sector.parent and sector.parent not in tops:
                self.complain(places[sector.id], f"{sector.parent!r} is no sector at the top, so it can be no parent")

    def _check_strengths(self, node: yaml.Node | None, strong: Iterable[Phrase], weak: Iterable[Phrase]) -> None:
        for language in LANGUAGES:
            both = _forms(strong, language) & _forms(weak, language)
            for form in sorted(both):
                if node is not None:
                    self.complain(node, f"{form.strip()!r} ({language}) is both strong and weak")

    def _check_decoys(self, node: yaml.Node | None, sectors: Iterable[Sector]) -> None:
        """Complain of phrases that are to say nothing and to say something: a decoy that is a sector's own phrase."""
        signs = {
            (phrase.language, phrase_form(form)): sector.id
            for sector in sectors
            for phrase in (*sector.strong, *sector.related, *sector.weak)
            for form in forms_of(phrase.pattern)
        }
        for language, listed in (entry for _, group in self._entries_of(node) for entry in self._entries_of(group)):
            for item in listed.value if isinstance(listed, yaml.SequenceNode) else ():
                for form in _forms([Phrase(str(item.value), language)], language):
                    if (language, form) in signs:
                        owner = signs[language, form]
                        self.complain(item, f"{form.strip()!r} is a decoy here and a phrase of {owner!r} too")

    def _groups(self, node: yaml.Node | None) -> tuple[Phrase, ...]:
        """Read phrases that are kept in named groups."""
        groups = self.mapping(node, optional=None).values()
        return tuple(phrase for group in groups for phrase in self.phrases(group))

    @staticmethod
    def _entries_of(node: yaml.Node | None) -> Iterator[tuple[str, yaml.Node]]:
        if isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                if isinstance(key, yaml.ScalarNode) and isinstance(value, yaml.CollectionNode):
                    yield key.value, value


def _forms(phrases: Iterable[Phrase], language: str) -> set[str]:
    forms: set[str] = set()
    for phrase in phrases:
        if phrase.language == language:
            try:
                forms.update(phrase_form(form) for form in forms_of(phrase.pattern))
            except ValueError:
                continue
    return forms


def _refuse_traps(body: bytes) -> None:
    """Refuse what makes a small file large or deep: aliases, nesting, and more nodes than a taxonomy can have."""
    depth = nodes = 0
    for event in yaml.parse(body, Loader=yaml.CSafeLoader):
        nodes += 1
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if isinstance(event, yaml.AliasEvent):
            raise yaml.MarkedYAMLError(problem="aliases are not allowed", problem_mark=event.start_mark)
        if depth > DEEPEST:
            raise yaml.MarkedYAMLError(problem=f"more than {DEEPEST} levels deep", problem_mark=event.start_mark)
        if nodes > MOST_NODES:
            raise yaml.MarkedYAMLError(problem=f"more than {MOST_NODES} entries", problem_mark=event.start_mark)


def _syntax_complaint(name: str, error: yaml.YAMLError) -> FileComplaint:
    mark = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None) or "the bytes are no text"
    return FileComplaint(name, mark.line + 1 if mark else 0, f"not sound YAML: {problem}")
