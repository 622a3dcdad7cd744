"""The mail that carries a letter: by when to answer, what it is about, how to answer, the Word files attached.

It is official correspondence to one verified address of an organisation, no mailing list: it has no header of one (EM-01
is about alerts and digests), and answers go to the office that wrote.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from app.domain.letters import LetterBody
from app.i18n.catalogue import translator
from app.i18n.dates import days_left_phrase, short_date, today_in_vietnam
from app.texts.blocks import URGENT_DAYS, Badge
from app.texts.cleaning import cut, one_line
from app.texts.letterhead import Letterhead
from app.texts.links import Links
from app.texts.mail import printed
from app.texts.subjects import PREFIX
from app.texts.templating import render
from app.texts.wire import (
    LONGEST_WORDS,
    Attachment,
    automatic_headers,
    mailbox_header,
    mixed_message,
)

WORD: Final = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
MOST_POINTS = 12
LONGEST_POINT = 700
LONGEST_NAME = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterMail:
    """All that goes into the mail of one letter; `ref` is the notice that it is about."""

    recipient: str
    language: str
    message_id: str
    dated: datetime
    ref: str
    body: LetterBody
    letter: bytes
    form: bytes | None = None


def compose_letter_mail(mail: LetterMail, head: Letterhead) -> bytes:
    """Return the whole message of one letter (RFC 5322, lines end in CRLF); same input, same bytes.

    Its own words are in the reader's language, those of the letter in Vietnamese. `AppError` (invalid) when an address or
    an id cannot stand in it.
    """
    files = _files(mail)
    subject = _subject(mail)
    points = [cut(one_line(one), LONGEST_POINT) for one in mail.body.points]
    values = {
        "subject": subject,
        "preview": one_line(mail.body.subject),
        "banner": one_line(head.banner),
        "badge": _badge(mail),
        "comments": _comments(mail),
        "heading": one_line(mail.body.subject),
        "opening": _opening(mail),
        "request": [cut(one_line(one), LONGEST_POINT) for one in mail.body.request],
        "points": points[:MOST_POINTS],
        "more": len(points) > MOST_POINTS,
        "facts": list(_facts(mail, files)),
        "page": Links(head.base_url).notice(mail.ref, mail.language),
        "sender": printed(head.sender),
        "unit": one_line(mail.body.unit.name),
        "addressee": one_line(mail.body.addressee),
        "corrections": one_line(mail.body.unit.email) or head.sender.address,
    }
    html, text = (render(f"letter.{form}", mail.language, **values) for form in ("html", "txt"))
    return mixed_message(_headers(mail, head, subject), text, html, files, message_id=mail.message_id)


def _headers(mail: LetterMail, head: Letterhead, subject: str) -> list[str]:
    unit = mail.body.unit
    answers = [mailbox_header("Reply-To", one_line(unit.name), unit.email)] if unit.email else []
    return [
        *automatic_headers(
            sender=(head.sender.name, head.sender.address),
            recipient=mail.recipient,
            subject=subject,
            dated=mail.dated,
            message_id=mail.message_id,
            language=mail.language,
        ),
        *answers,
    ]


def _subject(mail: LetterMail) -> str:
    """Return the subject line: that it is a letter, about what, by when to answer, and the symbols."""
    messages = translator(mail.language)
    body = mail.body
    urgent = f"[{messages.gettext('GẤP')}] " if body.urgent else ""
    tail = f" ({cut(one_line(body.symbols), LONGEST_NAME)})"
    if body.answer_by is not None:
        due = messages.gettext("hạn trả lời %(day)s") % {"day": short_date(body.answer_by, mail.language)}
        tail = f" – {due}{tail}"
    said = messages.gettext("Công văn: %(subject)s") % {"subject": one_line(body.subject)}
    return cut(f"{PREFIX} {urgent}{said}", LONGEST_WORDS - len(tail)) + tail


def _badge(mail: LetterMail) -> Badge:
    """Return the anchor: the days left to answer, else what there is to say of the deadline of the WTO."""
    messages = translator(mail.language)
    body, today = mail.body, today_in_vietnam(mail.dated)
    if body.answer_by is None:
        return Badge("", "", days_left_phrase(body.comment_deadline, today, mail.language), "", "done")
    day = messages.gettext("Hạn trả lời: %(day)s") % {"day": short_date(body.answer_by, mail.language)}
    left = (body.answer_by - today).days
    if left < 0:
        return Badge("", "", messages.gettext("đã quá hạn trả lời"), day, "urgent")
    tone = "urgent" if body.urgent or left <= URGENT_DAYS else "open"
    if left == 0:
        return Badge("0", messages.ngettext("ngày", "ngày", 0), messages.gettext("trả lời ngay hôm nay"), day, tone)
    said = messages.ngettext("còn %(days)s ngày để trả lời", "còn %(days)s ngày để trả lời", left) % {"days": left}
    return Badge(str(left), messages.ngettext("ngày", "ngày", left), said, day, tone)


def _comments(mail: LetterMail) -> str:
    """Say of the deadline of the WTO when it is and how long that is; nothing where the anchor says it already."""
    deadline = mail.body.comment_deadline
    if deadline is None or mail.body.answer_by is None:
        return ""
    day = short_date(deadline, mail.language)
    left = days_left_phrase(deadline, today_in_vietnam(mail.dated), mail.language)
    return translator(mail.language).gettext("Hạn góp ý của WTO: %(day)s (%(left)s)") % {"day": day, "left": left}


def _opening(mail: LetterMail) -> str:
    values = {"unit": one_line(mail.body.unit.name), "addressee": one_line(mail.body.addressee)}
    messages = translator(mail.language)
    if mail.form is None:
        return messages.gettext("%(unit)s gửi %(addressee)s công văn đính kèm.") % values
    return messages.gettext("%(unit)s gửi %(addressee)s công văn và phiếu góp ý đính kèm.") % values


def _facts(mail: LetterMail, files: list[Attachment]) -> Iterator[tuple[str, list[str]]]:
    messages = translator(mail.language)
    unit = mail.body.unit
    yield messages.gettext("Mã thông báo"), [one_line(mail.body.symbols)]
    yield messages.gettext("Đơn vị gửi"), [one_line(line) for line in (unit.name, unit.parent) if line.strip()]
    if mail.body.answer_by is not None:
        yield messages.gettext("Cách trả lời"), [_how(mail)]
    reached = [one_line(line) for line in (unit.email, unit.phone, unit.address) if line.strip()]
    if reached:
        yield messages.gettext("Liên hệ"), reached
    yield messages.gettext("Tệp đính kèm"), [f"{one.name} ({_size(one, mail.language)})" for one in files]


def _how(mail: LetterMail) -> str:
    messages = translator(mail.language)
    email = one_line(mail.body.unit.email)
    if email:
        return messages.gettext("Điền phiếu góp ý và gửi về %(email)s, hoặc trả lời thư này.") % {"email": email}
    return messages.gettext("Điền phiếu góp ý và gửi về đơn vị gửi công văn.")


def _files(mail: LetterMail) -> list[Attachment]:
    """Return the Word files under Vietnamese names, whatever the language: they are Vietnamese."""
    about = cut(one_line(mail.body.symbols).replace("/", "-"), LONGEST_NAME)
    files = [Attachment(f"Công văn {about}.docx", WORD, mail.letter)]
    if mail.form is not None:
        files.append(Attachment(f"Phiếu góp ý {about}.docx", WORD, mail.form))
    return files


def _size(one: Attachment, language: str) -> str:
    kilobytes = max(1, round(len(one.content) / 1000))
    return translator(language).gettext("%(size)s KB") % {"size": kilobytes}
