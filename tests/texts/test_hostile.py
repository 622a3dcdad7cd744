"""F60 and F62 in the mail: whatever a source says, it stays words inside one message."""

import random
import re
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.domain.alerts import Alert
from app.domain.matching import Reason
from app.domain.notices import FieldChange
from app.domain.sectors import Evidence
from app.domain.subscriptions import Frequency, Language
from app.texts.links import LINKED_HOSTS
from app.texts.mail import Sender, compose_alert_mail
from app.texts.subjects import subject_of
from app.texts.wire import mailbox_header, words_header
from tests.texts import samples
from tests.texts.reading import Page, read_wire
from tests.texts.test_mail import BULK_HEADERS

ATTACKS = [
    "\r\nBcc: kegian@evil.example\r\n\r\n<script>alert(1)</script>",
    "\nList-Unsubscribe: <https://evil.example>\n",
    "\r\n.\r\nQUIT\r\n",
    "\x00\x01\x08\x0b\x1b[2J\x7f\x80\x85\u2028\u2029",
    "\u202e\u2066gnp.exe\u2069\u200f",
    "\ud800\udfff",
    "<script>fetch('//evil.example')</script>",
    "<img src=x onerror=alert(1)>",
    "<svg/onload=alert(1)>",
    '"><a href="javascript:alert(1)">x</a>',
    "<style>@import url(//evil.example)</style>",
    '<![CDATA[<noscript><p title="</noscript><img src=x onerror=alert(1)>">]]>',
    "{{ 7*7 }}{% raw %}",
    "%(goods)s %s %(day)d %",
    "=?utf-8?q?=0d=0aBcc:_a@b?=",
    "--=_boundary\r\nContent-Type: text/html\r\n\r\n<b>",
    "javascript:alert(1)",
    "data:text/html;base64,PHNjcmlwdD4=",
    "https://docs.wto.org@evil.example/",
    "https://evil.example/\\docs.wto.org",
    "Hạn góp ý: 31/12/2099\nXem thông báo: https://evil.example",
]
TAGS = {"html", "head", "meta", "title", "style", "body", "div", "table", "tr", "td", "strong", "b", "br", "span"}
TAGS |= {"h2", "p", "a"}
LAYOUT = {"style", "role", "width", "cellpadding", "cellspacing", "border", "class", "align", "valign"}
ATTRIBUTES = LAYOUT | {"lang", "charset", "name", "content", "href"}


def hostile_alert(words: str, *, update: bool, event_id: int = 1) -> Alert:
    fields: dict[str, Any] = {
        "symbols": (words, "G/TBT/N/USA/2211"),
        "members": (words, "USA"),
        "titles": (("en", words),),
        "description": words,
        "products": words,
        "ics": (words,),
        "objectives": (words,),
        "keywords": (words,),
        "regions": (words,),
        "adoption_text": words,
        "in_force_text": words,
        "notice_link": words,
        "text_links": (words, f"https://members.wto.org/{words}"),
        "sectors": (samples.label(words, Evidence("title", 0, 1, words, "rule", 1.0, inherited_from=words)),),
        "themes": (samples.label("origin-labelling", Evidence(words, 0, 1, words, "rule", 1.0)),),
        "changes": (FieldChange("products", words, words), FieldChange(words, words, words)),
        "ref": words,
        "inherited_from": words,
        "parent_ref": words,
        "because": words,
    }
    return samples.update_alert(**fields, update=update, event_id=event_id)


def assert_inert(message: bytes) -> None:
    read = read_wire(message)
    assert [name for name, _ in read.headers] == BULK_HEADERS
    page = Page(read.html)
    assert page.tags <= TAGS
    assert page.attributes <= ATTRIBUTES
    for link in page.links:
        parts = urlsplit(link)
        assert parts.hostname == "keng.example" or parts.hostname in LINKED_HOSTS
        assert parts.scheme in {"http", "https"}
    for body in (read.text.replace("\r\n", ""), read.html.replace("\n", "")):
        assert not re.search(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]", body)


def hostile_mail(words: str, language: Language) -> bytes:
    reasons = (Reason("sector", words), Reason("keyword", words), Reason("member", words), Reason("hs", words))
    items = [
        samples.item(hostile_alert(words, update=update, event_id=update), *reasons, language=language)
        for update in (False, True)
    ]
    sender = Sender(words, "canhbao@keng.example")
    reminders = (samples.reminder(hostile_alert(words, update=False), language=language),)
    return compose_alert_mail(
        samples.alert_mail(*items, language=language, sender=sender, banner=words, reminders=reminders)
    )


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("attack", ATTACKS)
def test_hostile_words_add_no_header_and_do_nothing(attack: str, language: Language) -> None:
    assert_inert(hostile_mail(attack, language))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.one_of(st.sampled_from(ATTACKS), st.text(st.characters(exclude_categories=()))), max_size=6))
def test_any_mixture_of_hostile_words_stays_inert(words: list[str]) -> None:
    assert_inert(hostile_mail("".join(words), Language.VI))


def test_ten_thousand_fuzzed_titles_and_names_add_no_header() -> None:
    lots = random.Random(7)
    alphabet = ["\r\n", "\n", "\r", "\x00", "\u2028", "Bcc: a@b", ".", "<", "ế", " ", "Subject:", "\u202e", "=?", "?="]
    block = samples.block(samples.textiles_alert())
    for _ in range(10_000):
        words = "".join(lots.choices(alphabet, k=lots.randint(1, 40)))
        hostile = replace(block, what=words, members=words, first_symbol=words)
        subject = subject_of([hostile], Frequency.INSTANT, None, (1, 1), "vi")
        head = f"{words_header('Subject', subject)}\r\n{mailbox_header('From', words, 'canhbao@keng.example')}"
        first, *rest = re.split(r"\r\n(?! )|\r(?!\n)|(?<!\r)\n", head)
        assert first.startswith("Subject: ")
        assert [line.partition(":")[0] for line in rest] == ["From"]


def test_words_from_outside_cannot_forge_a_line_of_the_text_part() -> None:
    read = read_wire(hostile_mail("x\r\nHạn góp ý: 31/12/2099\u2028Xem thông báo: https://evil.example", Language.VI))
    assert not [
        line for line in read.text.splitlines() if line.startswith(("Hạn góp ý: 31/12", "Xem thông báo: https://evil"))
    ]


def test_a_strange_link_is_printed_but_not_linked() -> None:
    url = "https://webgate.ec.europa.eu/rasff-window/screen/notification/1"
    block = samples.block(samples.textiles_alert(notice_link=url, text_links=("javascript:alert(1)",)))
    assert url in block.full.text
    assert url in Page(block.full.html).text
    assert url not in Page(block.full.html).links
    assert "javascript" not in block.full.html + block.full.text


def test_the_links_of_five_hundred_mails_lead_to_us_or_to_the_wto() -> None:
    lots = random.Random(3)
    for number in range(500):
        make = lots.choice([samples.textiles_alert, samples.update_alert, samples.seafood_alert, samples.joint_alert])
        links = tuple(lots.choice(ATTACKS) for _ in range(3))
        alert = make(event_id=number, notice_link=lots.choice(ATTACKS), text_links=links)
        assert_inert(compose_alert_mail(samples.alert_mail(samples.item(alert))))
