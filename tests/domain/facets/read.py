"""Short ways to ask for the facets of a notice."""

from typing import Any

from app.domain.notices import Content
from app.domain.sectors import Facet, Label, Sorter
from tests.domain.sectors.said import notice


def labels(sorter: Sorter, facet: Facet, content: Content, parent: Content | None = None) -> dict[str, Label]:
    """The labels of one facet by their ids."""
    return {label.id: label for label in sorter.classify(content, parent).facets.get(facet, ())}


def ids(sorter: Sorter, facet: Facet, title: str = "", **values: Any) -> set[str]:
    """The ids of one facet's labels for a notice of a few words."""
    return set(labels(sorter, facet, notice(title, **values)))


def quotes(sorter: Sorter, facet: Facet, label: str, title: str = "", **values: Any) -> list[str]:
    """What is quoted for one label of a notice of a few words."""
    return [one.quote for one in labels(sorter, facet, notice(title, **values))[label].evidence]
