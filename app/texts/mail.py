"""The mails that people receive: values in, the bytes of one message out. Nothing here sends or remembers anything."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from markupsafe import escape

from app.domain.errors import invalid
from app.domain.matching import Reason
from app.domain.subscriptions import Frequency
from app.i18n.catalogue import translator
from app.i18n.dates import short_date
from app.i18n.terms import code_name, field_name, language_name
from app.texts.blocks import Block, Rendering
from app.texts.cleaning import cut, one_line
from app.texts.lateness import LateRelease, late_line
from app.texts.links import printable
from app.texts.periods import NOTHING_NOTED, PeriodNotes, deadlines_counted, spoken
from app.texts.reasons import why
from app.texts.reminders import ReminderLine, reminder_subject, reminders_counted
from app.texts.subjects import PREFIX, catch_up_subject, caught_up, counted, left_to_comment, subject_of
from app.texts.templating import render
from app.texts.wire import alternative_message, automatic_headers, raw_header
from app.texts.wording import capitalised, joined, label_name, read_label_name

MOST_ITEMS = 50
MOST_REMINDERS = 50
MOST_JOINED_REMINDERS = 20
"""Reminders that a digest takes in, so that both fit into one mail; more of them make mails of their own."""
MOST_HTML_BYTES = 90_000
FRAME_BYTES = 8_000
BOXED_BYTES = 1_000
PLAIN_BYTES = 330
LINE_BYTES = 10
FEWEST_SUMMARISED = 3
LONGEST_PREVIEW = 120
LONGEST_REASON = 120
FEEDBACK_SENDER = "kengalerts"
"""What Gmail's feedback loop knows this kind of mail by: 5 to 15 characters, nothing personal."""


@dataclass(frozen=True, slots=True)
class Sender:
    """Who a mail is from: the display name and one address."""

    name: str
    address: str


@dataclass(frozen=True, slots=True)
class Item:
    """One alert of a mail, with the reasons of every subscription of this person that it answered."""

    block: Block
    reasons: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True)
class CatchUp:
    """What the sorting of today finds for a reader who was not told: notices of the past, and those still open."""

    past: int
    still_open: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BulkMail:
    """What every mail has that goes to many.

    `unsubscribe_url` is the one-click address that stands in the header only (RFC 8058), `manage_url` the page that the
    body links to. `message_id` has no angle brackets. `banner` is a remark that every mail of an installation carries. A
    mail with `reminders`, or with deadlines inside a break among its `notes`, may have no items.
    """

    recipient: str
    sender: Sender
    language: str
    unsubscribe_url: str
    manage_url: str
    message_id: str
    dated: datetime
    list_id: str
    banner: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertMail(BulkMail):
    """All that goes into one alert mail or digest; blocks and mail are in the same language.

    `period` is the day on which a digest's window closed. `late` says that a digest makes good an outage, `late_release`
    what an instant mail that comes late tells of; `catch_up` that it tells of the past because the sorting changed; `notes` is what a digest says of its period.
    """

    frequency: Frequency
    items: tuple[Item, ...]
    period: date | None = None
    part: int = 1
    parts: int = 1
    late: bool = False
    late_release: LateRelease | None = None
    catch_up: CatchUp | None = None
    notes: PeriodNotes = NOTHING_NOTED
    reminders: tuple[ReminderLine, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmationMail:
    """All that goes into the mail that asks whether an address really asked for alerts.

    It holds nothing that a stranger could have typed: `sectors` are names of the taxonomy, `read` pairs facets with ids
    of their tables; keywords, and standards and substances that are in no table, are left out.
    """

    recipient: str
    sender: Sender
    language: str
    frequency: Frequency
    sectors: tuple[str, ...]
    confirm_url: str
    refuse_url: str
    expires_on: date
    message_id: str
    dated: datetime
    read: tuple[tuple[str, tuple[str, ...]], ...] = ()
    banner: str = ""


@dataclass(frozen=True, slots=True)
class _Entry:
    """One alert as it stands in one mail: the chosen rendering, and this person's reasons in words."""

    rendering: Rendering
    why: tuple[str, ...]

    @property
    def size(self) -> int:
        """What the entry takes up in the HTML, in bytes, without the frame around it."""
        return self.rendering.html_size + sum(len(escape(line).encode()) + LINE_BYTES for line in self.why)


def compose_alert_mail(mail: AlertMail) -> bytes:
    """Return the whole message of one alert mail or digest (RFC 5322, lines end in CRLF); same input, same bytes.

    The most urgent alert comes first. When all of them would not fit into 90 KB of HTML (EM-21), every one is shortened.
    `AppError` (invalid) when an address, id or link cannot stand in a header, when the link of the body would be the
    one-click link, when there is nothing to say: neither items, reminders nor deadlines inside a break, or more than 50
    items or reminders.
    """
    if (
        not (mail.items or mail.reminders or mail.notes.deadlines)
        or max(len(mail.items), len(mail.reminders)) > MOST_ITEMS
    ):
        raise invalid("mail-items", f"items: {len(mail.items)}, must be 1 to {MOST_ITEMS}", field="items")
    check_body_links(mail.unsubscribe_url, mail.manage_url)
    items = sorted(mail.items, key=_urgency)
    subject = _subject(mail, [item.block for item in items])
    headers = bulk_headers(mail, subject, f"{_campaign(mail)}:{mail.language}:alerts")
    html, text = _bodies(mail, items, subject)
    return alternative_message(headers, text, html, message_id=mail.message_id)


def compose_confirmation_mail(mail: ConfirmationMail) -> bytes:
    """Return the whole message that asks to confirm an address. Both links open pages; neither changes anything.

    `AppError` (invalid) when an address, id or link cannot stand in it.
    """
    _check_links(mail.confirm_url, mail.refuse_url)
    messages = translator(mail.language)
    subject = messages.gettext("[Kẻng] Xác nhận đăng ký nhận cảnh báo TBT/SPS")
    values = {
        "subject": subject,
        "preview": messages.gettext("Chỉ sau khi bạn xác nhận, Kẻng mới gửi thư."),
        "banner": one_line(mail.banner),
        "sender": printed(mail.sender),
        "asked": _asked(mail),
        "confirm_url": mail.confirm_url,
        "refuse_url": mail.refuse_url,
        "expires": short_date(mail.expires_on, mail.language),
    }
    html = render("confirmation.html", mail.language, **values)
    text = render("confirmation.txt", mail.language, **values)
    return alternative_message(_common_headers(mail, subject), text, html, message_id=mail.message_id)


def bulk_headers(mail: BulkMail, subject: str, stream: str) -> list[str]:
    """Return the headers of a mail that goes to many: RFC 8058, RFC 2919; `stream` names it to Gmail's feedback loop."""
    return [
        *_common_headers(mail, subject),
        "Precedence: list",
        raw_header("List-Id", f"<{mail.list_id}>"),
        raw_header("List-Unsubscribe", f"<{mail.unsubscribe_url}>"),
        "List-Unsubscribe-Post: List-Unsubscribe=One-Click",
        raw_header("Feedback-ID", f"{stream}:{FEEDBACK_SENDER}"),
    ]


def check_body_links(unsubscribe_url: str, manage_url: str) -> None:
    """Raise `AppError` (invalid) when a link is no web address, or the link of the body is the one-click link."""
    _check_links(unsubscribe_url, manage_url)
    if unsubscribe_url == manage_url:
        raise invalid("mail-links", "manage_url: must not be the one-click link", field="manage_url")


def printed(sender: Sender) -> Sender:
    """Return the sender as it stands in a body: the name on one line, `Kẻng` where there is none."""
    return Sender(one_line(sender.name) or "Kẻng", sender.address)


def _subject(mail: AlertMail, blocks: Sequence[Block]) -> str:
    part = (mail.part, mail.parts)
    if mail.catch_up is not None:
        return catch_up_subject(mail.catch_up.past, mail.catch_up.still_open, part, mail.language)
    if blocks:
        return subject_of(blocks, mail.frequency, mail.period, part, mail.language, _asked_for(mail.items))
    if mail.notes.deadlines:
        return f"{PREFIX} {deadlines_counted(mail.notes, mail.language)}"
    return reminder_subject(mail.reminders, part, PREFIX, mail.language)


def _campaign(mail: AlertMail) -> str:
    return str(mail.frequency) if mail.items or mail.notes.deadlines else "reminder"


def _check_links(*urls: str) -> None:
    for url in urls:
        if printable(url) is None:
            raise invalid("mail-links", "a link of a mail must be a web address", field="url")


def _common_headers(mail: BulkMail | ConfirmationMail, subject: str) -> list[str]:
    return automatic_headers(
        sender=(mail.sender.name, mail.sender.address),
        recipient=mail.recipient,
        subject=subject,
        dated=mail.dated,
        message_id=mail.message_id,
        language=mail.language,
    )


def _bodies(mail: AlertMail, items: Sequence[Item], subject: str) -> tuple[str, str]:
    notes = spoken(mail.notes, mail.language, weekly=mail.frequency is Frequency.WEEKLY)
    full = [_Entry(item.block.full, why(item.block, item.reasons)) for item in items]
    frame = FRAME_BYTES + notes.size + sum(line.size for line in mail.reminders)
    entries = full if _fits(full, BOXED_BYTES, frame) else _shortened(items, frame)
    values = {
        "subject": subject,
        "preview": cut("; ".join(_preview(items) or [line.headline for line in mail.reminders]), LONGEST_PREVIEW),
        "banner": one_line(mail.banner),
        "late": _late(mail),
        "notes": notes,
        "opening": _opening(mail),
        "summary": _summary(items) if entries is full and len(items) >= FEWEST_SUMMARISED else [],
        "sender": printed(mail.sender),
        "manage_url": mail.manage_url,
        "boxed": entries is full,
        "reminders": mail.reminders,
        "reminded": reminders_counted(len(mail.reminders), mail.language),
        "entries": entries,
    }
    return render("mail.html", mail.language, **values), render("mail.txt", mail.language, **values)


def _late(mail: AlertMail) -> str:
    if mail.late_release is not None:
        return late_line(mail.late_release, len(mail.items), mail.language)
    if not mail.late:
        return ""
    return translator(mail.language).gettext("Thư gửi bù: hệ thống bị gián đoạn, thông báo dưới đây đến muộn.")


def _shortened(items: Sequence[Item], frame: int) -> list[_Entry]:
    """Give each alert less room: the facts that tell which document it is, failing that one line and one reason."""
    brief = [_Entry(item.block.brief, why(item.block, item.reasons)) for item in items]
    if _fits(brief, PLAIN_BYTES, frame):
        return brief
    return [
        _Entry(item.block.short, tuple(cut(line, LONGEST_REASON) for line in why(item.block, item.reasons)[:1]))
        for item in items
    ]


def _fits(entries: Sequence[_Entry], around: int, frame: int) -> bool:
    """Say whether the HTML keeps within its limit; `around` bounds what stands around one entry, `frame` around all."""
    return frame + sum(entry.size + around for entry in entries) <= MOST_HTML_BYTES


def _asked_for(items: Sequence[Item]) -> list[str]:
    """Return the names of the sectors that the reader asked for, those that most of the alerts answer first."""
    asked = Counter(reason.value for item in items for reason in item.reasons if reason.facet == "sector")
    return [label_name(sector, items[0].block.names) for sector, _ in asked.most_common()]


def _opening(mail: AlertMail) -> str:
    """Say what a mail with several alerts, a digest or a catch-up is: how many, of which day, which part."""
    messages = translator(mail.language)
    if mail.catch_up is not None:
        return _caught_up(mail.catch_up, (mail.part, mail.parts), mail.language)
    if not mail.items or (len(mail.items) == 1 and mail.period is None):
        return ""
    said = counted([item.block for item in mail.items], mail.language)
    if mail.period is not None:
        day = {"day": short_date(mail.period, mail.language), "said": said}
        if mail.frequency is Frequency.WEEKLY:
            said = messages.gettext("Bản tổng hợp tuần đến ngày %(day)s: %(said)s") % day
        else:
            said = messages.gettext("Bản tổng hợp ngày %(day)s: %(said)s") % day
    if mail.parts > 1:
        said += " " + messages.gettext("(phần %(part)s/%(parts)s)") % {"part": mail.part, "parts": mail.parts}
    return said


def _caught_up(catch_up: CatchUp, part: tuple[int, int], language: str) -> str:
    messages = translator(language)
    said = [
        messages.gettext("Quy tắc phân loại đã thay đổi: %(counts)s.")
        % {"counts": caught_up(catch_up.past, catch_up.still_open, language)},
        messages.gettext("Thư này chỉ nêu các thông báo còn hạn góp ý mà bạn chưa được báo."),
    ]
    if part[1] > 1:
        said.append(messages.gettext("(phần %(part)s/%(parts)s)") % {"part": part[0], "parts": part[1]})
    return " ".join(said)


def _summary(items: Sequence[Item]) -> list[str]:
    return [
        f"{number}. {item.block.headline}" + (f" – {left}" if (left := left_to_comment(item.block)) else "")
        for number, item in enumerate(items, start=1)
    ]


def _preview(items: Sequence[Item]) -> list[str]:
    return [items[0].block.title] if len(items) == 1 else [item.block.headline for item in items]


def _asked(mail: ConfirmationMail) -> list[tuple[str, str]]:
    messages = translator(mail.language)
    sectors = joined([*map(one_line, mail.sectors)]) or messages.gettext("mọi lĩnh vực")
    return [
        (messages.gettext("Lĩnh vực"), capitalised(sectors)),
        *(
            (capitalised(field_name(facet, mail.language)), _named(facet, ids, mail.language))
            for facet, ids in mail.read
        ),
        (messages.gettext("Tần suất"), capitalised(code_name("frequency", mail.frequency, mail.language))),
        (messages.gettext("Ngôn ngữ"), capitalised(language_name(mail.language, mail.language))),
    ]


def _named(facet: str, ids: Sequence[str], language: str) -> str:
    return capitalised(joined([read_label_name(facet, one, language) for one in ids]))


def _urgency(item: Item) -> tuple[int, int, int]:
    """Sort emergencies first, then by the days left, then what counts nothing down."""
    block = item.block
    if block.emergency:
        return 0, 0, block.event_id
    if block.days_left is None or block.days_left < 0:
        return 2, 0, block.event_id
    return 1, block.days_left, block.event_id
