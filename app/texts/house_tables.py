"""What the validators go by, from the project's own tables of members and house forms."""

from collections.abc import Iterable, Iterator
from datetime import date
from functools import cache

from app.domain.articles import Origin, Sentence
from app.domain.folding import fold
from app.domain.house_forms import Finding, HouseTables, Text, check_text
from app.i18n.members import Member, all_members
from app.i18n.tables import table_rows

_PARTS_OF_A_SOUND = 3
"""Fewer syllables without their marks are words of other languages too (`to-go`)."""


@cache
def house_tables() -> HouseTables:
    """Return the codes of all members, and the house form of every spelling and term that has another."""
    rows = table_rows("house_forms.csv")
    names = {member.name_vi.casefold(): member.name_vi for member in all_members() if " " in member.name_vi.strip()}
    phonetic = {form: member.name_vi for member in all_members() for form in _phonetic(member)}
    return HouseTables(
        codes=frozenset(member.code for member in all_members()),
        spellings=names | phonetic | {row["form"]: row["house"] for row in rows if row["kind"] == "spelling"},
        terms={row["form"]: row["house"] for row in rows if row["kind"] == "term"},
    )


def _phonetic(member: Member) -> Iterator[str]:
    """Yield the ways in which a name is spelt by its sound: `in-đô-nê-xi-a`, `in đô nê xi a`, `inđônêxia`, `phi-lip-pin`."""
    for alias in member.aliases:
        form, parts = alias.casefold(), alias.casefold().split("-")
        if len(parts) > 1 and not member.name_vi.startswith(alias):
            yield form
            if not alias.isascii():
                yield from (" ".join(parts), "".join(parts))
            if len(parts) >= _PARTS_OF_A_SOUND:
                yield "-".join(map(fold, parts))


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
