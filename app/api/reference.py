"""What filters and subscriptions are made of: sectors, themes, facets, members; and how much there is."""

from http import HTTPStatus

from fastapi import APIRouter, Depends, Request, Response

from app.api.doors import Doors
from app.api.labels import FacetModel, FacetPage, FacetValueModel
from app.api.models import (
    MemberModel,
    MemberPage,
    SectorModel,
    SectorPage,
    SourceModel,
    StatsModel,
    ThemeModel,
    ThemePage,
)
from app.api.parameters import no_parameters
from app.api.problems import problems
from app.api.replies import public
from app.domain.subscriptions import READ_FACETS
from app.i18n.dates import today_in_vietnam
from app.i18n.facets import OPEN_FACETS, facet_values
from app.i18n.members import all_members
from app.store import totals
from app.store.database import Database

HOUR = 3600
MINUTE = 60

router = APIRouter(
    tags=["reference"],
    dependencies=[Depends(no_parameters)],
    responses=problems(HTTPStatus.BAD_REQUEST, HTTPStatus.TOO_MANY_REQUESTS),
)


@router.get("/sectors", response_model=SectorPage)
async def list_sectors(request: Request, doors: Doors) -> Response:
    """List the sectors that notices are sorted into; a sector stands for its children too."""
    items = [
        SectorModel(id=one.id, name_vi=one.name_vi, name_en=one.name_en, parent=one.parent or None)
        for one in doors.taxonomy.sectors
    ]
    return public(request, SectorPage(items=items), seconds=HOUR)


@router.get("/themes", response_model=ThemePage)
async def list_themes(request: Request, doors: Doors) -> Response:
    """List the themes that cut across sectors."""
    items = [ThemeModel(id=one.id, name_vi=one.name_vi, name_en=one.name_en) for one in doors.taxonomy.themes]
    return public(request, ThemePage(items=items), seconds=HOUR)


@router.get("/facets", response_model=FacetPage)
async def list_facets(request: Request) -> Response:
    """List what else notices can be asked for, each with its known values; `id` is the parameter that asks."""
    items = [
        FacetModel(id=facet, open=facet in OPEN_FACETS, values=[FacetValueModel.of(one) for one in facet_values(facet)])
        for facet in READ_FACETS
    ]
    return public(request, FacetPage(items=items), seconds=HOUR)


@router.get("/members", response_model=MemberPage)
async def list_members(request: Request) -> Response:
    """List the members and observers of the WTO with their house names."""
    items = [MemberModel(code=one.code, name_en=one.name_en, name_vi=one.name_vi) for one in all_members()]
    return public(request, MemberPage(items=items), seconds=HOUR)


@router.get("/stats", response_model=StatsModel)
async def show_stats(request: Request, doors: Doors) -> Response:
    """Count what there is to read, and say when each source last answered; counted anew every few seconds at most."""
    return public(request, await doors.stats.get(lambda: _counted(doors.database)), seconds=MINUTE)


async def _counted(database: Database) -> StatsModel:
    async with database.reading() as connection:
        today = today_in_vietnam(await database.now(connection))
        counted = await totals.counts(connection, today)
    return StatsModel(
        as_of=today,
        notices=counted.notices,
        open=counted.open,
        measures=counted.measures,
        newest_on=counted.newest_on,
        by_area=dict(counted.by_area),
        by_sector=dict(counted.by_sector),
        by_member=dict(counted.by_member),
        sources=[SourceModel(name=name, last_success_at=at) for name, at in counted.last_success_at.items()],
    )
