"""The page on which an administrator looks after people. Every change is a POST, and says by whom in the audit."""

from collections.abc import Awaitable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from app.domain.access import Role
from app.domain.errors import AppError
from app.domain.subscriptions import Language
from app.flow import sign_in
from app.i18n.catalogue import translator
from app.i18n.dates import moment_in_words
from app.store import accounts
from app.web.desk.gate import caller
from app.web.desk.words import mail_state, refusal, role_name
from app.web.doors import doors_of
from app.web.forms import choice, filled, number_of
from app.web.pages import language_of
from app.web.session import account_desk, desk_page, go_to


@dataclass(frozen=True, slots=True, kw_only=True)
class _Person:
    """Somebody on the staff as the page shows them."""

    number: int
    address: str
    role: str
    role_name: str
    own: bool
    disabled: bool
    erased: bool
    waits: bool
    """Whether they cannot sign in yet, for want of a password or a second factor."""
    invited: bool
    linked: bool
    """Whether an account of the issuer lets them in."""
    signed_in: str
    mail: str


async def show_people(request: Request) -> Response:
    """Show everybody with an account."""
    return await _people(request)


async def invite(request: Request) -> Response:
    """Mail somebody an invitation."""
    form = await filled(request)
    role, language = Role(choice(form, "role", tuple(Role))), choice(form, "language", tuple(Language))
    try:
        address = doors_of(request).read_address(form.get("email", ""))
    except AppError as error:
        return await _people(request, refused=refusal(error, language_of(request)))
    doing = sign_in.invite(account_desk(request), address, role, language, caller(request).actor)
    return await _done(request, "invited", doing)


async def send_again(request: Request) -> Response:
    """Mail the link once more that somebody needs to get in."""
    doing = sign_in.send_again(account_desk(request), _number(request), caller(request).actor)
    return await _done(request, "sent", doing)


async def set_role(request: Request) -> Response:
    """Give somebody another role."""
    role = Role(choice(await filled(request), "role", tuple(Role)))
    doing = sign_in.set_role(doors_of(request).database, _number(request), role, caller(request).actor)
    return await _done(request, "role", doing)


async def disable(request: Request) -> Response:
    """Keep somebody out."""
    because, database = await _because(request), doors_of(request).database
    return await _done(request, "disabled", sign_in.disable(database, _number(request), because, caller(request).actor))


async def enable(request: Request) -> Response:
    """Let somebody in again."""
    because, database = await _because(request), doors_of(request).database
    return await _done(request, "enabled", sign_in.enable(database, _number(request), because, caller(request).actor))


async def reset_factor(request: Request) -> Response:
    """Take somebody's second factor away, and mail them the link for another."""
    because, desk = await _because(request), account_desk(request)
    return await _done(request, "reset", sign_in.reset_factor(desk, _number(request), because, caller(request).actor))


async def unlink(request: Request) -> Response:
    """Part somebody from their account of the issuer."""
    because, database = await _because(request), doors_of(request).database
    return await _done(request, "unlinked", sign_in.unlink(database, _number(request), because, caller(request).actor))


async def _done(request: Request, done: str, doing: Awaitable[Any]) -> Response:
    """Go back to the page when it is done, or say there why it is not."""
    try:
        await doing
    except AppError as error:
        return await _people(request, refused=refusal(error, language_of(request)))
    return go_to(request, "/desk/people", f"done={done}")


async def _people(request: Request, *, refused: str = "") -> Response:
    doors, language, session = doors_of(request), language_of(request), caller(request)
    async with doors.database.reading() as connection:
        rows = await accounts.listed(connection)
    values = {
        "people": [_shown(row, session.account_id, language) for row in rows],
        "roles": [(one.value, role_name(one, language)) for one in Role],
        "said": "" if refused else _said(request.query_params.get("done", ""), language),
        "refused": refused,
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if refused else HTTPStatus.OK
    return desk_page(request, "desk/people.html", session=session, status=status, **values)


def _shown(row: Any, own: int, language: str) -> _Person:
    return _Person(
        number=row.id,
        address=row.address,
        role=row.role,
        role_name=role_name(Role(row.role), language),
        own=row.id == own,
        disabled=row.disabled_at is not None,
        erased=not row.wire,
        waits=None in {row.password_hash, row.factor_seed} and row.openid_subject is None,
        invited=row.password_hash is None,
        linked=row.openid_subject is not None,
        signed_in="" if row.signed_in_at is None else moment_in_words(row.signed_in_at, language),
        mail="" if row.mail_state is None else mail_state(row.mail_state, language),
    )


def _said(done: str, language: str) -> str:
    _ = translator(language).gettext
    sentences = {
        "invited": _("Đã lập tài khoản; thư mời đang được gửi, có giá trị 48 giờ."),
        "sent": _("Thư đang được gửi lại; liên kết cũ không còn hiệu lực."),
        "role": _("Đã đổi vai trò; người này phải đăng nhập lại."),
        "disabled": _("Đã khóa tài khoản và kết thúc mọi phiên."),
        "enabled": _("Đã mở lại tài khoản."),
        "reset": _("Đã hủy mã xác thực hai lớp; thư có liên kết cài lại đang được gửi."),
        "unlinked": _("Đã bỏ liên kết với tài khoản của Bộ và kết thúc mọi phiên."),
    }
    return sentences.get(done, "")


def _number(request: Request) -> int:
    return number_of(request.path_params["number"])


async def _because(request: Request) -> str:
    return (await filled(request)).get("because", "")
