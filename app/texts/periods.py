"""What a mail says of its period: what was checked, which days are missing, which deadlines lie inside a break."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby
from typing import Final

from markupsafe import escape

from app.domain.coverage import Coverage, Gap
from app.i18n.catalogue import translator
from app.i18n.dates import moment_in_words, short_date
from app.i18n.terms import source_name
from app.texts.cleaning import cut, one_line
from app.texts.wording import joined

MOST_DEADLINES = 20
LONGEST_NAMED = 160
LINE_FRAME = 120
"""Bytes of HTML around one line, at most."""

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class BreakDeadline:
    """An alert told earlier whose comments are due inside a break: what it is, its symbol, its last day, our page of it."""

    headline: str
    symbol: str
    day: date
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PeriodNotes:
    """What a digest says besides its alerts: the coverage of its period, and the deadlines inside the break ahead."""

    coverage: Coverage | None = None
    days_off: tuple[date, date] | None = None
    deadlines: tuple[BreakDeadline, ...] = ()


NOTHING_NOTED: Final = PeriodNotes()


@dataclass(frozen=True, slots=True, kw_only=True)
class SpokenNotes:
    """The same in words: lines on gaps, what was checked, the heading of the deadlines and a line for each with its link."""

    gaps: tuple[str, ...] = ()
    checked: str = ""
    heading: str = ""
    deadlines: tuple[tuple[str, str], ...] = ()
    more: str = ""

    @property
    def size(self) -> int:
        """What the notes take up in the HTML, in bytes, at most."""
        lines = [*self.gaps, self.checked, self.heading, self.more, *(line + url for line, url in self.deadlines)]
        return sum(len(escape(line).encode()) + LINE_FRAME for line in lines if line)


def spoken(notes: PeriodNotes, language: str, *, weekly: bool) -> SpokenNotes:
    """Return what a digest says of its period; the count of what was checked stands in weekly ones."""
    coverage = notes.coverage
    messages = translator(language)
    more = len(notes.deadlines) - MOST_DEADLINES
    return SpokenNotes(
        gaps=() if coverage is None else tuple(doubt_lines(coverage, language, told=True)),
        checked=_checked(coverage, language) if weekly and coverage is not None and coverage.days else "",
        heading=break_heading(notes.days_off, language) if notes.deadlines and notes.days_off else "",
        deadlines=tuple((_deadline(one, language), one.url) for one in notes.deadlines[:MOST_DEADLINES]),
        more=messages.ngettext("và %(more)s hạn khác", "và %(more)s hạn khác", more) % {"more": more}
        if more > 0
        else "",
    )


def doubt_lines(coverage: Coverage, language: str, *, told: bool) -> list[str]:
    """Return what forbids to say that there was nothing new: days that were not read, sources long without a record."""
    return [*gap_lines(coverage.gaps, language, told=told), *silence_lines(coverage, language)]


def silence_lines(coverage: Coverage, language: str) -> list[str]:
    """Return one sentence for each source that answers and brings nothing new, with the day of its newest record."""
    said = translator(language).gettext(
        "%(source)s vẫn trả lời nhưng từ ngày %(day)s chưa đưa ra thông báo mới nào; có thể có thông báo đến chậm."
    )
    return [
        said % {"source": one_line(source_name(one.source, language)), "day": short_date(one.since, language)}
        for one in coverage.silences
    ]


def silent_sources(coverage: Coverage, language: str) -> str:
    """Return the names of the sources that bring nothing new, as a list in a sentence."""
    return joined([one_line(source_name(one.source, language)) for one in coverage.silences])


def gap_lines(gaps: Sequence[Gap], language: str, *, told: bool) -> Iterator[str]:
    """Yield one sentence for each run of days on which the same sources were not read.

    `told` says that the mail, or one after it, tells of what came later; a mail without alerts only promises it.
    """
    by_day = [(day, list(mine)) for day, mine in groupby(gaps, key=lambda gap: gap.day)]
    start = 0
    for number, (day, mine) in enumerate(by_day):
        following = by_day[number + 1] if number + 1 < len(by_day) else None
        if following is None or following[0] != day + _DAY or _missing(following[1]) != _missing(mine):
            yield f"{_unread(by_day[start][0], day, mine, language)}; {_outlook(mine, language, told=told)}"
            start = number + 1


def break_heading(days_off: tuple[date, date] | None, language: str) -> str:
    """Say that deadlines fall inside a break, and when that is."""
    if days_off is None:
        return ""
    said = translator(language).gettext("Hạn góp ý rơi vào kỳ nghỉ từ %(first)s đến %(last)s")
    return said % {"first": short_date(days_off[0], language), "last": short_date(days_off[1], language)}


def deadlines_counted(notes: PeriodNotes, language: str) -> str:
    """Say in a subject how many deadlines fall inside the break, and when it begins."""
    count = len(notes.deadlines)
    said = translator(language).ngettext(
        "%(count)s hạn góp ý rơi vào kỳ nghỉ từ %(first)s", "%(count)s hạn góp ý rơi vào kỳ nghỉ từ %(first)s", count
    )
    first = short_date(notes.days_off[0], language) if notes.days_off else ""
    return said % {"count": count, "first": first}


def days_in_words(coverage: Coverage, language: str) -> str:
    """Say on how many of the days all was read, such as `5/7 ngày`."""
    said = translator(language).ngettext("%(checked)s/%(days)s ngày", "%(checked)s/%(days)s ngày", coverage.days)
    return said % {"checked": coverage.checked, "days": coverage.days}


def last_readings(coverage: Coverage, language: str) -> list[str]:
    """Say of each source when it was last read soundly, in Viet Nam's time."""
    never = translator(language).gettext("chưa lần nào")
    return [
        f"{one_line(source_name(heard.source, language))}: "
        + (never if heard.last_success_at is None else moment_in_words(heard.last_success_at, language))
        for heard in coverage.sources
    ]


def _checked(coverage: Coverage, language: str) -> str:
    said = translator(language).gettext(
        "Đã kiểm tra đủ %(days)s, đọc %(notices)s thông báo. Lần đọc gần nhất (giờ Việt Nam): %(sources)s."
    )
    return said % {
        "days": days_in_words(coverage, language),
        "notices": coverage.notices,
        "sources": "; ".join(last_readings(coverage, language)),
    }


def _missing(gaps: Sequence[Gap]) -> set[tuple[str, bool]]:
    return {(gap.source, gap.answered_at is None) for gap in gaps}


def _unread(first: date, last: date, gaps: Sequence[Gap], language: str) -> str:
    messages = translator(language)
    values = {
        "first": short_date(first, language),
        "last": short_date(last, language),
        "sources": joined([one_line(source_name(gap.source, language)) for gap in gaps]),
    }
    if first == last:
        return messages.gettext("Ngày %(first)s không đọc được %(sources)s") % values
    return messages.gettext("Từ ngày %(first)s đến ngày %(last)s không đọc được %(sources)s") % values


def _outlook(gaps: Sequence[Gap], language: str, *, told: bool) -> str:
    messages = translator(language)
    if any(gap.answered_at is None for gap in gaps):
        return messages.gettext("những gì bị lỡ sẽ được báo khi nguồn tin hoạt động trở lại.")
    if told:
        return messages.gettext("các thông báo của thời gian đó nằm trong thư này hoặc thư sau.")
    return messages.gettext("sau đó nguồn tin đã hoạt động trở lại; nếu có gì bị lỡ, bạn sẽ được báo trong thư sau.")


def _deadline(one: BreakDeadline, language: str) -> str:
    return f"{short_date(one.day, language)} – {cut(one_line(one.headline), LONGEST_NAMED)} ({one_line(one.symbol)})"
