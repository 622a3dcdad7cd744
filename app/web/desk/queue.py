"""The queue, first page of the desk: what waits for a person, and what to do with many notices at once."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPMethod, HTTPStatus
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from app.domain.access import Permission, permits
from app.domain.errors import AppError
from app.domain.queries import Query
from app.domain.queue import Order, Tab
from app.domain.symbols import Area
from app.flow import queue as flow
from app.flow.queue import Outcome
from app.flow.search import understood
from app.i18n.catalogue import translator
from app.i18n.dates import today_in_vietnam
from app.i18n.members import all_members
from app.store import assignments, catalogue, queue, visits
from app.store.database import Connection
from app.store.queue import Page, Place, Wanted
from app.texts.wording import label_name
from app.web.desk.gate import caller, guarded
from app.web.desk.holders import NOBODY, chosen_holder, offered, unit_name
from app.web.desk.queue_state import DEADLINES, QueueState, cursor_of, place_of, state_of, wanted_of
from app.web.desk.queue_view import Reading, left_because, row_of, source_lines, tab_name
from app.web.doors import doors_of
from app.web.forms import filled, ticked
from app.web.pages import address, language_of
from app.web.session import desk_page

PAGE = 25
_NUL = "\0"


@dataclass(frozen=True, slots=True)
class _Said:
    """What stands above the list after an act: what was done, what was not and why, or why nothing was."""

    done: str = ""
    left: tuple[tuple[str, str], ...] = ()
    refused: str = ""
    field: str = ""
    picked: frozenset[str] = frozenset()
    because: str = ""
    holder: str = ""


def queue_routes(prefix: str) -> list[BaseRoute]:
    """Return the page of the queue and its acts. A page that an act answered with can be opened again."""
    acts = {
        "assign": (assign, Permission.CORRECT_SORTING),
        "release": (release, Permission.RELEASE_ALERTS),
        "set-aside": (set_aside, Permission.RELEASE_ALERTS),
    }
    paths = {name: f"{prefix}/desk/queue/{name}" for name in acts}
    return [
        guarded(f"{prefix}/desk", show_queue, Permission.SEE_DESK),
        *(guarded(path, show_queue, Permission.SEE_DESK) for path in paths.values()),
        *(guarded(paths[name], act, permission, HTTPMethod.POST) for name, (act, permission) in acts.items()),
    ]


async def show_queue(request: Request) -> Response:
    """Show what waits for a person, as the address asks for it."""
    return await _queue(request, _Said())


async def assign(request: Request) -> Response:
    """Put the ticked notices into somebody's hands, or into nobody's."""
    chosen = await _typed(request, "holder")
    actor, database = caller(request).actor, doors_of(request).database

    async def act(refs: Sequence[str]) -> Outcome:
        return await flow.assign(database, refs, chosen_holder(chosen, caller(request).account_id), actor)

    def done(count: int, language: str) -> str:
        ngettext = translator(language).ngettext
        if chosen == NOBODY:
            return ngettext("Đã thôi giao %(count)s thông báo.", "Đã thôi giao %(count)s thông báo.", count)
        return ngettext("Đã giao %(count)s thông báo.", "Đã giao %(count)s thông báo.", count)

    if not chosen:
        return await _refused(request, "holder")
    return await _act(request, act, done)


async def release(request: Request) -> Response:
    """Let what waits of the ticked notices go out."""
    actor, database = caller(request).actor, doors_of(request).database

    async def act(refs: Sequence[str]) -> Outcome:
        return await flow.release(database, refs, actor)

    def done(count: int, language: str) -> str:
        ngettext = translator(language).ngettext
        return ngettext("Đã phát hành %(count)s thông báo.", "Đã phát hành %(count)s thông báo.", count)

    return await _act(request, act, done)


async def set_aside(request: Request) -> Response:
    """Take the ticked notices out of the queue, with a reason."""
    because = await _typed(request, "because")
    actor, database = caller(request).actor, doors_of(request).database

    async def act(refs: Sequence[str]) -> Outcome:
        return await flow.set_aside(database, refs, because, actor)

    def done(count: int, language: str) -> str:
        ngettext = translator(language).ngettext
        return ngettext("Đã xếp lại %(count)s thông báo.", "Đã xếp lại %(count)s thông báo.", count)

    return await _act(request, act, done)


async def _act(
    request: Request, act: Callable[[Sequence[str]], Awaitable[Outcome]], done: Callable[[int, str], str]
) -> Response:
    """Do one thing with what was ticked, and say on the page what was done and what was not."""
    language = language_of(request)
    try:
        outcome = await act(await _chosen(request))
    except AppError as error:
        return await _refused(request, error.field or "notice")
    count = len(outcome.done)
    said = done(count, language) % {"count": count} if count else ""
    left = tuple((ref, left_because(why, language)) for ref, why in outcome.left)
    return await _queue(request, _Said(done=said, left=left))


async def _refused(request: Request, field: str) -> Response:
    form = await filled(request)
    _ = translator(language_of(request)).gettext
    reasons = {
        "notice": _("Hãy chọn từ 1 đến 200 thông báo."),
        "holder": _("Hãy chọn một đơn vị hoặc một người đang làm việc ở đây."),
        "because": _("Hãy ghi lý do xếp lại."),
    }
    said = _Said(
        refused=reasons[field],
        field=field,
        picked=frozenset(await _chosen(request)),
        because=form.get("because", ""),
        holder=form.get("holder", ""),
    )
    return await _queue(request, said)


async def _chosen(request: Request) -> list[str]:
    """Return the refs of what was ticked: single notices, or with one box the whole page."""
    whole = "whole" in await filled(request)
    return [ref for ref in await ticked(request, "listed" if whole else "notice") if _NUL not in ref]


async def _typed(request: Request, name: str) -> str:
    """Return a field of the form; no browser sends a NUL, and no database takes one."""
    return (await filled(request)).get(name, "").replace(_NUL, "")


async def _queue(request: Request, said: _Said) -> Response:
    doors, language, session = doors_of(request), language_of(request), caller(request)
    state = state_of(request.query_params)
    query, unreadable = _understood(request, state)
    async with doors.database.reading() as connection:
        now = await doors.database.now(connection)
        wanted = wanted_of(state, query, doors.taxonomy, today_in_vietnam(now), session.account_id)
        found, earlier, later = await _shown(connection, wanted, state)
        shown = await catalogue.numbered(connection, [one.id for one in found.queued])
        units, people = await assignments.units(connection), await assignments.people(connection)
        sources = [] if found.queued else await visits.states(connection)
    reading = Reading(doors.letterhead.names[language], language, now, doors.calendar)
    by_number = {notice.id: notice for notice in shown}
    values = {
        "said": said,
        "unreadable": unreadable,
        "state": state,
        "count": found.counts[wanted.tab],
        "everything": found.counts[Tab.ALL],
        "tabs": _tabs(state, found.counts, language),
        "current": _href(state, language),
        "heading": tab_name(wanted.tab, language),
        "orders": _orders(language),
        "rows": [row_of(one, by_number[one.id], reading) for one in found.queued if one.id in by_number],
        "first": _href(state, language) if state.after or state.before else "",
        "previous": _href(state, language, before=cursor_of(earlier)) if earlier else "",
        "next": _href(state, language, after=cursor_of(later)) if later else "",
        "plain": _href(QueueState(tab=state.tab, sort=state.sort), language),
        "sources": source_lines(sources, language),
        "query": state.query(after=state.after, before=state.before),
        "may_release": permits(session.role, Permission.RELEASE_ALERTS),
        "may_assign": permits(session.role, Permission.CORRECT_SORTING),
        "holders": offered(units, people, session.account_id, language),
        **_choices(request, wanted, units, language),
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if said.refused or unreadable else HTTPStatus.OK
    return desk_page(request, "desk/queue.html", session=session, status=status, **values)


async def _shown(connection: Connection, wanted: Wanted, state: QueueState) -> tuple[Page, Place | None, Place | None]:
    """Return a page of the queue, where the page before it ends, and where the next one begins.

    Who goes back to less than a page comes to the first one, which is whole.
    """
    before, after = place_of(state.before, wanted.order), place_of(state.after, wanted.order)
    if before is not None:
        found = await queue.page_before(connection, wanted, before, PAGE)
        if found.more is not None:
            return found, found.more, queue.place_of(wanted, found.queued[-1], before.counted_on)
    found = await queue.page(connection, wanted, after, PAGE)
    earlier = queue.place_of(wanted, found.queued[0], after.counted_on) if found.queued and after is not None else None
    return found, earlier, found.more


def _understood(request: Request, state: QueueState) -> tuple[Query | None, str]:
    """Return what the words of the filter ask for, and why they cannot be looked for if they cannot."""
    if not state.q:
        return None, ""
    try:
        return understood(state.q, doors_of(request).taxonomy), ""
    except AppError:
        _ = translator(language_of(request)).gettext
        return None, _(
            "Không tìm được chữ này; cần có chữ hoặc số, và không quá dài. Danh sách chưa được lọc theo chữ."
        )


def _href(state: QueueState, language: str, **changed: str) -> str:
    query = state.query(**changed)
    return address("/desk", language) + (f"?{query}" if query else "")


def _tabs(state: QueueState, counts: Mapping[Tab, int], language: str) -> list[tuple[str, str, int]]:
    return [(_href(state, language, tab=tab), tab_name(tab, language), counts[tab]) for tab in Tab]


def _orders(language: str) -> list[tuple[str, str]]:
    _ = translator(language).gettext
    names = {Order.DEADLINE: _("Ít ngày góp ý nhất trước"), Order.AGE: _("Chờ lâu nhất trước")}
    return [(order.value, name) for order, name in names.items()]


def _choices(request: Request, wanted: Wanted, units: Sequence[Any], language: str) -> dict[str, Any]:
    """Return what each filter offers, the first of which asks nothing."""
    messages, doors = translator(language), doors_of(request)
    _ = messages.gettext
    names = doors.letterhead.names[language]
    every = [("", _("Tất cả"))]
    sectors = sorted(((one.id, label_name(one.id, names)) for one in doors.taxonomy.sectors), key=lambda one: one[1])
    members = sorted(((one.code, one.name(language)) for one in all_members()), key=lambda one: one[1])
    named = [(row.key, unit_name(row, language)) for row in units]
    days = [(days, messages.ngettext("%(num)s ngày", "%(num)s ngày", int(days)) % {"num": days}) for days in DEADLINES]
    return {
        "sectors": every + sectors,
        "members": every + members,
        "areas": every + [(area.value, area.value) for area in Area],
        "deadlines": every + days,
        "units": every + named,
        "tab": wanted.tab.value,
    }
