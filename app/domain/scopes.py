"""Whose rows a reader may see: every store read of owned rows takes this first."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Scope:
    """The rows of one organisation, by its number; with None all of them, as the ministry's staff see them."""

    organisation_id: int | None = None


EVERYTHING = Scope()
