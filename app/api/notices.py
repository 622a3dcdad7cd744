"""Notices and measures: lists, one by one, why they were sorted so, and the log of what happened."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response

from app.api.bearers import OptionalBearer
from app.api.cursors import changed_cursor, changed_place, newest_cursor, newest_place
from app.api.doors import Doors
from app.api.explanations import NoticeExplanationModel, SubscriptionExplanationModel
from app.api.models import EventModel, EventPage, ExplanationModel, MeasureModel, NoticeModel, NoticePage
from app.api.parameters import ExplanationParameters, LogParameters, NoticeParameters, no_parameters
from app.api.problems import problems
from app.api.replies import private, public
from app.domain.errors import AppError, missing
from app.flow import search
from app.flow.explain import explain
from app.i18n.dates import today_in_vietnam
from app.store import catalogue, timeline
from app.store.database import Connection
from app.store.filters import Filters

router = APIRouter(tags=["notices"], responses=problems(HTTPStatus.BAD_REQUEST, HTTPStatus.TOO_MANY_REQUESTS))
_NOT_FOUND = problems(HTTPStatus.NOT_FOUND)


@router.get("/notices", response_model=NoticePage)
async def list_notices(request: Request, doors: Doors, asked: Annotated[NoticeParameters, Query()]) -> Response:
    """List notices, the last circulated first; with `updated_after` in the order of their last change.

    With `sort=relevance` what answers `q` best comes first.
    """
    async with doors.database.reading() as connection:
        today = today_in_vietnam(await doors.database.now(connection))
        filters = asked.filters(doors.taxonomy, today)
        found, cursor = await _page(connection, asked, filters)
    items = [NoticeModel.of(notice, today) for notice in found.notices]
    return public(request, NoticePage(items=items, next_cursor=cursor, also_searched=list(found.also_searched)))


@router.get("/notices/{symbol:path}/explanation", response_model=NoticeExplanationModel, responses=_NOT_FOUND)
async def explain_notice(
    request: Request,
    doors: Doors,
    symbol: str,
    asked: Annotated[ExplanationParameters, Query()],
    bearer: OptionalBearer,
) -> Response:
    """Show on what grounds a notice was sorted as it is: quoted spans, rules and their weights.

    With `subscription`, and the token of a manage link as Bearer, also why that subscription was told of it or was not;
    anybody else's subscription is as missing as one that never was.
    """
    async with doors.database.reading() as connection:
        notice = await catalogue.notice(connection, symbol)
    if notice is None:
        raise _no_notice()
    grounds = NoticeExplanationModel(**ExplanationModel.of(notice).model_dump())
    if asked.subscription is None:
        return public(request, grounds)
    if bearer is None:
        raise missing("subscription-missing", "this caller has no such subscription")
    explained = await explain(doors.database, symbol, asked.subscription, doors.parents, owner=bearer)
    grounds.subscription = SubscriptionExplanationModel.of(explained, doors.desk.letterhead.names)
    return private(request, grounds)


@router.get(
    "/notices/{symbol:path}", response_model=NoticeModel, responses=_NOT_FOUND, dependencies=[Depends(no_parameters)]
)
async def show_notice(request: Request, doors: Doors, symbol: str) -> Response:
    """Show one notice by its ref or by any symbol of a joint notice; slashes may be raw or %2F."""
    async with doors.database.reading() as connection:
        today = today_in_vietnam(await doors.database.now(connection))
        notice = await catalogue.notice(connection, symbol)
    if notice is None:
        raise _no_notice()
    return public(request, NoticeModel.of(notice, today))


@router.get(
    "/measures/{symbol:path}", response_model=MeasureModel, responses=_NOT_FOUND, dependencies=[Depends(no_parameters)]
)
async def show_measure(request: Request, doors: Doors, symbol: str) -> Response:
    """Show a whole thread by the symbol or ref of any of its notices."""
    async with doors.database.reading() as connection:
        today = today_in_vietnam(await doors.database.now(connection))
        thread = await catalogue.thread(connection, symbol)
        if thread is None:
            raise missing("measure-missing", "there is no measure of this symbol")
        versions = await timeline.later_versions(connection, thread.ref)
    return public(request, MeasureModel.of(thread, versions, today))


@router.get("/events", response_model=EventPage)
async def list_events(request: Request, doors: Doors, asked: Annotated[LogParameters, Query()]) -> Response:
    """Read the log of events from a number on, oldest first, for those who poll."""
    async with doors.database.reading() as connection:
        found, more = await catalogue.log(connection, asked.after, asked.limit)
    items = [EventModel.of(event) for event in found]
    return public(request, EventPage(items=items, next_cursor=str(found[-1].id) if more else None))


async def _page(connection: Connection, asked: NoticeParameters, filters: Filters) -> tuple[search.Found, str | None]:
    """Return a page in the order that was asked for, and the cursor after it."""
    if asked.sort == "relevance":
        return await search.most_relevant(connection, filters, asked.limit), None
    if asked.updated_after is None:
        place = None if asked.cursor is None else newest_place(asked.cursor)
        found = await search.newest(connection, filters, place, asked.limit)
        return found, newest_cursor(found.ended)
    place = None if asked.cursor is None else changed_place(asked.cursor)
    notices, ended = await catalogue.changed(connection, filters, place, asked.limit)
    also = () if filters.query is None else filters.query.also_searched
    return search.Found(notices, ended, also), changed_cursor(ended)


def _no_notice() -> AppError:
    return missing("notice-missing", "there is no notice of this symbol")
