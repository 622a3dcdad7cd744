"""What the pages of health show, in words: read in a few statements, every address masked."""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from app.domain.addresses import mask_address, mask_addresses
from app.domain.alarms import BRAKE, Alarm, Check, Finding
from app.domain.audit import Head
from app.domain.bounces import Verdict
from app.domain.coverage import gaps
from app.i18n.catalogue import translator
from app.i18n.dates import VIETNAM, moment_in_words, short_date, today_in_vietnam
from app.i18n.terms import code_name, source_name
from app.store import alarms, audit, health, holds, periods, refusals
from app.store.database import Connection, Database
from app.store.migrations import missing_revisions
from app.store.readiness import Heartbeat
from app.texts.cleaning import cut, one_line
from app.texts.findings import alarm_advice, alarm_title, finding_line
from app.texts.jobs import job_words
from app.texts.refusals import reason_in_words
from app.texts.register import kind_words, why_words

_A_WEEK = timedelta(days=7)
_A_DAY = timedelta(days=1)
_LISTED = 20
_SOUND = frozenset({"sound", "unchanged"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A source: when it was last heard soundly, up to which day, what is wrong, and the days of the week not read."""

    key: str
    name: str
    sound: str
    reached: str
    failures: int
    fault: str
    refused: int
    gaps: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """One visit to a source."""

    source: str
    began: str
    window: str
    result: str
    tone: str
    reason: str
    counts: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A message that waits for a person; `repeatable` is False when two copies may have arrived."""

    number: int
    kind: str
    who: str
    made: str
    reason: str
    repeatable: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Suppressed:
    """Somebody who is not written to: why, since when and until when."""

    number: int
    who: str
    reason: str
    detail: str
    since: str
    until: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StandingAlarm:
    """An alarm that stands, with what was found, what to do first, and its page of the runbook."""

    name: str
    title: str
    advice: str
    since: str
    total: int
    findings: tuple[str, ...]


async def overview(database: Database, language: str) -> dict[str, Any]:
    """Return what the first page of health shows."""
    behind = await asyncio.to_thread(missing_revisions, database.url.render_as_string(hide_password=False))
    async with database.reading() as connection:
        now = await database.now(connection)
        return {
            "now": moment_in_words(now, language),
            "behind": behind,
            "sources": await _sources(connection, now, language),
            "outbox": [_waiting(row, now, language) for row in await health.outbox(connection)],
            "handed_over": await health.handed_over(connection, now - _A_DAY),
            "came_back": await _came_back(connection, now, language),
            "suppressed": await health.count_suppressed(connection),
            "undecided": [message(row, language) for row in await health.undecided(connection, None, _LISTED)],
            "refused_mails": [
                _refused(one, language) for one in await refusals.listed(connection, now - _A_WEEK, _LISTED)
            ],
            "alarms": [_alarm(row, language) for row in await alarms.standing(connection)],
            "holds": [_hold(row, language) for row in await holds.standing(connection)],
            "jobs": [_job(row, now, language) for row in await health.pulses(connection)],
            "audit": await _audit(connection, language),
            "backup": _at(await audit.last_of(connection, "backup"), language),
        }


def visit(row: Any, language: str) -> Visit:
    """Return a visit as the page shows it."""
    messages = translator(language)
    counted = messages.gettext("%(records)s bản ghi, %(added)s mới, %(changed)s đổi, %(refused)s không đọc được")
    numbers = {"records": row.records, "added": row.added, "changed": row.changed, "refused": row.quarantined}
    ends = [day for day in (row.window_first, row.window_last) if day is not None]
    return Visit(
        source=source_name(row.source, language),
        began=moment_in_words(row.started_at, language),
        window=" – ".join(short_date(day, language) for day in ends),
        result=_result(row.result, language),
        tone="good" if row.result in _SOUND else "open" if row.result == "running" else "urgent",
        reason=_safe("; ".join([row.reason or "", *map(str, row.remarks)]).strip("; ")),
        counts=counted % numbers,
    )


def message(row: Any, language: str) -> Message:
    """Return a message that waits for a person as the page shows it."""
    return Message(
        number=row.id,
        kind=kind_words(row.kind, language),
        who=_who(row.address, language),
        made=moment_in_words(row.created_at, language),
        reason=why_words(row.reason, row.reply, language),
        repeatable=row.ambiguous < 2,  # noqa: PLR2004 - DL-03: an attempt nobody knows the end of, and one repeat
    )


def suppression(row: Any, language: str) -> Suppressed:
    """Return somebody who is not written to as the page shows them."""
    _ = translator(language).gettext
    forever = _("đến khi có người cho gửi lại")
    return Suppressed(
        number=row.subscriber_id,
        who=_who(row.address, language),
        reason=reason_in_words(row.reason, language),
        detail=_safe(row.detail),
        since=moment_in_words(row.began_at, language),
        until=forever if row.expires_at is None else moment_in_words(row.expires_at, language),
    )


async def _sources(connection: Connection, now: datetime, language: str) -> list[Source]:
    rows = await health.sources_known(connection, now - _A_WEEK)
    missing = await _gaps(connection, rows, now)
    never = translator(language).gettext("chưa lần nào")
    return [
        Source(
            key=row.name,
            name=source_name(row.name, language),
            sound=never if row.last_success_at is None else moment_in_words(row.last_success_at, language),
            reached="" if row.reached is None else short_date(row.reached, language),
            failures=row.failures,
            fault=_safe(row.last_fault or "") if row.failures else "",
            refused=row.refused,
            gaps=tuple(short_date(day, language) for source, day in missing if source == row.name),
        )
        for row in rows
    ]


async def _gaps(connection: Connection, rows: Sequence[Any], now: datetime) -> list[tuple[str, Any]]:
    """Return the days of the last week, today left out, on which no visit to a source was sound."""
    last = today_in_vietnam(now) - _A_DAY
    opened = datetime.combine(last - timedelta(days=6), datetime.min.time(), VIETNAM)
    asked = {row.name: max(row.asked_at, opened) for row in rows if row.asked_at is not None}
    visits = await periods.sound_visits(connection, list(asked), opened)
    return [(gap.source, gap.day) for gap in gaps(visits, asked, opened, last, VIETNAM)]


async def _came_back(connection: Connection, now: datetime, language: str) -> list[tuple[str, int, str]]:
    _ = translator(language).gettext
    counted = await health.came_back(connection, now - _A_WEEK)
    names = {
        Verdict.HARD: _("địa chỉ không có"),
        Verdict.SOFT: _("trả lại tạm thời"),
        Verdict.POLICY: _("chặn theo chính sách"),
        Verdict.COMPLAINT: _("báo là thư rác"),
    }
    within = _("trong bảy ngày")
    return [(name, counted.get(verdict, 0), within) for verdict, name in names.items()]


def _waiting(row: Any, now: datetime, language: str) -> tuple[str, int, str, str]:
    """Return a state of the outbox: its name, how many, since when the oldest exists, since when it is due."""
    due = "" if row.due_at is None or row.due_at > now else moment_in_words(row.due_at, language)
    return code_name("delivery-state", row.state, language), row.messages, moment_in_words(row.oldest, language), due


def _refused(one: refusals.Refusal, language: str) -> dict[str, Any]:
    return {
        "kind": kind_words(one.kind, language),
        "who": one.address,
        "refs": one.refs,
        "at": moment_in_words(one.refused_at, language),
        "reason": why_words(one.reason, one.reply, language),
    }


def _alarm(row: Any, language: str) -> StandingAlarm:
    alarm = Alarm(row.name)
    return StandingAlarm(
        name=alarm.value,
        title=alarm_title(alarm, language),
        advice=alarm_advice(alarm, language),
        since=moment_in_words(row.raised_at, language),
        total=row.total,
        findings=tuple(_findings(row.findings[:_LISTED], language)),
    )


def _findings(kept: Iterable[Sequence[Any]], language: str) -> Iterable[str]:
    for check, ref, count, note in kept:
        yield _safe(finding_line(Finding(Check(check), ref, count, note), language))


def _hold(row: Any, language: str) -> dict[str, str]:
    _ = translator(language).gettext
    return {
        "name": _("phanh khẩn cấp") if row.name == BRAKE else _safe(row.name),
        "key": _safe(row.name),
        "because": _safe(row.because),
        "by": _safe(row.actor),
        "since": moment_in_words(row.held_at, language),
    }


def _job(row: Any, now: datetime, language: str) -> tuple[str, str, str, str]:
    """Return a job: its name, its last run, how it fares as a chip, and its fault."""
    _ = translator(language).gettext
    if row.failing_since is not None:
        standing, tone = _("lỗi"), "urgent"
    elif Heartbeat(row.job, row.beat_at, timedelta(seconds=row.period_seconds)).is_fresh(now):
        standing, tone = _("đang chạy"), "good"
    else:
        standing, tone = _("chậm"), "warn"
    name = f"{job_words(row.job, language)} · {row.job}"
    said = name, moment_in_words(row.beat_at, language), standing, tone
    return said if not row.fault else (f"{name}: {_safe(row.fault)}", *said[1:])


async def _audit(connection: Connection, language: str) -> dict[str, str]:
    """Return when the chain of the audit was last verified, how far, how it is broken if it is, and its head now."""
    last, head = await audit.last_verified(connection), await audit.newest(connection)
    return {
        "at": _at(last, language),
        "number": "" if last is None else str(last.number),
        "fault": "" if last is None or last.fault is None else last.fault,
        "head": _head(head),
    }


def _head(head: Head) -> str:
    return f"{head.number}:{head.hash[:12]}"


def _at(row: Any | None, language: str) -> str:
    return "" if row is None else moment_in_words(row.at, language)


def _result(result: str, language: str) -> str:
    _ = translator(language).gettext
    names = {
        "running": _("đang lấy"),
        "sound": _("tốt"),
        "unchanged": _("không đổi"),
        "unreachable": _("không kết nối được"),
        "refused": _("bị từ chối"),
        "busy": _("nguồn bận"),
        "unsound": _("dữ liệu không đúng khuôn"),
        "broken_off": _("bị ngắt giữa chừng"),
    }
    return names.get(result) or one_line(result)


def _who(address: str, language: str) -> str:
    return mask_address(address) if address else translator(language).gettext("đã xóa dữ liệu")


def _safe(text: str) -> str:
    """Return words of a server or of staff as they may be shown: one line, cut, addresses masked."""
    return cut(one_line(mask_addresses(text)), 240)
