"""Short mails about an address itself: a manage link, the two of a change of address, the one that verifies a contact.

They hold nothing that a stranger could have typed, the new address neither; the name of an organisation is staff's word.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime

from app.domain.errors import invalid
from app.i18n.catalogue import translator
from app.i18n.dates import short_date
from app.texts.cleaning import one_line
from app.texts.letterhead import Letterhead
from app.texts.links import printable
from app.texts.mail import Sender
from app.texts.templating import render
from app.texts.wire import alternative_message, automatic_headers


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """All that goes into such a mail: for whom, in which language, its one link and until when that holds.

    `organisation` is the name of the one whose address is verified; empty in every other mail.
    """

    recipient: str
    language: str
    url: str
    message_id: str
    dated: datetime
    until: date | None = None
    organisation: str = ""


@dataclass(frozen=True, slots=True)
class Words:
    """What such a mail says: before its button, on it, and after."""

    subject: str
    title: str
    before: tuple[str, ...]
    button: str
    after: tuple[str, ...]


def compose_link_note(note: Note, head: Letterhead) -> bytes:
    """Return the mail that brings a manage link to whoever lost it."""
    return composed(note, head, _of_link)


def compose_new_address_note(note: Note, head: Letterhead) -> bytes:
    """Return the mail that asks a new address whether it takes over; nothing changes before its button is pressed."""
    return composed(note, head, _of_new_address)


def compose_old_address_note(note: Note, head: Letterhead) -> bytes:
    """Return the mail that tells the old address of the change, and brings the link that undoes it."""
    return composed(note, head, _of_old_address)


def compose_contact_note(note: Note, head: Letterhead) -> bytes:
    """Return the mail that asks whether an address is an organisation's; nothing else goes there before its button."""
    return composed(note, head, _of_contact)


def _of_link(note: Note) -> Words:
    _ = translator(note.language).gettext
    return Words(
        _("[Kẻng] Liên kết quản lý đăng ký của bạn"),
        _("Quản lý đăng ký"),
        (_("Có người, có lẽ là bạn, vừa xin liên kết quản lý đăng ký của địa chỉ này."),),
        _("Mở trang quản lý"),
        (
            _("Ai có liên kết này đều xem và đổi được đăng ký của bạn; xin đừng chuyển tiếp thư."),
            _("Nếu không phải bạn, không cần làm gì: không có gì thay đổi."),
        ),
    )


def _of_new_address(note: Note) -> Words:
    _ = translator(note.language).gettext
    return Words(
        _("[Kẻng] Xác nhận địa chỉ mới"),
        _("Xác nhận địa chỉ mới"),
        (
            _("Một người đăng ký nhận cảnh báo TBT/SPS của Kẻng muốn nhận thư ở địa chỉ này thay cho địa chỉ cũ."),
            _("Chỉ sau khi bạn xác nhận, thư mới chuyển về đây. Mở liên kết, rồi bấm nút trên trang mở ra."),
        ),
        _("Xác nhận địa chỉ mới"),
        (
            _("Liên kết có giá trị đến hết ngày %(day)s.") % {"day": _until(note)},
            _("Nếu không phải bạn, không cần làm gì: địa chỉ này không nhận thêm thư nào."),
        ),
    )


def _of_old_address(note: Note) -> Words:
    _ = translator(note.language).gettext
    return Words(
        _("[Kẻng] Có yêu cầu đổi địa chỉ nhận thư"),
        _("Có yêu cầu đổi địa chỉ nhận thư"),
        (
            _("Vừa có yêu cầu chuyển đăng ký nhận cảnh báo của địa chỉ này sang một địa chỉ khác."),
            _("Nếu là bạn, không cần làm gì: khi địa chỉ mới xác nhận, thư sẽ chuyển sang đó."),
            _("Nếu không phải bạn, hãy hủy yêu cầu này. Liên kết hủy vẫn dùng được sau khi địa chỉ đã đổi."),
        ),
        _("Hủy đổi địa chỉ"),
        (_("Liên kết có giá trị đến hết ngày %(day)s.") % {"day": _until(note)},),
    )


def _of_contact(note: Note) -> Words:
    _ = translator(note.language).gettext
    name = one_line(note.organisation)
    return Words(
        _("[Kẻng] Xác nhận địa chỉ của tổ chức"),
        _("Xác nhận địa chỉ của tổ chức"),
        (
            _("Địa chỉ này được ghi là địa chỉ nhận cảnh báo TBT/SPS và công văn của %(name)s.") % {"name": name},
            _(
                "Chỉ sau khi bạn xác nhận, cảnh báo và công văn mới gửi về đây. Mở liên kết, rồi bấm nút trên trang mở ra."
            ),
        ),
        _("Xác nhận địa chỉ"),
        (
            _("Liên kết có giá trị đến hết ngày %(day)s.") % {"day": _until(note)},
            _("Nếu không đúng, không cần làm gì: địa chỉ này không nhận thêm thư nào."),
        ),
    )


def _until(note: Note) -> str:
    return "" if note.until is None else short_date(note.until, note.language)


def composed(note: Note, head: Letterhead, worded: Callable[[Note], Words]) -> bytes:
    """Return a mail of one link in these words (RFC 5322, lines end in CRLF); same input, same bytes."""
    if printable(note.url) is None:
        raise invalid("mail-links", "a link of a mail must be a web address", field="url")
    words = worded(note)
    values = {
        "subject": words.subject,
        "preview": words.before[0],
        "banner": one_line(head.banner),
        "sender": Sender(one_line(head.sender.name) or "Kẻng", head.sender.address),
        "title": words.title,
        "before": words.before,
        "button": words.button,
        "after": words.after,
        "url": note.url,
    }
    html = render("note.html", note.language, **values)
    text = render("note.txt", note.language, **values)
    return alternative_message(_headers(note, head, words.subject), text, html, message_id=note.message_id)


def _headers(note: Note, head: Letterhead, subject: str) -> list[str]:
    return automatic_headers(
        sender=(head.sender.name, head.sender.address),
        recipient=note.recipient,
        subject=subject,
        dated=note.dated,
        message_id=note.message_id,
        language=note.language,
    )
