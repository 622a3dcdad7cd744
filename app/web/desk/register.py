"""The dispatch register (sổ theo dõi): did X get Y, as a sentence, and the entries behind it.

What is asked comes as a form, because it may hold an address; the page that answers has none in its own.
"""

from http import HTTPMethod, HTTPStatus
from typing import Any
from urllib.parse import urlencode

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import BaseRoute

from app.domain.access import Permission, permits
from app.domain.errors import AppError, invalid, missing
from app.domain.folding import fold
from app.domain.organisations import Organisation
from app.domain.scopes import EVERYTHING
from app.domain.symbols import repair_symbol
from app.flow import register
from app.i18n.catalogue import translator
from app.store import notices, organisations
from app.store import register as entries
from app.store.database import Connection
from app.store.register import Question
from app.web.desk.gate import caller, guarded
from app.web.desk.register_view import Asked, answered, table
from app.web.doors import doors_of
from app.web.forms import filled, number_of
from app.web.pages import headers, language_of
from app.web.places import place_of
from app.web.session import desk_page, go_to

_LONGEST = 254


def register_routes(prefix: str) -> list[BaseRoute]:
    """Return the pages of the register in one language."""
    path = f"{prefix}/desk/register"
    return [
        guarded(path, show_register, Permission.SEE_DESK),
        guarded(path, ask, Permission.SEE_DESK, HTTPMethod.POST),
        guarded(f"{path}/addresses", read_addresses, Permission.KEEP_RECIPIENTS, HTTPMethod.POST),
        guarded(f"{path}/export", hand_out, Permission.SEE_DESK, HTTPMethod.POST),
    ]


async def show_register(request: Request) -> Response:
    """Show the two fields, and the answer to what the page's address asks."""
    fields = dict(request.query_params)
    try:
        asked = await _asked(request, fields)
    except AppError as error:
        typed = (fields.get("organisation", ""), fields.get("notice", ""))
        return await _page(request, refused=error, typed=typed, status=HTTPStatus.NOT_FOUND)
    return await _page(request, asked=asked)


async def ask(request: Request) -> Response:
    """Read the two fields and lead to the page that answers; a person that is named is written down first."""
    form = await filled(request)
    who, ref = form.get("who", "").strip(), form.get("notice", "").strip()
    if not who and not ref:
        return await _page(request, refused=_nothing(), status=HTTPStatus.UNPROCESSABLE_ENTITY)
    try:
        query = await _read(request, who, ref)
    except AppError as error:
        return await _page(request, refused=error, typed=(who, ref), status=HTTPStatus.UNPROCESSABLE_ENTITY)
    if isinstance(query, list):
        return await _page(request, choices=query, typed=(who, ref))
    return go_to(request, "/desk/register", urlencode(query))


async def read_addresses(request: Request) -> Response:
    """Write down that the addresses behind an answer are read, and show them."""
    asked = await _posted(request)
    permit = await register.read_addresses(doors_of(request).database, asked.question, caller(request).actor)
    return go_to(request, "/desk/register", urlencode({"look": permit}))


async def hand_out(request: Request) -> Response:
    """Hand the entries out as a table, page after page, and write down that it was done."""
    asked, session = await _posted(request), caller(request)
    doors, language = doors_of(request), language_of(request)
    clear = permits(session.role, Permission.KEEP_RECIPIENTS)
    pages = await register.export(EVERYTHING, doors.database, asked.question, session.actor)
    named = {
        "Content-Disposition": 'attachment; filename="keng-so-theo-doi.csv"',
        "Content-Type": "text/csv; charset=utf-8",
    }
    rows = table(pages, clear=clear, language=language)
    return StreamingResponse(rows, headers=headers(doors, personal=True) | named)


async def _posted(request: Request) -> Asked:
    asked = await _asked(request, await filled(request))
    if asked.is_empty:
        raise HTTPException(HTTPStatus.BAD_REQUEST)
    return asked


async def _asked(request: Request, fields: dict[str, str]) -> Asked:
    """Return what names, or a permit, ask for; AppError `missing` for what is not there."""
    if permit := fields.get("look", ""):
        return await _permitted(request, number_of(permit))
    key, ref = fields.get("organisation", ""), fields.get("notice", "")
    async with doors_of(request).database.reading() as connection:
        number = await _organisation(connection, key) if key else None
        notice_id, ref = await _notice(connection, ref) if ref else (None, "")
    return Asked(question=Question(notice_id=notice_id, organisation_id=number), notice=ref, organisation=key)


async def _permitted(request: Request, permit: int) -> Asked:
    """Return what a permit lets its owner read."""
    doors = doors_of(request)
    question = await register.permitted(doors.database, permit, caller(request).actor)
    async with doors.database.reading() as connection:
        key = await organisations.key_of(connection, question.organisation_id) if question.organisation_id else ""
        ref = await entries.ref_of(connection, question.notice_id) if question.notice_id else ""
    return Asked(question=question, notice=ref, organisation=key, permit=permit)


async def _read(request: Request, who: str, ref: str) -> dict[str, Any] | list[Organisation]:
    """Return the address of the answer, or the organisations that may be meant; AppError names the field."""
    doors, actor = doors_of(request), caller(request).actor
    async with doors.database.reading() as connection:
        notice_id, ref = await _notice(connection, ref) if ref else (None, "")
        known = await organisations.listed(EVERYTHING, connection, ended=True)
    query = {"notice": ref} if ref else {}
    if not who:
        return query
    if "@" in who:
        return {"look": await register.look_up(doors.database, doors.read_address(who).identity, notice_id, actor)}
    if who.isascii() and who.isdecimal():
        return {"look": await register.look_up(doors.database, number_of(who), notice_id, actor)}
    meant = _meant(known, who)
    if not meant:
        raise missing("organisation-missing", "no organisation is called so")
    return {"organisation": meant[0].key, **query} if len(meant) == 1 else meant


def _meant(known: list[Organisation], who: str) -> list[Organisation]:
    """Return the organisations that a name may mean: by key, else by abbreviation or name, else by a part of a name."""
    wanted = fold(who)
    by_key = [one for one in known if one.key == who]
    named = [one for one in known if wanted in {fold(one.abbreviation), fold(one.name_vi), fold(one.name_en)} - {""}]
    within = [one for one in known if wanted and wanted in fold(f"{one.name_vi} {one.name_en} {one.abbreviation}")]
    return by_key or named or within


async def _organisation(connection: Connection, key: str) -> int:
    found = (await organisations.numbers_of(connection, [key])).get(key)
    if found is None:
        raise missing("organisation-missing", "no organisation has this key")
    return found


async def _notice(connection: Connection, typed: str) -> tuple[int, str]:
    """Return the notice that a ref or a symbol names, however it is spelt."""
    symbol = repair_symbol(typed[:_LONGEST])
    for ref in dict.fromkeys([typed[:_LONGEST], str(symbol) if symbol else typed[:_LONGEST].upper()]):
        number = await notices.notice_id_of(connection, ref)
        if number is not None:
            return number, ref
    raise missing("notice-missing", "no notice bears this symbol")


def _nothing() -> AppError:
    return invalid("nothing-asked", "name who, or a notice, or both")


async def _page(
    request: Request,
    *,
    asked: Asked | None = None,
    refused: AppError | None = None,
    choices: list[Organisation] | None = None,
    typed: tuple[str, str] = ("", ""),
    status: HTTPStatus = HTTPStatus.OK,
) -> Response:
    language, session = language_of(request), caller(request)
    values: dict[str, Any] = {
        "who": asked.organisation if asked else typed[0],
        "notice": asked.notice if asked else typed[1],
        "errors": _errors(refused, language),
        "choices": choices or [],
        "answered": None,
    }
    async with doors_of(request).database.reading() as connection:
        values["organisations"] = await organisations.names(EVERYTHING, connection)
    if asked is not None and not asked.is_empty:
        values["answered"] = await answered(request, asked, place_of(request))
    return desk_page(request, "desk/register.html", session=session, status=status, **values)


def _errors(refused: AppError | None, language: str) -> dict[str, str]:
    """Return what is wrong, by the field that it concerns."""
    if refused is None:
        return {}
    _ = translator(language).gettext
    said = {
        "nothing-asked": ("who", _("Hãy ghi người nhận, thông báo, hoặc cả hai.")),
        "organisation-missing": ("who", _("Không có tổ chức nào tên như vậy.")),
        "subscriber-missing": ("who", _("Kẻng chưa từng gửi thư cho người này.")),
        "notice-missing": ("notice", _("Không có thông báo nào mang mã này.")),
        "look-over": ("who", _("Lượt tra cứu này đã hết hạn hoặc là của người khác; hãy tra lại.")),
    }
    field, sentence = said.get(refused.code, ("who", _("Địa chỉ thư không đúng; hãy kiểm tra lại.")))
    return {field: sentence}
