"""Reminders of comment deadlines: one line for each measure, in a digest or in a mail of their own."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from markupsafe import escape

from app.domain.alerts import Alert
from app.i18n.catalogue import translator
from app.i18n.dates import days_left_phrase, short_date
from app.texts.blocks import URGENT_DAYS, Block
from app.texts.cleaning import cut, one_line
from app.texts.facts import symbols_in_full
from app.texts.links import Links
from app.texts.wire import LONGEST_WORDS
from app.texts.wording import capitalised

LONGEST_TITLE = 120
LONGEST_HEADLINE = 150
LINE_BYTES = 600
"""What stands around the words of one line in the HTML, at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReminderLine:
    """What a reminder says of one measure. `title` is as notified, `new` that its reader was told another deadline before."""

    days_left: int
    left: str
    deadline: str
    new: bool
    headline: str
    title: str
    symbol: str
    symbols: str
    page: str

    @property
    def urgent(self) -> bool:
        """Whether the deadline is as near as what mails mark as urgent."""
        return self.days_left <= URGENT_DAYS

    @property
    def size(self) -> int:
        """What the line takes up in the HTML, in bytes, at most."""
        words = (self.left, self.deadline, self.headline, self.title, self.symbols, self.page)
        return LINE_BYTES + sum(len(escape(word).encode()) for word in words)


def reminder_line(
    alert: Alert, block: Block, deadline: date, today: date, links: Links, *, new: bool = False
) -> ReminderLine:
    """Return the line of a measure whose first standing alert is given, with its block in the reader's language."""
    language = block.language
    return ReminderLine(
        days_left=(deadline - today).days,
        left=capitalised(days_left_phrase(deadline, today, language)),
        deadline=short_date(deadline, language),
        new=new,
        headline=cut(block.headline, LONGEST_HEADLINE),
        title=cut(block.title, LONGEST_TITLE),
        symbol=block.first_symbol,
        symbols=symbols_in_full(alert),
        page=links.measure(one_line(alert.measure or alert.ref), language),
    )


def reminder_subject(lines: Sequence[ReminderLine], part: tuple[int, int], prefix: str, language: str) -> str:
    """Return the subject of a mail that only reminds; `part` is (which, of how many)."""
    messages = translator(language)
    nearest = min(line.days_left for line in lines)
    said = f"{prefix} {messages.gettext('Nhắc hạn góp ý')}: "
    if len(lines) == 1 and part[1] == 1:
        (line,) = lines
        tail = f" ({line.symbol})"
        left = line.left[:1].lower() + line.left[1:]
        return cut(f"{said}{left} – {line.headline}", LONGEST_WORDS - len(tail)) + tail
    said += reminders_counted(len(lines), language)
    said += " – " + (
        messages.gettext("hạn gần nhất là hôm nay")
        if nearest == 0
        else messages.ngettext("hạn gần nhất còn %(days)s ngày", "hạn gần nhất còn %(days)s ngày", nearest)
        % {"days": nearest}
    )
    if part[1] > 1:
        said += " " + messages.gettext("(phần %(part)s/%(parts)s)") % {"part": part[0], "parts": part[1]}
    return said


def reminders_counted(count: int, language: str) -> str:
    """Say how many measures are about to close for comments."""
    messages = translator(language)
    return messages.ngettext("%(count)s biện pháp sắp hết hạn", "%(count)s biện pháp sắp hết hạn", count) % {
        "count": count
    }
