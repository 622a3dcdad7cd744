"""What everybody sees of their own account, and may do with it."""

from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import Response

from app.domain.access import PERMISSIONS, Permission
from app.domain.errors import AppError
from app.flow import sign_in
from app.i18n.catalogue import translator
from app.web.desk.gate import caller
from app.web.desk.words import permission_name, refusal, role_name
from app.web.doors import doors_of
from app.web.forms import filled
from app.web.pages import language_of
from app.web.session import account_desk, desk_page, go_to, let_out, renew


async def show_account(request: Request) -> Response:
    """Show who is signed in, what they may do, and what they may do with their own account."""
    return _account(request)


async def change_password(request: Request) -> Response:
    """Change the password; every other session ends."""
    form, language = await filled(request), language_of(request)
    desk, session = account_desk(request), caller(request)
    try:
        token = await sign_in.change_password(desk, session, form.get("standing", ""), form.get("password", ""))
    except AppError as error:
        return _account(request, refused=refusal(error, language), status=HTTPStatus.UNPROCESSABLE_ENTITY)
    return renew(request, go_to(request, "/desk/account", "done=password"), token)


async def sign_out(request: Request) -> Response:
    """End this session."""
    await sign_in.sign_out(doors_of(request).database, caller(request).token)
    return let_out(request, go_to(request, "/sign-in"))


async def sign_out_everywhere(request: Request) -> Response:
    """End every session of who asks."""
    await sign_in.sign_out_everywhere(doors_of(request).database, caller(request).account_id)
    return let_out(request, go_to(request, "/sign-in"))


def _account(request: Request, *, refused: str = "", status: HTTPStatus = HTTPStatus.OK) -> Response:
    session, language, said = caller(request), language_of(request), ""
    if not refused and request.query_params.get("done") == "password":
        said = translator(language).gettext("Đã đổi mật khẩu; các phiên khác đã kết thúc.")
    values = {
        "role": role_name(session.role, language),
        "allowed": [permission_name(one, language) for one in Permission if one in PERMISSIONS[session.role]],
        "said": said,
        "refused": refused,
    }
    return desk_page(request, "desk/account.html", session=session, status=status, **values)
