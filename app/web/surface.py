"""The pages as a whole: their addresses in both languages, and what they are dressed with."""

from fastapi import FastAPI
from starlette.routing import BaseRoute, Route

from app.web import contacts, dress, mailed, manage, notices, privacy
from app.web.desk.surface import desk_routes
from app.web.doors import WebDoors


def attach(app: FastAPI, doors: WebDoors) -> None:
    """Add every page to an application: Vietnamese at the top, English under /en."""
    app.state.web = doors
    app.router.routes.extend(dress.routes())
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
