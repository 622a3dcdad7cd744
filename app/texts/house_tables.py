"""What the validators go by, from the project's own tables of members and house forms."""

from functools import cache

from app.domain.house_forms import HouseTables
from app.i18n.members import all_members
from app.i18n.tables import table_rows


@cache
def house_tables() -> HouseTables:
    """Return the codes of all members, and the house form of every spelling and term that has another."""
    rows = table_rows("house_forms.csv")
    phonetic = {
        alias.casefold(): member.name_vi
        for member in all_members()
        for alias in member.aliases
        if "-" in alias and not alias.isascii() and not member.name_vi.startswith(alias)
    }
    return HouseTables(
        codes=frozenset(member.code for member in all_members()),
        spellings=phonetic | {row["form"]: row["house"] for row in rows if row["kind"] == "spelling"},
        terms={row["form"]: row["house"] for row in rows if row["kind"] == "term"},
    )
