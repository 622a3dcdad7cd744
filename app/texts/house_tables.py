"""What the validators go by, from the project's own tables of members and house forms."""

from collections.abc import Iterable
from datetime import date
from functools import cache

from app.domain.articles import Origin, Sentence
from app.domain.house_forms import Finding, HouseTables, Text, check_text
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


def findings_in(sentences: Iterable[tuple[str, Sentence]], today: date) -> tuple[Finding, ...]:
    """Return the faults of a document's Vietnamese sentences, each under the part of the document that it stands in.

    The notice's own words are not ours to spell.
    """
    return tuple(
        finding
        for part, one in sentences
        if one.language == "vi" and one.origin is not Origin.ORIGINAL
        for finding in check_text(Text(field=part, text=_ours(one), today=today), house_tables())
    )


def _ours(one: Sentence) -> str:
    """Return a sentence without what it quotes in another language, which `nguyên văn` announces."""
    before, announced, _ = one.text.partition("(nguyên văn ")
    return before if announced else one.text
