"""What people ask for: criteria in canonical, shared form, and how often they want to be told."""

import hashlib
import json
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Self

from app.domain.sectors import Facet
from app.domain.symbols import Area


class Frequency(StrEnum):
    """How soon a subscriber is told."""

    INSTANT = "instant"
    DAILY = "daily"
    WEEKLY = "weekly"


class Language(StrEnum):
    """The language that a subscriber is written to in."""

    VI = "vi"
    EN = "en"


FIELDS: Mapping[Facet, str] = {
    Facet.SECTOR: "sectors",
    Facet.THEME: "themes",
    Facet.MEASURE_TYPE: "measure_types",
    Facet.STANDARD: "standards",
    Facet.SUBSTANCE: "substances",
    Facet.AGREEMENT: "agreements",
    Facet.ORIGIN: "origin",
    Facet.AFFECTED: "affected",
    Facet.IMPORTANCE: "importance",
}
"""What the values of each facet of sorting are called in a question, in filters and in the API."""

READ_FACETS = tuple(facet for facet in FIELDS if facet not in {Facet.SECTOR, Facet.THEME})
"""The facets whose values are read out of a notice, beside the sectors and themes of the taxonomy."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Criteria:
    """The question that a subscription asks, in the one form that all who ask the same share.

    Facets are joined by *and*, the values of a facet by *or*; an empty facet asks nothing. A sector stands for its
    children too. `hs` are prefixes of digits. `keywords` are whole words or phrases, `excluded` are keywords that must
    not occur. `related` asks for copies of what only touches the sectors. `measure_types` to `importance` hold ids of
    labels, as `READ_FACETS` lists their facets.
    """

    sectors: tuple[str, ...] = ()
    themes: tuple[str, ...] = ()
    measure_types: tuple[str, ...] = ()
    standards: tuple[str, ...] = ()
    substances: tuple[str, ...] = ()
    agreements: tuple[str, ...] = ()
    origin: tuple[str, ...] = ()
    affected: tuple[str, ...] = ()
    importance: tuple[str, ...] = ()
    members: tuple[str, ...] = ()
    hs: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()
    area: Area | None = None
    additions: bool = True
    updates: bool = True
    related: bool = False

    def canonical(self) -> Self:
        """Return the same question with values tidied, sorted and free of what they already imply."""
        hs = sorted({"".join(character for character in code if character.isdigit()) for code in self.hs} - {""})
        return type(self)(
            sectors=_tidy(self.sectors),
            themes=_tidy(self.themes),
            members=tuple(sorted({member.strip().upper() for member in self.members} - {""})),
            hs=tuple(code for code in hs if not any(code != other and code.startswith(other) for other in hs)),
            keywords=_tidy(self.keywords),
            excluded=_tidy(self.excluded),
            area=self.area,
            additions=self.additions,
            updates=self.updates,
            related=self.related,
            **{FIELDS[facet]: _spaced(self.labels(facet)) for facet in READ_FACETS},
        )

    def labels(self, facet: Facet) -> tuple[str, ...]:
        """Return what the question asks of one facet of sorting."""
        values: tuple[str, ...] = getattr(self, FIELDS[facet])
        return values

    def to_json(self) -> dict[str, Any]:
        """Return the question as plain JSON values, with what asks nothing left out."""
        return {name: value for name, value in asdict(self).items() if value not in ((), None)}

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Self:
        """Return the question that `to_json` wrote."""
        lists = {name: tuple(value) for name, value in values.items() if isinstance(value, list | tuple)}
        area = values.get("area")
        return cls(**{**values, **lists, "area": None if area is None else Area(area)})

    @property
    def digest(self) -> str:
        """The SHA-256 of the canonical form: two subscriptions that ask the same share one row."""
        printed = json.dumps(self.canonical().to_json(), ensure_ascii=False, sort_keys=True)
        return hashlib.sha256(printed.encode()).hexdigest()


CONFIRMATION_ONCE_IN = timedelta(hours=24)
CONFIRMATIONS_AT_MOST = 3
CONFIRMATIONS_COUNTED_OVER = timedelta(days=30)


def confirmation_due(now: datetime, mailed: Sequence[datetime]) -> datetime:
    """Return the first moment from now on at which an address may be mailed a confirmation: once a day, thrice a month.

    `mailed` are the moments of those before, the newest first; the last `CONFIRMATIONS_AT_MOST` are enough (SE-13).
    """
    due = max(now, mailed[0] + CONFIRMATION_ONCE_IN) if mailed else now
    if len(mailed) < CONFIRMATIONS_AT_MOST:
        return due
    return max(due, mailed[CONFIRMATIONS_AT_MOST - 1] + CONFIRMATIONS_COUNTED_OVER)


def confirmation_wanted(now: datetime, mailed: Sequence[datetime], *, linked: bool) -> datetime | None:
    """Return when the confirmation of a wish goes out; None when none is needed.

    Past the ceiling none is needed while another waits, which will confirm this wish too, or while this wish has a link
    that holds (`linked`): who asks for the same again and again is not mailed day after day.
    """
    due = confirmation_due(now, mailed)
    return None if due > now and (mailed[0] > now or linked) else due


def _tidy(values: tuple[str, ...]) -> tuple[str, ...]:
    folded = {" ".join(unicodedata.normalize("NFC", value).casefold().split()) for value in values}
    return tuple(sorted(folded - {""}))


def _spaced(values: tuple[str, ...]) -> tuple[str, ...]:
    """Tidy ids whose capitals are their own, such as `ISO 14362-1`."""
    return tuple(sorted({" ".join(unicodedata.normalize("NFC", value).split()) for value in values} - {""}))
