"""The subject lines of alert mails: who, what, how long, which symbol. No title is translated for them."""

from collections import Counter
from collections.abc import Sequence
from datetime import date

from app.domain.subscriptions import Frequency
from app.i18n.catalogue import translator
from app.i18n.dates import short_date
from app.texts.blocks import Block
from app.texts.cleaning import cut
from app.texts.wire import LONGEST_WORDS
from app.texts.wording import capitalised, inside_sentence, joined

PREFIX = "[Kẻng]"
SHORTEST_WHAT = 30
MOST_SECTORS = 3
LONGEST_SECTOR = 35


def subject_of(
    blocks: Sequence[Block],
    frequency: Frequency,
    period: date | None,
    part: tuple[int, int],
    language: str,
    asked: Sequence[str] = (),
) -> str:
    """Return the subject of a mail with these alerts, at most 200 characters; `part` is (which, of how many).

    `asked` are the names of the sectors that the reader asked for and that these alerts answer; where there are none, the
    alerts' own sectors are named.
    """
    if len(blocks) == 1 and part[1] == 1:
        return _of_one(blocks[0])
    messages = translator(language)
    said = [PREFIX, _about(blocks, language, asked)]
    if period is not None:
        day = {"day": short_date(period, language)}
        weekly = frequency is Frequency.WEEKLY
        said.append(
            messages.gettext("(tuần đến %(day)s)") % day if weekly else messages.gettext("(ngày %(day)s)") % day
        )
    if part[1] > 1:
        said.append(messages.gettext("(phần %(part)s/%(parts)s)") % {"part": part[0], "parts": part[1]})
    return " ".join(said)


def catch_up_subject(past: int, still_open: int, part: tuple[int, int], language: str) -> str:
    """Return the subject of a mail that tells of the past because the sorting changed; `part` is (which, of how many)."""
    said = f"{PREFIX} {caught_up(past, still_open, language)}"
    if part[1] == 1:
        return said
    return f"{said} " + translator(language).gettext("(phần %(part)s/%(parts)s)") % {
        "part": part[0],
        "parts": part[1],
    }


def caught_up(past: int, still_open: int, language: str) -> str:
    """Say how many notices of the past now match a reader's subscriptions, and how many of them take comments."""
    messages = translator(language)
    matching = messages.ngettext(
        "%(count)s thông báo trước đây nay khớp với đăng ký của bạn",
        "%(count)s thông báo trước đây nay khớp với đăng ký của bạn",
        past,
    ) % {"count": past}
    open_ones = messages.ngettext("%(count)s còn hạn góp ý", "%(count)s còn hạn góp ý", still_open) % {
        "count": still_open
    }
    return f"{matching}, {open_ones}"


def counted(blocks: Sequence[Block], language: str) -> str:
    """Say how many alerts are new and how many are updates."""
    messages = translator(language)
    updates = sum(block.update for block in blocks)
    new = len(blocks) - updates
    said = []
    if new:
        said.append(messages.ngettext("%(count)s thông báo mới", "%(count)s thông báo mới", new) % {"count": new})
    if updates:
        said.append(messages.ngettext("%(count)s cập nhật", "%(count)s cập nhật", updates) % {"count": updates})
    return ", ".join(said)


def left_to_comment(block: Block) -> str:
    """Say in a subject how long comments are taken; empty where nothing counts down."""
    messages = translator(block.language)
    if block.days_left is None:
        return ""
    if block.days_left < 0:
        return messages.gettext("đã hết hạn góp ý")
    if block.days_left == 0:
        return messages.gettext("hôm nay là hạn góp ý cuối")
    days = {"days": block.days_left}
    return messages.ngettext("còn %(days)s ngày góp ý", "còn %(days)s ngày góp ý", block.days_left) % days


def _of_one(block: Block) -> str:
    left = left_to_comment(block)
    symbol = block.first_symbol
    if block.symbols > 1:
        messages, more = translator(block.language), block.symbols - 1
        symbol += " " + messages.ngettext("và %(more)s mã khác", "và %(more)s mã khác", more) % {"more": more}
    tail = (f" – {left}" if left else "") + f" ({symbol})"
    head = f"{PREFIX} {block.members}: " if block.members else f"{PREFIX} "
    what = block.what if block.members else capitalised(block.what)
    return head + cut(what, max(LONGEST_WORDS - len(head) - len(tail), SHORTEST_WHAT)) + tail


def _about(blocks: Sequence[Block], language: str, asked: Sequence[str]) -> str:
    messages = translator(language)
    said = counted(blocks, language)
    counts = Counter(sector for block in blocks for sector in block.sectors)
    sectors = list(asked) or [sector for sector, _ in counts.most_common()]
    if sectors:
        named = joined([inside_sentence(cut(sector, LONGEST_SECTOR)) for sector in sectors[:MOST_SECTORS]])
        ending = ", …" if len(sectors) > MOST_SECTORS else ""
        said = messages.gettext("%(said)s về %(sectors)s") % {"said": said, "sectors": named + ending}
    left = [block.days_left for block in blocks if block.days_left is not None and block.days_left >= 0]
    if not left:
        return said
    nearest = min(left)
    if nearest == 0:
        return messages.gettext("%(said)s – hạn gần nhất là hôm nay") % {"said": said}
    days = {"said": said, "days": nearest}
    return (
        messages.ngettext(
            "%(said)s – hạn gần nhất còn %(days)s ngày", "%(said)s – hạn gần nhất còn %(days)s ngày", nearest
        )
        % days
    )
