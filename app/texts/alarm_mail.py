"""The mail that tells an operator of alarms: Vietnamese first, the same in English below."""

from dataclasses import dataclass
from datetime import datetime

from app.domain.alarms import Alarm, Finding
from app.i18n.catalogue import LANGUAGES, translator
from app.i18n.dates import moment_in_words
from app.texts.cleaning import cut, one_line
from app.texts.findings import alarm_advice, alarm_title, finding_line
from app.texts.mail import Sender
from app.texts.templating import render
from app.texts.wire import alternative_message, automatic_headers

_LISTED = 5
_LONGEST_TITLES = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmNews:
    """One alarm that stands, or that is over; `findings` are the first of `total`."""

    alarm: Alarm
    recovered: bool
    raised_at: datetime
    total: int
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatorMail:
    """All that goes into one mail to one operator. `status_url` is where the installation says how it stands."""

    recipient: str
    sender: Sender
    news: tuple[AlarmNews, ...]
    message_id: str
    dated: datetime
    status_url: str
    banner: str = ""


def compose_operator_mail(mail: OperatorMail) -> bytes:
    """Return the whole message (RFC 5322, lines end in CRLF); same input, same bytes."""
    subject = _subject(mail.news)
    sections = [(language, [_section(one, language) for one in mail.news]) for language in LANGUAGES]
    values = {
        "subject": subject,
        "preview": "; ".join(alarm_title(one.alarm, "vi") for one in mail.news),
        "banner": one_line(mail.banner),
        "sections": sections,
        "sender": mail.sender,
        "status_url": mail.status_url,
    }
    headers = automatic_headers(
        sender=(mail.sender.name, mail.sender.address),
        recipient=mail.recipient,
        subject=subject,
        dated=mail.dated,
        message_id=mail.message_id,
        language="vi, en",
    )
    html = render("alarm.html", "vi", **values)
    text = render("alarm.txt", "vi", **values)
    return alternative_message(headers, text, html, message_id=mail.message_id)


def _subject(news: tuple[AlarmNews, ...]) -> str:
    messages = translator("vi")
    standing = [one.alarm for one in news if not one.recovered]
    over = [one.alarm for one in news if one.recovered]
    if standing:
        return messages.gettext("[Kẻng] Báo động: %(titles)s") % {"titles": _titles(standing)}
    return messages.gettext("[Kẻng] Hết báo động: %(titles)s") % {"titles": _titles(over)}


def _titles(alarms: list[Alarm]) -> str:
    return cut("; ".join(alarm_title(one, "vi") for one in alarms), _LONGEST_TITLES)


def _section(one: AlarmNews, language: str) -> dict[str, object]:
    """Return what a template says of one alarm."""
    messages = translator(language)
    lines = [] if one.recovered else [finding_line(finding, language) for finding in one.findings[:_LISTED]]
    more = 0 if one.recovered else one.total - len(lines)
    if more > 0:
        lines.append(messages.ngettext("và %(more)s việc khác", "và %(more)s việc khác", more) % {"more": more})
    return {
        "recovered": one.recovered,
        "title": alarm_title(one.alarm, language),
        "state": _state(one, language),
        "advice": "" if one.recovered else alarm_advice(one.alarm, language),
        "page": f"docs/runbook/{one.alarm}.md",
        "lines": lines,
    }


def _state(one: AlarmNews, language: str) -> str:
    messages = translator(language)
    moment = moment_in_words(one.raised_at, language)
    if one.recovered:
        return messages.gettext("Đã hết; bắt đầu lúc %(moment)s.") % {"moment": moment}
    return messages.gettext("Bắt đầu lúc %(moment)s, giờ Việt Nam.") % {"moment": moment}
