"""The catcher's pages: what arrived, shown so that nothing in a mail can act, and how to sign in at the desk.

A mail is somebody's HTML. It is shown in a frame without scripts, forms or anything loaded from elsewhere; its links
open in a page of their own.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from typing import Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from app.demo.catcher import Catcher, CaughtMail
from app.demo.staff import Colleague, seconds_left
from app.domain.access import Role
from app.i18n.dates import VIETNAM
from app.web import dress

PAGE_POLICY: Final = (
    "default-src 'none'; style-src 'self'; font-src 'self'; img-src 'self'; frame-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'"
)
MAIL_POLICY: Final = (
    "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; style-src 'unsafe-inline'; "
    "form-action 'none'; frame-ancestors 'self'"
)
"""For a mail's own HTML: its inline styles, and links that open elsewhere; nothing else."""

_ROLES: Final = {
    Role.EDITOR: ("Biên tập viên", "sửa phân loại, viết bài và công văn, phát hành cảnh báo"),
    Role.APPROVER: ("Người duyệt", "duyệt và đăng điều người khác viết, rút lại"),
    Role.ADMINISTRATOR: ("Quản trị viên", "mời người dùng, sửa bảng phân loại, giữ danh sách nơi nhận"),
}
_HEADERS = {"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "Cache-Control": "no-store"}
_DOCTYPE = re.compile(r"\s*<!doctype[^>]*>", re.IGNORECASE)


class MailPages:
    """The ASGI application that shows what a catcher holds. `notice` is said on every page, `site` is a way back.

    `staff` may sign in at the desk of the site; a page shows their passwords and the codes of this moment.
    """

    def __init__(self, catcher: Catcher, notice: str, site: str, staff: Sequence[Colleague] = ()) -> None:
        self._catcher = catcher
        self._staff = staff
        self._always = {"notice": notice, "site": site, "style": dress.style_address()}
        self.app = Starlette(
            routes=[
                Route("/", _to_list),
                Route("/mail", self._list),
                Route("/mail.css", _style),
                Route("/staff", self._accounts),
                *dress.routes(),
                Route("/mail/{number:int}", self._mail),
                Route("/mail/{number:int}/html", self._html),
                Route("/mail/{number:int}/raw", self._raw),
            ],
            middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=["127.0.0.1", "localhost"])],
        )

    async def _list(self, request: Request) -> Response:
        del request
        boxes: dict[str, list[CaughtMail]] = {}
        for mail in self._catcher.mails:
            boxes.setdefault(", ".join(mail.recipients), []).append(mail)
        return self._page("list.html", boxes=boxes, count=len(self._catcher.mails))

    async def _mail(self, request: Request) -> Response:
        mail = self._found(request)
        return self._page(
            "mail.html",
            mail=mail,
            sender=str(mail.message()["From"] or mail.sender),
            text=mail.part("plain"),
            has_html=mail.part("html") is not None,
            count=len(self._catcher.mails),
        )

    async def _html(self, request: Request) -> Response:
        html = self._found(request).part("html")
        if html is None:
            raise HTTPException(404)
        return HTMLResponse(_opening_elsewhere(html), headers={**_HEADERS, "Content-Security-Policy": MAIL_POLICY})

    async def _raw(self, request: Request) -> Response:
        return Response(
            self._found(request).body,
            media_type="text/plain; charset=utf-8",
            headers={**_HEADERS, "Content-Security-Policy": "sandbox; default-src 'none'"},
        )

    async def _accounts(self, request: Request) -> Response:
        """Show the accounts; the browser asks again when the next codes hold, for an older one opens nothing."""
        del request
        now = datetime.now(UTC)
        shown = [(*_ROLES[one.role], one.address, one.password, one.code(now)) for one in self._staff]
        page = self._page("staff.html", staff=shown, seconds=seconds_left(now))
        page.headers["Refresh"] = str(seconds_left(now))
        return page

    def _found(self, request: Request) -> CaughtMail:
        number: int = request.path_params["number"]
        if not 1 <= number <= len(self._catcher.mails):
            raise HTTPException(404)
        return self._catcher.mails[number - 1]

    def _page(self, name: str, **values: Any) -> HTMLResponse:
        html = _templates().get_template(name).render(**values, **self._always)
        return HTMLResponse(html, headers={**_HEADERS, "Content-Security-Policy": PAGE_POLICY})


def _opening_elsewhere(html: str) -> str:
    """Return the mail's HTML with its links opening in a page of their own; the first `base` of a page counts."""
    doctype = _DOCTYPE.match(html)
    start = doctype.end() if doctype else 0
    return f'{html[:start]}<base target="_blank">{html[start:]}'


async def _to_list(request: Request) -> Response:
    del request
    return RedirectResponse("/mail")


async def _style(request: Request) -> Response:
    del request
    text = files("app.demo").joinpath("pages", "mail.css").read_text(encoding="utf-8")
    return Response(text, media_type="text/css", headers=_HEADERS)


def _clock(moment: datetime) -> str:
    return f"{moment.astimezone(VIETNAM):%H:%M:%S}"


@cache
def _templates() -> Environment:
    environment = Environment(
        loader=PackageLoader("app.demo", "pages"),
        autoescape=select_autoescape(("html",), default=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    filters: Mapping[str, Any] = {"clock": _clock}
    environment.filters.update(filters)
    return environment
