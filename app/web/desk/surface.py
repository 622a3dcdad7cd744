"""The addresses of the desk, each with the permission that it asks for."""

from http import HTTPMethod

from starlette.routing import BaseRoute, Route

from app.domain.access import Permission
from app.web.desk import entrance, pages, people
from app.web.desk.figures import figures_routes
from app.web.desk.gate import guarded
from app.web.desk.health import health_routes
from app.web.desk.notice_routes import notice_routes
from app.web.desk.openid import openid_routes
from app.web.desk.queue import queue_routes
from app.web.desk.recipients import recipients_routes
from app.web.desk.register import register_routes
from app.web.desk.taxonomy import taxonomy_routes
from app.web.desk.texts import texts_routes
from app.web.desk.warnings import warnings_routes

_POST = HTTPMethod.POST


def desk_routes(prefix: str) -> list[BaseRoute]:
    """Return the pages of the desk in one language."""
    return [
        Route(f"{prefix}/sign-in", entrance.show_sign_in, methods=["GET"]),
        Route(f"{prefix}/sign-in", entrance.sign_in, methods=["POST"]),
        Route(f"{prefix}/sign-in/forgotten", entrance.show_forgotten, methods=["GET"]),
        Route(f"{prefix}/sign-in/forgotten", entrance.ask_password_link, methods=["POST"]),
        Route(f"{prefix}/sign-in/link/{{token}}", entrance.show_link, methods=["GET"]),
        Route(f"{prefix}/sign-in/link/{{token}}", entrance.take_up, methods=["POST"]),
        guarded(f"{prefix}/sign-out", pages.sign_out, Permission.KEEP_ACCOUNT, _POST),
        *openid_routes(prefix),
        *queue_routes(prefix),
        guarded(f"{prefix}/desk/account", pages.show_account, Permission.KEEP_ACCOUNT),
        guarded(f"{prefix}/desk/account/password", pages.change_password, Permission.KEEP_ACCOUNT, _POST),
        guarded(f"{prefix}/desk/account/sign-out", pages.sign_out_everywhere, Permission.KEEP_ACCOUNT, _POST),
        *_people(f"{prefix}/desk/people"),
        *notice_routes(prefix),
        *register_routes(prefix),
        *figures_routes(prefix),
        *health_routes(prefix),
        *texts_routes(prefix),
        *recipients_routes(prefix),
        *taxonomy_routes(prefix),
        *warnings_routes(prefix),
    ]


def _people(path: str) -> list[BaseRoute]:
    changes = {
        "again": people.send_again,
        "role": people.set_role,
        "disable": people.disable,
        "enable": people.enable,
        "reset": people.reset_factor,
        "unlink": people.unlink,
    }
    return [
        guarded(path, people.show_people, Permission.KEEP_PEOPLE),
        guarded(path, people.invite, Permission.KEEP_PEOPLE, _POST),
        *(
            guarded(f"{path}/{{number}}/{name}", change, Permission.KEEP_PEOPLE, _POST)
            for name, change in changes.items()
        ),
    ]
