"""The permission matrix, read from the routes: `python3 -m tests.permissions` writes `docs/permissions.md`."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from fastapi import FastAPI
from starlette.routing import BaseRoute, Route

from app.domain.access import Permission, Role, permits
from app.web.desk.gate import permission_of
from tests.house import ROOT

PAPER = ROOT / "docs" / "permissions.md"
ENGLISH = "/en"

OPEN = {
    "/": "public reading",
    "/notices/{ref:path}": "public reading",
    "/measures/{ref:path}": "public reading",
    "/static": "fonts and sign",
    "/static/keng.css": "style sheet",
    "/contact/{token}": "the mailed token proves the right",
    "/confirm/{token}": "the mailed token proves the right",
    "/confirm/{token}/block": "the mailed token proves the right",
    "/u/{token}": "the mailed token proves the right",
    "/u/{token}/": "the mailed token proves the right",
    "/u/{token}/one": "the mailed token proves the right",
    "/u/{token}/undo": "the mailed token proves the right",
    "/manage": "whoever lost their link; answers the same for everybody",
    "/manage/{token}": "the mailed token proves the right",
    "/manage/{token}/stop": "the mailed token proves the right",
    "/manage/{token}/undo": "the mailed token proves the right",
    "/manage/{token}/pause": "the mailed token proves the right",
    "/manage/{token}/resume": "the mailed token proves the right",
    "/manage/{token}/frequency": "the mailed token proves the right",
    "/manage/{token}/language": "the mailed token proves the right",
    "/manage/{token}/reminders": "the mailed token proves the right",
    "/manage/{token}/address": "the mailed token proves the right",
    "/manage/{token}/data": "the mailed token proves the right",
    "/manage/{token}/data/erase": "the mailed token proves the right",
    "/move/{token}": "the mailed token proves the right",
    "/move/{token}/undo": "the mailed token proves the right",
    "/sign-in": "whoever is not in yet; answers the same for everybody",
    "/sign-in/forgotten": "whoever forgot the password; answers the same for everybody",
    "/sign-in/openid": "whoever is not in yet; sends them to the issuer",
    "/sign-in/openid/return": "the state, its browser's cookie and the issuer's code prove the right",
    "/sign-in/openid/code": "the browser's cookie, after the issuer proved who they are, and a code of the second factor",
    "/sign-in/link/{token}": "the mailed token proves the right",
    "/api/v1/notices": "public reading",
    "/api/v1/notices/{symbol:path}": "public reading",
    "/api/v1/notices/{symbol:path}/explanation": "public reading; a subscription's needs its own token",
    "/api/v1/measures/{symbol:path}": "public reading",
    "/api/v1/events": "public reading",
    "/api/v1/sectors": "public reading",
    "/api/v1/themes": "public reading",
    "/api/v1/facets": "public reading",
    "/api/v1/members": "public reading",
    "/api/v1/stats": "public reading",
    "/api/v1/subscriptions": "asking is confirmed by mail; reading needs the subscriber's token",
    "/api/v1/subscriptions/preview": "public reading",
    "/api/v1/subscriptions/{number}": "the subscriber's token proves the right",
    "/api/v1/feedback": "the relay's token proves the right",
    "/healthz": "says that the process lives",
    "/readyz": "says whether anything is stuck",
    "/metrics": "answers this machine or the metrics token",
    "/openapi.json": "public reading",
    "/api/docs": "public reading",
}
"""Addresses that ask for no permission, each with the reason. No session opens anything of the API (SE-07)."""


@dataclass(frozen=True, slots=True)
class Row:
    """A route and method of the desk, with what it asks for."""

    method: str
    path: str
    permission: Permission

    @property
    def roles(self) -> frozenset[Role]:
        """Who may."""
        return frozenset(role for role in Role if permits(role, self.permission))


def rows(application: FastAPI) -> list[Row]:
    """Every guarded route, in its Vietnamese form."""
    return sorted(_rows(application), key=lambda row: (row.path, row.method))


def unaccounted(application: FastAPI) -> list[str]:
    """Every route that asks for no permission and is not named as open: it has no row."""
    return [path for path, route in routes(application) if permission_of(route) is None and path not in OPEN]


def routes(application: FastAPI) -> Iterator[tuple[str, BaseRoute]]:
    """Every route with its address in the Vietnamese form."""
    for path, route in _walk(application.routes, "", ""):
        english = path == ENGLISH or path.startswith(f"{ENGLISH}/")
        yield (path.removeprefix(ENGLISH) or "/") if english else path, route


def table(application: FastAPI) -> str:
    """The matrix as the papers show it."""
    heads = " | ".join(role.value for role in Role)
    lines = [
        f"| {row.method} | `{row.path}` | {row.permission} | "
        + " | ".join("yes" if role in row.roles else "–" for role in Role)
        + " |"
        for row in rows(application)
    ]
    rules = "| --- | --- | --- |" + " --- |" * len(Role)
    opened = [f"| `{path}` | {reason} |" for path, reason in sorted(OPEN.items())]
    return "\n".join(
        [
            "# Permissions",
            "",
            "Written from the routes by `python3 -m tests.permissions`; `tests/surfaces/test_permissions.py` asks every",
            "route as every role and compares. Every address also has its English form under `/en`. Whoever is not signed",
            "in is led to `/sign-in` from a page, and refused (401) for anything else.",
            "",
            f"| method | address | permission | {heads} |",
            rules,
            *lines,
            "",
            "## Open addresses",
            "",
            "| address | why |",
            "| --- | --- |",
            *opened,
            "",
        ]
    )


def _rows(application: FastAPI) -> Iterator[Row]:
    for route in application.routes:
        permission = permission_of(route)
        if permission is not None and isinstance(route, Route) and not route.path.startswith(ENGLISH):
            methods = (route.methods or set()) - {"HEAD"}
            yield from (Row(method, route.path, permission) for method in sorted(methods))


def _walk(found: Iterable[BaseRoute], own: str, below: str) -> Iterator[tuple[str, BaseRoute]]:
    """Go into routers that FastAPI holds as they were included: their children lack the prefix."""
    for route in found:
        inner = getattr(route, "original_router", None)
        if inner is None:
            yield own + str(getattr(route, "path", route)), route
        else:
            yield from _walk(inner.routes, below, below + inner.prefix)


if __name__ == "__main__":
    from app.web.desk.surface import desk_routes

    PAPER.write_text(table(FastAPI(routes=desk_routes(""))), encoding="utf-8")
