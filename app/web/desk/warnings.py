"""Warnings that do not come through the WTO: entered here by one person, let out or discarded by another."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from http import HTTPMethod, HTTPStatus
from types import MappingProxyType
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from app.domain.access import Permission, permits
from app.domain.errors import AppError, Kind
from app.domain.house_forms import Finding
from app.domain.notices import Content, content_from_json
from app.domain.sectors import Facet, Label
from app.domain.subscriptions import Language
from app.flow import ingest, review
from app.i18n.catalogue import translator
from app.i18n.dates import short_date, today_in_vietnam
from app.i18n.members import member_name
from app.i18n.terms import code_name, language_name, source_name
from app.store import taxonomies, warnings
from app.texts.links import linkable
from app.web.desk.gate import caller, guarded
from app.web.desk.recipient_words import sector_name
from app.web.desk.words import standing_words
from app.web.doors import doors_of
from app.web.forms import choice, filled, number_of
from app.web.pages import address, language_of
from app.web.session import desk_page, go_to

PAGE = 50
SOURCES = ("rasff", "trade-office", "partner-list")
"""Sources that the form offers; another is typed in."""
_TEXTS = ("title", "description", "products", "published", "deadline", "in_force", "link")
_FIELDS = ("source", "other", "key", "language", "members", "hs", *_TEXTS)
_FIELD_OF = {"distributed_on": "published", "comment_deadline": "deadline", "in_force_on": "in_force"}
_FIELD_OF |= {"notice_link": "link", "text_links": "link", "titles": "title"}
"""Fields of the form by the names that the reader of records has for them."""


@dataclass(frozen=True, slots=True)
class _Refused:
    """Why a form was not taken: what is said at which field, and the faults of its words."""

    error: AppError
    faults: Sequence[Finding] = ()


def warnings_routes(prefix: str) -> list[BaseRoute]:
    """Return the pages about warnings in one language."""
    path, write, post = f"{prefix}/desk/warnings", Permission.WRITE_TEXTS, HTTPMethod.POST
    one = f"{path}/{{number}}"
    return [
        guarded(path, show_warnings, Permission.SEE_DESK),
        guarded(path, enter, write, post),
        guarded(f"{path}/new", show_new, write),
        guarded(one, show_warning, Permission.SEE_DESK),
        guarded(f"{one}/edit", show_editor, write),
        guarded(f"{one}/edit", revise, write, post),
        guarded(f"{one}/release", release, Permission.APPROVE_TEXTS, post),
        guarded(f"{one}/discard", discard, write, post),
    ]


async def show_warnings(request: Request) -> Response:
    """Show the warnings that wait for a release."""
    doors, language = doors_of(request), language_of(request)
    before = request.query_params.get("before", "")
    async with doors.database.reading() as connection:
        number = number_of(before) if before else None
        rows, total = await warnings.waiting(connection, number, PAGE + 1)
    values: dict[str, Any] = {
        "rows": [_row(row, language) for row in rows[:PAGE]],
        "total": total,
        "after": f"{address('/desk/warnings', language)}?before={rows[PAGE - 1].id}" if len(rows) > PAGE else "",
        "may_write": permits(caller(request).role, Permission.WRITE_TEXTS),
        "said": _said(request.query_params.get("done", ""), language),
    }
    return desk_page(request, "desk/warnings.html", session=caller(request), **values)


async def show_new(request: Request) -> Response:
    """Show the empty form."""
    return _form(request, {"source": SOURCES[0], "language": Language.VI.value})


async def enter(request: Request) -> Response:
    """Keep a warning, which nobody but staff reads before somebody else releases it."""
    form = await filled(request)
    refused = await _keep(request, form)
    if refused is not None:
        return _form(request, form, refused=refused)
    return go_to(request, "/desk/warnings", "done=entered")


async def show_warning(request: Request) -> Response:
    """Show one warning as it stands."""
    return await _sheet(request)


async def show_editor(request: Request) -> Response:
    """Show the form with what the warning says."""
    row = await _found(request)
    return _form(request, _filled_in(row), row=row)


async def revise(request: Request) -> Response:
    """Replace what a warning says, unless somebody else did meanwhile; whoever does so is one of its writers."""
    row, form = await _found(request), dict(await filled(request))
    form |= {name: value for name, value in _filled_in(row).items() if name in {"source", "other", "key"}}
    seen = number_of(form.get("version") or "0")
    refused = await _keep(request, form, seen)
    if refused is not None and refused.error.code == "warning-newer":
        # Who saves again after reading both replaces what stands, and knows it.
        newer = await _found(request)
        return _form(request, form, row=newer, version=newer.version, refused=refused, standing=_filled_in(newer))
    if refused is not None:
        return _form(request, form, row=row, version=seen, refused=refused)
    return go_to(request, f"/desk/warnings/{row.id}", "done=revised")


async def release(request: Request) -> Response:
    """Let a warning out, by somebody who wrote none of it."""
    row = await _found(request)
    try:
        await review.release(doors_of(request).database, row.ref, caller(request).actor)
    except AppError as error:
        return await _sheet(request, refused=error)
    return go_to(request, f"/desk/warnings/{row.id}", "done=released")


async def discard(request: Request) -> Response:
    """Lay a warning aside."""
    row, because = await _found(request), (await filled(request)).get("because", "")
    try:
        await ingest.discard_warning(doors_of(request).database, row.ref, because, caller(request).actor)
    except AppError as error:
        return await _sheet(request, refused=error)
    return go_to(request, "/desk/warnings", "done=discarded")


async def _found(request: Request) -> Any:
    number = number_of(request.path_params["number"])
    async with doors_of(request).database.reading() as connection:
        row = await warnings.one(connection, number)
    if row is None:
        raise HTTPException(HTTPStatus.NOT_FOUND)
    return row


async def _keep(request: Request, form: Mapping[str, str], seen: int | None = None) -> _Refused | None:
    """Keep a new warning, or replace the version of one that was seen; return why not, if it is not."""
    doors = doors_of(request)
    faults: Sequence[Finding] = ()
    try:
        page = doors.open_warning(_typed(form))
        async with doors.database.reading() as connection:
            today = today_in_vietnam(await doors.database.now(connection))
        faults = ingest.word_faults(page, today)
        actor = caller(request).actor
        await ingest.enter_warning(doors.database, page, actor, again=seen is not None, seen=seen)
    except AppError as error:
        return _Refused(error, faults)
    return None


def _typed(form: Mapping[str, str]) -> dict[str, Any]:
    """Return what was typed as the reader of warnings takes it."""
    words = {name: form.get(name, "").replace("\r\n", "\n").strip() for name in _TEXTS}
    return words | {
        "source": form.get("other", "").strip() or form.get("source", ""),
        "key": form.get("key", "").strip(),
        "language": choice(form, "language", tuple(Language)),
        "members": tuple(filter(None, (one.strip() for one in form.get("members", "").split(";")))),
        "hs": tuple(filter(None, (one.strip() for one in form.get("hs", "").split(";")))),
    }


def _filled_in(row: Any) -> dict[str, str]:
    content = content_from_json(row.content)
    known = row.source in SOURCES
    return {
        "source": row.source if known else "",
        "other": "" if known else row.source,
        "key": row.ref.removeprefix(f"{row.source}/"),
        "language": content.titles[0][0] if content.titles else Language.VI.value,
        "members": "; ".join(content.members),
        "hs": "; ".join(content.hs),
        "title": content.title,
        "description": content.description,
        "products": content.products,
        "published": _written(content.distributed_on),
        "deadline": _written(content.comment_deadline),
        "in_force": _written(content.in_force_on),
        "link": content.notice_link,
    }


def _written(day: date | None) -> str:
    return "" if day is None else day.isoformat()


def _form(
    request: Request,
    form: Mapping[str, str],
    *,
    row: Any | None = None,
    version: int | None = None,
    refused: _Refused | None = None,
    standing: Mapping[str, str] = MappingProxyType({}),
) -> Response:
    language = language_of(request)
    values: dict[str, Any] = {
        "number": 0 if row is None else row.id,
        "ref": "" if row is None else row.ref,
        "version": version if row is None or version is not None else row.version,
        "form": {name: form.get(name, "") for name in _FIELDS},
        "sources": [(one, source_name(one, language)) for one in SOURCES],
        "languages": [(one.value, language_name(one, language)) for one in Language],
        "errors": _said_at(form, refused, standing, language),
        "refused": "" if refused is None else _refusal(refused.error, language),
    }
    status = HTTPStatus.OK
    if refused is not None:
        conflict = refused.error.kind is Kind.CONFLICT
        status = HTTPStatus.CONFLICT if conflict else HTTPStatus.UNPROCESSABLE_ENTITY
    return desk_page(request, "desk/warning_form.html", session=caller(request), status=status, **values)


def _said_at(
    form: Mapping[str, str], refused: _Refused | None, standing: Mapping[str, str], language: str
) -> dict[str, str]:
    """Return what is said at each field: what is wrong there, or what somebody else saved there meanwhile."""
    if refused is None or not standing:
        return {} if refused is None else _errors(refused, language)
    typed = {name: form.get(name, "").replace("\r\n", "\n").strip() for name in standing}
    return {name: standing_words(said, language) for name, said in standing.items() if said.strip() != typed[name]}


def _errors(refused: _Refused, language: str) -> dict[str, str]:
    """Return what is said at each field: every fault of its words with what should stand there, or what the reader said."""
    _ = translator(language).gettext
    if not refused.faults:
        field = _FIELD_OF.get(refused.error.field or "", refused.error.field or "")
        return {field: refused.error.message} if refused.error.kind is Kind.INVALID else {}
    said: dict[str, list[str]] = {}
    for one in refused.faults:
        where = _("ký tự %(at)s: “%(found)s”") % {"at": one.start + 1, "found": one.found}
        fix = _("hãy viết “%(proposal)s”") % {"proposal": one.proposal} if one.proposal else _("hãy viết lại")
        said.setdefault(one.field, []).append(f"{where}, {fix}")
    return {field: "; ".join(lines) for field, lines in said.items()}


async def _sheet(request: Request, *, refused: AppError | None = None) -> Response:
    doors, language, row = doors_of(request), language_of(request), await _found(request)
    async with doors.database.reading() as connection:
        writers = await warnings.writers(connection, row.id)
        labels = (await taxonomies.labels_of(connection, [row.id]))[row.id][Facet.SECTOR]
    content, names, role = content_from_json(row.content), doors.letterhead.names[language], caller(request).role
    values: dict[str, Any] = {
        "row": _row(row, language),
        "facts": _facts(content, language),
        "tongue": content.titles[0][0] if content.titles else "",
        "link": content.notice_link if linkable(content.notice_link) else "",
        "sectors": [_label(label, names, language) for label in labels],
        "is_sorted": row.sorted_at is not None,
        "writers": [name for _actor, name in writers],
        "own": caller(request).actor in {actor for actor, _name in writers},
        "waiting": row.released_at is None and row.withdrawn_at is None,
        "released": _moment(row.released_at, language),
        "discarded": _moment(row.withdrawn_at, language),
        "because": row.withdrawn_because or "",
        "may_write": permits(role, Permission.WRITE_TEXTS),
        "may_release": permits(role, Permission.APPROVE_TEXTS),
        "said": _said(request.query_params.get("done", ""), language),
        "refused": "" if refused is None else _refusal(refused, language),
    }
    status = HTTPStatus.OK if refused is None else HTTPStatus.UNPROCESSABLE_ENTITY
    return desk_page(request, "desk/warning.html", session=caller(request), status=status, **values)


def _facts(content: Content, language: str) -> list[tuple[str, str]]:
    _ = translator(language).gettext
    said = [
        (_("Nội dung"), content.description),
        (_("Sản phẩm"), content.products),
        (_("Thành viên"), ", ".join(member_name(one, language) for one in content.members)),
        (_("Mã HS"), ", ".join(content.hs)),
        (_("Ngày công bố"), _day(content.distributed_on, language)),
        (_("Hạn góp ý"), _day(content.comment_deadline, language)),
        (_("Ngày có hiệu lực"), _day(content.in_force_on, language)),
    ]
    return [(label, value) for label, value in said if value]


def _label(label: Label, names: Mapping[str, Any], language: str) -> str:
    return f"{sector_name(label.id, names, language)} ({code_name('responsibility', label.role, language)})"


def _row(row: Any, language: str) -> dict[str, Any]:
    return {
        "number": row.id,
        "ref": row.ref,
        "title": row.title,
        "source": source_name(row.source, language),
        "writer": row.writer,
        "day": _moment(row.updated_at, language),
    }


def _day(day: date | None, language: str) -> str:
    return "" if day is None else short_date(day, language)


def _moment(moment: Any, language: str) -> str:
    return "" if moment is None else short_date(today_in_vietnam(moment), language)


def _said(done: str, language: str) -> str:
    _ = translator(language).gettext
    sentences = {
        "entered": _(
            "Đã lưu cảnh báo. Chưa ai được báo và chưa ai ngoài bàn làm việc đọc được, cho đến khi người khác phát hành."
        ),
        "revised": _("Đã lưu nội dung mới. Bạn là một người viết của cảnh báo này."),
        "released": _("Đã phát hành; cảnh báo đang được gửi tới những người liên quan."),
        "discarded": _("Đã bỏ cảnh báo; nội dung và lý do vẫn được lưu."),
    }
    return sentences.get(done, "")


def _refusal(error: AppError, language: str) -> str:
    _ = translator(language).gettext
    sentences = {
        "own-warning": _("Bạn đã viết hoặc sửa cảnh báo này. Người khác phải phát hành."),
        "house-forms": _("Chưa lưu: có chữ không theo cách viết của Bộ."),
        "warning-exists": _("Đã có cảnh báo của nguồn này mang số này."),
        "warning-newer": _(
            "Chưa lưu: trong lúc bạn sửa, người khác đã lưu cảnh báo này. Những gì bạn ghi vẫn còn dưới đây; ở mỗi chỗ khác nhau"
            " có ghi bản đang lưu. Hãy ghép lại rồi lưu."
        ),
        "warning-unchanged": _("Nội dung vẫn như trước; không có gì để lưu."),
        "warning-of-a-source": _("Nguồn tin đã tự đưa thông báo này vào; không sửa bằng tay được."),
        "released-already": _("Cảnh báo này đã phát hành; hãy rút lại và nhập nội dung đúng với số khác."),
        "discarded-already": _("Cảnh báo này đã bị bỏ; hãy nhập nội dung đúng với số khác."),
        "nothing-to-release": _("Không còn gì để phát hành."),
        "no-reason": _("Hãy ghi lý do."),
    }
    if error.kind is Kind.INVALID:
        return sentences.get(error.code) or _("Chưa lưu: có chỗ cần sửa.")
    return sentences.get(error.code) or _("Không thực hiện được; hãy tải lại trang và thử lại.")
