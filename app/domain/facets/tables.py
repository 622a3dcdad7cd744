"""What facets are read by: tables that are handed in, since the domain opens no files."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from app.domain.sectors.labels import Facet

TEXT = "text"
"""The place of a phrase that is looked for in titles, products and descriptions."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Substance:
    """One substance or group of substances with every name that it is met under.

    `names` pairs a language with a name or alias. One that `needs_context` has a name that means other things as well
    ("lead", "tin"), so that an amount or a word of chemistry must stand near. `cas` is the registry number of the
    Chemical Abstracts Service, empty where it is a group or none is known.
    """

    id: str
    kind: str
    names: tuple[tuple[str, str], ...]
    needs_context: bool = False
    cas: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """A trade agreement, in force between Viet Nam and these members (by symbol code) since a day."""

    id: str
    members: frozenset[str]
    in_force_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class FacetPhrase:
    """What says that a notice has a label: words in a text, or the value of a box of the form (`place` is its field).

    `pattern` may hold round brackets, as phrases of the taxonomy do. Without a label it only hides the words in it.
    """

    facet: Facet
    label: str
    place: str
    language: str
    pattern: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FacetTables:
    """All tables. `members` gives the symbol code of a member for each of its names, in every language known."""

    phrases: tuple[FacetPhrase, ...] = ()
    substances: tuple[Substance, ...] = ()
    agreements: tuple[Agreement, ...] = ()
    members: Mapping[str, str] = field(default_factory=dict)
