"""Reminders in the mail: the same facts in both parts, subjects, sizes."""

from typing import Any

import pytest

from app.domain.errors import AppError
from app.domain.subscriptions import Frequency
from app.texts.mail import (
    MOST_HTML_BYTES,
    MOST_JOINED_REMINDERS,
    MOST_REMINDERS,
    AlertMail,
    compose_alert_mail,
)
from app.texts.reminders import ReminderLine
from tests.texts import samples
from tests.texts.reading import Page, Wire, decode_words, read_wire, words_of
from tests.texts.test_mail import BULK_HEADERS, many_items

LONG_TITLE = 'Quy định <b>& "ghi nhãn"</b> đối với hàng dệt may ' * 20


def reminding(*lines: ReminderLine, **changed: Any) -> AlertMail:
    values = {name: getattr(samples.alert_mail(), name) for name in AlertMail.__dataclass_fields__}
    return AlertMail(**{**values, "items": (), "reminders": lines, **changed})


def read(mail: AlertMail) -> Wire:
    return read_wire(compose_alert_mail(mail))


def subject(mail: AlertMail) -> str:
    return decode_words(read(mail).one("Subject"))


def test_a_line_says_how_long_until_when_of_what_and_where() -> None:
    line = samples.reminder(samples.textiles_alert(measure="G/TBT/N/USA/2211"), new=True)
    assert read(reminding(line)).text.splitlines()[3:9] == [
        "Nhắc hạn góp ý: 1 biện pháp sắp hết hạn",
        "",
        "- Còn 20 ngày · Hạn góp ý: 11/12/2026 (hạn mới)",
        "  Hoa Kỳ: dự thảo về dệt may",
        "  Standard for the Flammability of Clothing Textiles; Notice of Proposed Rulemaking",
        "  G/TBT/N/USA/2211",
    ]
    assert "https://keng.example/measures/G/TBT/N/USA/2211" in Page(read(reminding(line)).html).links


@pytest.mark.parametrize("language", ["vi", "en"])
def test_both_parts_say_the_same(language: str) -> None:
    lines = [samples.reminder(alert, 3, new=True, language=language) for alert in (samples.joint_alert(),)]
    mail = read(reminding(*lines, language=language))
    page = Page(mail.html)
    shown = words_of(" ".join([page.text, *page.links]))
    assert words_of(mail.text) - shown == set()


@pytest.mark.parametrize(
    ("days", "said"),
    [
        ((20,), "[Kẻng] Nhắc hạn góp ý: còn 20 ngày – Hoa Kỳ: dự thảo về dệt may (G/TBT/N/USA/2211)"),
        ((0,), "[Kẻng] Nhắc hạn góp ý: hôm nay là hạn cuối – Hoa Kỳ: dự thảo về dệt may (G/TBT/N/USA/2211)"),
        ((20, 5), "[Kẻng] Nhắc hạn góp ý: 2 biện pháp sắp hết hạn – hạn gần nhất còn 5 ngày"),
        ((0, 5), "[Kẻng] Nhắc hạn góp ý: 2 biện pháp sắp hết hạn – hạn gần nhất là hôm nay"),
    ],
)
def test_the_subject_of_a_mail_that_only_reminds(days: tuple[int, ...], said: str) -> None:
    assert subject(reminding(*(samples.reminder(samples.textiles_alert(), left) for left in days))) == said


def test_a_part_says_which_it_is() -> None:
    mail = reminding(samples.reminder(samples.textiles_alert()), part=2, parts=2)
    assert subject(mail).endswith("hạn gần nhất còn 20 ngày (phần 2/2)")


def test_english_readers_are_reminded_in_english() -> None:
    mail = reminding(samples.reminder(samples.textiles_alert(), 1, new=True, language="en"), language="en")
    assert subject(mail).startswith("[Kẻng] Comment deadlines ahead: 1 day left – United States of America: ")
    assert "[URGENT] 1 day left · Comments until: 22 November 2026 (new deadline)" in read(mail).text


def test_a_digest_reminds_first_and_keeps_its_own_subject() -> None:
    digest = samples.alert_mail(frequency=Frequency.DAILY, period=samples.TODAY)
    with_reminder = samples.alert_mail(
        frequency=Frequency.DAILY, period=samples.TODAY, reminders=(samples.reminder(samples.seafood_alert()),)
    )
    assert subject(with_reminder) == subject(digest)
    text = read(with_reminder).text
    assert text.index("Bản tổng hợp") < text.index("Nhắc hạn góp ý") < text.index("Mô tả nội dung")
    assert "Nhắc hạn" not in read(digest).text


def test_a_mail_that_only_reminds_has_the_headers_of_an_alert() -> None:
    mail = read(reminding(samples.reminder(samples.textiles_alert())))
    assert [name for name, _ in mail.headers] == BULK_HEADERS
    assert mail.one("Feedback-ID") == "reminder:vi:alerts:kengalerts"


@pytest.mark.parametrize(
    ("items", "lines"), [(50, MOST_JOINED_REMINDERS), (5, MOST_JOINED_REMINDERS), (0, MOST_REMINDERS)]
)
def test_a_mail_full_of_reminders_keeps_within_the_limit(items: int, lines: int) -> None:
    alert = samples.textiles_alert(titles=(("en", LONG_TITLE),))
    reminders = [samples.reminder(alert, 5, new=True)] * lines
    mail = reminding(*reminders, items=tuple(many_items(items, LONG_TITLE[:1000])), frequency=Frequency.WEEKLY)
    assert len(read(mail).html.encode()) <= MOST_HTML_BYTES


def test_a_line_is_no_larger_than_what_is_reckoned_for_it() -> None:
    line = samples.reminder(samples.textiles_alert(titles=(("en", LONG_TITLE),)), 5, new=True)
    one, two = (len(read(reminding(*[line] * count)).html.encode()) for count in (2, 3))
    assert 0 < two - one <= line.size


@pytest.mark.parametrize("lines", [0, MOST_REMINDERS + 1])
def test_a_mail_of_nothing_or_of_too_much_is_refused(lines: int) -> None:
    with pytest.raises(AppError):
        compose_alert_mail(reminding(*[samples.reminder(samples.textiles_alert())] * lines))
