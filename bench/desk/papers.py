"""What else fills the desk in years: texts on their way and published, the audit, visits to sources, jobs."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from sqlalchemy import literal, select, text

from app.domain.articles.documents import Origin
from app.store.database import Database
from app.store.tables import (
    audit,
    audit_heads,
    audit_seals,
    heartbeats,
    pulls,
    quarantine,
    sources,
    text_compositions,
    text_steps,
    text_versions,
    texts,
)
from app.texts.composed import Composed, Line, Part
from bench.desk.calendar import Scale
from bench.desk.notices import insert_all

_AUDITED, _VISITS, _DAYS_VERIFIED = 200_000, 20_000, 365
_VERBS = ("release", "correct", "assign", "sign_in", "write_text", "look_up_person", "export_register", "materiality")
_BODY = {
    "title": "Dự thảo quy chuẩn kỹ thuật về ghi nhãn, thành phần và phương pháp thử",
    "description": "Dự thảo quy định yêu cầu về ghi nhãn, thành phần và phương pháp thử đối với sản phẩm nhập khẩu. "
    * 3,
    "impact": "Doanh nghiệp xuất khẩu cần rà soát nhãn hàng hóa trước ngày quy định có hiệu lực. " * 3,
}
_STEPS = (("draft", "in_review", 300, 2), ("in_review", "approved", 450, 3), ("approved", "published", 510, 3))
"""Steps of texts: from, to, how many of the newest texts have not taken it yet, and who takes it."""
_STEP = """INSERT INTO text_steps (text_id, version_id, from_state, to_state, "by", at)
           SELECT id, id, :before, :after, :who, created_at FROM texts WHERE id <= :last"""
_COMPOSED = Composed(
    title=_BODY["title"],
    parts=(
        Part("body", "Nội dung chính", (Line(_BODY["description"], origin=Origin.PERSON),)),
        Part("impact", "Tác động", (Line(_BODY["impact"], origin=Origin.PERSON),)),
    ),
    written_on="2026-03-02",
)


async def fill_papers(database: Database, scale: Scale) -> None:
    """Store texts, the audit, and what the jobs leave behind."""
    written = scale.told[::2]
    await insert_all(database, texts, (_text(scale, at, number) for at, number in enumerate(written, 1)))
    await insert_all(database, text_versions, (_version(scale, at, number) for at, number in enumerate(written, 1)))
    async with database.writing() as connection:
        for before, after, left, who in _STEPS:
            given = {"before": before, "after": after, "who": who, "last": len(written) - left}
            await connection.execute(text(_STEP), given)
        approved = select(
            text_steps.c.id, literal("0" * 64), literal(_COMPOSED.as_json(), text_compositions.c.body.type)
        )
        kept = approved.where(text_steps.c.to_state == "approved")
        await connection.execute(text_compositions.insert().from_select(["step_id", "hash", "body"], kept))
    every = range(1, _AUDITED + 1)
    await insert_all(database, audit, (_audited(scale, number) for number in every))
    await insert_all(database, audit_seals, (_seal(number) for number in every))
    await insert_all(database, audit_heads, (_head(scale, day) for day in range(_DAYS_VERIFIED)))
    await insert_all(database, sources, _sources(scale))
    await insert_all(database, pulls, (_pull(scale, number) for number in range(_VISITS, 0, -1)))
    await insert_all(database, quarantine, (_refused(scale, number) for number in range(500)))
    await insert_all(database, heartbeats, _beats(scale))


def _text(scale: Scale, at: int, number: int) -> dict[str, Any]:
    kind = ("article", "article", "letter", "bulletin")[at % 4]
    return {
        "id": at,
        "kind": kind,
        "notice_id": None if kind == "bulletin" else number,
        "organisation_id": 2 + at % 290 if kind == "letter" else None,
        "period": f"2026-W{at % 52:02}" if kind == "bulletin" else None,
        "created_at": scale.moment(number),
    }


def _version(scale: Scale, at: int, number: int) -> dict[str, Any]:
    return {
        "id": at,
        "text_id": at,
        "number": 1,
        "body": _BODY,
        "hash": "0" * 64,
        "written_by": 2,
        "written_at": scale.moment(number),
    }


def _audited(scale: Scale, number: int) -> dict[str, Any]:
    return {
        "id": number,
        "at": scale.now - timedelta(minutes=5 * (_AUDITED - number)),
        "actor": f"account:{1 + number % 3}",
        "origin": "desk",
        "verb": "backup" if number % 1000 == 0 else _VERBS[number % len(_VERBS)],
        "subject": f"G/TBT/N/USA/{number}",
        "details": {"facet": "sector", "label": "textiles", "role": "primary", "because": "nêu trong phụ lục"},
    }


def _seal(number: int) -> dict[str, Any]:
    return {"number": number, "audit_id": number, "previous": f"{number - 1:064x}", "hash": f"{number:064x}"}


def _head(scale: Scale, day: int) -> dict[str, Any]:
    return {"at": scale.now - timedelta(days=_DAYS_VERIFIED - day), "number": 500 * (day + 1), "hash": f"{day:064x}"}


def _sources(scale: Scale) -> Iterable[dict[str, Any]]:
    for name in ("eping", "rasff", "federal-register", "fda-recalls"):
        yield {
            "name": name,
            "baseline_at": scale.moment(1),
            "last_visit_at": scale.now,
            "last_success_at": scale.now,
            "reached": scale.now.date(),
        }


def _pull(scale: Scale, ago: int) -> dict[str, Any]:
    began = scale.now - timedelta(minutes=15 * ago)
    return {
        "source": ("eping", "eping", "rasff", "federal-register")[ago % 4],
        "window_first": began.date() - timedelta(days=7),
        "window_last": began.date(),
        "started_at": began,
        "finished_at": began + timedelta(seconds=4),
        "duration_ms": 4000,
        "result": "unreachable" if ago % 97 == 0 else "sound",
        "remarks": [],
        "pages": 1,
        "records": 20,
    }


def _refused(scale: Scale, number: int) -> dict[str, Any]:
    return {
        "source": "eping",
        "payload_hash": str(number),
        "position": "page 1, item 3",
        "field": "symbol",
        "reason": "not a symbol",
        "excerpt": "G/TBT/?",
        "noticed_at": scale.now - timedelta(hours=number),
    }


def _beats(scale: Scale) -> Iterable[dict[str, Any]]:
    for job in (
        "pull",
        "classify",
        "release",
        "fan_out",
        "gather",
        "deliver",
        "digests",
        "reconcile",
        "upkeep",
        "audit",
    ):
        yield {"job": job, "beat_at": scale.now, "period_seconds": 900}
