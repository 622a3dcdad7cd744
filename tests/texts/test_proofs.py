"""The proof of silence, and what digests say of their period: every word in both parts, and no claim beyond the facts."""

import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from app.domain.coverage import Coverage, Gap, Heard, Silence
from app.domain.errors import AppError
from app.domain.subscriptions import Frequency, Language
from app.texts.mail import MOST_HTML_BYTES, AlertMail, compose_alert_mail
from app.texts.periods import MOST_DEADLINES, BreakDeadline, PeriodNotes, gap_lines
from app.texts.proofs import ProofMail, compose_proof_mail
from tests.texts import samples
from tests.texts.reading import Page, Wire, decode_words, read_wire, words_of

MONDAY = date(2026, 11, 16)
DAY = timedelta(days=1)
READ = datetime(2026, 11, 23, 1, 15, tzinfo=UTC)
NOTHING_NEW = {"vi": "không có gì mới", "en": "nothing new"}
WHOLE = Coverage(
    first=MONDAY,
    last=MONDAY + DAY * 6,
    days=7,
    checked=7,
    notices=142,
    sources=(Heard("eping", READ), Heard("rasff", READ - timedelta(minutes=9))),
)
GAPS = (
    Gap("eping", MONDAY + DAY, READ),
    Gap("eping", MONDAY + DAY * 4, None),
    Gap("rasff", MONDAY + DAY * 4, None),
    Gap("eping", MONDAY + DAY * 5, None),
    Gap("rasff", MONDAY + DAY * 5, None),
)
TORN = replace(WHOLE, checked=4, gaps=GAPS, sources=(Heard("eping", READ), Heard("my-feed", None)))
TET = (date(2027, 2, 4), date(2027, 2, 10))


def proof(coverage: Coverage = WHOLE, language: str = "vi", **changed: Any) -> ProofMail:
    alert = samples.alert_mail()
    common = {
        name: getattr(alert, name)
        for name in ("recipient", "sender", "unsubscribe_url", "manage_url", "message_id", "dated", "list_id")
    }
    return ProofMail(**{**common, "language": language, "coverage": coverage, **changed})


def deadlines(count: int, headline: str = "Hoa Kỳ: dự thảo về dệt may") -> tuple[BreakDeadline, ...]:
    return tuple(
        BreakDeadline(headline, f"G/TBT/N/USA/{number}", TET[0], f"https://keng.example/notices/G/TBT/N/USA/{number}")
        for number in range(count)
    )


def digest(*, language: str = "vi", count: int = 2, **changed: Any) -> AlertMail:
    items = [samples.item(samples.textiles_alert(event_id=number), language=language) for number in range(count)]
    mail = samples.alert_mail(*items, language=language, frequency=Frequency.WEEKLY, period=samples.TODAY, **changed)
    return mail if count else replace(mail, items=())


def every_kind(language: str) -> list[bytes]:
    named = PeriodNotes(coverage=TORN, days_off=TET, deadlines=deadlines(MOST_DEADLINES + 3))
    return [
        compose_proof_mail(proof(WHOLE, language, banner="dữ liệu mẫu")),
        compose_proof_mail(proof(TORN, language)),
        compose_proof_mail(proof(replace(WHOLE, silences=(Silence("eping", MONDAY),)), language)),
        compose_alert_mail(digest(language=language, notes=named, late=True)),
        compose_alert_mail(digest(language=language, notes=PeriodNotes(coverage=WHOLE))),
        compose_alert_mail(digest(language=language, count=0, notes=named)),
    ]


@pytest.mark.parametrize("language", Language)
def test_text_and_html_carry_the_same_facts(language: Language) -> None:
    for read in map(read_wire, every_kind(language)):
        page = Page(read.html)
        assert set(page.links) == set(re.findall(r"https?://\S+", read.text))
        assert words_of(re.sub(r"https?://\S+", " ", read.text)) == words_of(page.text)
        assert f'<html lang="{language}">' in read.html


def test_a_proof_is_bulk_mail_that_one_click_stops() -> None:
    mail = proof()
    read = read_wire(compose_proof_mail(mail))
    alert = read_wire(compose_alert_mail(samples.alert_mail()))
    assert [name for name, _ in read.headers] == [name for name, _ in alert.headers]
    assert read.one("List-Unsubscribe") == f"<{mail.unsubscribe_url}>"
    assert read.one("Feedback-ID") == "weekly:vi:proof:kengalerts"
    assert mail.manage_url in read.text
    assert mail.unsubscribe_url not in read.text
    with pytest.raises(AppError, match="one-click"):
        compose_proof_mail(replace(mail, manage_url=mail.unsubscribe_url))


def test_a_proof_says_what_was_checked_and_when_each_source_was_last_read() -> None:
    read = read_wire(compose_proof_mail(proof()))
    assert decode_words(read.one("Subject")) == (
        "[Kẻng] Không có gì mới cho bạn đến hết ngày 22/11/2026: đã kiểm tra 7/7 ngày"
    )
    assert "Từ ngày 16/11/2026 đến hết ngày 22/11/2026 không có gì mới cho bạn." in read.text
    for fact in ("7/7 ngày", "Thông báo đã đọc: 142", "ePing (WTO): 23/11/2026 08:15; RASFF (EU): 23/11/2026 08:06"):
        assert fact in read.text


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("coverage", [TORN, replace(WHOLE, sources=TORN.sources), replace(WHOLE, gaps=GAPS[:1])])
def test_a_gap_or_a_source_that_never_answered_forbids_nothing_new(coverage: Coverage, language: Language) -> None:
    def said(read: Wire) -> str:
        return (decode_words(read.one("Subject")) + read.text + read.html).casefold()

    assert NOTHING_NEW[language] in said(read_wire(compose_proof_mail(proof(WHOLE, language))))
    assert NOTHING_NEW[language] not in said(read_wire(compose_proof_mail(proof(coverage, language))))


def test_a_period_of_no_day_proves_nothing() -> None:
    with pytest.raises(AppError, match="holds no day"):
        compose_proof_mail(proof(replace(WHOLE, days=0, checked=0)))


def test_days_on_which_the_same_sources_were_missing_are_said_in_one_sentence() -> None:
    first, second = gap_lines(GAPS, "vi", told=True)
    assert first == (
        "Ngày 17/11/2026 không đọc được ePing (WTO); các thông báo của thời gian đó nằm trong thư này hoặc thư sau."
    )
    assert second == (
        "Từ ngày 20/11/2026 đến ngày 21/11/2026 không đọc được ePing (WTO), RASFF (EU); "
        "những gì bị lỡ sẽ được báo khi nguồn tin hoạt động trở lại."
    )
    assert list(gap_lines((), "vi", told=True)) == []


def test_every_digest_names_gaps_and_the_weekly_one_says_what_was_checked() -> None:
    weekly = digest(notes=PeriodNotes(coverage=TORN))
    daily = replace(weekly, frequency=Frequency.DAILY)
    for mail in (weekly, daily):
        text = read_wire(compose_alert_mail(mail)).text
        assert "Ngày 17/11/2026 không đọc được ePing (WTO)" in text
        assert ("Đã kiểm tra đủ 4/7 ngày, đọc 142 thông báo." in text) == (mail is weekly)


def test_deadlines_inside_a_break_make_a_digest_of_their_own() -> None:
    read = read_wire(
        compose_alert_mail(digest(count=0, notes=PeriodNotes(days_off=TET, deadlines=deadlines(MOST_DEADLINES + 3))))
    )
    assert decode_words(read.one("Subject")) == "[Kẻng] 23 hạn góp ý rơi vào kỳ nghỉ từ 04/02/2027"
    assert "Hạn góp ý rơi vào kỳ nghỉ từ 04/02/2027 đến 10/02/2027" in read.text
    assert read.text.count("04/02/2027 – Hoa Kỳ: dự thảo về dệt may (G/TBT/N/USA/") == MOST_DEADLINES
    assert "và 3 hạn khác" in read.text
    with pytest.raises(AppError, match="must be 1 to 50"):
        compose_alert_mail(digest(count=0))


def test_the_notes_keep_a_full_digest_within_the_limit() -> None:
    gaps = tuple(Gap("my-very-own-feed-<&>", MONDAY - DAY * 2 * number) for number in range(30, 0, -1))
    full = PeriodNotes(
        coverage=replace(TORN, gaps=gaps), days_off=TET, deadlines=deadlines(40, "<Hoa Kỳ & bạn>: dự thảo " * 20)
    )
    for count in (1, 12, 30, 50):
        html = read_wire(compose_alert_mail(digest(count=count, notes=full))).html
        assert len(html.encode()) <= MOST_HTML_BYTES
        assert "<Hoa Kỳ" not in html


@pytest.mark.parametrize("language", Language)
def test_a_source_that_answers_and_brings_nothing_for_long_is_named_and_forbids_nothing_new(language: Language) -> None:
    coverage = replace(WHOLE, notices=0, silences=(Silence("eping", MONDAY - DAY * 3),))
    proven = read_wire(compose_proof_mail(proof(coverage, language)))
    weekly = read_wire(compose_alert_mail(digest(language=language, notes=PeriodNotes(coverage=coverage))))
    named = {
        Language.VI: "ePing (WTO) vẫn trả lời nhưng từ ngày 13/11/2026 chưa đưa ra thông báo mới nào",
        Language.EN: "ePing (WTO) answers, but has given no new record since",
    }[language]
    for read in (proven, weekly):
        assert named in read.text
        assert named in Page(read.html).text
    assert "ePing (WTO)" in decode_words(proven.one("Subject"))
    assert NOTHING_NEW[language] not in (decode_words(proven.one("Subject")) + proven.text + proven.html).casefold()
