"""What Viet Nam exports, as the operator's own table says it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ExportLine:
    """What goods under an HS code (digits) were worth in a year, in US dollars, to the member that they went to."""

    member: str
    hs: str
    year: int
    value: int
