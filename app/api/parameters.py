"""What a list may be asked for. Every value is checked; a parameter that is not here is refused by name."""

import re
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime
from functools import partial
from typing import Annotated, Any, Literal

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from app.api.cursors import LARGEST_NUMBER
from app.domain.errors import AppError, invalid
from app.domain.notices import NoticeType
from app.domain.queries import LONGEST_QUERY
from app.domain.sectors import Facet
from app.domain.subscriptions import READ_FACETS
from app.domain.symbols import Area
from app.domain.taxonomy import Taxonomy
from app.flow.search import LONGEST_VALUE, understood, value_meant
from app.i18n.dates import VIETNAM
from app.i18n.facets import OPEN_FACETS, facet_values
from app.i18n.members import member_of_code
from app.store.filters import Filters

MOST_ITEMS = 100
USUAL_ITEMS = 20
MOST_VALUES = 50
LISTED = "Ids of /api/v1/facets."

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_HS = r"^[0-9]{2}(?:\.?[0-9]){0,10}$"
_ICS = r"^[0-9]{2}(?:\.[0-9]{3}(?:\.[0-9]{2})?)?$"


def calendar_day(value: Any) -> date:
    """Read a day as YYYY-MM-DD, and as nothing else; ValueError otherwise."""
    if not isinstance(value, str) or not _DAY.fullmatch(value):
        raise ValueError("must be a day as YYYY-MM-DD")
    return date.fromisoformat(value)


def moment(value: Any) -> datetime:
    """Read a moment as ISO 8601 with its time zone, or a day in Viet Nam; ValueError otherwise.

    A `+` that was not written as %2B arrives as a blank and is read as what it was.
    """
    printed = str(value).replace(" ", "+")
    try:
        found = datetime.fromisoformat(printed)
        if _DAY.fullmatch(printed):
            found = found.replace(tzinfo=VIETNAM)
        if found.tzinfo is not None:
            return found.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise ValueError(_MOMENT) from error
    raise ValueError(_MOMENT)


_MOMENT = "must be a moment with its time zone, such as 2026-03-02T08:30:00+07:00 or 2026-03-02T01:30:00Z, or a day"

Day = Annotated[date, BeforeValidator(calendar_day)]
HsCode = Annotated[str, Field(pattern=_HS)]
IcsCode = Annotated[str, Field(pattern=_ICS)]
FacetName = Annotated[str, Field(max_length=LONGEST_VALUE)]
Limit = Annotated[int, Field(ge=1, le=MOST_ITEMS)]


class NoticeParameters(BaseModel):
    """The filters of a list of notices. A filter given several times takes any of its values."""

    model_config = ConfigDict(extra="forbid", populate_by_name=False)

    q: Annotated[
        str | None,
        Field(
            max_length=LONGEST_QUERY,
            description='Words, all of which must occur; "in quotes" side by side; `word*` for what begins so. '
            "A symbol or a part of one is found as typed; `HS 64` finds stated codes, `0904` either. Accents may be "
            "left out. Names in Vietnamese and English stand for each other; `also_searched` says which.",
        ),
    ] = None
    sector: Annotated[list[str], Field(max_length=MOST_VALUES, description="Ids of /api/v1/sectors.")] = []
    theme: Annotated[list[str], Field(max_length=MOST_VALUES, description="Ids of /api/v1/themes.")] = []
    measure_type: Annotated[list[FacetName], Field(max_length=MOST_VALUES, description=LISTED)] = []
    standard: Annotated[
        list[FacetName],
        Field(max_length=MOST_VALUES, description="Standards that are cited, such as ISO 14362-1; no year of edition."),
    ] = []
    substance: Annotated[
        list[FacetName],
        Field(max_length=MOST_VALUES, description="Substances by any of their names, or by CAS number."),
    ] = []
    agreement: Annotated[list[FacetName], Field(max_length=MOST_VALUES, description=LISTED)] = []
    origin: Annotated[list[FacetName], Field(max_length=MOST_VALUES, description=LISTED)] = []
    affected: Annotated[list[FacetName], Field(max_length=MOST_VALUES, description=LISTED)] = []
    importance: Annotated[list[FacetName], Field(max_length=MOST_VALUES, description=LISTED)] = []
    member: Annotated[list[str], Field(max_length=MOST_VALUES, description="Codes of /api/v1/members.")] = []
    own: Annotated[
        Literal["true", "false"] | None,
        Field(description="With `true` only what Viet Nam alone notified, with `false` everything else."),
    ] = None
    area: Area | None = None
    hs: Annotated[
        list[HsCode],
        Field(max_length=MOST_VALUES, description="HS codes, 2 digits or more; codes under and above them are met."),
    ] = []
    ics: Annotated[list[IcsCode], Field(max_length=MOST_VALUES, description="ICS codes: 59, 59.080 or 59.080.30.")] = []
    type: Annotated[list[NoticeType], Field(max_length=MOST_VALUES)] = []
    open: Annotated[
        Literal["true", "false"] | None, Field(description="Whether comments are taken today in Viet Nam.")
    ] = None
    from_: Annotated[Day | None, Field(alias="from", description="First day of circulation.")] = None
    to: Annotated[Day | None, Field(description="Last day of circulation.")] = None
    updated_after: Annotated[
        Annotated[datetime, BeforeValidator(moment)] | None,
        Field(description="Only what changed after this moment, in the order of change, oldest first."),
    ] = None
    sort: Annotated[
        Literal["newest", "relevance"],
        Field(
            description="With `relevance` what fits `q` best comes first, words with the same accents before others; "
            "it has one page, needs `q`, and goes neither with `updated_after` nor with `cursor`."
        ),
    ] = "newest"
    cursor: Annotated[str | None, Field(description="The next_cursor of the page before.")] = None
    limit: Limit = USUAL_ITEMS

    def filters(self, taxonomy: Taxonomy, today: date) -> Filters:
        """Return the filters with every id known; AppError naming the parameter and what is allowed otherwise."""
        sectors = known_sectors(taxonomy, self.sector, "sector")
        self._check_sort()
        return Filters(
            query=None if self.q is None else understood(self.q, taxonomy),
            sectors=tuple(dict.fromkeys(one for sector in sectors for one in (sector, *taxonomy.children_of(sector)))),
            themes=known_themes(taxonomy, self.theme, "theme"),
            facets={facet: known_values(facet, getattr(self, facet.value), facet.value) for facet in READ_FACETS},
            members=known_members(self.member, "member"),
            own=None if self.own is None else self.own == "true",
            area=self.area,
            hs=tuple(code.replace(".", "") for code in self.hs),
            ics=tuple(self.ics),
            types=tuple(self.type),
            open=None if self.open is None else self.open == "true",
            open_on=today,
            first=self.from_,
            last=self.to,
            updated_after=self.updated_after,
        )

    def _check_sort(self) -> None:
        if self.sort == "relevance" and (self.q is None or self.updated_after is not None or self.cursor is not None):
            raise invalid("sort-alone", "needs q, and goes neither with updated_after nor with cursor", field="sort")


class LogParameters(BaseModel):
    """From where on the log is read."""

    model_config = ConfigDict(extra="forbid")

    after: Annotated[int, Field(ge=0, le=LARGEST_NUMBER, description="The id of the last event seen; 0 to begin.")] = 0
    limit: Limit = USUAL_ITEMS


class ExplanationParameters(BaseModel):
    """Whose question is to be explained."""

    model_config = ConfigDict(extra="forbid")

    subscription: Annotated[int | None, Field(ge=1, le=LARGEST_NUMBER)] = None


def no_parameters(request: Request) -> None:
    """Refuse every parameter, for addresses that take none."""
    unknown = [{"type": "extra_forbidden", "loc": ("query", name), "msg": ""} for name in request.query_params]
    if unknown:
        raise RequestValidationError(unknown)


def known_sectors(taxonomy: Taxonomy, names: Iterable[str], field: str) -> tuple[str, ...]:
    """Return the ids of sectors; AppError naming the field and the ids that there are otherwise."""
    return _known(names, taxonomy.sector_id, field, [sector.id for sector in taxonomy.sectors])


def known_themes(taxonomy: Taxonomy, names: Iterable[str], field: str) -> tuple[str, ...]:
    """Return the ids of themes; AppError naming the field and the ids that there are otherwise."""
    return _known(names, taxonomy.theme_id, field, [theme.id for theme in taxonomy.themes])


def known_values(facet: Facet, names: Iterable[str], field: str) -> tuple[str, ...]:
    """Return the ids of values of a facet; AppError naming the field, and the ids that there are, otherwise."""
    allowed = [value.id for value in facet_values(facet)]
    return _known(names, partial(value_meant, facet), field, ["a name"] if facet in OPEN_FACETS else allowed)


def known_members(names: Iterable[str], field: str) -> tuple[str, ...]:
    """Return the codes of members as they stand in symbols; AppError naming the field otherwise."""
    return _known(names, member_of_code, field, ["a code of /api/v1/members, such as USA, EU or TPKM"])


def _known(
    names: Iterable[str], find: Callable[[str], str | None], field: str, allowed: Iterable[str]
) -> tuple[str, ...]:
    found = []
    for name in names:
        one = find(name)
        if one is None:
            raise _unknown(field, allowed)
        found.append(one)
    return tuple(dict.fromkeys(found))


def _unknown(field: str, allowed: Iterable[str]) -> AppError:
    return invalid(f"{field}-unknown", f"must be one of: {', '.join(allowed)}", field=field)
