"""The addresses of the desk's page of one notice, each with the permission that it asks for."""

from http import HTTPMethod

from starlette.routing import BaseRoute

from app.domain.access import Permission
from app.web.desk import notice, notice_acts, notice_drafts
from app.web.desk.gate import guarded

_POST = HTTPMethod.POST


def notice_routes(prefix: str) -> list[BaseRoute]:
    """Return the pages of one notice in one language."""
    one = f"{prefix}/desk/notices/{{ref:path}}"
    return [
        guarded(one, notice.show_notice, Permission.SEE_DESK),
        guarded(f"{one}/boxes", notice_acts.write_box, Permission.WRITE_TEXTS, _POST),
        guarded(f"{one}/boxes/draft", notice_drafts.ask_draft, Permission.WRITE_TEXTS, _POST),
        guarded(f"{one}/boxes/confirm", notice_acts.confirm_box, Permission.APPROVE_TEXTS, _POST),
        guarded(f"{one}/labels", notice_acts.correct_label, Permission.CORRECT_SORTING, _POST),
        guarded(f"{one}/assign", notice_acts.assign, Permission.CORRECT_SORTING, _POST),
        guarded(f"{one}/release", notice_acts.release, Permission.RELEASE_ALERTS, _POST),
        guarded(f"{one}/materiality", notice_acts.decide_materiality, Permission.RELEASE_ALERTS, _POST),
        guarded(f"{one}/merge", notice_acts.merge, Permission.CORRECT_SORTING, _POST),
        guarded(f"{one}/split", notice_acts.split, Permission.CORRECT_SORTING, _POST),
    ]
