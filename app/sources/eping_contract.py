"""The answers of the ePing search, as the WTO's API portal prints them, checked before anything is believed.

A record that breaks the contract goes to quarantine with the name of the field; a page that breaks it throughout is a
change of the contract and is rejected whole (IN-03, F51–F53). Unknown fields are no fault.
"""

import codecs
import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal, NoReturn

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictInt,
    StrictStr,
    ValidationError,
)
from pydantic.alias_generators import to_camel

from app.domain.visits import Complaint
from app.sources.drafts import excerpt_of
from app.sources.fetch import Answer

REQUIRED = ("id", "documentSymbol", "distributionDate", "area", "notifyingMember")
# Fields that every item of the portal's example carries, if only as null. Losing one of them on a whole page would
# look like the withdrawal of every deadline, title or code in it.
CARRIED = (
    ("title", "titlePlain"),
    ("description", "descriptionPlain"),
    ("productsFreeText", "productsFreeTextPlain"),
    ("commentDeadlineDate",),
    ("notificationType",),
    ("hsCodes",),
    ("icsCodes",),
)
_ENOUGH_TO_JUDGE = 3  # with fewer items, one bad record and a changed contract look the same
_LONGEST_ID = 18
_DATE_SHAPE = re.compile(r"\d{2,4}-\d{1,2}-\d{1,2}(?:[T ].*)?")
_CHARSETS = re.compile(r"utf-8(-sig)?|utf-16(-[lb]e)?|ascii|iso8859-\d+|cp125\d")  # as `codecs` names them
_JSON_TYPES = frozenset({"", "application/json", "text/json"})


class Unsound(Exception):  # noqa: N818 - it is the verdict on a page, in words for the operator
    """The reason why a page is rejected as a whole."""


def _digits(value: object) -> object:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _is_id(value: str) -> str:
    if not (value.isascii() and value.isdecimal() and len(value) <= _LONGEST_ID):
        raise ValueError("is no number")
    return value


def _is_date_shaped(value: str) -> str:
    if value.strip() and _DATE_SHAPE.fullmatch(value.strip()) is None:
        raise ValueError("is not written as yyyy-mm-dd")
    return value


def _is_filled(value: str) -> str:
    if not value.strip():
        raise ValueError("is empty")
    return value


def _as_area(value: object) -> object:
    return value.strip().upper() if isinstance(value, str) else value


def _ticked(value: object) -> object:
    """Take what is no truth value for an empty box: a tick that only adds to a notice must not cost the notice."""
    return value if isinstance(value, bool) else None


Id = Annotated[StrictStr, BeforeValidator(_digits), AfterValidator(_is_id)]
Filled = Annotated[StrictStr, AfterValidator(_is_filled)]
DateText = Annotated[StrictStr, AfterValidator(_is_date_shaped)]
Tick = Annotated[bool | None, BeforeValidator(_ticked)]


class _Part(BaseModel):
    model_config = ConfigDict(strict=True, extra="ignore", alias_generator=to_camel)


class CodeItem(_Part):
    """One HS or ICS code."""

    code: str
    name: str | None = None


class NamedItem(_Part):
    """One keyword, objective or country."""

    name: str | None = None


class Item(_Part):
    """One record of the search: one notice as one member notified it."""

    id: Id
    area: Annotated[Literal["TBT", "SPS"], BeforeValidator(_as_area)]
    document_symbol: Filled
    distribution_date: Annotated[DateText, AfterValidator(_is_filled)]
    notifying_member: Filled
    notifying_member_code: str | None = None
    notification_type: str | None = None
    comment_deadline_date: DateText | None = None
    proposed_adoption_date: DateText | None = None
    proposed_adoption_date_text: str | None = None
    proposed_entry_into_force_date: DateText | None = None
    proposed_entry_into_force_date_text: str | None = None
    title: str | None = None
    title_plain: str | None = None
    description: str | None = None
    description_plain: str | None = None
    products_free_text: str | None = None
    products_free_text_plain: str | None = None
    hs_codes: list[CodeItem] | None = None
    hs_code_text: str | None = None
    ics_codes: list[CodeItem] | None = None
    ics_code_text: str | None = None
    keywords: list[NamedItem] | None = None
    sps_keywords: list[NamedItem] | None = None
    objectives: list[NamedItem] | None = None
    countries_affected: list[NamedItem] | None = None
    specific_regions_or_countries: str | None = None
    affected_regions_or_countries: str | None = None
    all_trading_partners: bool | None = None
    technical_regulation: Tick = None
    technical_regulation_urgent: Tick = None
    technical_regulation_local_government: Tick = None
    conformity_assessment_procedure: Tick = None
    conformity_assessment_procedure_urgent: Tick = None
    conformity_assessment_procedure_local_government: Tick = None
    article_other: Tick = None
    codex_alimentarius_commision: Tick = None
    world_organization_for_animal_health: Tick = None
    international_plant_protection_convention: Tick = None
    conform_standard_yes: Tick = None
    conform_standard_no: Tick = None
    trade_facilitating_measure: Tick = None
    link_to_notification: str | None = None
    dol_link: str | None = None
    notified_document_link: str | None = None


class _Envelope(_Part):
    items: list[Any]
    total_count: Annotated[StrictInt, Field(ge=0)]
    page_size: StrictInt | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One sound page: its records with their positions, what was quarantined, and what the source says of the whole."""

    items: tuple[tuple[str, Item], ...]
    complaints: tuple[Complaint, ...]
    total: int
    count: int


def decoded(answer: Answer) -> str:
    """Return a body as text: by its byte order mark, else its declared charset, else UTF-8, always strictly (IN-08).

    Raises `Unsound` when the bytes are not in that charset, or nobody knows it.
    """
    charset = "utf-8-sig" if answer.body.startswith(codecs.BOM_UTF8) else answer.charset or "utf-8"
    if not _is_taken(charset):
        raise Unsound(f"The answer says that it is in a charset not taken here: {excerpt_of(charset)}.")
    try:
        return answer.body.decode(charset)
    except UnicodeDecodeError as error:
        raise Unsound(f"The answer is not in the charset {charset} (byte {error.start}).") from error


def _is_taken(charset: str) -> bool:
    try:
        return _CHARSETS.fullmatch(codecs.lookup(charset).name) is not None
    except LookupError:
        return False


def read_page(answer: Answer, where: str) -> Reading:
    """Check one page of the search. `where` begins the position of each item ("page 2").

    Raises `Unsound` for what is no answer of this API, and for a page that breaks the contract as a whole.
    """
    envelope = _envelope(answer)
    raw_items = [raw for raw in envelope.items if isinstance(raw, dict)]
    if len(raw_items) < len(envelope.items):
        raise Unsound("The field items holds something else than records.")
    _expect_fields(raw_items)
    items: list[tuple[str, Item]] = []
    complaints: list[Complaint] = []
    for number, raw in enumerate(raw_items, start=1):
        position = f"{where}, item {number}"
        try:
            items.append((position, Item.model_validate(raw)))
        except ValidationError as error:
            complaints.append(_complaint(error, position))
    _expect_some_sound(raw_items, complaints)
    return Reading(
        items=tuple(items), complaints=tuple(complaints), total=envelope.total_count, count=len(envelope.items)
    )


def _envelope(answer: Answer) -> _Envelope:
    if answer.media_type not in _JSON_TYPES and not answer.media_type.endswith("+json"):
        raise Unsound(f"The answer is {excerpt_of(answer.media_type)}, not JSON: {answer.excerpt}")
    text = decoded(answer)
    if not text.strip():
        raise Unsound("The answer is empty.")
    try:
        found = json.loads(text, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise Unsound(f"The answer is not whole JSON ({excerpt_of(str(error))}): {answer.excerpt}") from error
    if not isinstance(found, dict):
        raise Unsound(f"The answer is {_kind(found)} instead of an object with items and totalCount.")
    try:
        return _Envelope.model_validate(found)
    except ValidationError as error:
        first = error.errors()[0]
        raise Unsound(f"The field {_path(first['loc'])} of the answer is wrong: {first['msg']}.") from error


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


def _expect_fields(items: Sequence[Mapping[str, object]]) -> None:
    if not items:
        return
    for name in REQUIRED:
        if not any(name in item for item in items):
            raise Unsound(f"No item of the page has the field {name}: the contract has changed.")
    if len(items) < _ENOUGH_TO_JUDGE:
        return
    for names in CARRIED:
        if not any(name in item for item in items for name in names):
            raise Unsound(f"No item of the page has the field {names[0]}: the contract has changed.")


def _expect_some_sound(items: Sequence[object], complaints: Sequence[Complaint]) -> None:
    if len(items) < _ENOUGH_TO_JUDGE or len(complaints) < len(items):
        return
    name, times = Counter(complaint.field for complaint in complaints).most_common(1)[0]
    if times == len(items):
        reason = next(complaint.reason for complaint in complaints if complaint.field == name)
        raise Unsound(f"The field {name} is wrong in every item of the page: {reason}")


def _complaint(error: ValidationError, position: str) -> Complaint:
    first = error.errors()[0]
    return Complaint(
        position=position,
        field=_path(first["loc"][:1]),
        reason=f"{_path(first['loc'])}: {first['msg']}.",
        excerpt=excerpt_of(str(first["input"])[:1_000]),
    )


def _path(location: tuple[int | str, ...]) -> str:
    return ".".join(map(str, location))


def _kind(found: object) -> str:
    names = {list: "a list", str: "a string", int: "a number", float: "a number", bool: "a truth value"}
    return "null" if found is None else names.get(type(found), type(found).__name__)
