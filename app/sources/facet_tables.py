"""The tables that facets are read by, from the project's own data files to the domain's values."""

from collections.abc import Iterator
from datetime import date

from app.domain.facets import Agreement, FacetPhrase, FacetTables, Substance
from app.domain.sectors import Facet
from app.i18n.members import all_members
from app.i18n.tables import table_rows

_LANGUAGES = ("en", "vi", "fr", "es")


def bundled_facet_tables() -> FacetTables:
    """Return the tables that come with Kẻng."""
    return FacetTables(
        phrases=tuple(_phrase(row) for row in table_rows("facet_phrases.csv")),
        substances=tuple(_substance(row) for row in table_rows("substances.csv")),
        agreements=tuple(_agreement(row) for row in table_rows("agreements.csv")),
        members=dict(_member_names()),
    )


def _phrase(row: dict[str, str]) -> FacetPhrase:
    return FacetPhrase(
        facet=Facet(row["facet"]),
        label=row["label"],
        place=row["place"],
        language=row["language"],
        pattern=row["pattern"],
    )


def _substance(row: dict[str, str]) -> Substance:
    """Return a substance; a name left empty is the English one."""
    names = [(language, name) for language in _LANGUAGES if (name := row[f"name_{language}"])]
    aliases = [("en", alias) for alias in row["aliases"].split("; ") if alias]
    return Substance(
        id=row["id"],
        kind=row["kind"],
        names=(*names, *aliases),
        needs_context=row["needs_context"] == "yes",
        cas=row["cas"],
    )


def _agreement(row: dict[str, str]) -> Agreement:
    return Agreement(
        id=row["id"],
        members=frozenset(row["members"].split("; ")),
        in_force_on=date.fromisoformat(row["in_force_on"]),
    )


def _member_names() -> Iterator[tuple[str, str]]:
    """Yield the names of members with their symbol codes; mere letters such as EU are names in a form, not in a text."""
    for row in table_rows("country_names.csv"):
        yield row["name_fr"], row["symbol_code"]
        yield row["name_es"], row["symbol_code"]
    for member in all_members():
        for name in (*member.aliases, member.name_vi, member.name_en):
            yield name, member.code
