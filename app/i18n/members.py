"""The members and observers of the WTO by symbol code, with house names in Vietnamese and English.

The table is the project's own: names of states and customs territories are never taken from a locale library.
"""

import unicodedata
from dataclasses import dataclass
from functools import cache

from app.i18n.tables import table_rows

_FORMER_CODES = {"EEC": "EU", "EC": "EU"}
_TYPOGRAPHIC = str.maketrans({"’": "'", "‘": "'", "–": "-", "—": "-", "\u2011": "-"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One member or observer. `code` is the one in its document symbols (`USA`, `EU`, `TPKM`)."""

    code: str
    iso3: str
    eping_code: str
    observer: bool
    name_en: str
    name_vi: str
    aliases: tuple[str, ...]

    def name(self, language: str) -> str:
        """Return the house name: Vietnamese for `vi`, the WTO's own English spelling otherwise."""
        return self.name_vi if language == "vi" else self.name_en


@cache
def all_members() -> tuple[Member, ...]:
    """Return every member and observer, sorted by symbol code."""
    return tuple(_member(row) for row in table_rows("members.csv"))


def member_of_eping_code(code: str) -> str | None:
    """Return the symbol code for ePing's own code (`C840` is `USA`, `U918` is `EU`); None when it is unknown."""
    return _by_eping_code().get(code.strip().upper())


def member_of_code(code: str) -> str | None:
    """Return the symbol code for a symbol code, an ISO 3166 alpha-3 code or a former code (`EEC` is `EU`)."""
    return _by_code().get(code.strip().upper())


def member_of_name(name: str) -> str | None:
    """Return the symbol code for a name or alias in Vietnamese or English; None when no member is called so.

    Case, spacing and the kind of apostrophe or dash do not matter, diacritics do.
    """
    return _by_name().get(_folded(name))


def member_name(code: str, language: str) -> str:
    """Return the house name of a member in `vi` or `en`; a code that is not in the table stands for itself."""
    known = member_of_code(code)
    return code if known is None else _by_symbol_code()[known].name(language)


def _member(row: dict[str, str]) -> Member:
    return Member(
        code=row["symbol_code"],
        iso3=row["iso3"],
        eping_code=row["eping_code"],
        observer=row["status"] == "observer",
        name_en=row["name_en"],
        name_vi=row["name_vi"],
        aliases=tuple(alias for alias in row["aliases"].split("; ") if alias),
    )


def _folded(name: str) -> str:
    return " ".join(unicodedata.normalize("NFC", name).translate(_TYPOGRAPHIC).casefold().split())


@cache
def _by_symbol_code() -> dict[str, Member]:
    return {member.code: member for member in all_members()}


@cache
def _by_code() -> dict[str, str]:
    codes = {member.iso3: member.code for member in all_members()}
    return codes | {member.code: member.code for member in all_members()} | _FORMER_CODES


@cache
def _by_eping_code() -> dict[str, str]:
    return {member.eping_code: member.code for member in all_members()}


@cache
def _by_name() -> dict[str, str]:
    return {
        _folded(name): member.code
        for member in all_members()
        for name in (*member.aliases, member.name_vi, member.name_en)
    }
