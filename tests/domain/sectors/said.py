"""Short ways to ask a sorter."""

from typing import Any

from app.domain.notices import Content
from app.domain.sectors import Classification, Role, Sorter


def notice(title: str = "", **values: Any) -> Content:
    """A notice of a few words; `hs`, `ics` and the ticked boxes as lists."""
    values = {name: tuple(value) if isinstance(value, list) else value for name, value in values.items()}
    return Content(titles=(("en", title),) if title else (), **values)


def primary(found: Classification) -> set[str]:
    """The sectors that are told."""
    return {label.id for label in found.sectors if label.role is Role.PRIMARY}


def related(found: Classification) -> set[str]:
    """The sectors that are told as a copy."""
    return {label.id for label in found.sectors if label.role is Role.RELATED}


def told(sorter: Sorter, title: str = "", **values: Any) -> set[str]:
    """The sectors that a notice of a few words is told to."""
    return primary(sorter.classify(notice(title, **values)))
