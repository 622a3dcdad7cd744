"""The mails as people's servers and readers get them: headers, sizes, both parts, subjects."""

import os
import re
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from app.domain.alerts import Alert
from app.domain.errors import AppError
from app.domain.events import EventKind
from app.domain.matching import Reason
from app.domain.subscriptions import Frequency, Language
from app.texts.lateness import LateRelease
from app.texts.mail import (
    MOST_HTML_BYTES,
    MOST_ITEMS,
    AlertMail,
    CatchUp,
    ConfirmationMail,
    Item,
    Sender,
    compose_alert_mail,
    compose_confirmation_mail,
)
from tests.texts import samples
from tests.texts.reading import Page, Wire, decode_words, read_wire, words_of

MOST_MAIL_BYTES = 500_000
NOON = datetime(2026, 11, 20, 5, tzinfo=UTC)
BULK_HEADERS = [
    "From",
    "To",
    "Subject",
    "Date",
    "Message-ID",
    "Content-Language",
    "Auto-Submitted",
    "X-Auto-Response-Suppress",
    "Precedence",
    "List-Id",
    "List-Unsubscribe",
    "List-Unsubscribe-Post",
    "Feedback-ID",
    "MIME-Version",
    "Content-Type",
]


def wire(mail: AlertMail | ConfirmationMail) -> Wire:
    return read_wire(compose_alert_mail(mail) if isinstance(mail, AlertMail) else compose_confirmation_mail(mail))


def subject(*alerts: Alert, language: str = "vi", **changed: Any) -> str:
    items = [samples.item(alert, language=language) for alert in alerts]
    return decode_words(wire(samples.alert_mail(*items, language=language, **changed)).one("Subject"))


def test_an_alert_carries_the_headers_of_bulk_mail_each_once() -> None:
    read = wire(samples.alert_mail())
    assert [name for name, _ in read.headers] == BULK_HEADERS
    assert read.one("Auto-Submitted") == "auto-generated"
    assert read.one("Precedence") == "list"
    assert read.one("X-Auto-Response-Suppress") == "All"
    assert read.one("List-Id") == "<alerts.keng.example>"
    assert read.one("Date") == "Sat, 21 Nov 2026 01:30:00 +0000"
    assert read.one("Message-ID") == "<7b1f2c3d-0000-4000-8000-000000000001.1@keng.example>"
    assert read.one("To") == "vanphong@hiephoi.example"
    assert decode_words(read.one("From")) == "Kẻng – Cảnh báo TBT/SPS <canhbao@keng.example>"


def test_one_click_unsubscribing_stands_raw_on_one_line_however_long() -> None:
    url = "https://keng.example/u/" + "a-Z_09" * 60
    read = wire(samples.alert_mail(unsubscribe_url=url))
    assert f"List-Unsubscribe: <{url}>".encode() in read.lines
    assert read.one("List-Unsubscribe-Post") == "List-Unsubscribe=One-Click"


def test_the_link_of_the_body_is_not_the_one_click_link() -> None:
    mail = samples.alert_mail()
    read = wire(mail)
    for body in (read.text, read.html):
        assert mail.unsubscribe_url not in body
        assert mail.manage_url in body
    with pytest.raises(AppError, match="one-click"):
        compose_alert_mail(replace(mail, manage_url=mail.unsubscribe_url))


def test_feedback_names_the_stream_and_nobody() -> None:
    first, second = (
        wire(samples.alert_mail(recipient=recipient, message_id=f"{recipient[:2]}.1@keng.example")).one("Feedback-ID")
        for recipient in ("an@hiephoi.example", "binh@hiephoi.example")
    )
    assert first == second == "instant:vi:alerts:kengalerts"
    assert 5 <= len(first.rpartition(":")[2]) <= 15


def test_header_lines_are_short_but_for_the_links() -> None:
    for line in wire(samples.alert_mail()).lines:
        assert len(line) <= (998 if line.startswith((b"List-Unsubscribe", b"Message-ID", b"Content-Type")) else 78)


def test_a_confirmation_is_no_bulk_mail() -> None:
    read = wire(samples.confirmation_mail())
    names = [name for name, _ in read.headers]
    assert not [name for name in names if name.startswith("List-") or name in {"Precedence", "Feedback-ID"}]
    assert read.one("Auto-Submitted") == "auto-generated"
    assert decode_words(read.one("Subject")) == "[Kẻng] Xác nhận đăng ký nhận cảnh báo TBT/SPS"


@pytest.mark.parametrize("language", Language)
def test_a_confirmation_says_what_was_asked_until_when_and_how_to_refuse(language: Language) -> None:
    mail = samples.confirmation_mail(language=language)
    read = wire(mail)
    for body in (read.text, Page(read.html).text):
        assert "Dệt may; Da giầy, túi xách" in body
        assert ("28/11/2026" if language == "vi" else "28 November 2026") in body
    assert {mail.confirm_url, mail.refuse_url} == set(Page(read.html).links)
    assert mail.confirm_url in read.text
    assert mail.refuse_url in read.text


def test_a_confirmation_without_sectors_says_that_all_are_meant() -> None:
    assert "Lĩnh vực: Mọi lĩnh vực" in wire(samples.confirmation_mail(sectors=())).text


def every_kind_of_mail(language: str) -> list[AlertMail | ConfirmationMail]:
    def told(alert: Alert, *reasons: Reason) -> Item:
        return samples.item(alert, *reasons, language=language)

    asked = (Reason("sector", "food"), Reason("hs", "0306"), Reason("keyword", "shrimps"), Reason("member", "KOR"))
    many = [told(samples.textiles_alert(event_id=number)) for number in range(30)]
    long = [told(samples.textiles_alert(event_id=number, titles=(("fr", "Chaussures " * 80),))) for number in range(50)]
    kinds = [
        told(samples.update_alert(kind=kind, in_force_on=date(2027, 3, 1)))
        for kind in EventKind
        if kind is not EventKind.NOTIFIED
    ]
    mails: list[AlertMail | ConfirmationMail] = [
        samples.alert_mail(told(samples.textiles_alert()), banner="dữ liệu mẫu, ngày đã dời", late=True),
        samples.alert_mail(told(samples.textiles_alert()), late_release=LateRelease(NOON, waited=False)),
        samples.alert_mail(told(samples.seafood_alert(), *asked)),
        samples.alert_mail(told(samples.joint_alert(inherited_from="G/TBT/N/KEN/1741", products="T-shirts " * 90))),
        samples.alert_mail(*kinds, frequency=Frequency.DAILY, period=samples.TODAY),
        samples.alert_mail(*many, frequency=Frequency.WEEKLY, period=samples.TODAY, part=2, parts=3),
        samples.alert_mail(*long),
        samples.alert_mail(told(samples.textiles_alert()), catch_up=CatchUp(12, 3), part=1, parts=2),
        samples.confirmation_mail(),
    ]
    return [replace(mail, language=Language(language)) for mail in mails]


@pytest.mark.parametrize("language", Language)
def test_text_and_html_carry_the_same_facts(language: Language) -> None:
    for mail in every_kind_of_mail(language):
        read = wire(mail)
        page = Page(read.html)
        urls = set(re.findall(r"https?://\S+", read.text))
        assert set(page.links) == urls
        assert words_of(re.sub(r"https?://\S+", " ", read.text)) == words_of(page.text)


@pytest.mark.parametrize("language", Language)
def test_mails_say_their_language(language: Language) -> None:
    for mail in every_kind_of_mail(language):
        read = wire(mail)
        assert f'<html lang="{language}">' in read.html
        assert read.one("Content-Language") == language


def test_mails_load_nothing_and_follow_nobody() -> None:
    for language in Language:
        for mail in every_kind_of_mail(language):
            html = wire(mail).html
            assert Page(html).tags.isdisjoint({"img", "script", "link", "iframe", "form", "object", "video"})
            assert "url(" not in html
            assert "@import" not in html


def test_the_same_mail_is_the_same_bytes_in_every_process() -> None:
    program = (
        "import hashlib; from tests.texts.test_mail import *\n"
        "mails = [*every_kind_of_mail('vi'), *every_kind_of_mail('en')]\n"
        "print(hashlib.sha256(b''.join(bytes(repr(wire(mail)), 'utf-8') for mail in mails)).hexdigest())"
    )
    hashes = {
        subprocess.run(  # noqa: S603 - our own words
            [sys.executable, "-c", program],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
            text=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(hashes) == 1
    mail = samples.alert_mail()
    assert compose_alert_mail(mail) == compose_alert_mail(mail)


def test_the_subject_of_one_alert_names_member_goods_time_and_symbol() -> None:
    assert subject(samples.textiles_alert()) == (
        "[Kẻng] Hoa Kỳ: dự thảo về dệt may – còn 45 ngày góp ý (G/TBT/N/USA/2211)"
    )


def test_the_subject_in_english() -> None:
    assert subject(samples.textiles_alert(), language="en") == (
        "[Kẻng] United States of America: draft on textiles and clothing – 45 days left to comment (G/TBT/N/USA/2211)"
    )
    one_day = samples.textiles_alert(comment_deadline=samples.TODAY + timedelta(days=1))
    assert "1 day left to comment" in subject(one_day, language="en")


def test_the_subject_of_a_joint_notice_counts_the_other_members_and_symbols() -> None:
    assert subject(samples.joint_alert()) == (
        "[Kẻng] Burundi, Kenya và 3 nữa: dự thảo về dệt may – còn 60 ngày góp ý (G/TBT/N/BDI/612 và 4 mã khác)"
    )


@pytest.mark.parametrize(
    ("days", "said"),
    [
        (1, "– còn 1 ngày góp ý ("),
        (0, "– hôm nay là hạn góp ý cuối ("),
        (-1, "– đã hết hạn góp ý ("),
        (None, "dệt may (G"),
    ],
)
def test_the_subject_says_how_long_comments_are_taken(days: int | None, said: str) -> None:
    deadline = None if days is None else samples.TODAY + timedelta(days=days)
    assert said in subject(samples.textiles_alert(comment_deadline=deadline))


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        (EventKind.DEADLINE_CHANGED, "gia hạn góp ý dự thảo về dệt may; da giầy, túi xách – còn 4 ngày góp ý"),
        (EventKind.SCOPE_CHANGED, "thay đổi phạm vi biện pháp về dệt may; da giầy, túi xách – còn 4"),
        (EventKind.ADOPTED, "thông qua quy định về dệt may; da giầy, túi xách – còn 4"),
        (EventKind.WITHDRAWN, "rút lại biện pháp về dệt may; da giầy, túi xách (G/TBT/N/TPKM/467/Add.1)"),
        (EventKind.CORRECTED, "đính chính thông báo về dệt may; da giầy, túi xách – còn 4"),
    ],
)
def test_the_subject_of_an_update_says_what_happened(kind: EventKind, said: str) -> None:
    assert f"[Kẻng] Đài Loan (Trung Quốc): {said}" in subject(samples.update_alert(kind=kind))


def test_the_subject_of_a_rule_in_force_names_the_day() -> None:
    alert = samples.update_alert(kind=EventKind.IN_FORCE, in_force_on=date(2027, 3, 1), comment_deadline=None)
    assert "quy định về dệt may; da giầy, túi xách có hiệu lực từ 01/03/2027 (G/" in subject(alert)


def test_the_subject_of_several_alerts_counts_them_and_names_the_nearest_deadline() -> None:
    assert subject(samples.seafood_alert(), samples.textiles_alert(), samples.update_alert()) == (
        "[Kẻng] 2 thông báo mới, 1 cập nhật về dệt may; nông sản, thực phẩm – hạn gần nhất còn 3 ngày"
    )


def test_the_subject_of_a_digest_names_its_day_and_part() -> None:
    several = (samples.textiles_alert(), samples.joint_alert())
    daily = subject(*several, frequency=Frequency.DAILY, period=samples.TODAY)
    weekly = subject(*several, frequency=Frequency.WEEKLY, period=samples.TODAY, part=1, parts=2)
    assert daily == "[Kẻng] 2 thông báo mới về dệt may – hạn gần nhất còn 45 ngày (ngày 21/11/2026)"
    assert weekly == "[Kẻng] 2 thông báo mới về dệt may – hạn gần nhất còn 45 ngày (tuần đến 21/11/2026) (phần 1/2)"


def test_a_subject_keeps_its_symbol_however_long_the_names_are() -> None:
    names = {f"s{number}": "Lĩnh vực có tên rất dài " * 9 for number in range(2)}
    alert = samples.textiles_alert(sectors=tuple(samples.label(name) for name in names))
    assert subject(alert).endswith("(G/TBT/N/USA/2211)")


def test_a_warning_from_elsewhere_has_a_subject_too() -> None:
    alert = samples.textiles_alert(symbols=(), members=(), area=None, sectors=(), ref="rasff/2026.1234")
    assert subject(alert) == "[Kẻng] Dự thảo về hàng hóa – còn 45 ngày góp ý (rasff/2026.1234)"


def test_the_most_urgent_alert_comes_first() -> None:
    closed = samples.item(samples.textiles_alert(event_id=1, comment_deadline=samples.TODAY - timedelta(days=1)))
    undated = samples.item(samples.textiles_alert(event_id=2, comment_deadline=None))
    late, soon = samples.item(samples.textiles_alert(event_id=3)), samples.item(samples.seafood_alert(event_id=4))
    emergency = samples.item(samples.seafood_alert(event_id=5, emergency=True, comment_deadline=None))
    text = wire(samples.alert_mail(closed, undated, late, soon, emergency)).text
    marks = [
        "[GẤP] THÔNG BÁO KHẨN CẤP",
        "CÒN 3 NGÀY",
        "CÒN 45 NGÀY",
        "ĐÃ HẾT HẠN NGÀY 20/11/2026",
        "KHÔNG NÊU HẠN GÓP Ý",
    ]
    assert sorted(marks, key=text.index) == marks


def many_items(count: int, title: str) -> list[Item]:
    reasons = (Reason("sector", "textiles"), Reason("keyword", title[:90]))
    alerts = (samples.textiles_alert(event_id=number, titles=(("en", title),)) for number in range(count))
    return [samples.item(alert, *reasons) for alert in alerts]


@pytest.mark.parametrize("count", [1, 2, 10, 14, 15, 16, 17, 30, MOST_ITEMS])
@pytest.mark.parametrize("length", [40, 150, 300, 1000])
def test_every_mail_keeps_within_the_limits_of_size(count: int, length: int) -> None:
    title = ("Quy định <b>& \"ghi nhãn\"</b> đối với hàng dệt may, da giầy 'x' " * 20)[:length]
    mail = samples.alert_mail(*many_items(count, title), frequency=Frequency.WEEKLY, period=samples.TODAY)
    message = compose_alert_mail(mail)
    assert len(message) <= MOST_MAIL_BYTES
    assert len(read_wire(message).html.encode()) <= MOST_HTML_BYTES


def test_alerts_are_shortened_step_by_step_but_all_are_told() -> None:
    few, more, most = (
        wire(samples.alert_mail(*many_items(count, title)))
        for count, title in ((4, "Clothing"), (40, "Clothing"), (50, "Clothing " * 100))
    )
    assert few.text.count("Mô tả nội dung: ") == 4
    assert few.text.count("Mã thông báo: G/TBT/N/USA/2211") == 4
    assert more.text.count("Mô tả nội dung: ") == 0
    assert more.text.count("Mã thông báo: G/TBT/N/USA/2211") == 40
    assert most.text.count("Mã thông báo: ") == 0
    assert (
        most.text.count("\r\nG/TBT/N/USA/2211 (máy phân loại, chưa hiệu đính)\r\nhttps://keng.example/notices/G/") == 50
    )
    for read, count in ((few, 4), (more, 40), (most, 50)):
        assert len(re.findall("^CÒN 45 NGÀY", read.text, re.MULTILINE)) == count
        assert read.text.count("Vì sao bạn nhận thông báo này:") == count


@pytest.mark.parametrize("url", ["javascript:alert(1)", "https://keng.example/\r\nX: 1", "/manage/1", ""])
def test_a_mail_links_to_web_addresses_only(url: str) -> None:
    for mail in (samples.alert_mail(manage_url=url), samples.alert_mail(unsubscribe_url=url)):
        with pytest.raises(AppError, match="web address"):
            compose_alert_mail(mail)
    for confirmation in (samples.confirmation_mail(confirm_url=url), samples.confirmation_mail(refuse_url=url)):
        with pytest.raises(AppError, match="web address"):
            compose_confirmation_mail(confirmation)


@pytest.mark.parametrize("count", [0, 51])
def test_a_mail_has_one_to_fifty_alerts(count: int) -> None:
    mail = replace(samples.alert_mail(), items=(samples.item(samples.textiles_alert()),) * count)
    with pytest.raises(AppError, match="1 to 50"):
        compose_alert_mail(mail)


def test_a_digest_opens_with_a_summary() -> None:
    items = [samples.item(alert) for alert in (samples.seafood_alert(), samples.update_alert(), samples.joint_alert())]
    text = wire(samples.alert_mail(*items, frequency=Frequency.DAILY, period=samples.TODAY)).text
    assert (
        "Bản tổng hợp ngày 21/11/2026: 2 thông báo mới, 1 cập nhật\r\n1. Hàn Quốc: dự thảo về thủy sản – còn 3" in text
    )
    assert "3. Burundi, Kenya, Rwanda, Tanzania, Uganda: dự thảo về dệt may – còn 60 ngày góp ý" in text


@pytest.mark.parametrize(
    ("language", "past", "still_open", "said"),
    [
        ("vi", 12, 3, "12 thông báo trước đây nay khớp với đăng ký của bạn, 3 còn hạn góp ý"),
        ("en", 12, 3, "12 past notices now match you, 3 still open for comments"),
        ("en", 1, 1, "1 past notice now matches you, 1 still open for comments"),
    ],
)
def test_a_catch_up_says_how_many_of_the_past_match_and_how_many_are_open(
    language: str, past: int, still_open: int, said: str
) -> None:
    alerts = [samples.textiles_alert(), samples.seafood_alert()][: min(still_open, 2)]
    counts: dict[str, Any] = {"catch_up": CatchUp(past, still_open), "language": language}
    assert subject(*alerts, **counts) == f"[Kẻng] {said}"
    assert subject(*alerts, **counts, part=2, parts=2).startswith(f"[Kẻng] {said} (")
    read = wire(samples.alert_mail(*(samples.item(alert, language=language) for alert in alerts), **counts))
    assert f": {said}." in read.text
    assert said in read.html


def test_a_late_mail_and_a_sample_say_so() -> None:
    banner = "Bản trình diễn: dữ liệu mẫu, ngày đã dời"
    read = wire(samples.alert_mail(late=True, banner=banner))
    confirmation = wire(samples.confirmation_mail(banner=banner))
    for body in (read.text, read.html, confirmation.text, confirmation.html):
        assert "dữ liệu mẫu, ngày đã dời" in body
    assert "Thư gửi bù" in read.text
    assert "Thư gửi bù" not in wire(samples.alert_mail()).text


@pytest.mark.parametrize(
    ("language", "waited", "alerts", "said"),
    [
        (
            "vi",
            True,
            1,
            "Thư gửi muộn: cảnh báo này phát hành lúc 20/11/2026 12:00 (giờ Việt Nam). Hệ thống chưa gửi được thư sớm hơn.",
        ),
        (
            "en",
            False,
            2,
            "the earliest alert in this mail was released on 20 November 2026 12:00 (Viet Nam time). You are told only now",
        ),
    ],
)
def test_an_instant_mail_that_comes_late_says_of_when_it_is_and_why(
    language: str, alerts: int, said: str, *, waited: bool
) -> None:
    items = [samples.item(samples.textiles_alert(event_id=number), language=language) for number in range(alerts)]
    late = LateRelease(NOON, waited)
    read = wire(samples.alert_mail(*items, language=language, late_release=late))
    assert said in " ".join(read.text.split())
    assert said in " ".join(read.html.split())


def test_a_mail_says_who_sent_it_and_how_to_stop() -> None:
    text = wire(samples.alert_mail()).text
    assert "Kẻng – Cảnh báo TBT/SPS (canhbao@keng.example)" in text
    assert "Đổi lựa chọn hoặc ngừng nhận thư: https://keng.example/manage/ZyXw_9876" in text
    nameless = wire(samples.alert_mail(sender=Sender("", "canhbao@keng.example")))
    assert "Thư này do Kẻng (canhbao@keng.example) gửi" in nameless.text
    assert nameless.one("From") == "canhbao@keng.example"
