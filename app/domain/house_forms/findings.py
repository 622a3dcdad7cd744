"""What a validator says: where something stands, what is wrong with it, and what should stand there."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum


class Rule(StrEnum):
    """What can be wrong with a text that is to leave the house."""

    SYMBOL = "symbol"
    MEMBER_CODE = "member_code"
    DATE = "date"
    DATE_FORM = "date_form"
    DATE_ORDER = "date_order"
    LINK = "link"
    EXPIRED_CALL = "expired_call"
    SPELLING = "spelling"
    GLOSSARY = "glossary"
    ENCODING = "encoding"
    CODES_DISAGREE = "codes_disagree"
    CONTRADICTION = "contradiction"
    FILLER_CODE = "filler_code"
    EXCLUSION = "exclusion"


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """One fault. `field` and `start` say where, `found` what stands there, `proposal` what should; empty: a person must say.

    `start` counts characters from the beginning of the field. `about` names what it is compared with, such as the other
    date, in words that need no translation.
    """

    field: str
    start: int
    rule: Rule
    found: str
    proposal: str = ""
    about: str = ""

    @property
    def end(self) -> int:
        """Where what was found ends."""
        return self.start + len(self.found)


@dataclass(frozen=True, slots=True, kw_only=True)
class HouseTables:
    """What the validators go by: codes of members, how names are spelt, which terms have a house rendering.

    `spellings` maps a form that is not ours, in small letters, to the house form; `terms` does the same for terms of the
    glossary; `codes` are the symbol codes of all members.
    """

    codes: frozenset[str]
    spellings: Mapping[str, str] = field(default_factory=dict)
    terms: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """One text that is to leave: its name for the reader, what it says, and the day on which it leaves."""

    field: str
    text: str
    today: date


def corrected(text: str, findings: tuple[Finding, ...]) -> str:
    """Return a text with every proposal put in its place; findings without one stay as they are, overlaps take the first."""
    made, end = [], 0
    for one in sorted(findings, key=lambda one: one.start):
        if one.proposal and one.start >= end:
            made += [text[end : one.start], one.proposal]
            end = one.end
    return "".join([*made, text[end:]])
