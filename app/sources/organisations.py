"""The organisations that come with Kẻng: names, sectors and goods, and no address of any."""

from app.domain.organisations import (
    Level,
    Organisation,
    OrganisationKind,
    Responsibility,
    hs_digits,
)
from app.i18n.tables import table_rows


def bundled_organisations() -> tuple[Organisation, ...]:
    """Return the organisations of the bundled table."""
    return tuple(_organisation(row) for row in table_rows("organisations.csv"))


def _organisation(row: dict[str, str]) -> Organisation:
    sectors = [(sector, responsibility) for responsibility in Responsibility for sector in _listed(row, responsibility)]
    return Organisation(
        key=row["key"],
        kind=OrganisationKind(row["kind"]),
        level=Level(row["level"]),
        name_vi=row["name_vi"],
        name_en=row["name_en"],
        abbreviation=row["abbreviation"],
        sectors=tuple(sectors),
        hs=hs_digits(row["hs"]),
        website=row["website"],
        note=row["note"],
    )


def _listed(row: dict[str, str], responsibility: Responsibility) -> list[str]:
    return [one for one in row[responsibility].split("; ") if one]
