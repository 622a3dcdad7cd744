"""The room of the ministry's texts: what stands where, one text with its next steps, its files. Every change is a POST."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import date
from http import HTTPMethod, HTTPStatus
from types import MappingProxyType
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from app.domain.access import Permission, permits
from app.domain.articles import Article, Letter
from app.domain.articles.bulletin import Bulletin
from app.domain.errors import AppError, Kind
from app.domain.publishing import TextKind, TextState, Why
from app.domain.scopes import EVERYTHING
from app.flow import publish as flow
from app.flow.publish import By, TextDesk, Wanted
from app.i18n.catalogue import translator
from app.i18n.dates import moment_in_words, today_in_vietnam
from app.store import organisations, texts
from app.store.texts import Place
from app.texts.article.docx import docx as article_docx
from app.texts.bulletin import documents
from app.texts.letter_docx import comment_form_docx, letter_docx
from app.web.desk.gate import caller, guarded
from app.web.desk.text_views import entry, person, rows_from_words, shown
from app.web.desk.text_words import kind_name, said_of, state_name
from app.web.desk.words import standing_words
from app.web.doors import doors_of
from app.web.forms import choice, filled, number_of
from app.web.pages import address, headers, language_of
from app.web.session import FIELD, desk_page, go_to

_PAGE = 50
_POST = HTTPMethod.POST
_STATUS = {
    Kind.MISSING: HTTPStatus.NOT_FOUND,
    Kind.CONFLICT: HTTPStatus.CONFLICT,
    Kind.INVALID: HTTPStatus.UNPROCESSABLE_ENTITY,
}
_WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
_MEDIA = {"docx": _WORD, "form": _WORD, "pdf": "application/pdf", "html": "text/html", "txt": "text/plain"}
_ENDINGS = {"form": "docx"}
_UNWRITTEN = {"version", "mend", FIELD}


def texts_routes(prefix: str) -> list[BaseRoute]:
    """Return the addresses of this room in one language."""
    path = f"{prefix}/desk/texts"
    steps: dict[str, tuple[Callable[[Request], Awaitable[Response]], Permission]] = {
        "write": (write, Permission.WRITE_TEXTS),
        "submit": (submit, Permission.WRITE_TEXTS),
        "back": (send_back, Permission.WRITE_TEXTS),
        "drop": (drop, Permission.WRITE_TEXTS),
        "correct": (correct, Permission.WRITE_TEXTS),
        "approve": (approve, Permission.APPROVE_TEXTS),
        "glass": (break_glass, Permission.APPROVE_TEXTS),
        "publish": (publish, Permission.APPROVE_TEXTS),
        "review": (close_review, Permission.APPROVE_TEXTS),
        "recall": (recall, Permission.WITHDRAW),
        "withdraw": (publish, Permission.WITHDRAW),
    }
    return [
        guarded(path, show_texts, Permission.SEE_DESK),
        guarded(path, begin, Permission.WRITE_TEXTS, _POST),
        guarded(f"{path}/new", show_new, Permission.WRITE_TEXTS),
        guarded(f"{path}/{{number}}", show_text, Permission.SEE_DESK),
        *(guarded(f"{path}/{{number}}/{name}", step, asked, _POST) for name, (step, asked) in steps.items()),
        *(guarded(f"{path}/{{number}}/file.{form}", _file(form), Permission.SEE_DESK) for form in _MEDIA),
    ]


async def show_texts(request: Request) -> Response:
    """Show the texts in one state, the nearest deadline first, and on top what waits for a second look."""
    session, language, doors = caller(request), language_of(request), doors_of(request)
    state = TextState(choice({"state": TextState.DRAFT.value} | dict(request.query_params), "state", tuple(TextState)))
    async with doors.database.reading() as connection:
        now = await doors.database.now(connection)
        counts = await texts.counts(connection)
        found, ended = await texts.listed(connection, state, _place(request), _PAGE)
        tasks = await texts.open_tasks(connection)
    here = address("/desk/texts", language)
    values: dict[str, Any] = {
        "tabs": [(f"{here}?state={one}", state_name(one, language), counts.get(one, 0)) for one in TextState],
        "current": f"{here}?state={state}",
        "state": state_name(state, language),
        "entries": [entry(text, row, today_in_vietnam(now), language) for text, row in found],
        "following": "" if ended is None else f"{here}?state={state}&after={ended.deadline.isoformat()}.{ended.id}",
        "tasks": [
            {
                "number": one.text_id,
                "name": kind_name(TextKind(one.kind), language),
                "about": one.ref or one.period,
                "due": moment_in_words(one.due_at, language),
                "late": one.due_at < now,
                "by": person(one.address, one.by, language),
            }
            for one in tasks
        ],
        "writes": permits(session.role, Permission.WRITE_TEXTS),
    }
    return desk_page(request, "desk/texts.html", session=session, **values)


async def show_new(request: Request) -> Response:
    """Show the form that begins a text."""
    return await _new(request, dict(request.query_params))


async def begin(request: Request) -> Response:
    """Begin a text, or go to the one that is about the same."""
    form = await filled(request)
    kind = TextKind(choice(form, "kind", tuple(TextKind)))
    wanted = Wanted(
        kind=kind,
        ref=form.get("ref", "").strip(),
        organisation=form.get("organisation", ""),
        period=form.get("period", "").strip(),
    )
    try:
        number = await flow.begin(_desk(request), wanted, _by(request))
    except AppError as error:
        return await _new(request, form, error)
    return go_to(request, f"/desk/texts/{number}")


async def show_text(request: Request) -> Response:
    """Show one text."""
    return await _text(request)


async def write(request: Request) -> Response:
    """Keep what somebody wrote as the next version, with the proposals of the validators put in on demand."""
    form = await filled(request)
    body: dict[str, Any] = {name: value for name, value in form.items() if name not in _UNWRITTEN}
    if "rows" in body:
        body["rows"] = rows_from_words(body["rows"])
    doing = flow.write(_desk(request), _number(request), _seen(form), body, _by(request), mend="mend" in form)
    return await _done(request, "written", doing, wrote=form)


async def submit(request: Request) -> Response:
    """Ask for a second pair of eyes."""
    form = await filled(request)
    return await _done(request, "submitted", flow.submit(_desk(request), _number(request), _seen(form), _by(request)))


async def send_back(request: Request) -> Response:
    """Give a text back to who writes it."""
    return await _reasoned(request, "back", flow.send_back)


async def drop(request: Request) -> Response:
    """Give a draft up."""
    return await _reasoned(request, "dropped", flow.drop)


async def correct(request: Request) -> Response:
    """Open a published text again."""
    return await _reasoned(request, "reopened", flow.reopen)


async def recall(request: Request) -> Response:
    """Open a published text again to take it back."""
    form = await filled(request)
    because = form.get("because", "")
    doing = flow.reopen(_desk(request), _number(request), _seen(form), because, _by(request), withdraws=True)
    return await _done(request, "reopened", doing, because=because)


async def approve(request: Request) -> Response:
    """Approve what somebody else wrote."""
    form = await filled(request)
    doing = flow.approve(_desk(request), _number(request), _seen(form), _by(request))
    return await _done(request, "approved", doing)


async def break_glass(request: Request) -> Response:
    """Approve one's own text, with a reason."""
    form = await filled(request)
    because = form.get("because", "")
    doing = flow.approve(_desk(request), _number(request), _seen(form), _by(request), because=because, break_glass=True)
    return await _done(request, "glass", doing, because=because)


async def publish(request: Request) -> Response:
    """Publish what was approved; whether that withdraws something was decided when it was written."""
    form = await filled(request)
    withdraws = request.scope["path"].endswith("/withdraw")
    doing = flow.publish(_desk(request), _number(request), _seen(form), _by(request), withdraws=withdraws)
    return await _done(request, "published", doing)


async def close_review(request: Request) -> Response:
    """Say what the second look found."""
    finding = (await filled(request)).get("finding", "")
    doing = flow.close_review(_desk(request), _number(request), finding, _by(request))
    return await _done(request, "reviewed", doing, because=finding)


def _file(form: str) -> Callable[[Request], Awaitable[Response]]:
    async def hand_out(request: Request) -> Response:
        """Hand out a text as a file."""
        desk, number = _desk(request), _number(request)
        try:
            body = await _bytes(desk, number, form)
        except AppError as error:
            if error.kind is Kind.MISSING:
                raise HTTPException(HTTPStatus.NOT_FOUND) from error
            return await _text(request, error)
        named = f"attachment; filename=keng-{number}.{_ENDINGS.get(form, form)}"
        found = headers(doors_of(request), personal=True) | {"Content-Disposition": named}
        return Response(body, media_type=_MEDIA[form], headers=found)

    return hand_out


async def _bytes(desk: TextDesk, number: int, form: str) -> bytes:
    if form in {"html", "txt"}:
        composed = (await flow.look(desk, number)).composed
        made = "" if composed is None else composed.html if form == "html" else composed.plain
        if not made:
            raise HTTPException(HTTPStatus.NOT_FOUND)
        return made.encode()
    document = await flow.document(desk, number)
    if isinstance(document, Letter) and form == "docx":
        return letter_docx(document, desk.desk_on(document.written_on).unit)
    if isinstance(document, Letter) and form == "form" and document.form:
        return comment_form_docx(document)
    if isinstance(document, Article) and form == "docx":
        return article_docx(document)
    if isinstance(document, Bulletin) and form in {"docx", "pdf"}:
        return documents.docx(document) if form == "docx" else documents.pdf(document)
    raise HTTPException(HTTPStatus.NOT_FOUND)


async def _reasoned(request: Request, done: str, step: Callable[..., Awaitable[None]]) -> Response:
    form = await filled(request)
    because = form.get("because", "")
    doing = step(_desk(request), _number(request), _seen(form), because, _by(request))
    return await _done(request, done, doing, because=because)


async def _done(
    request: Request, done: str, doing: Awaitable[Any], wrote: Mapping[str, str] | None = None, because: str = ""
) -> Response:
    """Go back to the text when it is done, or say there why it is not; neither what was written nor a reason is lost."""
    try:
        await doing
    except AppError as error:
        step = request.scope["path"].rpartition("/")[2]
        return await _text(request, error, wrote, {step: because} if because else {})
    return go_to(request, f"/desk/texts/{_number(request)}", f"done={done}")


async def _text(
    request: Request,
    error: AppError | None = None,
    wrote: Mapping[str, str] | None = None,
    reasons: Mapping[str, str] = MappingProxyType({}),
) -> Response:
    session, language = caller(request), language_of(request)
    sheet = await flow.look(_desk(request), _number(request))
    values = shown(sheet, session, language)
    values |= _unsaved(values, dict(wrote or {}), error, language) | {"reasons": reasons}
    values["trouble"] = _sentence(sheet.trouble, language) if sheet.trouble else ""
    values["refused"] = "" if error is None else said_of(error, language)
    values["field"] = "" if error is None else (error.field or "")
    values["said"] = "" if error else _said(request.query_params.get("done", ""), language)
    status = HTTPStatus.OK if error is None else _STATUS.get(error.kind, HTTPStatus.CONFLICT)
    return desk_page(request, "desk/text.html", session=session, status=status, **values)


def _unsaved(values: Mapping[str, Any], wrote: dict[str, str], error: AppError | None, language: str) -> dict[str, Any]:
    """Return what was written and not kept: to be saved again beside what stands, or only read where no more is written."""
    own = {one.name: one for one in values["fields"] if one.name in wrote}
    differing = {
        name: one for name, one in own.items() if wrote[name].replace("\r\n", "\n").strip() != one.value.strip()
    }
    may_write = "write" in values["may"]
    overtaken = differing if error is not None and error.code == Why.NOT_NEWEST and may_write else {}
    return {
        "wrote": wrote,
        "overtaken": {name: standing_words(one.value, language) for name, one in overtaken.items()},
        "unsaved": [] if may_write else [(one.label, wrote[name]) for name, one in differing.items()],
    }


async def _new(request: Request, form: Mapping[str, str], error: AppError | None = None) -> Response:
    language = language_of(request)
    async with doors_of(request).database.reading() as connection:
        known = await organisations.names(EVERYTHING, connection)
    chosen = form.get("kind", "")
    values = {
        "kinds": [(one.value, kind_name(one, language)) for one in TextKind],
        "kind": chosen if chosen in set(TextKind) else TextKind.ARTICLE.value,
        "organisations": [("", "–"), *known],
        "organisation": form.get("organisation", ""),
        "ref": form.get("ref", ""),
        "period": form.get("period", ""),
        "refused": "" if error is None else said_of(error, language),
        "field": "" if error is None else error.field or "ref",
    }
    status = HTTPStatus.OK if error is None else _STATUS.get(error.kind, HTTPStatus.CONFLICT)
    return desk_page(request, "desk/text_new.html", session=caller(request), status=status, **values)


def _sentence(code: str, language: str) -> str:
    return said_of(AppError(Kind.CONFLICT, code, code), language)


def _said(done: str, language: str) -> str:
    _ = translator(language).gettext
    sentences = {
        "written": _("Đã lưu bản mới."),
        "submitted": _("Đã gửi duyệt; một người khác sẽ xem."),
        "back": _("Đã trả lại để sửa."),
        "dropped": _("Đã bỏ bản nháp."),
        "reopened": _("Đã mở bản nháp mới; bản đã đăng vẫn giữ nguyên cho đến khi bản này được duyệt và đăng."),
        "approved": _("Đã duyệt; văn bản được giữ nguyên như lúc duyệt để đăng."),
        "glass": _("Đã duyệt khẩn cấp; một người khác phải hậu kiểm trong 24 giờ."),
        "published": _("Đã đăng đúng như bản được duyệt."),
        "reviewed": _("Đã ghi kết quả hậu kiểm."),
    }
    return sentences.get(done, "")


def _place(request: Request) -> Place | None:
    asked = request.query_params.get("after", "")
    if not asked:
        return None
    try:
        day, _, number = asked.rpartition(".")
        return Place(date.fromisoformat(day), number_of(number))
    except ValueError:
        raise HTTPException(HTTPStatus.BAD_REQUEST) from None


def _desk(request: Request) -> TextDesk:
    doors = doors_of(request)
    return TextDesk(doors.database, doors.desk_on, doors.month_begins, doors.letterhead.mail_domain)


def _by(request: Request) -> By:
    session = caller(request)
    return By(session.account_id, session.actor)


def _number(request: Request) -> int:
    return number_of(request.path_params["number"])


def _seen(form: Mapping[str, str]) -> int:
    return number_of(form.get("version", ""))
