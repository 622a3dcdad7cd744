"""The proof of silence: once a week, for who was told nothing, what was checked and what could not be."""

from dataclasses import dataclass

from app.domain.coverage import Coverage
from app.domain.errors import invalid
from app.domain.subscriptions import Frequency
from app.i18n.catalogue import translator
from app.i18n.dates import short_date
from app.texts.cleaning import one_line
from app.texts.mail import BulkMail, bulk_headers, check_body_links, printed
from app.texts.periods import days_in_words, doubt_lines, last_readings, silent_sources
from app.texts.subjects import PREFIX
from app.texts.templating import render
from app.texts.wire import alternative_message

STREAM = "proof"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProofMail(BulkMail):
    """All that goes into one proof of silence: what its week was checked for."""

    coverage: Coverage


def compose_proof_mail(mail: ProofMail) -> bytes:
    """Return the whole message of one proof of silence; same input, same bytes.

    Only a period without any gap, and without a source long silent, is said to have brought nothing new; otherwise these are
    named. `AppError` (invalid)
    when an address, id or link cannot stand in it, or when no day was to be checked.
    """
    check_body_links(mail.unsubscribe_url, mail.manage_url)
    if not mail.coverage.days:
        raise invalid("mail-period", "coverage: holds no day", field="coverage")
    subject = f"{PREFIX} {_subject(mail.coverage, mail.language)}"
    values = {
        "subject": subject,
        "preview": _heading(mail.coverage, mail.language),
        "banner": one_line(mail.banner),
        "heading": _heading(mail.coverage, mail.language),
        "detail": "" if mail.coverage.is_whole else _so_far(mail.language),
        "gaps": doubt_lines(mail.coverage, mail.language, told=False),
        "facts": _facts(mail.coverage, mail.language),
        "sender": printed(mail.sender),
        "manage_url": mail.manage_url,
    }
    html, text = (render(f"proof.{form}", mail.language, **values) for form in ("html", "txt"))
    return alternative_message(
        bulk_headers(mail, subject, f"{Frequency.WEEKLY}:{mail.language}:{STREAM}"),
        text,
        html,
        message_id=mail.message_id,
    )


def _subject(coverage: Coverage, language: str) -> str:
    messages = translator(language)
    values = {
        "day": short_date(coverage.last, language),
        "days": days_in_words(coverage, language),
        "sources": silent_sources(coverage, language),
    }
    if coverage.is_whole:
        return messages.gettext("Không có gì mới cho bạn đến hết ngày %(day)s: đã kiểm tra %(days)s") % values
    if coverage.is_read:
        return (
            messages.gettext("Kết quả kiểm tra đến hết ngày %(day)s: hơn một tuần chưa có thông báo mới từ %(sources)s")
            % values
        )
    return messages.gettext("Kết quả kiểm tra đến hết ngày %(day)s: chưa đọc đủ mọi nguồn, chỉ đủ %(days)s") % values


def _heading(coverage: Coverage, language: str) -> str:
    messages = translator(language)
    values = {
        "first": short_date(coverage.first, language),
        "last": short_date(coverage.last, language),
        "sources": silent_sources(coverage, language),
    }
    if coverage.is_whole:
        return messages.gettext("Từ ngày %(first)s đến hết ngày %(last)s không có gì mới cho bạn.") % values
    if coverage.is_read:
        return messages.gettext("Đến hết ngày %(last)s, đã hơn một tuần chưa có thông báo mới từ %(sources)s.") % values
    return messages.gettext("Từ ngày %(first)s đến hết ngày %(last)s Kẻng không đọc được đủ mọi nguồn.") % values


def _so_far(language: str) -> str:
    return translator(language).gettext("Trong những gì đã đọc, chưa có thông báo nào khớp với đăng ký của bạn.")


def _facts(coverage: Coverage, language: str) -> list[tuple[str, list[str]]]:
    messages = translator(language)
    return [
        (messages.gettext("Đã kiểm tra đủ mọi nguồn"), [days_in_words(coverage, language)]),
        (messages.gettext("Thông báo đã đọc"), [str(coverage.notices)]),
        (messages.gettext("Khớp với đăng ký của bạn"), ["0"]),
        (messages.gettext("Lần đọc gần nhất (giờ Việt Nam)"), last_readings(coverage, language)),
    ]
