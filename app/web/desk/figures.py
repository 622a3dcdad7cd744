"""How many days were left to comment, by sector, month and stage, and what nobody looks after (N20)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import BaseRoute

from app.domain.access import Permission
from app.domain.organisations import EVERY_SECTOR
from app.domain.scopes import EVERYTHING
from app.domain.taxonomy import Taxonomy
from app.i18n.catalogue import translator
from app.i18n.dates import today_in_vietnam
from app.store import figures, organisations, radar
from app.store.database import Connection
from app.store.figures import DaysLeft, Stage
from app.texts.csv_table import csv_table
from app.texts.wording import label_name
from app.web.desk.gate import caller, guarded
from app.web.doors import doors_of
from app.web.forms import day
from app.web.pages import headers, language_of
from app.web.session import desk_page
from app.web.views import badge

_LISTED = 50
_FULL = 60
"""Days that fill a bar: the period that the WTO recommends for comments."""
_LONGEST = timedelta(days=731)
_MONTHS = timedelta(days=92)
_COLUMNS = ("month", "sector", "stage", "counted", "median_days_left", "least_days_left", "late")


@dataclass(frozen=True, slots=True)
class _Bar:
    """A median as the page shows it; `filled` is how far its bar reaches, of 60."""

    said: str
    filled: int
    more: str
    late: str


@dataclass(frozen=True, slots=True)
class _Row:
    """One sector in one month, with a bar for each stage, None where no notice has reached it."""

    sector: str
    bars: tuple[_Bar | None, ...]


@dataclass(frozen=True, slots=True)
class _Uncovered:
    """A sector, and how many organisations and subscriptions there are for it; one of them is 0."""

    name: str
    organisations: int
    subscriptions: int


def figures_routes(prefix: str) -> list[BaseRoute]:
    """Return the pages of figures in one language."""
    return [
        guarded(f"{prefix}/desk/figures", show_figures, Permission.SEE_DESK),
        guarded(f"{prefix}/desk/figures.csv", hand_out, Permission.SEE_DESK),
    ]


async def show_figures(request: Request) -> Response:
    """Show the days left per sector and month, and the orphan radar."""
    doors, language = doors_of(request), language_of(request)
    first, last, wrong = await _days(request)
    names = doors.letterhead.names[language]
    async with doors.database.reading() as connection:
        today = today_in_vietnam(await doors.database.now(connection))
        found = [] if wrong else await figures.days_left(connection, first, last)
        values = {
            "uncovered": await _uncovered(connection, doors.taxonomy, names),
            "unreachable": await _unreachable(connection),
            "orphans": [
                (row, badge(row.comment_deadline, today, language, withdrawn=False))
                for row in await radar.orphans(connection, _LISTED)
            ],
            "unfollowed": [
                (row, badge(row.comment_deadline, today, language, withdrawn=False))
                for row in await radar.unfollowed(connection, today, _LISTED)
            ],
        }
    values |= {
        "first": first.isoformat(),
        "last": last.isoformat(),
        "wrong": wrong,
        "stages": [stage_name(stage, language) for stage in Stage],
        "months": _months(found, names, language),
        "full": _FULL,
        "csv": f"?{urlencode({'from': first.isoformat(), 'to': last.isoformat()})}",
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if wrong else HTTPStatus.OK
    return desk_page(request, "desk/figures.html", session=caller(request), status=status, **values)


async def hand_out(request: Request) -> Response:
    """Hand the figures out as a table; nobody is named in it."""
    doors = doors_of(request)
    first, last, wrong = await _days(request)
    if wrong:
        raise HTTPException(HTTPStatus.BAD_REQUEST)
    async with doors.database.reading() as connection:
        found = await figures.days_left(connection, first, last)
    named = {
        "Content-Disposition": 'attachment; filename="keng-so-ngay-con-lai.csv"',
        "Content-Type": "text/csv; charset=utf-8",
    }
    rows = (
        (f"{one.month:%Y-%m}", one.sector, one.stage, one.counted, f"{one.median:g}", one.least, one.late)
        for one in found
    )
    pieces = iter(["\ufeff", csv_table(_COLUMNS, rows)])
    return StreamingResponse(pieces, headers=headers(doors, personal=True) | named)


def stage_name(stage: Stage, language: str) -> str:
    """Return what a stage on the way to the reader is called."""
    _ = translator(language).gettext
    return {
        Stage.CIRCULATED: _("lưu hành"),
        Stage.TAKEN_IN: _("tiếp nhận"),
        Stage.SORTED: _("phân loại"),
        Stage.RELEASED: _("phát hành"),
        Stage.HANDED_OVER: _("tới người nhận"),
    }[stage]


async def _days(request: Request) -> tuple[date, date, str]:
    """Return the days that are asked for, a quarter where none are, and what is wrong with them."""
    doors, asked = doors_of(request), request.query_params
    async with doors.database.reading() as connection:
        today = today_in_vietnam(await doors.database.now(connection))
    last = day(asked, "to") or today
    first = day(asked, "from") or max(last, date.min + _MONTHS) - _MONTHS
    _ = translator(language_of(request)).gettext
    if first > last:
        return first, last, _("Ngày đầu phải trước ngày cuối.")
    if last - first > _LONGEST:
        return first, last, _("Mỗi lần xem được nhiều nhất hai năm.")
    return first, last, ""


def _months(found: Sequence[DaysLeft], names: Any, language: str) -> list[tuple[str, list[_Row]]]:
    """Return the months, the newest first, each with its sectors, all of them together first."""
    _ = translator(language).gettext
    by_row: dict[tuple[date, str], dict[Stage, DaysLeft]] = {}
    for one in found:
        by_row.setdefault((one.month, one.sector), {})[one.stage] = one
    months: dict[date, list[_Row]] = {}
    for (month, sector), stages in by_row.items():
        name = _("Mọi lĩnh vực") if sector == EVERY_SECTOR else label_name(sector, names)
        bars = tuple(_bar(stages.get(stage), language) for stage in Stage)
        months.setdefault(month, []).append(_Row(name, bars))
    return [(f"{month:%m/%Y}", rows) for month, rows in sorted(months.items(), reverse=True)]


def _bar(one: DaysLeft | None, language: str) -> _Bar | None:
    if one is None:
        return None
    messages = translator(language)
    more = messages.gettext("%(count)s lượt, ít nhất %(least)s") % {"count": one.counted, "least": one.least}
    late = messages.gettext("%(count)s quá hạn") % {"count": one.late} if one.late else ""
    median = f"{one.median:g}"
    return _Bar(
        median.replace(".", ",") if language == "vi" else median, max(0, min(_FULL, round(one.median))), more, late
    )


async def _uncovered(connection: Connection, taxonomy: Taxonomy, names: Any) -> list[_Uncovered]:
    """Return the sectors that no writable organisation answers for, or that nobody asks for; a child has its parent's."""
    answered = await radar.answered_for(connection)
    asked = await radar.asked_for(connection)
    found = []
    for sector in taxonomy.sectors:
        own = {sector.id, sector.parent} - {None, ""}
        organised = sum(answered.get(one or "", 0) for one in own) + answered.get(EVERY_SECTOR, 0)
        subscribed = sum(count for criteria, count in asked if not criteria.sectors or own & set(criteria.sectors))
        if not organised or not subscribed:
            found.append(_Uncovered(label_name(sector.id, names), organised, subscribed))
    return found


async def _unreachable(connection: Connection) -> list[tuple[str, str, int]]:
    """Return the organisations without a writable address: key, name, and how many addresses are known."""
    reach = await organisations.reach(EVERYTHING, connection)
    known = await organisations.listed(EVERYTHING, connection)
    return [(one.key, one.name_vi, reach.get(one.key, (0, 0))[0]) for one in known if not reach.get(one.key, (0, 0))[1]]
