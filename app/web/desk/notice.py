"""One notice on the desk: original and Vietnamese side by side, its measure as time went by, its alert and its letters.

Opening it changes nothing; each form of it is one intention, and leads back to the page that says what was done.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from http import HTTPStatus
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from app.domain.access import Permission, permits
from app.domain.boxes import Written
from app.domain.errors import AppError, Kind
from app.domain.queue import Holder
from app.domain.sectors import Facet
from app.domain.symbols import base_symbols, parse_symbol
from app.flow import materiality, routing
from app.i18n.dates import today_in_vietnam
from app.i18n.facets import value_name
from app.store import assignments, catalogue, timeline, translations
from app.store.catalogue import CataloguedNotice, Thread
from app.store.timeline import LaterVersion
from app.texts.blocks import alert_block
from app.texts.links import Links
from app.web.desk import notice_words as words
from app.web.desk.gate import caller
from app.web.desk.holders import holder_name, offered
from app.web.desk.notice_draft_view import shown_drafts
from app.web.desk.notice_views import Clash, asked_by, dispatches, given, importances, not_given, pairs
from app.web.doors import doors_of
from app.web.pages import address, language_of
from app.web.session import desk_page
from app.web.timeline import thread_view
from app.web.views import sheet

BOXES, MEASURE, ALERT = "boxes", "measure", "alert"
_STATUSES = {
    Kind.CONFLICT: HTTPStatus.CONFLICT,
    Kind.FORBIDDEN: HTTPStatus.FORBIDDEN,
    Kind.UNAVAILABLE: HTTPStatus.SERVICE_UNAVAILABLE,
}
_VIEWS = (BOXES, MEASURE, ALERT)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """A notice with its thread, as they stand on a day in Viet Nam."""

    notice: CataloguedNotice
    thread: Thread
    versions: list[LaterVersion]
    written: dict[Any, Written]
    people: dict[int, str]
    holder: Holder | None
    units: Sequence[Any]
    colleagues: Sequence[Any]
    today: date


async def show_notice(request: Request) -> Response:
    """Show one notice."""
    said = words.done(request.query_params.get("done", ""), language_of(request))
    return await notice_page(request, view_of(request), said=said)


def view_of(request: Request) -> str:
    """Return which of the three views an address asks for."""
    view = request.query_params.get("view", BOXES)
    return view if view in _VIEWS else BOXES


async def notice_page(
    request: Request, view: str, *, said: str = "", refused: AppError | None = None, clash: Clash | None = None
) -> Response:
    """Return one of the three views of a notice, with what was done or why it was not at the top."""
    language, found = language_of(request), await _found(request, view)
    values: dict[str, Any] = {
        "view": view,
        "said": said,
        "refused": "" if refused is None else words.refusal(refused, language),
        "may": {one.value for one in Permission if permits(caller(request).role, one)},
    }
    values |= _head(request, found)
    if view == BOXES:
        values |= _boxes(request, found, clash)
    elif view == MEASURE:
        values |= {"separable": _is_separable(found.thread)}
    else:
        values |= await _alert(request, found)
    template = f"desk/notice_{view}.html"
    return desk_page(request, template, session=caller(request), status=_status(refused), **values)


def _is_separable(thread: Thread) -> bool:
    """Say whether notices of different base symbols stand in a thread, so that one could leave it."""
    symbols = ([parse_symbol(one) for one in notice.content.symbols] for notice in thread.notices)
    bases = {tuple(map(str, base_symbols(filter(None, found)))) for found in symbols}
    return len(bases) > 1 or (len(thread.notices) > 1 and bases == {()})


def _status(refused: AppError | None) -> HTTPStatus:
    if refused is None:
        return HTTPStatus.OK
    return _STATUSES.get(refused.kind, HTTPStatus.UNPROCESSABLE_ENTITY)


async def _found(request: Request, view: str) -> _Found:
    database = doors_of(request).database
    async with database.reading() as connection:
        today = today_in_vietnam(await database.now(connection))
        found = await catalogue.notice_in_thread(connection, request.path_params["ref"])
        if found is None:
            raise HTTPException(HTTPStatus.NOT_FOUND)
        notice, thread = found
        versions = await timeline.later_versions(connection, thread.ref) if view == MEASURE else []
        written = (await translations.standing(connection, [notice.id])).get(notice.id, {}) if view == BOXES else {}
        numbers = {
            number for one in written.values() for number in (one.written_by, one.reviewed_by, one.asked_by) if number
        }
        people = dict(await translations.people(connection, sorted(numbers))) if numbers else {}
        return _Found(
            notice=notice,
            thread=thread,
            versions=versions,
            written=written,
            people=people,
            holder=(await assignments.holders(connection, [notice.id])).get(notice.id),
            units=await assignments.units(connection),
            colleagues=await assignments.people(connection),
            today=today,
        )


def _head(request: Request, found: _Found) -> dict[str, Any]:
    """Return what every view shows: what it is, the days left and the internal deadline, where the texts are."""
    doors, language = doors_of(request), language_of(request)
    names = doors.letterhead.names[language]
    thread = thread_view(found.thread, names, found.today, language, found.versions)
    own = address(f"/desk/notices/{found.notice.ref}", language)
    deadline = None if found.thread.state.value == "withdrawn" else found.thread.comment_deadline
    return {
        "notice": sheet(found.notice, found.thread, names, found.today, language),
        "thread": thread,
        "own": own,
        "asked_by": asked_by(found.notice, deadline, found.today, doors.calendar),
        "holder": holder_name(found.holder, found.units, found.colleagues, language),
        "holders": offered(found.units, found.colleagues, caller(request).account_id, language),
    }


def _boxes(request: Request, found: _Found, clash: Clash | None) -> dict[str, Any]:
    doors, language, notice = doors_of(request), language_of(request), found.notice
    names = doors.letterhead.names[language]
    shown = sheet(notice, found.thread, names, found.today, language)
    after = len(notice.sectors) + 1
    weights = notice.facets.get(Facet.IMPORTANCE, ())
    return {
        "drafts": shown_drafts(notice, found.written, found.today, language, offered=doors.drafter is not None),
        "pairs": pairs(notice, found.written, found.people, language, caller(request).account_id, clash),
        "sectors": given(notice.sectors, shown.sectors, Facet.SECTOR, 1),
        "themes": given(notice.themes, shown.themes, Facet.THEME, after),
        "left": not_given(doors.taxonomy, notice, names),
        "importances": importances(language),
        "importance": weights[0].id if weights else "",
        "importance_name": value_name(Facet.IMPORTANCE, weights[0].id, language) if weights else "",
        "importance_rules": sorted({one.rule for one in weights[0].evidence}) if weights else [],
    }


async def _alert(request: Request, found: _Found) -> dict[str, Any]:
    """Return the last alert as it would go out, whom it concerns, and where letters would go."""
    doors, language = doors_of(request), language_of(request)
    names, parents = doors.letterhead.names[language], doors.taxonomy.parents
    plan = await routing.planned(doors.database, found.notice.ref, parents, doors.calendar)
    values: dict[str, Any] = {
        "dispatches": dispatches(plan, names, language),
        "nobody": "" if plan.none_because is None else words.nobody(plan.none_because, language),
        "foreseen": None,
    }
    try:
        foreseen = await materiality.foresee(doors.database, found.notice.ref, parents)
    except AppError as error:
        if error.kind is not Kind.MISSING:
            raise
        return values
    links = Links(doors.letterhead.base_url)
    block = alert_block(foreseen.alert, language, foreseen.today, links, names)
    return values | {
        "foreseen": foreseen,
        "standing": words.standing_name(foreseen.standing, language),
        "ground": words.ground_name(foreseen.because, language),
        "text": block.full.text.strip(),
        "releasable": foreseen.standing not in {"told", "released"},
    }
