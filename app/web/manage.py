"""The pages on which a subscriber changes what they get. Opening one changes nothing; every change is a POST (law 9)."""

from datetime import timedelta
from http import HTTPStatus
from typing import Any

from starlette.background import BackgroundTask
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from app.domain.addresses import mask_address
from app.domain.bounces import LIFTED_BY_CONFIRMING
from app.domain.errors import AppError
from app.domain.pauses import LONGEST_PAUSE, OnResume
from app.domain.subscriptions import Frequency, Language
from app.flow import manage, readdress, remind, subscribe
from app.flow.admit import AT_ONCE, admit
from app.flow.readdress import AddressDesk, Changing
from app.i18n.catalogue import translator
from app.i18n.dates import today_in_vietnam
from app.i18n.terms import code_name
from app.store import subscriptions
from app.texts.wording import capitalised
from app.web.bearers import bearer_of
from app.web.doors import WebDoors, doors_of
from app.web.forms import choice, day, filled, subscription
from app.web.pages import language_of, page
from app.web.wishes import asked_of


async def show_request(request: Request) -> Response:
    """Show the form that asks for a manage link."""
    return page(request, "manage_link.html", personal=True, asked=False, wrong=False)


async def request_link(request: Request) -> Response:
    """Mail a manage link, if the address has subscriptions; the answer is the same, and as fast, if it has none.

    The mail is made after the answer went out, so that nobody can tell by the time that it takes.
    """
    if request.headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}:
        raise HTTPException(HTTPStatus.FORBIDDEN)
    await _admitted(request)
    doors, form = doors_of(request), await filled(request)
    try:
        address = doors.read_address(form.get("email", ""))
    except AppError:
        status = HTTPStatus.UNPROCESSABLE_ENTITY
        return page(request, "manage_link.html", status=status, personal=True, asked=False, wrong=True)
    answer = page(request, "manage_link.html", personal=True, asked=True, wrong=False)
    answer.background = BackgroundTask(readdress.mail_link, _desk(doors), address)
    return answer


async def show_subscriptions(request: Request) -> Response:
    """Show what the bearer of a manage link asked for, and all that may be done about it."""
    return await _managed(request, await bearer_of(request))


async def stop_subscriptions(request: Request) -> Response:
    """Stop the subscription that the form names, or all of them."""
    bearer = await bearer_of(request)
    stopped = await subscribe.stop(doors_of(request).database, bearer, subscription(await filled(request)))
    return await _managed(request, bearer, _counted(request, "stopped", stopped))


async def take_back(request: Request) -> Response:
    """Let a subscription that was stopped lately stand again."""
    bearer = await bearer_of(request)
    restored = await manage.take_back(doors_of(request).database, bearer, subscription(await filled(request)))
    return await _managed(request, bearer, _counted(request, "restored", restored))


async def pause(request: Request) -> Response:
    """Pause the subscription that the form names, or all of them, until a day or until they are resumed."""
    bearer, form = await bearer_of(request), await filled(request)
    then = OnResume(choice(form, "then", tuple(OnResume)))
    try:
        paused = await manage.pause(doors_of(request).database, bearer, subscription(form), day(form, "until"), then)
    except AppError:
        said = translator(language_of(request)).gettext("Ngày nhận lại phải sau hôm nay, và trong vòng một năm.")
        return await _managed(request, bearer, said, HTTPStatus.UNPROCESSABLE_ENTITY)
    return await _managed(request, bearer, _counted(request, "paused", paused))


async def resume(request: Request) -> Response:
    """Let the paused subscription that the form names, or all of them, be told again."""
    bearer, form = await bearer_of(request), await filled(request)
    then = OnResume(choice(form, "then", tuple(OnResume)))
    resumed = await manage.resume(doors_of(request).database, bearer, subscription(form), then)
    return await _managed(request, bearer, _counted(request, "resumed", resumed))


async def set_frequency(request: Request) -> Response:
    """Change how often a subscription is told."""
    bearer, form = await bearer_of(request), await filled(request)
    number = subscription(form)
    if number is None:
        raise HTTPException(HTTPStatus.BAD_REQUEST)
    frequency = Frequency(choice(form, "frequency", tuple(Frequency)))
    await manage.set_frequency(doors_of(request).database, bearer, number, frequency)
    return await _managed(request, bearer, translator(language_of(request)).gettext("Đã đổi tần suất."))


async def set_language(request: Request) -> Response:
    """Change the language of the mails."""
    bearer = await bearer_of(request)
    language = Language(choice(await filled(request), "language", tuple(Language)))
    await manage.set_language(doors_of(request).database, bearer, language)
    return await _managed(request, bearer, translator(language_of(request)).gettext("Đã đổi ngôn ngữ của thư."))


async def set_reminders(request: Request) -> Response:
    """Let comment deadlines be said again before they are over, or not."""
    bearer, form = await bearer_of(request), await filled(request)
    await remind.switch(doors_of(request).database, bearer, on=choice(form, "reminders", ("on", "off")) == "on")
    return await _managed(request, bearer, translator(language_of(request)).gettext("Đã đổi cài đặt nhắc hạn góp ý."))


async def ask_change(request: Request) -> Response:
    """Ask a new address whether it takes over; the answer is the same whether anybody knows that address."""
    bearer, doors, form = await bearer_of(request), doors_of(request), await filled(request)
    messages = translator(language_of(request))
    try:
        await readdress.ask_change(_desk(doors), bearer, doors.read_address(form.get("email", "")))
    except AppError as error:
        return await _managed(request, bearer, _refused(error, request), HTTPStatus.UNPROCESSABLE_ENTITY)
    said = messages.gettext(
        "Nếu địa chỉ mới nhận được thư, một thư xác nhận đang được gửi tới đó, có giá trị 2 ngày. "
        "Trước khi địa chỉ mới xác nhận, thư vẫn gửi về địa chỉ hiện tại."
    )
    return await _managed(request, bearer, said)


async def show_change(request: Request) -> Response:
    """Show the button with which a new address takes over."""
    standing = await readdress.change_waiting(doors_of(request).database, request.path_params["token"])
    return await _moving(request, "move.html", standing)


async def confirm_change(request: Request) -> Response:
    """Let the new address take over; once more is as good as once."""
    standing = await readdress.confirm_change(doors_of(request).database, request.path_params["token"])
    return await _moving(request, "move.html", standing)


async def show_undoing(request: Request) -> Response:
    """Show the button with which the old address calls a change off."""
    standing = await readdress.change_to_undo(doors_of(request).database, request.path_params["token"])
    return await _moving(request, "move_undo.html", standing)


async def undo_change(request: Request) -> Response:
    """Call a change of address off, or take it back."""
    standing = await readdress.undo_change(doors_of(request).database, request.path_params["token"])
    return await _moving(request, "move_undo.html", standing)


async def _moving(request: Request, template: str, standing: Changing | None) -> Response:
    if standing is None:
        return page(request, "gone.html", status=HTTPStatus.NOT_FOUND, personal=True)
    status = HTTPStatus.CONFLICT if standing in {Changing.TAKEN, Changing.BUSY} else HTTPStatus.OK
    token = request.path_params["token"]
    doors = doors_of(request)
    stopped = await readdress.still_stopped(doors.database, token)
    values = {
        "standing": standing.value,
        "stopped": stopped,
        "lifted": stopped in LIFTED_BY_CONFIRMING,
        "office": doors.letterhead.sender.address,
        "token": token,
    }
    return page(request, template, status=status, personal=True, **values)


async def _managed(
    request: Request, subscriber: int, said: str | None = None, status: HTTPStatus = HTTPStatus.OK
) -> Response:
    doors, language = doors_of(request), language_of(request)
    names = doors.letterhead.names[language]
    async with doors.database.reading() as connection:
        now = await doors.database.now(connection)
        own = await subscriptions.of_number(connection, subscriber)
        rows = await subscriptions.of_subscriber(connection, subscriber)
        ended = await subscriptions.stopped_since(connection, subscriber, now - manage.UNDO_WITHIN)
    today = today_in_vietnam(now)
    values: dict[str, Any] = {
        "said": said,
        "refused": status is not HTTPStatus.OK,
        "asked": [asked_of(row, names, language) for row in rows],
        "stopped": [asked_of(row, names, language) for row in ended],
        "mailbox": mask_address(own.address) if own is not None else "",
        "mailed_in": own.language if own is not None else "",
        "reminded": own is not None and own.reminders,
        "frequencies": [(one.value, capitalised(code_name("frequency", one, language))) for one in Frequency],
        "first_day": (today + timedelta(days=1)).isoformat(),
        "last_day": (today + LONGEST_PAUSE).isoformat(),
        "token": request.path_params["token"],
    }
    return page(request, "manage.html", status=status, personal=True, **values)


async def _admitted(request: Request) -> None:
    doors, caller = doors_of(request), request.scope.get("caller")
    wait = await admit(doors.database, caller, doors.keys) if caller else AT_ONCE
    if wait > AT_ONCE:
        after = {"Retry-After": str(-int(-wait.total_seconds() // 1))}
        raise HTTPException(HTTPStatus.TOO_MANY_REQUESTS, headers=after)


def _desk(doors: WebDoors) -> AddressDesk:
    return AddressDesk(doors.database, doors.letterhead, doors.keys, doors.most_per_hour)


def _counted(request: Request, done: str, count: int) -> str:
    messages = translator(language_of(request))
    sentences = {
        "stopped": messages.ngettext("Đã dừng %(num)s đăng ký.", "Đã dừng %(num)s đăng ký.", count),
        "restored": messages.ngettext("Đã nhận lại %(num)s đăng ký.", "Đã nhận lại %(num)s đăng ký.", count),
        "paused": messages.ngettext("Đang tạm dừng %(num)s đăng ký.", "Đang tạm dừng %(num)s đăng ký.", count),
        "resumed": messages.ngettext("Đã nhận lại %(num)s đăng ký.", "Đã nhận lại %(num)s đăng ký.", count),
    }
    return sentences[done] % {"num": count}


def _refused(error: AppError, request: Request) -> str:
    messages = translator(language_of(request))
    sentences = {
        "address-same": messages.gettext("Đây là địa chỉ đang nhận thư."),
        "address-changes": messages.gettext("Mỗi ngày chỉ được xin đổi địa chỉ 3 lần; hãy thử lại vào ngày mai."),
        "subscriber-missing": messages.gettext("Không có đăng ký nào để chuyển sang địa chỉ khác."),
    }
    return sentences.get(error.code) or messages.gettext("Địa chỉ thư không đúng; hãy kiểm tra lại.")
