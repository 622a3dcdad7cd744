"""Values taken out of the nodes of a YAML file, with a complaint that names the line for each that is not as it should.

Scalars are taken as they are written, so that 0401 stays what it is; what was complained of counts as left out.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import yaml

DEEPEST = 12
MOST_NODES = 200_000

_CONTROL = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class FileComplaint:
    """One fault of a file. `line` counts from 1; 0 stands for the whole file."""

    file: str
    line: int
    reason: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.reason}" if self.line else f"{self.file}: {self.reason}"


class Nodes:
    """Reads nodes and keeps every complaint."""

    def __init__(self, name: str) -> None:
        self.complaints: list[FileComplaint] = []
        self._name = name

    def complain(self, node: yaml.Node, reason: str) -> None:
        """Keep a complaint about the line where a node begins."""
        self.complaints.append(FileComplaint(self._name, node.start_mark.line + 1, reason))

    def mapping(
        self, node: yaml.Node | None, *, required: Iterable[str] = (), optional: Iterable[str] | None = ()
    ) -> dict[str, yaml.Node]:
        """Return the entries of a mapping; with `optional` None any key is allowed."""
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

    def items(self, node: yaml.Node | None) -> list[yaml.Node]:
        """Return the items of a list."""
        if node is None:
            return []
        if not isinstance(node, yaml.SequenceNode):
            self.complain(node, "a list is needed here")
            return []
        return list(node.value)

    def text(self, node: yaml.Node | None) -> str:
        """Return a scalar as it is written; empty where there is none."""
        if node is None:
            return ""
        if not isinstance(node, yaml.ScalarNode) or not node.value.strip():
            self.complain(node, "a word or a number is needed here")
            return ""
        return " ".join(node.value.split())

    def texts(self, node: yaml.Node | None) -> tuple[str, ...]:
        """Return a list of scalars as they are written."""
        return tuple(text for item in self.items(node) if (text := self.text(item)))

    def share(self, node: yaml.Node) -> float:
        """Return a number from 0 to 1."""
        try:
            number = float(self.text(node))
        except ValueError:
            number = -1.0
        if not 0 <= number <= 1:
            self.complain(node, f"{self.text(node)!r} is no number from 0 to 1")
        return number

    def flag(self, node: yaml.Node | None) -> bool:
        """Return true or false; false where nothing is said."""
        text = self.text(node)
        if node is not None and text not in ("true", "false"):
            self.complain(node, f"{text!r} is neither true nor false")
        return text == "true"


def collections_in(node: yaml.Node | None) -> Iterator[tuple[str, yaml.CollectionNode]]:
    """Yield the entries of a mapping that hold lists or mappings, by key; the rest has been complained of."""
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if isinstance(key, yaml.ScalarNode) and isinstance(value, yaml.CollectionNode):
                yield key.value, value


def compose(body: bytes, name: str) -> yaml.Node | FileComplaint:
    """Return the root node of a YAML file in UTF-8, or why it cannot be taken."""
    odd = _odd_byte(body, name)
    if odd is not None:
        return odd
    try:
        trap = _trap(body, name)
        root = None if trap else yaml.compose(body, Loader=yaml.CSafeLoader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or "the bytes are no text"
        return FileComplaint(name, mark.line + 1 if mark else 0, f"not sound YAML: {problem}")
    return trap or root or FileComplaint(name, 0, "the file is empty")


def _odd_byte(body: bytes, name: str) -> FileComplaint | None:
    """Find the first byte that no text in UTF-8 has there; the parser would not say in which line."""
    try:
        body.decode("utf-8")
        control = _CONTROL.search(body)
        place = -1 if control is None else control.start()
    except UnicodeDecodeError as error:
        place = error.start
    if place < 0:
        return None
    line = body.count(b"\n", 0, place) + 1
    return FileComplaint(name, line, f"not sound YAML: byte {body[place]:#04x} is no text in UTF-8")


def _trap(body: bytes, name: str) -> FileComplaint | None:
    """Find what makes a small file large or deep: aliases, nesting, more entries than a taxonomy can have."""
    depth = 0
    for number, event in enumerate(yaml.parse(body, Loader=yaml.CSafeLoader)):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        line = event.start_mark.line + 1 if event.start_mark else 0
        if isinstance(event, yaml.AliasEvent):
            return FileComplaint(name, line, "aliases are not allowed")
        if depth > DEEPEST:
            return FileComplaint(name, line, f"more than {DEEPEST} levels deep")
        if number > MOST_NODES:
            return FileComplaint(name, line, f"more than {MOST_NODES} entries")
    return None
