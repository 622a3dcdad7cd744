"""The catcher's pages show any mail and let none of it act."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from html.parser import HTMLParser

import httpx
import pytest

from app.demo.catcher import Catcher
from app.demo.mail_pages import MailPages
from app.demo.staff import Colleague, seconds_left
from app.domain.access import Role
from app.flow.publish import By
from app.vault.second_factor import code_at

NOTICE = "dữ liệu mẫu, ngày đã dời"
HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(2)><a href='javascript:alert(3)'>x</a>"
EDITOR = Colleague(
    role=Role.EDITOR,
    address="bien-tap@mau.example",
    password="một mật khẩu mẫu",
    secret="JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP",
    by=By(1, "account:1"),
)


class Tags(HTMLParser):
    """Every start tag with its attributes."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def named(self, name: str) -> list[dict[str, str | None]]:
        return [attributes for tag, attributes in self.found if tag == name]


def hostile_mail() -> bytes:
    message = EmailMessage()
    message["From"] = "Kẻng <keng@localhost>"
    message["Subject"] = f"Đồ ngủ trẻ em {HOSTILE}"
    message.set_content(f"bản chữ {HOSTILE}")
    message.add_alternative(f"<!DOCTYPE html><html lang=vi><p>{HOSTILE}</p></html>", subtype="html")
    message.set_boundary("between-the-parts")
    return message.as_bytes()


def plain_mail() -> bytes:
    message = EmailMessage()
    message["Subject"] = "Chỉ có chữ"
    message.set_content("một dòng")
    return message.as_bytes()


@pytest.fixture
async def pages() -> AsyncIterator[httpx.AsyncClient]:
    catcher = Catcher()
    await catcher.keep("b@keng.example", ("dau-moi@vitas.example",), hostile_mail())
    await catcher.keep("b@keng.example", ("dau-moi@lefaso.example",), plain_mail())
    async with client_of(catcher) as client:
        yield client


def client_of(catcher: Catcher) -> httpx.AsyncClient:
    app = MailPages(catcher, NOTICE, "http://127.0.0.1:8000/", [EDITOR]).app
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://127.0.0.1")


@pytest.mark.parametrize("path", ["/mail", "/mail/1", "/mail/2", "/staff"])
async def test_every_page_says_that_this_is_a_sample_and_runs_nothing(pages: httpx.AsyncClient, path: str) -> None:
    page = await pages.get(path)
    tags = Tags(page.text)

    assert page.status_code == 200
    assert NOTICE in page.text
    assert page.headers["content-security-policy"].startswith("default-src 'none'")
    assert "unsafe" not in page.headers["content-security-policy"]
    assert page.headers["x-content-type-options"] == "nosniff"
    assert not tags.named("script")
    assert not tags.named("img")
    assert not [a for _, a in tags.found for name in a if name.startswith("on") or name == "style"]
    assert not [a for a in tags.named("a") if (a["href"] or "").startswith("javascript:")]


async def test_a_mail_is_framed_without_scripts(pages: httpx.AsyncClient) -> None:
    frames = Tags((await pages.get("/mail/1")).text).named("iframe")

    assert [frame["src"] for frame in frames] == ["/mail/1/html"]
    assert "allow-scripts" not in (frames[0]["sandbox"] or "allow-scripts")
    assert "allow-same-origin" not in (frames[0]["sandbox"] or "")


async def test_the_mails_own_html_is_sandboxed_wherever_it_is_opened(pages: httpx.AsyncClient) -> None:
    answer = await pages.get("/mail/1/html")
    directives = dict(part.strip().partition(" ")[::2] for part in answer.headers["content-security-policy"].split(";"))

    assert "allow-scripts" not in directives["sandbox"]
    assert directives["default-src"] == "'none'"
    assert directives["form-action"] == "'none'"
    assert not any(name.startswith("script-src") for name in directives)
    assert answer.text.startswith('<!DOCTYPE html><base target="_blank"><html')
    assert HOSTILE in answer.text


async def test_the_raw_bytes_are_plain_text(pages: httpx.AsyncClient) -> None:
    answer = await pages.get("/mail/1/raw")

    assert answer.content == hostile_mail()
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert answer.headers["content-security-policy"].startswith("sandbox;")


async def test_a_mail_of_plain_text_has_no_frame(pages: httpx.AsyncClient) -> None:
    page = await pages.get("/mail/2")

    assert not Tags(page.text).named("iframe")
    assert "một dòng" in page.text
    assert (await pages.get("/mail/2/html")).status_code == 404


async def test_mails_are_grouped_by_whom_they_are_for(pages: httpx.AsyncClient) -> None:
    page = (await pages.get("/mail")).text

    assert page.index("dau-moi@vitas.example") < page.index('href="/mail/1"') < page.index("dau-moi@lefaso.example")
    assert "2 thư của 2 người nhận" in page


@pytest.mark.parametrize("path", ["/mail/0", "/mail/3", "/mail/x", "/mail/3/raw", "/mail/3/html"])
async def test_a_mail_that_is_not_there_is_not_found(pages: httpx.AsyncClient, path: str) -> None:
    assert (await pages.get(path)).status_code == 404


async def test_only_this_machine_is_answered(pages: httpx.AsyncClient) -> None:
    assert (await pages.get("/mail", headers={"Host": "rebound.example"})).status_code == 400


async def test_an_empty_catcher_says_so() -> None:
    async with client_of(Catcher()) as client:
        assert "Chưa có thư nào" in (await client.get("/mail")).text


async def test_the_accounts_of_the_desk_stand_with_the_digits_of_this_moment(pages: httpx.AsyncClient) -> None:
    before = datetime.now(UTC)
    page = await pages.get("/staff")
    after = datetime.now(UTC)

    assert EDITOR.address in page.text
    assert EDITOR.password in page.text
    assert any(code_at(EDITOR.secret, moment) in page.text for moment in (before, after))
    assert 1 <= int(page.headers["refresh"]) <= 30


def test_the_digits_are_asked_for_again_when_the_next_ones_hold() -> None:
    moment = datetime(2026, 3, 2, 10, 0, 10, tzinfo=UTC)

    assert seconds_left(moment) == 20
    assert EDITOR.code(moment) == EDITOR.code(moment + timedelta(seconds=19))
    assert EDITOR.code(moment) != EDITOR.code(moment + timedelta(seconds=20))
