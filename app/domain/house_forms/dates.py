"""Dates as people print them: days that do not exist, years cut short, forms that are not the house's, calls that expired."""

import re
from collections.abc import Iterator
from datetime import date, timedelta

from app.domain.house_forms.findings import Finding, Rule, Text

_NUMBERS = re.compile(
    r"(?<![\d/.\-\w])(\d{1,2})([ \t]*/[ \t]*|[.\-])(\d{1,2})(?:\2|(?<=/\d\d)(?=(?:19|20)\d\d(?!\d)))(\d{1,5})(?![\d/]|[.\-]\d)"
)
_LETTER_FOR_NUMBER = re.compile(r"(?<![\w/])(?=[\dOol]{1,2}/[\dOol]{1,2}/[\dOol]{4}\b)(?=\d*[/\d]*[Ool])[\dOol/]+")
_ISO = re.compile(r"(?<![\d/\w-])(\d{4})([-/])(\d{1,2})\2(\d{1,2})(?![\d/-])")
_WORDS = re.compile(r"(?<!\d)(\d{1,2})\s+tháng\s+(\d{1,2})(?:\s+năm|,)?\s+(\d{4})(?!\d)", re.IGNORECASE)
_DAY = r"(?<!\d)(\d{1,2}[/.\-]\d{1,2}[/.\-]\d{4}|\d{1,2}\s+tháng\s+\d{1,2}(?:\s+năm|,)?\s+\d{4})(?!\d)"
_OPINION = r"(?:góp ý|ý kiến|bình luận)"
_CALL = re.compile(
    rf"(?:(?:thời )?hạn (?:cuối(?: cùng)?|chót|(?:[^\W\d]+ ){{0,4}}{_OPINION})|thời gian (?:[^\W\d]+ ){{0,3}}{_OPINION}"
    rf"|ngày (?:cuối cùng|kết thúc) (?:[^\W\d]+ ){{0,4}}{_OPINION}"
    rf"|{_OPINION}[^.\n]{{0,160}}?\b(?:trước|chậm nhất|muộn nhất|không muộn hơn|đến|tới)(?: hết)?(?: ngày)?)"
    rf"(?:(?!thông báo mã)[^.\n]){{0,120}}?{_DAY}",  # the day of a notice that is named is no deadline
    re.IGNORECASE,
)
_DAYS = r"(?P<days>\d{1,3}) ngày,? (?:kể |tính )?từ (?:ngày|khi) thông báo"
_PERIODS = (
    re.compile(
        rf"(?:các (?:nước )?thành viên(?: WTO)? có )?{_DAYS}[^.\n]{{0,40}}{_OPINION}[^.\n]*",
        re.IGNORECASE,
    ),
    re.compile(rf"thời (?:hạn|gian) (?:[^\W\d]+ ){{0,3}}{_OPINION}[^.\n\d]{{0,40}}{_DAYS}", re.IGNORECASE),
)
_OVER = re.compile(
    r"đã kết thúc|đã hết|đã qua|đã đóng|thay đổi từ|nay được ấn định|hiệu lực|thông qua|ban hành", re.IGNORECASE
)
"""What makes a day no call: comments are over or their end was another, or the day is of something else."""
_END = re.compile(r"[.;\n]")
_STAGE = r"[^.\n]{0,40}?(?<!\d)((?:(?P<day>\d{1,2})/)?(?P<month>\d{1,2})/(?P<year>\d{4}))"
_STAGES = {
    "notified": re.compile(r"(?:ngày thông báo|lưu hành|^\s*ngày)" + _STAGE, re.IGNORECASE | re.MULTILINE),
    "deadline": re.compile(r"(?:hạn (?:cuối cùng|chót|góp ý)|thời hạn góp ý)" + _STAGE, re.IGNORECASE),
    "adoption": re.compile(r"thông qua" + _STAGE, re.IGNORECASE),
    "in_force": re.compile(r"(?:có )?hiệu lực" + _STAGE, re.IGNORECASE),
}
_ORDER = (("notified", "deadline"), ("adoption", "in_force"))
_EARLIEST, _LATEST = 1995, 2100
"""The WTO began on 1 January 1995."""
_YEAR_DIGITS = 4
_CUT_AT = 2020
"""Two digits `20` are this year, or what is left of another year of its century."""


def check_dates(text: Text) -> Iterator[Finding]:
    """Find days that do not exist, years cut short, and dates that are not written dd/mm/yyyy."""
    for found in _NUMBERS.finditer(text.text):
        yield from _numbers(text, found)
    for found in _LETTER_FOR_NUMBER.finditer(text.text):
        number, month, year = found[0].translate(str.maketrans("Ool", "001")).split("/")
        yield Finding(text.field, found.start(), Rule.DATE, found[0], _printed(_day(year, month, number)))
    for found in _WORDS.finditer(text.text):
        if _day(found[3], found[2], found[1]) is None:
            yield Finding(text.field, found.start(), Rule.DATE, found[0])
    for found in _ISO.finditer(text.text):
        day = _day(found[1], found[3], found[4])
        if day is None:
            yield Finding(text.field, found.start(), Rule.DATE, found[0])
        else:
            yield Finding(text.field, found.start(), Rule.DATE_FORM, found[0], printed(day))


def check_order(text: Text) -> Iterator[Finding]:
    """Find a later stage that is dated before an earlier one: comments end after the notice, force follows adoption.

    The proposal is the same day of the first year that does not contradict.
    """
    for earlier, later in _ORDER:
        first, second = _STAGES[earlier].search(text.text), _STAGES[later].search(text.text)
        if first is None or second is None:
            continue
        begun, ended = _bounds(first)[0], _bounds(second)[1]
        if begun is not None and ended is not None and ended < begun:
            years = (begun.year, begun.year + 1)
            days = [_day(str(one), second["month"], second["day"] or "1") for one in years]
            fitting = next((day for day in days if day is not None and day >= begun), None)
            yield Finding(text.field, second.start(1), Rule.DATE_ORDER, second[1], _printed(fitting), first[1])


def _bounds(found: re.Match[str]) -> tuple[date | None, date | None]:
    """Return the first and last day that a date, perhaps without its day, may mean."""
    if found["day"]:
        day = _day(found["year"], found["month"], found["day"])
        return day, day
    first = _day(found["year"], found["month"], "1")
    return first, None if first is None else (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)


def check_calls(text: Text) -> Iterator[Finding]:
    """Find calls for comments whose day is over when the text leaves: they are told as closed."""
    for found in _CALL.finditer(text.text):
        number, month, year = re.findall(r"\d+", found[1])
        day = _day(year, month, number)
        if day is not None and day < text.today and not _OVER.search(_sentence(text.text, found)):
            proposal = f"Thời hạn góp ý đã kết thúc ngày {printed(day)}"
            yield Finding(text.field, found.start(), Rule.EXPIRED_CALL, found[0], proposal, printed(text.today))


def _sentence(text: str, found: re.Match[str]) -> str:
    """Return a match with what stands behind it in its sentence, and before it as far as that belongs to it."""
    end = _END.search(text, found.end())
    begun = max(text.rfind(sign, 0, found.start()) for sign in ".;\n")
    return text[begun + 1 : end.start() if end else len(text)]


def check_periods(text: Text) -> Iterator[Finding]:
    """Find calls for comments that give days from the notification and no date, once those days are over."""
    notified = _STAGES["notified"].search(text.text)
    begun = _bounds(notified)[0] if notified is not None and notified["day"] else None
    if begun is None:
        return
    for found in (one for pattern in _PERIODS for one in pattern.finditer(text.text)):
        ended = begun + timedelta(days=int(found["days"]))
        if ended < text.today and not _OVER.search(found[0]):
            proposal = f"Thời hạn góp ý đã kết thúc ngày {printed(ended)} (dự kiến)"
            yield Finding(text.field, found.start(), Rule.EXPIRED_CALL, found[0], proposal, printed(text.today))


def printed(day: date) -> str:
    """Return a day in the house form, dd/mm/yyyy."""
    return f"{day:%d/%m/}{day.year:04}"


def _numbers(text: Text, found: re.Match[str]) -> Iterator[Finding]:
    number, sign, month, year = found.groups()
    if sign != "/" and len(year) != _YEAR_DIGITS:
        return  # a clause number, a version, an amount
    if len(year) != _YEAR_DIGITS:
        yield Finding(text.field, found.start(), Rule.DATE, found[0], _with_whole_year(number, month, year, text))
        return
    day = _day(year, month, number)
    if day is None:
        proposal = _turned_round(year, month, number) or _with_whole_year(number, month, year, text)
        yield Finding(text.field, found.start(), Rule.DATE, found[0], proposal)
    elif found[0] != printed(day):
        yield Finding(text.field, found.start(), Rule.DATE_FORM, found[0], printed(day))


def _with_whole_year(number: str, month: str, year: str, text: Text) -> str:
    """Return the day that was meant: two digits are a year, else one digit is missing, too many or out of its place.

    The years to choose from are those of the other dates in the text and the next, then this year and the next; the first
    day that is not before the earliest other date is the one. Without another date it is the one nearest to today.
    """
    others = [day for one in _NUMBERS.finditer(text.text) if (day := _day(one[4], one[3], one[1])) is not None]
    years = {near for day in (*others, text.today) for near in (day.year, day.year + 1)}
    if len(year) == _YEAR_DIGITS // 2 and (year != "20" or not others or _CUT_AT in years):
        return _printed(_day(f"20{year}", month, number))
    days = {day for one in years if _is_misprint(year, str(one)) and (day := _day(str(one), month, number)) is not None}
    if not others:
        return _printed(min(days, key=lambda day: abs(day - text.today), default=None))
    return _printed(min((day for day in days if day >= min(others)), default=None))


def _is_misprint(printed_year: str, year: str) -> bool:
    if len(printed_year) == _YEAR_DIGITS:
        return sorted(printed_year) == sorted(year)
    short, long = sorted((printed_year, year), key=len)
    return year.startswith(printed_year) or any(long[:at] + long[at + 1 :] == short for at in range(len(long)))


def _printed(day: date | None) -> str:
    return "" if day is None else printed(day)


def _turned_round(year: str, month: str, number: str) -> str:
    """Return the day when month and day stand the American way round, else nothing."""
    return _printed(_day(year, number, month))


def _day(year: str, month: str, number: str) -> date | None:
    try:
        day = date(int(year), int(month), int(number))
    except ValueError:
        return None
    return day if _EARLIEST <= day.year <= _LATEST else None
