"""How Kẻng fares: sources, visits, the outbox, what waits for a person, bounces, jobs, the audit, holds and the backup."""

from collections.abc import Awaitable, Mapping
from http import HTTPMethod, HTTPStatus
from types import MappingProxyType
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from app.domain.access import Permission, permits
from app.domain.errors import AppError
from app.flow import feedback, mend, resend
from app.i18n.catalogue import translator
from app.store import health
from app.web.desk import health_view as view
from app.web.desk.gate import caller, guarded
from app.web.doors import doors_of
from app.web.forms import choice, filled, number_of
from app.web.pages import language_of
from app.web.places import number_after
from app.web.session import desk_page, go_to

_PAGE = 50
_POST = HTTPMethod.POST


def health_routes(prefix: str) -> list[BaseRoute]:
    """Return the pages of health in one language."""
    path = f"{prefix}/desk/health"
    return [
        guarded(path, show_health, Permission.SEE_DESK),
        guarded(f"{path}/visits", show_visits, Permission.SEE_DESK),
        guarded(f"{path}/undecided", show_undecided, Permission.SEE_DESK),
        guarded(f"{path}/suppressions", show_suppressions, Permission.SEE_DESK),
        guarded(f"{path}/undecided/{{number}}", settle, Permission.KEEP_RECIPIENTS, _POST),
        guarded(f"{path}/suppressions/{{number}}", release, Permission.KEEP_RECIPIENTS, _POST),
        guarded(f"{path}/resend", tell_again, Permission.RELEASE_ALERTS, _POST),
    ]


async def show_health(request: Request) -> Response:
    """Show everything in short."""
    return await _health(request)


async def show_visits(request: Request) -> Response:
    """Show the visits to the sources, the newest first."""
    doors, language = doors_of(request), language_of(request)
    source = request.query_params.get("source", "")[:200]
    async with doors.database.reading() as connection:
        rows = await health.visits(connection, source, number_after(request), _PAGE + 1)
    values: dict[str, Any] = {
        "visits": [view.visit(row, language) for row in rows[:_PAGE]],
        "next": rows[_PAGE - 1].id if len(rows) > _PAGE else None,
        "source": source,
        "first": number_after(request) is None,
    }
    return desk_page(request, "desk/health_visits.html", session=caller(request), **values)


async def show_undecided(request: Request) -> Response:
    """Show the messages that only a person can settle."""
    return await _undecided(request)


async def show_suppressions(request: Request) -> Response:
    """Show who is not written to."""
    return await _suppressions(request)


async def settle(request: Request) -> Response:
    """Send a message that waits for a person once more, or give it up."""
    form, number = await filled(request), number_of(request.path_params["number"])
    send = choice(form, "decision", ("send", "drop")) == "send"
    because, actor = form.get("because", ""), caller(request).actor
    doing = mend.settle(doors_of(request).database, number, send=send, because=because, actor=actor)
    refused = await _refusal(request, doing)
    if refused:
        return await _undecided(request, refused)
    return go_to(request, "/desk/health/undecided", "done=settled")


async def release(request: Request) -> Response:
    """Write to somebody again."""
    number, because = number_of(request.path_params["number"]), (await filled(request)).get("because", "")
    doing = feedback.release_subscriber(doors_of(request).database, number, because, caller(request).actor)
    refused = await _refusal(request, doing)
    if refused:
        return await _suppressions(request, refused)
    return go_to(request, "/desk/health/suppressions", "done=released")


async def tell_again(request: Request) -> Response:
    """Tell those of a notice of whom no copy can have arrived."""
    form = await filled(request)
    incident = resend.Incident(ref=form.get("ref", "").strip(), because=form.get("because", ""))
    refused = await _refusal(request, resend.resend(doors_of(request).database, incident, caller(request).actor))
    if refused:
        return await _health(request, refused, form)
    return go_to(request, "/desk/health", "done=resent")


async def _health(request: Request, refused: str = "", typed: Mapping[str, str] = MappingProxyType({})) -> Response:
    session, doors = caller(request), doors_of(request)
    values = await view.overview(doors.database, language_of(request))
    values |= {"may_release": permits(session.role, Permission.RELEASE_ALERTS), "typed": typed}
    return _page(request, "desk/health.html", refused, **values)


async def _undecided(request: Request, refused: str = "") -> Response:
    doors, language, session = doors_of(request), language_of(request), caller(request)
    async with doors.database.reading() as connection:
        rows = await health.undecided(connection, number_after(request), _PAGE + 1)
    values = {
        "messages": [view.message(row, language) for row in rows[:_PAGE]],
        "next": rows[_PAGE - 1].id if len(rows) > _PAGE else None,
        "may_decide": permits(session.role, Permission.KEEP_RECIPIENTS),
    }
    return _page(request, "desk/health_undecided.html", refused, **values)


async def _suppressions(request: Request, refused: str = "") -> Response:
    doors, language, session = doors_of(request), language_of(request), caller(request)
    async with doors.database.reading() as connection:
        rows = await health.suppressed(connection, number_after(request), _PAGE + 1)
        total = await health.count_suppressed(connection)
    values = {
        "people": [view.suppression(row, language) for row in rows[:_PAGE]],
        "total": total,
        "next": rows[_PAGE - 1].id if len(rows) > _PAGE else None,
        "may_release": permits(session.role, Permission.KEEP_RECIPIENTS),
    }
    return _page(request, "desk/health_suppressions.html", refused, **values)


def _page(request: Request, template: str, refused: str, **values: Any) -> Response:
    status = HTTPStatus.UNPROCESSABLE_ENTITY if refused else HTTPStatus.OK
    said = "" if refused else _said(request.query_params.get("done", ""), language_of(request))
    return desk_page(request, template, session=caller(request), status=status, said=said, refused=refused, **values)


async def _refusal(request: Request, doing: Awaitable[Any]) -> str:
    """Do it, and return why it was refused; nothing when it was done."""
    try:
        done = await doing
    except AppError as error:
        return _words(error.code, language_of(request))
    return _words("nobody-suppressed", language_of(request)) if done is False else ""


def _words(code: str, language: str) -> str:
    _ = translator(language).gettext
    sentences = {
        "no-reason": _("Hãy ghi lý do."),
        "no-such-delivery": _("Không có lượt gửi nào mang số này."),
        "needs-nobody": _("Lượt gửi này không còn chờ ai xử lý."),
        "third-copy": _("Hai bản có thể đã tới nơi; không bao giờ gửi bản thứ ba."),
        "no-such-notice": _("Không có thông báo nào mang mã này."),
        "nobody-suppressed": _("Người này không bị ngừng gửi nữa."),
    }
    return sentences.get(code) or _("Không thực hiện được; hãy tải lại trang và thử lại.")


def _said(done: str, language: str) -> str:
    _ = translator(language).gettext
    sentences = {
        "settled": _("Đã ghi quyết định về lượt gửi."),
        "released": _("Đã cho gửi lại; địa chỉ này lại nhận thư từ bây giờ."),
        "resent": _("Ai chưa nhận được bản nào của thông báo này sẽ được báo lại."),
    }
    return sentences.get(done, "")
