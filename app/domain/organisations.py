"""Organisations that the ministry writes to, and what they answer for."""

import json
import re
import unicodedata
from dataclasses import asdict, dataclass
from enum import StrEnum
from hashlib import sha256
from typing import Any, Final

from app.domain.errors import invalid
from app.domain.house_forms import HouseTables, respelled

EVERY_SECTOR: Final = "*"
"""Stands in place of a sector for an organisation of all trades, such as a chamber of commerce."""

_KEY = re.compile(r"[a-z][a-z0-9]*(?:[-_][a-z0-9]+)*")
_HS = re.compile(r"(\d{2}(?:\d{2})?(?:\.?\d{1,2})?)(?:-(\d{2}(?:\d{2})?))?")


class OrganisationKind(StrEnum):
    """What an organisation is."""

    ASSOCIATION = "association"
    ENTERPRISE = "enterprise"
    INSTITUTE = "institute"
    PROVINCIAL_DEPARTMENT = "provincial_department"
    TRADE_OFFICE = "trade_office"
    MINISTRY_UNIT = "ministry_unit"


class Level(StrEnum):
    """Whether it speaks for the whole country or for a province or city."""

    NATIONAL = "national"
    LOCAL = "local"


class Responsibility(StrEnum):
    """How an organisation has to do with a sector: it answers for it, or it wants to know."""

    PRIMARY = "primary"
    RELATED = "related"


class Verification(StrEnum):
    """How it is known that an address is the organisation's."""

    LINK = "link"
    STAFF = "staff"


@dataclass(frozen=True, slots=True, kw_only=True)
class Organisation:
    """One organisation. `key` is its only unique name: VITAS is textiles and tea, VBA is beer and bees.

    `sectors` pairs a sector of the taxonomy, or `EVERY_SECTOR`, with the responsibility. `hs` are digits of the HS codes
    of its goods; without any its goods are all those of its sectors.
    """

    key: str
    name_vi: str
    name_en: str = ""
    kind: OrganisationKind = OrganisationKind.ASSOCIATION
    level: Level = Level.NATIONAL
    abbreviation: str = ""
    sectors: tuple[tuple[str, Responsibility], ...] = ()
    hs: tuple[str, ...] = ()
    website: str = ""
    note: str = ""


def checked_key(text: str) -> str:
    """Return a key; AppError `organisation-key` for anything but small letters and digits, joined by - or _."""
    if not _KEY.fullmatch(text):
        raise invalid("organisation-key", f"{text}: small letters and digits, joined by - or _", field="key")
    return text


def house_name(text: str, tables: HouseTables) -> str:
    """Return a name in house forms: NFC, single blanks, the spelling of `house_forms`; AppError when it is empty."""
    name = " ".join(unicodedata.normalize("NFC", text).split())
    if not name:
        raise invalid("organisation-name", "an organisation needs its Vietnamese name", field="name_vi")
    return respelled(name, tables)


def hs_digits(text: str) -> tuple[str, ...]:
    """Read HS codes and ranges joined by semicolons, such as `50-63; 0802; 2101.20`, as digits, ranges written out.

    AppError `organisation-hs` for anything else.
    """
    found: list[str] = []
    for one in filter(None, (part.strip() for part in text.split(";"))):
        read = _HS.fullmatch(one)
        if read is None:
            raise invalid("organisation-hs", f"{one}: an HS code or a range of them", field="hs")
        first, last = read[1].replace(".", ""), read[2]
        if last is None:
            found.append(first)
        elif len(first) == len(last) and first <= last:
            found += (f"{number:0{len(first)}}" for number in range(int(first), int(last) + 1))
        else:
            raise invalid("organisation-hs", f"{one}: a range runs upwards, between codes of one length", field="hs")
    return tuple(found)


def mark_of(one: Organisation) -> str:
    """Return a short mark of what is written of an organisation, by which a form says what its writer saw."""
    return sha256(json.dumps(_as_json(one), sort_keys=True).encode()).hexdigest()[:16]


def differences(before: Organisation | None, after: Organisation) -> dict[str, list[Any]]:
    """Return by field what was and what is written of an organisation, where the two differ; None before a new one."""
    old, new = {} if before is None else _as_json(before), _as_json(after)
    return {name: [old.get(name), value] for name, value in new.items() if old.get(name) != value}


def _as_json(one: Organisation) -> dict[str, Any]:
    return asdict(one) | {"sectors": dict(sorted(one.sectors)), "hs": list(one.hs)}
