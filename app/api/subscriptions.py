"""Asking to be told, and what the bearer of a manage token may see and stop."""

import math
from datetime import date
from http import HTTPStatus
from typing import Annotated, Any, Self

from fastapi import APIRouter, Depends, HTTPException, Path, Request, Response
from pydantic import BaseModel, ConfigDict, Field, model_validator

from app.api.bearers import Bearer
from app.api.cursors import LARGEST_NUMBER
from app.api.doors import ApiDoors, Doors
from app.api.explanations import PreviewModel
from app.api.models import AcceptedModel, StoppedModel, SubscriptionModel, SubscriptionPage
from app.api.parameters import (
    MOST_VALUES,
    FacetName,
    HsCode,
    known_members,
    known_sectors,
    known_themes,
    known_values,
    no_parameters,
)
from app.api.problems import problems
from app.api.replies import private
from app.domain.errors import invalid, missing
from app.domain.matching import matchable
from app.domain.pauses import OnResume
from app.domain.preview import DAYS
from app.domain.subscriptions import FIELDS, READ_FACETS, Criteria, Frequency, Language
from app.domain.symbols import Area
from app.domain.taxonomy import Taxonomy
from app.flow import manage
from app.flow.admit import AT_ONCE, admit
from app.flow.preview import preview
from app.flow.subscribe import SubscriptionRequest, ask, stop
from app.store import subscriptions

LONGEST_ADDRESS = 254
LONGEST_KEYWORD = 80
MOST_DAYS = 366
_MESSAGES = {
    Language.VI: "Nếu địa chỉ này chưa xác nhận đăng ký, một thư xác nhận sẽ được gửi tới đó; "
    "mỗi ngày một địa chỉ chỉ nhận một thư như vậy, nên có thể phải chờ đến ngày khác.",
    Language.EN: "If this address has not confirmed yet, a confirmation mail goes to it; "
    "an address gets one such mail a day, so that it may have to wait for another day.",
}

router = APIRouter(
    prefix="/subscriptions",
    tags=["subscriptions"],
    dependencies=[Depends(no_parameters)],
    responses=problems(HTTPStatus.BAD_REQUEST, HTTPStatus.TOO_MANY_REQUESTS),
)

_CHANGED = problems(HTTPStatus.UNPROCESSABLE_ENTITY, HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
_OWNED = problems(HTTPStatus.UNAUTHORIZED, HTTPStatus.NOT_FOUND)

Names = Annotated[list[str], Field(max_length=MOST_VALUES)]
FacetNames = Annotated[list[FacetName], Field(max_length=MOST_VALUES)]
Keywords = Annotated[
    list[Annotated[str, Field(min_length=2, max_length=LONGEST_KEYWORD)]], Field(max_length=MOST_VALUES)
]
Number = Annotated[int, Path(ge=1, le=LARGEST_NUMBER)]


class CriteriaModel(BaseModel):
    """A question. Facets are joined by *and*, the values of a facet by *or*; an empty facet asks nothing."""

    model_config = ConfigDict(extra="forbid")

    sectors: Names = []
    themes: Names = []
    measure_types: FacetNames = []
    standards: FacetNames = []
    substances: FacetNames = []
    agreements: FacetNames = []
    origin: FacetNames = []
    affected: FacetNames = []
    importance: FacetNames = []
    members: Names = []
    hs: Annotated[list[HsCode], Field(max_length=MOST_VALUES)] = []
    keywords: Keywords = []
    excluded: Annotated[Keywords, Field(description="Words that must not occur.")] = []
    area: Area | None = None
    additions: Annotated[bool, Field(description="New notices.")] = True
    updates: Annotated[bool, Field(description="What happens to measures that were told before.")] = True
    related: Annotated[bool, Field(description="Copies of what only touches the sectors.")] = False

    def criteria(self, taxonomy: Taxonomy) -> Criteria:
        """Return the question; AppError naming the member of the body that holds something unknown."""
        for field, keywords in (("keywords", self.keywords), ("excluded", self.excluded)):
            if not all(matchable(keyword).strip() and keyword.isprintable() for keyword in keywords):
                raise invalid("keyword-unreadable", "must hold a letter or a digit, and nothing unseen", field=field)
        if not self.additions and not self.updates:
            raise invalid("nothing-asked", "additions and updates cannot both be off", field="additions")
        return Criteria(
            sectors=known_sectors(taxonomy, self.sectors, "sectors"),
            themes=known_themes(taxonomy, self.themes, "themes"),
            members=known_members(self.members, "members"),
            hs=tuple(self.hs),
            keywords=tuple(self.keywords),
            excluded=tuple(self.excluded),
            area=self.area,
            additions=self.additions,
            updates=self.updates,
            related=self.related,
            **{
                FIELDS[facet]: known_values(facet, getattr(self, FIELDS[facet]), FIELDS[facet]) for facet in READ_FACETS
            },
        ).canonical()


class AskModel(CriteriaModel):
    """What to be told, where and how. Facets are joined by *and*, the values of a facet by *or*."""

    email: Annotated[str, Field(max_length=LONGEST_ADDRESS)]
    frequency: Frequency = Frequency.DAILY
    language: Language = Language.VI


class TryModel(CriteriaModel):
    """A question to try on the past. The other members of a subscription may stand here; they change nothing."""

    email: Annotated[str | None, Field(max_length=LONGEST_ADDRESS)] = None
    frequency: Frequency = Frequency.DAILY
    language: Language = Language.VI
    days: Annotated[int, Field(ge=1, le=MOST_DAYS, description="How far to look back, today included.")] = DAYS


class SubscriptionChangeModel(BaseModel):
    """What is to be different about a subscription; what is not named stays as it is."""

    model_config = ConfigDict(extra="forbid")

    frequency: Frequency | None = None
    paused: bool | None = None
    paused_until: Annotated[
        date | None, Field(description="The day on which it goes on by itself; without one, until `paused` is false.")
    ] = None
    resume_with: Annotated[
        OnResume, Field(description="What is told of the time between: what still takes comments, or nothing.")
    ] = OnResume.OPEN

    @model_validator(mode="after")
    def _until_goes_with_a_pause(self) -> Self:
        if self.paused_until is not None and not self.paused:
            raise ValueError("paused_until goes with paused: true")
        return self


@router.post(
    "",
    status_code=HTTPStatus.ACCEPTED,
    response_model=AcceptedModel,
    responses=problems(HTTPStatus.UNPROCESSABLE_ENTITY, HTTPStatus.REQUEST_ENTITY_TOO_LARGE),
)
async def ask_to_be_told(request: Request, doors: Doors, asked: AskModel) -> Response:
    """Ask to be told. A confirmation mail goes out; until its link is used nothing else does."""
    await _admitted(request, doors)
    await ask(
        doors.desk,
        SubscriptionRequest(
            address=doors.read_address(asked.email),
            criteria=asked.criteria(doors.taxonomy),
            frequency=asked.frequency,
            language=asked.language,
        ),
    )
    accepted = AcceptedModel(
        status="confirmation_requested", language=asked.language, message=_MESSAGES[asked.language]
    )
    return private(request, accepted, HTTPStatus.ACCEPTED)


@router.post(
    "/preview",
    response_model=PreviewModel,
    responses=problems(HTTPStatus.UNPROCESSABLE_ENTITY, HTTPStatus.REQUEST_ENTITY_TOO_LARGE),
)
async def preview_subscription(request: Request, doors: Doors, asked: TryModel) -> Response:
    """Say what a subscription would have received; nothing is stored and nobody is told."""
    criteria = asked.criteria(doors.taxonomy)
    found = await preview(doors.database, criteria, doors.parents, doors.release_mode, asked.days)
    return private(request, PreviewModel.of(found))


@router.get("", response_model=SubscriptionPage, responses=_OWNED)
async def list_subscriptions(request: Request, doors: Doors, subscriber: Bearer) -> Response:
    """List what the bearer asked for and did not stop."""
    return private(request, SubscriptionPage(items=await _owned(doors, subscriber)))


@router.get("/{number}", response_model=SubscriptionModel, responses=_OWNED)
async def show_subscription(request: Request, doors: Doors, subscriber: Bearer, number: Number) -> Response:
    """Show one subscription of the bearer; anybody else's is as missing as one that never was."""
    return private(request, _one(await _owned(doors, subscriber), number))


@router.delete("/{number}", response_model=StoppedModel, responses=_OWNED)
async def stop_subscription(request: Request, doors: Doors, subscriber: Bearer, number: Number) -> Response:
    """Stop one subscription of the bearer, at once for all that was not yet handed over."""
    _one(await _owned(doors, subscriber), number)
    return private(request, StoppedModel(stopped=await stop(doors.database, subscriber, number)))


@router.patch("/{number}", response_model=SubscriptionModel, responses=_OWNED | _CHANGED)
async def change_subscription(
    request: Request, doors: Doors, subscriber: Bearer, number: Number, change: SubscriptionChangeModel
) -> Response:
    """Change how often a subscription of the bearer is told, pause it or let it go on, at once for all not yet handed over.

    A pause tells nothing. What is matched meanwhile and still takes comments when it ends comes in one mail, or, with
    `resume_with` "nothing", is passed over.
    """
    _one(await _owned(doors, subscriber), number)
    if change.frequency is not None:
        await manage.set_frequency(doors.database, subscriber, number, change.frequency)
    if change.paused:
        await manage.pause(doors.database, subscriber, number, change.paused_until, change.resume_with)
    elif change.paused is not None:
        await manage.resume(doors.database, subscriber, number, change.resume_with)
    return private(request, _one(await _owned(doors, subscriber), number))


async def _admitted(request: Request, doors: ApiDoors) -> None:
    caller = request.scope.get("caller")
    wait = await admit(doors.database, caller, doors.desk.keys) if caller else AT_ONCE
    if wait > AT_ONCE:
        after = {"Retry-After": str(math.ceil(wait.total_seconds()))}
        raise HTTPException(HTTPStatus.TOO_MANY_REQUESTS, "too many requests; try again later", after)


async def _owned(doors: ApiDoors, subscriber: int) -> list[SubscriptionModel]:
    async with doors.database.reading() as connection:
        rows = await subscriptions.of_subscriber(connection, subscriber)
    return [_model(row) for row in rows]


def _one(owned: list[SubscriptionModel], number: int) -> SubscriptionModel:
    found = next((one for one in owned if one.id == number), None)
    if found is None:
        raise missing("subscription-missing", "the bearer has no such subscription")
    return found


def _model(row: Any) -> SubscriptionModel:
    asked = Criteria.from_json(row.body)
    return SubscriptionModel(
        id=row.id,
        sectors=list(asked.sectors),
        themes=list(asked.themes),
        **{FIELDS[facet]: list(asked.labels(facet)) for facet in READ_FACETS},
        members=list(asked.members),
        hs=list(asked.hs),
        keywords=list(asked.keywords),
        excluded=list(asked.excluded),
        area=asked.area,
        additions=asked.additions,
        updates=asked.updates,
        related=asked.related,
        frequency=Frequency(row.frequency),
        created_at=row.created_at,
        confirmed_at=row.confirmed_at,
        paused_at=row.paused_at,
        paused_until=row.paused_until,
    )
