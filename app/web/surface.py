"""The pages as a whole: their addresses in both languages, and the files that they are dressed with."""

import os
from pathlib import Path

from fastapi import FastAPI
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from app.web import contacts, mailed, manage, notices, privacy
from app.web.desk.surface import desk_routes
from app.web.doors import WebDoors
from app.web.pages import A_YEAR

AN_HOUR = 3600
_FILES = Path(__file__).parent / "static"


def attach(app: FastAPI, doors: WebDoors) -> None:
    """Add every page to an application: Vietnamese at the top, English under /en."""
    app.state.web = doors
    app.router.routes.append(Mount("/static", _Files(directory=_FILES), name="static"))
    app.router.routes.extend(_pages(""))
    app.router.routes.append(Route("/en", notices.show_start, methods=["GET"]))
    app.router.routes.extend(_pages("/en"))


def _pages(prefix: str) -> list[BaseRoute]:
    """Return the pages of one language. One-click addresses have no slash to be corrected: both forms are there."""
    return [
        Route(f"{prefix}/", notices.show_start, methods=["GET"]),
        Route(f"{prefix}/notices/{{ref:path}}", notices.show_notice, methods=["GET"]),
        Route(f"{prefix}/measures/{{ref:path}}", notices.show_measure, methods=["GET"]),
        Route(f"{prefix}/confirm/{{token}}", mailed.show_confirmation, methods=["GET"]),
        Route(f"{prefix}/confirm/{{token}}", mailed.confirm, methods=["POST"]),
        Route(f"{prefix}/confirm/{{token}}/block", mailed.refuse_confirmation, methods=["POST"]),
        Route(f"{prefix}/contact/{{token}}", contacts.show_link, methods=["GET"]),
        Route(f"{prefix}/contact/{{token}}", contacts.confirm, methods=["POST"]),
        *_managing(prefix),
        *desk_routes(prefix),
        Route(f"{prefix}/manage/{{token}}/data", privacy.show_data, methods=["GET"]),
        Route(f"{prefix}/manage/{{token}}/data", privacy.hand_out, methods=["POST"]),
        Route(f"{prefix}/manage/{{token}}/data/erase", privacy.erase, methods=["POST"]),
        Route(f"{prefix}/u/{{token}}/one", mailed.unsubscribe_one, methods=["POST"]),
        Route(f"{prefix}/u/{{token}}/undo", mailed.take_back, methods=["POST"]),
        *(
            Route(f"{prefix}/u/{{token}}{slash}", endpoint, methods=[method])
            for slash in ("", "/")
            for method, endpoint in (("GET", mailed.show_unsubscription), ("POST", mailed.unsubscribe))
        ),
    ]


def _managing(prefix: str) -> list[BaseRoute]:
    """Return the pages on which subscribers change what they get."""
    changes = {
        "stop": manage.stop_subscriptions,
        "undo": manage.take_back,
        "pause": manage.pause,
        "resume": manage.resume,
        "frequency": manage.set_frequency,
        "language": manage.set_language,
        "reminders": manage.set_reminders,
        "address": manage.ask_change,
    }
    return [
        Route(f"{prefix}/manage", manage.show_request, methods=["GET"]),
        Route(f"{prefix}/manage", manage.request_link, methods=["POST"]),
        Route(f"{prefix}/manage/{{token}}", manage.show_subscriptions, methods=["GET"]),
        *(Route(f"{prefix}/manage/{{token}}/{name}", change, methods=["POST"]) for name, change in changes.items()),
        Route(f"{prefix}/move/{{token}}", manage.show_change, methods=["GET"]),
        Route(f"{prefix}/move/{{token}}", manage.confirm_change, methods=["POST"]),
        Route(f"{prefix}/move/{{token}}/undo", manage.show_undoing, methods=["GET"]),
        Route(f"{prefix}/move/{{token}}/undo", manage.undo_change, methods=["POST"]),
    ]


class _Files(StaticFiles):
    """Style sheet and sign; an address with a version in it may be kept for good."""

    def file_response(
        self, full_path: str | os.PathLike[str], stat_result: os.stat_result, scope: Scope, status_code: int = 200
    ) -> Response:
        """Add the headers that every answer carries."""
        answer = super().file_response(full_path, stat_result, scope, status_code)
        kept = A_YEAR if scope["query_string"] else AN_HOUR
        answer.headers["X-Content-Type-Options"] = "nosniff"
        answer.headers["Referrer-Policy"] = "no-referrer"
        answer.headers["Content-Security-Policy"] = "default-src 'none'"
        answer.headers["Cache-Control"] = f"public, max-age={kept}"
        return answer
