"""What the page of the queue says of its notices, tabs and outcomes, in the reader's language."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from app.domain.internal_deadlines import internal_deadline
from app.domain.queue import OVERDUE_AFTER, LeftBecause, Tab
from app.domain.release import Waiting
from app.domain.sectors import Role
from app.domain.working_days import WorkingCalendar
from app.i18n.catalogue import translator
from app.i18n.dates import VIETNAM, moment_in_words, short_date, today_in_vietnam
from app.i18n.members import member_name
from app.i18n.terms import source_name
from app.store.catalogue import CataloguedNotice
from app.store.queue import Queued
from app.texts.cleaning import cut, one_line
from app.texts.facts import LONGEST_TITLE
from app.texts.wording import joined, label_name
from app.web.views import Badge, Names, line

_AN_HOUR = timedelta(hours=1)
_A_DAY = timedelta(days=1)
_COUNTED_IN_DAYS = 5 * _A_DAY


@dataclass(frozen=True, slots=True)
class Flag:
    """A chip of a row: what it says, and how loudly (`said`, `warn`, `urgent`)."""

    said: str
    kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueRow:
    """One notice of the queue as the page shows it; `internal` is the internal deadline, `holder` who has it in hand."""

    number: int
    ref: str
    symbols: str
    members: str
    title: str
    title_language: str
    kind: str
    sectors: tuple[str, ...]
    badge: Badge
    internal: str
    internal_urgent: bool
    flags: tuple[Flag, ...]
    clock: Flag
    holder: str


@dataclass(frozen=True, slots=True)
class Reading:
    """What a page is read by: the names of sectors, the language, the moment and the working days."""

    names: Names
    language: str
    now: datetime
    calendar: WorkingCalendar


def row_of(queued: Queued, notice: CataloguedNotice, reading: Reading) -> QueueRow:
    """Return one row of the queue."""
    language, today = reading.language, today_in_vietnam(reading.now)
    shown = line(notice, reading.names, today, language)
    deadline = notice.content.comment_deadline
    code, title = _title(notice, language) or (shown.title_language, shown.title)
    internal = None if deadline is None else internal_deadline(deadline, today, reading.calendar)
    return QueueRow(
        number=queued.id,
        ref=shown.ref,
        symbols=shown.symbols,
        members=joined([one_line(member_name(code, language)) for code in notice.content.members]),
        title=title,
        title_language=code,
        kind=shown.kind,
        sectors=tuple(_sectors(notice, reading)),
        badge=shown.badge,
        internal="" if internal is None else short_date(internal.day, language),
        internal_urgent=internal is not None and internal.urgent,
        flags=tuple(_flags(queued, language)),
        clock=clock_of(queued.since, reading),
        holder=(queued.unit_vi if language == "vi" else queued.unit_en or queued.unit_vi) or queued.address,
    )


def clock_of(since: datetime, reading: Reading) -> Flag:
    """Return how much of working days has gone since a notice began to wait; loud once it is late."""
    gone = reading.calendar.working_time_between(since.astimezone(VIETNAM), reading.now.astimezone(VIETNAM))
    messages = translator(reading.language)
    if gone >= _COUNTED_IN_DAYS:
        count = gone // _A_DAY
        said = messages.ngettext("đã %(count)s ngày làm việc", "đã %(count)s ngày làm việc", count) % {"count": count}
    else:
        count = gone // _AN_HOUR
        said = messages.ngettext("đã %(count)s giờ làm việc", "đã %(count)s giờ làm việc", count) % {"count": count}
    if gone <= OVERDUE_AFTER:
        return Flag(said, "said")
    return Flag(messages.gettext("quá 24 giờ: %(gone)s") % {"gone": said}, "urgent")


def tab_name(tab: Tab, language: str) -> str:
    """Return what a tab is called."""
    _ = translator(language).gettext
    names = {
        Tab.ALL: _("Tất cả"),
        Tab.NEW: _("Mới, chưa ai nhận"),
        Tab.UNSURE: _("Chưa chắc"),
        Tab.CONTRADICTORY: _("Mâu thuẫn"),
        Tab.ORPHAN: _("Mồ côi"),
        Tab.UNMATCHED: _("Không khớp ai"),
        Tab.MINE: _("Của tôi"),
    }
    return names[tab]


def left_because(why: LeftBecause, language: str) -> str:
    """Return why an act left a notice as it was."""
    _ = translator(language).gettext
    words = {
        LeftBecause.UNKNOWN: _("không còn thông báo này"),
        LeftBecause.WITHDRAWN: _("cảnh báo đã bị rút lại"),
        LeftBecause.OWN_ENTRY: _("do chính bạn nhập hoặc sửa; cần người thứ hai phát hành"),
        LeftBecause.NOTHING_WAITS: _("không có gì đang chờ; có thể người khác vừa xử lý"),
        LeftBecause.SAME_HOLDER: _("đã ở người này từ trước"),
    }
    return words[why]


def source_lines(rows: Sequence[Any], language: str) -> list[str]:
    """Return when each source was last read."""
    _ = translator(language).gettext
    said = []
    for row in rows:
        name = one_line(source_name(row.name, language))
        if row.last_success_at is None:
            said.append(_("%(source)s: chưa đọc được lần nào") % {"source": name})
            continue
        moment = moment_in_words(row.last_success_at, language)
        read = _("%(source)s: đọc lần cuối lúc %(moment)s") % {"source": name, "moment": moment}
        said.append("; ".join([read, _("lần gần nhất bị lỗi")]) if row.failures else read)
    return said


def _title(notice: CataloguedNotice, language: str) -> tuple[str, str] | None:
    """Return the title that a person wrote in Vietnamese, for who reads Vietnamese."""
    written = next((title for code, title in notice.content.titles if code == language == "vi"), "")
    return ("vi", cut(one_line(written), LONGEST_TITLE)) if written else None


def _sectors(notice: CataloguedNotice, reading: Reading) -> list[str]:
    related = translator(reading.language).gettext("liên quan")
    return [
        f"{label_name(one.id, reading.names)} {round(one.confidence * 100)}%"
        + (f" ({related})" if one.role is Role.RELATED else "")
        for one in notice.sectors
    ]


def _flags(queued: Queued, language: str) -> list[Flag]:
    _ = translator(language).gettext
    waiting: Mapping[str | None, str] = {
        Waiting.UNLABELLED: _("chưa nhận ra lĩnh vực"),
        Waiting.UNSURE: _("phân loại chưa chắc chắn"),
        Waiting.STAFF: _("chờ cán bộ phát hành"),
        Waiting.MANUAL: _("nhập tay, cần người thứ hai xem"),
    }
    stated = [
        (queued.waiting in waiting, waiting.get(queued.waiting, "")),
        (queued.contradictory, _("tiêu đề và mã hàng trái nhau")),
        (queued.orphan or queued.waiting == Waiting.ORPHAN, _("chưa có thông báo gốc")),
        (queued.unmatched, _("đã phát hành nhưng không khớp ai")),
    ]
    return [Flag(said, "warn") for holds, said in stated if holds]
