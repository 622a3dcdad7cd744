"""What Viet Nam exports, as the operator's own table says it."""

from collections.abc import Iterable
from dataclasses import dataclass

EUROPEAN_UNION = "EU"
STATES_OF_THE_UNION = frozenset(
    (
        "AUT", "BEL", "BGR", "CYP", "CZE", "DEU", "DNK", "ESP", "EST", "FIN", "FRA", "GRC", "HRV", "HUN",
        "IRL", "ITA", "LTU", "LUX", "LVA", "MLT", "NLD", "POL", "PRT", "ROU", "SVK", "SVN", "SWE",
    )
)  # fmt: skip
"""By symbol code, since February 2020. Tables of exports name these, while notices are of the Union."""


@dataclass(frozen=True, slots=True)
class ExportLine:
    """What goods under an HS code (digits) were worth in a year, in US dollars, to the member that they went to."""

    member: str
    hs: str
    year: int
    value: int


def destinations(members: Iterable[str]) -> frozenset[str]:
    """Return the members that a table of exports may name where notices are of these: for the Union its states too."""
    named = frozenset(members)
    return named | STATES_OF_THE_UNION if EUROPEAN_UNION in named else named
