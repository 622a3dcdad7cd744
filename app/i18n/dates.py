"""Calendar dates and the days left to comment, in words. Today is a day in Viet Nam, whatever the server's clock says."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from babel.dates import format_date

from app.i18n.catalogue import translator

VIETNAM = ZoneInfo("Asia/Ho_Chi_Minh")


def today_in_vietnam(now: datetime) -> date:
    """Return the calendar day in Viet Nam at `now`, which must carry its time zone (ValueError when it does not)."""
    if now.tzinfo is None:
        raise ValueError("now: a moment without a time zone has no day in Viet Nam")
    return now.astimezone(VIETNAM).date()


def short_date(day: date, language: str) -> str:
    """Return 21/11/2026 in Vietnamese; in English, where that could be misread, 21 November 2026."""
    return f"{day:%d/%m/}{day.year:04}" if language == "vi" else long_date(day, language)


def long_date(day: date, language: str) -> str:
    """Return "ngày 21 tháng 11 năm 2026" or "21 November 2026"."""
    pattern = "'ngày' d 'tháng' M 'năm' y" if language == "vi" else "d MMMM y"
    return format_date(day, pattern, locale=language)


def moment_in_words(moment: datetime, language: str) -> str:
    """Return a moment as day and time in Viet Nam: 21/11/2026 08:30, in English 21 November 2026 08:30."""
    local = moment.astimezone(VIETNAM)
    return f"{short_date(local.date(), language)} {local:%H:%M}"


def days_left_phrase(deadline: date | None, today: date, language: str) -> str:
    """Say how long comments are taken: days left, the last day, closed since when, or that no deadline was stated."""
    messages = translator(language)
    if deadline is None:
        return messages.gettext("không nêu hạn góp ý")
    left = (deadline - today).days
    if left < 0:
        return messages.gettext("đã hết hạn ngày %(day)s") % {"day": short_date(deadline, language)}
    if left == 0:
        return messages.gettext("hôm nay là hạn cuối")
    return messages.ngettext("còn %(days)s ngày", "còn %(days)s ngày", left) % {"days": left}
