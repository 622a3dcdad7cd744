"""Whom the ministry writes to: organisations found by words, kind and sector, and the form that writes one down."""

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPMethod
from types import MappingProxyType
from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from app.domain.access import Permission, permits
from app.domain.errors import AppError, Kind, missing
from app.domain.organisations import (
    EVERY_SECTOR,
    Level,
    Organisation,
    OrganisationKind,
    Responsibility,
    hs_digits,
    mark_of,
)
from app.domain.scopes import EVERYTHING
from app.flow import organisations as flow
from app.i18n.catalogue import translator
from app.i18n.terms import code_name
from app.store import organisations as store
from app.store import recipients
from app.store.recipients import Entry, Wanted
from app.web.desk import recipient
from app.web.desk.gate import caller, guarded
from app.web.desk.recipient_words import refusal, said, sector_name, status_of
from app.web.desk.words import standing_words
from app.web.doors import doors_of
from app.web.forms import choice, filled
from app.web.pages import address, language_of
from app.web.session import desk_page, go_to

PAGE = 50
_NEW = "_new"
"""Where the form for a new organisation stands; no key begins so."""
_UNSEEN = "-"
"""Stands for what a form saw that does not say it; no mark is so short."""
_TEXTS = ("name_vi", "name_en", "abbreviation", "website", "note")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    """One organisation of the list as the page shows it."""

    key: str
    name: str
    abbreviation: str
    kind: str
    sectors: tuple[tuple[str, str], ...]
    addresses: int
    writable: int


def recipients_routes(prefix: str) -> list[BaseRoute]:
    """Return the pages about organisations in one language."""
    path, keep, post = f"{prefix}/desk/recipients", Permission.KEEP_RECIPIENTS, HTTPMethod.POST
    contact = f"{path}/{{key}}/contacts/{{number}}"
    return [
        guarded(path, show_recipients, Permission.SEE_DESK),
        guarded(path, create, keep, post),
        guarded(f"{path}/seed", seed, keep, post),
        guarded(f"{path}/{_NEW}", show_new, keep),
        guarded(f"{path}/{{key}}", recipient.show_recipient, Permission.SEE_DESK),
        guarded(f"{path}/{{key}}/edit", show_editor, keep),
        guarded(f"{path}/{{key}}/edit", save, keep, post),
        guarded(f"{path}/{{key}}/end", recipient.end, keep, post),
        guarded(f"{path}/{{key}}/restore", recipient.restore, keep, post),
        guarded(f"{path}/{{key}}/addresses", recipient.show_addresses, keep, post),
        guarded(f"{path}/{{key}}/contacts", recipient.add_contact, keep, post),
        guarded(f"{contact}/ask", recipient.ask, keep, post),
        guarded(f"{contact}/verify", recipient.verify, keep, post),
        guarded(f"{contact}/remove", recipient.remove, keep, post),
    ]


async def show_recipients(request: Request) -> Response:
    """Show the organisations that are looked for, a page at a time."""
    doors, language, asked = doors_of(request), language_of(request), dict(request.query_params)
    async with doors.database.reading() as connection:
        found, more, total = await recipients.found(connection, _wanted(asked), asked.get("after", ""), PAGE)
        bundled = [one.key for one in doors.bundled_organisations()]
        known = await store.numbers_of(connection, bundled)
    role = caller(request).role
    values: dict[str, Any] = {
        "rows": [_row(one, doors.letterhead.names[language], language) for one in found],
        "total": total,
        "asked": {name: asked.get(name, "") for name in ("q", "kind", "sector", "unreachable", "ended")},
        "kinds": _kinds(language),
        "sectors": _sectors(request),
        "after": _next(request, asked, found[-1].key) if more else "",
        "may_keep": permits(role, Permission.KEEP_RECIPIENTS),
        "to_seed": len(bundled) - len(known),
        "said": said(asked.get("done", ""), language),
    }
    return desk_page(request, "desk/recipients.html", session=caller(request), **values)


async def seed(request: Request) -> Response:
    """Add the organisations that come with Kẻng and are not there yet."""
    doors = doors_of(request)
    await flow.seed(doors.database, doors.bundled_organisations(), caller(request).actor)
    return go_to(request, "/desk/recipients", "done=seeded")


async def show_new(request: Request) -> Response:
    """Show the form for a new organisation."""
    return _form(request, {}, key="")


async def create(request: Request) -> Response:
    """Write a new organisation down."""
    form = await filled(request)
    key = form.get("key", "").strip()
    try:
        await _save(request, key, form, seen="")
    except AppError as error:
        return _form(request, form, key="", error=error)
    return go_to(request, f"/desk/recipients/{key}", "done=saved")


async def show_editor(request: Request) -> Response:
    """Show the form with what is known of an organisation."""
    one = await _known(request)
    return _form(request, _filled_in(one), key=one.key, seen=mark_of(one))


async def save(request: Request) -> Response:
    """Change what is known of an organisation; over what somebody else saved meanwhile nothing is, and both are shown."""
    one, form = await _known(request), await filled(request)
    try:
        await _save(request, one.key, form, seen=form.get("seen") or _UNSEEN)
    except AppError as error:
        if error.code != "organisation-newer":
            return _form(request, form, key=one.key, error=error, seen=form.get("seen", ""))
        # Who saves again after reading both replaces what stands, and knows it.
        newer = await _known(request)
        return _form(request, form, key=one.key, error=error, seen=mark_of(newer), newer=_filled_in(newer))
    return go_to(request, f"/desk/recipients/{one.key}", "done=saved")


def _filled_in(one: Organisation) -> dict[str, str]:
    known = {name: getattr(one, name) for name in _TEXTS}
    known |= {"kind": one.kind.value, "level": one.level.value, "hs": "; ".join(one.hs)}
    return known | {f"sector.{sector}": responsibility.value for sector, responsibility in one.sectors}


async def _known(request: Request) -> Organisation:
    key = request.path_params["key"]
    async with doors_of(request).database.reading() as connection:
        one = await store.one_of(EVERYTHING, connection, key)
    if one is None:
        raise missing("organisation-missing", f"{key}: no such organisation")
    return one


async def _save(request: Request, key: str, form: Mapping[str, str], seen: str) -> None:
    doors = doors_of(request)
    known = {one.id for one in doors.taxonomy.sectors}
    wanted = Organisation(
        key=key,
        kind=OrganisationKind(choice(form, "kind", tuple(OrganisationKind))),
        level=Level(choice(form, "level", tuple(Level))),
        sectors=tuple(
            (sector, Responsibility(form[name]))
            for sector in (EVERY_SECTOR, *sorted(known))
            if form.get(name := f"sector.{sector}") in tuple(Responsibility)
        ),
        hs=hs_digits(form.get("hs", "")),
        **{name: form.get(name, "") for name in _TEXTS},
    )
    await flow.save(doors.database, wanted, caller(request).actor, known, seen)


def _form(
    request: Request,
    form: Mapping[str, Any],
    *,
    key: str,
    error: AppError | None = None,
    seen: str = "",
    newer: Mapping[str, str] = MappingProxyType({}),
) -> Response:
    language = language_of(request)
    sectors, kinds = _sectors(request), _kinds(language)
    levels = [(one.value, code_name("organisation-level", one, language)) for one in Level]
    responsibilities = [(one.value, code_name("responsibility", one, language)) for one in Responsibility]
    none = translator(language).gettext("không")
    named = dict([*kinds, *levels])
    standing = {name: named.get(value, value) for name, value in newer.items() if not name.startswith("sector.")}
    standing |= {
        f"sector.{one}": dict(responsibilities).get(newer.get(f"sector.{one}", ""), none) for one, _ in sectors
    }
    differing = {name: said for name, said in standing.items() if newer and newer.get(name, "") != form.get(name, "")}
    values: dict[str, Any] = {
        "key": key,
        "seen": seen,
        "form": {name: form.get(name, "") for name in ("key", "kind", "level", "hs", *_TEXTS)},
        "kinds": kinds,
        "levels": levels,
        "sectors": [(one, name, form.get(f"sector.{one}", "")) for one, name in sectors],
        "responsibilities": responsibilities,
        "errors": {} if error is None or newer else {error.field or "": refusal(error, language)},
        "standing": {name: standing_words(said, language) for name, said in differing.items()},
        "refused": "" if error is None else _summary(error, language),
    }
    return desk_page(request, "desk/recipient_form.html", session=caller(request), status=status_of(error), **values)


def _summary(error: AppError, language: str) -> str:
    if error.kind is Kind.CONFLICT:
        return refusal(error, language)
    return translator(language).gettext("Chưa lưu: có chỗ cần sửa.")


def _wanted(asked: Mapping[str, str]) -> Wanted:
    kind = asked.get("kind", "")
    return Wanted(
        words=asked.get("q", ""),
        kind=OrganisationKind(kind) if kind in tuple(OrganisationKind) else None,
        sector=asked.get("sector", ""),
        unreachable=asked.get("unreachable") == "yes",
        ended=asked.get("ended") == "yes",
    )


def _kinds(language: str) -> list[tuple[str, str]]:
    return [(one.value, code_name("organisation-kind", one, language)) for one in OrganisationKind]


def _sectors(request: Request) -> list[tuple[str, str]]:
    names, language = doors_of(request).letterhead.names[language_of(request)], language_of(request)
    known = [one.id for one in doors_of(request).taxonomy.sectors]
    return [(one, sector_name(one, names, language)) for one in (EVERY_SECTOR, *known)]


def _row(one: Entry, names: Mapping[str, Any], language: str) -> _Row:
    return _Row(
        key=one.key,
        name=one.name_en if language == "en" and one.name_en else one.name_vi,
        abbreviation=one.abbreviation,
        kind=code_name("organisation-kind", one.kind, language),
        sectors=tuple(
            (sector_name(sector, names, language), code_name("responsibility", responsibility, language))
            for sector, responsibility in one.sectors
        ),
        addresses=one.addresses,
        writable=one.writable,
    )


def _next(request: Request, asked: Mapping[str, str], after: str) -> str:
    kept = {name: value for name, value in asked.items() if value and name not in {"after", "done"}}
    return address("/desk/recipients", language_of(request)) + "?" + urlencode(kept | {"after": after})
