"""One organisation: what it is, its addresses and how each is known to be theirs, what it would get."""

from collections.abc import Awaitable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from app.domain.access import Permission, permits
from app.domain.addresses import Address, mask_address
from app.domain.errors import AppError, missing
from app.domain.organisations import Organisation
from app.domain.scopes import EVERYTHING
from app.flow import organisations as flow
from app.flow import routing
from app.flow.organisations import ContactDesk
from app.flow.routing import Foreseen
from app.i18n.dates import short_date, today_in_vietnam
from app.i18n.terms import code_name
from app.store import organisations as store
from app.store import recipients
from app.store.recipients import KnownContact
from app.web.desk.gate import caller
from app.web.desk.recipient_words import refusal, said, sector_name, state_of, status_of
from app.web.doors import doors_of
from app.web.forms import filled, number_of
from app.web.pages import language_of
from app.web.session import desk_page, go_to
from app.web.views import Line, line

_FIELDS_AT_FAULT = {
    "no-because": "because",
    "no-source": "source",
    "address-invalid": "email",
    "person-erased": "email",
}
LOOKED_AT = 100
"""How many of the newest notices are routed to show what an organisation would get."""
_SHOWN = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class _Contact:
    """One address as the page shows it."""

    number: int
    address: str
    role: str
    state: str
    chip: str
    when: str
    because: str
    source: str
    verified: bool
    over: bool


@dataclass(frozen=True, slots=True)
class _Due:
    """One notice that the organisation would get, and why."""

    notice: Line
    paper: str
    rule: str
    label: str


async def show_recipient(request: Request) -> Response:
    """Show one organisation, its addresses masked."""
    done = said(request.query_params.get("done", ""), language_of(request))
    return await _page(request, done=done)


async def show_addresses(request: Request) -> Response:
    """Show the addresses in full, once that is written down (PV-06)."""
    await flow.name_addresses(doors_of(request).database, request.path_params["key"], caller(request).actor)
    return await _page(request, in_full=True)


async def add_contact(request: Request) -> Response:
    """Add an address, which is yet to be verified."""
    doors, form, key = doors_of(request), await filled(request), request.path_params["key"]
    try:
        mailbox = doors.read_address(form.get("email", ""))
    except AppError as error:
        return await _page(request, refused=error, typed=form)
    role, actor = form.get("role", ""), caller(request).actor
    return await _done(request, "added", flow.add_contact(doors.database, key, mailbox, role, actor, doors.keys))


async def ask(request: Request) -> Response:
    """Mail the link by which whoever reads the address says that it is the organisation's."""
    doors = doors_of(request)
    desk = ContactDesk(doors.database, doors.letterhead, doors.keys, doors.most_per_hour)
    mailbox = await _mailbox(request)
    return await _done(
        request, "asked", flow.mail_link(desk, request.path_params["key"], mailbox, caller(request).actor)
    )


async def verify(request: Request) -> Response:
    """Hold an address to be theirs on somebody's word, with a reason and a source."""
    form, mailbox, key = await filled(request), await _mailbox(request), request.path_params["key"]
    because, source = form.get("because", ""), form.get("source", "")
    doing = flow.verify(doors_of(request).database, key, mailbox, because, source, caller(request).actor)
    return await _done(request, "verified", doing)


async def remove(request: Request) -> Response:
    """Let an address be theirs no longer."""
    because, mailbox = (await filled(request)).get("because", ""), await _mailbox(request)
    key, actor = request.path_params["key"], caller(request).actor
    doing = flow.remove_contact(doors_of(request).database, key, mailbox, because, actor)
    return await _done(request, "removed", doing)


async def end(request: Request) -> Response:
    """Let the organisation end."""
    because, key = (await filled(request)).get("because", ""), request.path_params["key"]
    return await _done(request, "ended", flow.end(doors_of(request).database, key, because, caller(request).actor))


async def restore(request: Request) -> Response:
    """Let the organisation stand again."""
    key, actor = request.path_params["key"], caller(request).actor
    return await _done(request, "restored", flow.restore(doors_of(request).database, key, actor))


async def _mailbox(request: Request) -> Address:
    """Return the address that a form is about; it is named by its number, for the page shows it masked."""
    doors, number = doors_of(request), number_of(request.path_params["number"])
    async with doors.database.reading() as connection:
        found = await recipients.address_numbered(connection, request.path_params["key"], number)
    if found is None:
        raise missing("contact-missing", "no such address of this organisation")
    return doors.read_address(found.address)


async def _done(request: Request, done: str, doing: Awaitable[Any]) -> Response:
    """Go back to the organisation when it is done, or say there why it is not; what was typed is not lost."""
    try:
        await doing
    except AppError as error:
        return await _page(request, refused=error, typed=await filled(request))
    return go_to(request, f"/desk/recipients/{request.path_params['key']}", f"done={done}")


async def _page(
    request: Request,
    *,
    done: str = "",
    in_full: bool = False,
    refused: AppError | None = None,
    typed: Mapping[str, str] = MappingProxyType({}),
) -> Response:
    doors, language, key = doors_of(request), language_of(request), request.path_params["key"]
    async with doors.database.reading() as connection:
        one = await store.one_of(EVERYTHING, connection, key)
        standing = await recipients.standing(connection, key)
        addresses = await recipients.addresses_of(connection, key)
        now = await doors.database.now(connection)
    if one is None or standing is None:
        raise missing("organisation-missing", f"{key}: no such organisation")
    due, looked_at = await routing.foreseen(doors.database, key, doors.taxonomy.parents, LOOKED_AT)
    values = _about(one, doors.letterhead.names[language], language) | {
        "ended": "" if standing.ended_at is None else _moment(standing.ended_at, language),
        "ended_because": standing.ended_because,
        "contacts": [_contact(contact, language, in_full=in_full) for contact in addresses],
        "in_full": in_full,
        "due": [_due(found, request, now) for found in due[:_SHOWN]],
        "due_total": len(due),
        "looked_at": looked_at,
        "may_keep": permits(caller(request).role, Permission.KEEP_RECIPIENTS),
        "said": done,
        "refused": "" if refused is None else refusal(refused, language),
        # Of the many forms of the page the one that was sent, by the end of its address.
        "sent": "" if refused is None else request.scope["path"].partition(f"/{key}/")[2],
        "typed": typed,
        "wrong": _FIELDS_AT_FAULT.get(refused.code, "") if refused else "",
    }
    status = status_of(refused)
    return desk_page(request, "desk/recipient.html", session=caller(request), status=status, **values)


def _about(one: Organisation, names: Mapping[str, Any], language: str) -> dict[str, Any]:
    return {
        "one": one,
        "kind": code_name("organisation-kind", one.kind, language),
        "level": code_name("organisation-level", one.level, language),
        "sectors": [
            (sector_name(sector, names, language), code_name("responsibility", responsibility, language))
            for sector, responsibility in one.sectors
        ],
    }


def _contact(one: KnownContact, language: str, *, in_full: bool) -> _Contact:
    state, chip = state_of(one)
    when = one.ended_at or one.verified_at or one.asked_at
    shown = one.address if in_full else mask_address(one.address)
    return _Contact(
        number=one.id,
        address="" if one.erased else shown,
        role=one.role,
        state=code_name("contact-state", state, language),
        chip=chip,
        when="" if when is None else _moment(when, language),
        because=one.because,
        source=one.source,
        verified=one.verified_at is not None,
        over=one.ended_at is not None or one.erased,
    )


def _due(found: Foreseen, request: Request, now: datetime) -> _Due:
    language = language_of(request)
    names = doors_of(request).letterhead.names[language]
    to = found.destination
    return _Due(
        notice=line(found.notice, names, today_in_vietnam(now), language),
        paper=code_name("paper", to.paper, language),
        rule=code_name("routing-rule", to.rule, language),
        label=sector_name(to.label, names, language),
    )


def _moment(moment: datetime, language: str) -> str:
    return short_date(today_in_vietnam(moment), language)
