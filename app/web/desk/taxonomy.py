"""The rules for sorting: which are in force, who put them there, and the editor that checks, tries and applies others."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPMethod, HTTPStatus
from typing import Any

from starlette.background import BackgroundTask
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from app.domain.access import Permission, permits
from app.domain.errors import AppError
from app.domain.taxonomy import Taxonomy
from app.flow import taxonomy as flow
from app.flow.taxonomy import NOTHING, Trial
from app.i18n.catalogue import translator
from app.i18n.dates import short_date, today_in_vietnam
from app.i18n.terms import code_name
from app.store import taxonomy_versions
from app.web.desk.gate import caller, guarded
from app.web.desk.recipient_words import sector_name
from app.web.doors import Complaint, doors_of
from app.web.forms import filled
from app.web.pages import headers, language_of
from app.web.session import desk_page, go_to

SAMPLE = 500
"""How many of the newest notices a dry run in the page sorts; the command line sorts them all."""
_VERSIONS = 30
_FILE = "taxonomy.yaml"


@dataclass(frozen=True, slots=True)
class _Checked:
    """A file that somebody typed, and what the check makes of it."""

    body: bytes
    taxonomy: Taxonomy | None
    faults: Sequence[Complaint]
    notes: Sequence[Complaint]

    @property
    def sound(self) -> Taxonomy | None:
        """The taxonomy where nothing is wrong with the file."""
        return None if self.faults else self.taxonomy


def taxonomy_routes(prefix: str) -> list[BaseRoute]:
    """Return the pages about the rules in one language."""
    path, keep, post = f"{prefix}/desk/taxonomy", Permission.KEEP_TAXONOMY, HTTPMethod.POST
    return [
        guarded(path, show_rules, Permission.SEE_DESK),
        guarded(f"{path}/file", download, Permission.SEE_DESK),
        guarded(f"{path}/edit", show_editor, keep),
        guarded(f"{path}/check", check, keep, post),
        guarded(f"{path}/try", try_out, keep, post),
        guarded(f"{path}/apply", apply, keep, post),
    ]


async def show_rules(request: Request) -> Response:
    """Show the taxonomy in force, and those before it."""
    doors, language = doors_of(request), language_of(request)
    async with doors.database.reading() as connection:
        rows = await taxonomy_versions.listed(connection, _VERSIONS)
        waiting = await taxonomy_versions.count_unsorted(connection)
    taxonomy = doors.taxonomy
    done = request.query_params.get("done") == "applied"
    said = translator(language).gettext("Đã đưa vào sử dụng; các thông báo đang được phân loại lại.") if done else ""
    values: dict[str, Any] = {
        "version": rows[0].version if rows else taxonomy.version,
        "versions": [_version(row, language) for row in rows],
        "sectors": [sector_name(one.id, doors.letterhead.names[language], language) for one in taxonomy.sectors],
        "themes": [sector_name(one.id, doors.letterhead.names[language], language) for one in taxonomy.themes],
        "waiting": waiting,
        "may_keep": permits(caller(request).role, Permission.KEEP_TAXONOMY),
        "said": said,
    }
    return desk_page(request, "desk/taxonomy.html", session=caller(request), **values)


async def download(request: Request) -> Response:
    """Hand out the file of a version; without one that of the version in force."""
    wanted = request.query_params.get("version", "")
    if wanted:
        async with doors_of(request).database.reading() as connection:
            body = await taxonomy_versions.body_of(connection, wanted)
        if body is None:
            raise HTTPException(HTTPStatus.NOT_FOUND)
    else:
        _, body = await _in_force(request)
    sent = headers(doors_of(request), personal=True) | {"Content-Disposition": f'attachment; filename="{_FILE}"'}
    return Response(body, media_type="text/yaml; charset=utf-8", headers=sent)


async def show_editor(request: Request) -> Response:
    """Show the file in force, to be changed."""
    standing, body = await _in_force(request)
    return _editor(request, standing, body)


async def check(request: Request) -> Response:
    """Say what is wrong with what was typed."""
    standing, checked = await _typed(request)
    return _editor(request, standing, checked.body, checked=checked)


async def try_out(request: Request) -> Response:
    """Sort the newest notices by what was typed, dry, and say what would change."""
    standing, checked = await _typed(request)
    if checked.sound is None:
        return _editor(request, standing, checked.body, checked=checked)
    doors = doors_of(request)
    sorter = await asyncio.to_thread(doors.rules.sorter, checked.sound)
    tried = await flow.try_on_newest(doors.database, sorter, SAMPLE)
    return _editor(request, standing, checked.body, checked=checked, tried=tried)


async def apply(request: Request) -> Response:
    """Put what was typed in force; every notice is sorted anew once the answer is out."""
    (standing, checked), because = await _typed(request), (await filled(request)).get("because", "")
    if checked.sound is None:
        return _editor(request, standing, checked.body, checked=checked)
    database, version = doors_of(request).database, checked.sound.version
    try:
        await flow.replace(database, standing, version, checked.body, caller(request).actor, because)
    except AppError as error:
        return _editor(request, standing, checked.body, checked=checked, refused=error, because=because)
    answer = go_to(request, "/desk/taxonomy", "done=applied")
    # What is left over when it is broken off is found by the worker's upkeep.
    answer.background = BackgroundTask(flow.outdate, database, version)
    return answer


async def _in_force(request: Request) -> tuple[str, bytes]:
    doors = doors_of(request)
    async with doors.database.reading() as connection:
        version = await taxonomy_versions.in_force(connection)
        body = None if version is None else await taxonomy_versions.body_of(connection, version)
    if version is None or body is None:
        return doors.taxonomy.version, doors.rules.bundled()
    return version, body


async def _typed(request: Request) -> tuple[str, _Checked]:
    """Return the version that the editor began with, and what was typed, with the ends of lines that files have."""
    form = await filled(request)
    body = form.get("body", "").replace("\r\n", "\n").encode()
    found = await asyncio.to_thread(doors_of(request).rules.check, body, _FILE)
    return form.get("standing", ""), _Checked(body, *found)


def _editor(
    request: Request,
    standing: str,
    body: bytes,
    *,
    checked: _Checked | None = None,
    tried: tuple[Trial, int] | None = None,
    refused: AppError | None = None,
    because: str = "",
) -> Response:
    language = language_of(request)
    faults = () if checked is None else checked.faults
    trial, stored = (None, 0) if tried is None else tried
    values: dict[str, Any] = {
        "standing": standing,
        "body": body.decode("utf-8", "replace"),
        "checked": checked is not None,
        "version": checked.sound.version if checked is not None and checked.sound is not None else "",
        "faults": faults,
        "notes": () if checked is None else checked.notes,
        "trial": trial,
        "changes": [] if trial is None else _changes(request, trial),
        "stored": stored,
        "sample": SAMPLE,
        "because": because,
        "refused": "" if refused is None else _refusal(refused, language),
        "field_error": _refusal(refused, language) if refused is not None and refused.field == "because" else "",
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if faults or refused is not None else HTTPStatus.OK
    return desk_page(request, "desk/taxonomy_editor.html", session=caller(request), status=status, **values)


def _changes(request: Request, trial: Trial) -> list[dict[str, Any]]:
    language = language_of(request)
    names, _ = doors_of(request).letterhead.names[language], translator(language).gettext
    roles = {NOTHING: _("không")} | {one: code_name("responsibility", one, language) for one in ("primary", "related")}
    return [
        {
            "sector": sector_name(sector, names, language),
            "change": change,
            "examples": [(move.ref, roles[move.before], roles[move.after]) for move in change.examples],
        }
        for sector, change in sorted(trial.sectors.items())
    ]


def _version(row: Any, language: str) -> dict[str, str]:
    return {
        "name": row.version,
        "day": short_date(today_in_vietnam(row.applied_at), language),
        "by": row.named or "",
        "because": row.because,
    }


def _refusal(error: AppError, language: str) -> str:
    _ = translator(language).gettext
    sentences = {
        "no-reason": _("Hãy ghi lý do."),
        "taxonomy-unchanged": _("Đây chính là bảng phân loại đang dùng; không có gì để đổi."),
        "taxonomy-moved": _(
            "Trong lúc bạn sửa, người khác đã đưa một bản khác vào sử dụng. Hãy tải bản đó về và sửa lại."
        ),
    }
    return sentences.get(error.code) or _("Không thực hiện được; hãy tải lại trang và thử lại.")
