"""What the checks have in common: a finding, and the parts of a file by name with the lines where they stand."""

from collections.abc import Iterator
from dataclasses import dataclass

import yaml

from app.domain.taxonomy import forms_of
from app.domain.text import phrase_form
from app.sources.taxonomy_file.nodes import collections_in

Form = tuple[str, str]
"""A language, and words in the one form in which they are looked for."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing found: a fault, or with `note` only something to look at."""

    line: int
    reason: str
    note: bool


def parts_of(node: yaml.Node | None) -> dict[str, yaml.CollectionNode]:
    """Return the entries of a mapping that hold more than a word."""
    return dict(collections_in(node))


def line_of(node: yaml.Node) -> int:
    """Return the line where a node begins, from 1."""
    return int(node.start_mark.line) + 1


def forms_in(node: yaml.Node | None) -> Iterator[tuple[Form, int]]:
    """Yield the language and form of everything that listed phrases stand for, with the line; the file is sound."""
    for language, listed in collections_in(node):
        for item in listed.value:
            for form in {phrase_form(form) for form in forms_of(" ".join(str(item.value).split()))}:
                yield (language, form.strip()), line_of(item)
