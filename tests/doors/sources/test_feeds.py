import unicodedata
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from app.domain.errors import AppError
from app.domain.notices import NoticeType
from app.domain.visits import FaultKind, Memory, Page, Window
from app.sources.feeds import PRESETS, Feed, FeedSource, feed_of
from app.sources.fetch import Fetcher
from tests.doors.sources.eping_items import WINDOW
from tests.peers.http_peer import HttpPeer, Reply, Request, Script

pytestmark = pytest.mark.sockets

TODAY = date(2026, 6, 30)
RSS = {"Content-Type": "application/rss+xml; charset=utf-8"}
DOCTYPE = (
    '<?xml version="1.0"?><!DOCTYPE rss [{entities}]><rss version="2.0"><channel><title>{text}</title></channel></rss>'
)


def entry(number: int = 1, **parts: str) -> str:
    fields = {
        "title": f"Salmonella in pepper {number}",
        "link": f"https://webgate.ec.europa.eu/{number}",
        "guid": f"guid-{number}",
        "pubDate": "Tue, 02 Jun 2026 10:00:00 +0000",
        "description": "from Viet Nam",
    } | parts
    return "<item>" + "".join(f"<{name}>{text}</{name}>" for name, text in fields.items() if text) + "</item>"


def rss(*entries: str, head: str = "") -> Reply:
    text = f'<?xml version="1.0" encoding="utf-8"?><rss version="2.0"><channel>{head}<title>T</title>{"".join(entries)}</channel></rss>'
    return Reply(body=text.encode(), headers=RSS)


async def visit(
    fetcher: Fetcher, script: Script, memory: Memory | None = None, feed: Callable[[str], Feed] | None = None
) -> tuple[Page, list[Request]]:
    async with HttpPeer(script) as peer:
        asked = feed(peer.url) if feed else Feed(name="news", url=f"{peer.url}/rss.xml")
        source = FeedSource(fetcher, asked, today=lambda: TODAY)
        (page,) = [page async for page in source.visit(Window(*WINDOW), memory or Memory())]
        return page, peer.requests


def preset(name: str) -> Callable[[str], Feed]:
    return lambda url: feed_of(f"{name}={url}")


async def rejected(fetcher: Fetcher, reply: Reply, memory: Memory | None = None) -> str:
    page, _ = await visit(fetcher, [reply], memory)
    assert page.fault is not None
    assert (page.fault.kind, page.records) == (FaultKind.UNSOUND, ())
    assert page.payload is not None
    return page.fault.reason


async def test_items_become_warnings_without_a_symbol(fetcher: Fetcher) -> None:
    page, _ = await visit(fetcher, [rss(entry(1), entry(2, guid=""))])
    first, second = page.records
    assert (first.source, first.key, second.key) == ("news", "guid-1", "https://webgate.ec.europa.eu/2")
    content = first.content
    assert (content.symbols, content.type, content.area, content.members) == ((), NoticeType.WARNING, None, ())
    assert (content.title, content.description) == ("Salmonella in pepper 1", "from Viet Nam")
    assert (content.notice_link, content.distributed_on) == ("https://webgate.ec.europa.eu/1", date(2026, 6, 2))
    assert (page.total, page.fault, content.flags) == (2, None, ())


async def test_a_feed_with_one_item_is_a_feed(fetcher: Fetcher) -> None:
    page, _ = await visit(fetcher, [rss(entry(1))])
    assert len(page.records) == 1


async def test_atom_is_read_too(fetcher: Fetcher) -> None:
    text = (
        '<feed xmlns="http://www.w3.org/2005/Atom"><title>T</title><entry><id>tag:x,1</id><title type="html">A &lt;b&gt;B&lt;/b&gt;'
        '</title><updated>2026-06-02T23:30:00-05:00</updated><link href="https://example.org/1"/></entry></feed>'
    )
    page, _ = await visit(fetcher, [Reply(body=text.encode(), headers={"Content-Type": "application/atom+xml"})])
    (record,) = page.records
    assert (record.key, record.content.title, record.content.distributed_on) == ("tag:x,1", "A B", date(2026, 6, 2))


async def test_the_day_is_the_feeds_own(fetcher: Fetcher) -> None:
    page, _ = await visit(fetcher, [rss(entry(1, pubDate="Tue, 02 Jun 2026 23:30:00 -0500"))])
    assert page.records[0].content.distributed_on == date(2026, 6, 2)


async def test_a_feed_is_asked_for_only_if_it_changed(fetcher: Fetcher) -> None:
    def script(request: Request) -> Reply:
        if request.headers.get("if-none-match") == '"v1"':
            return Reply(status=304)
        fresh = rss(entry(1))
        return Reply(body=fresh.body, headers=RSS | {"ETag": '"v1"', "Last-Modified": "Tue, 02 Jun 2026 10:00:00 GMT"})

    page, _ = await visit(fetcher, script)
    assert (page.etag, page.last_modified, page.unchanged) == ('"v1"', "Tue, 02 Jun 2026 10:00:00 GMT", False)
    memory = Memory(etag=page.etag, last_modified=page.last_modified, expected=1)
    again, requests = await visit(fetcher, script, memory)
    assert (again.unchanged, again.etag, again.records, again.fault) == (True, '"v1"', (), None)
    assert requests[0].headers["if-modified-since"] == "Tue, 02 Jun 2026 10:00:00 GMT"


async def test_the_same_bytes_are_unchanged_even_if_the_server_says_nothing(fetcher: Fetcher) -> None:
    first, _ = await visit(fetcher, [rss(entry(1))])
    assert first.payload is not None
    again, requests = await visit(fetcher, [rss(entry(1))], Memory(body_hash=first.payload.hash))
    assert again.unchanged
    assert "if-none-match" not in requests[0].headers


async def test_wto_news_is_taken_only_about_tbt_and_sps(fetcher: Fetcher) -> None:
    items = [
        entry(1, title="Members meet", link="https://www.wto.org/english/news_e/news26_e/tbt_10jul26_459_e.htm"),
        entry(2, title="SPS Committee takes note", link="https://www.wto.org/english/news_e/news26_e/agri_1_e.htm"),
        entry(3, title="Fisheries talks", link="https://www.wto.org/english/news_e/news26_e/fish_1_e.htm"),
        entry(4, title="On technical barriers to trade", link="https://www.wto.org/x.htm"),
    ]
    page, _ = await visit(fetcher, [rss(*items)], feed=preset("wto-news"))
    assert [record.key for record in page.records] == ["guid-1", "guid-2", "guid-4"]


async def test_a_rasff_item_is_named_by_its_reference(fetcher: Fetcher) -> None:
    items = [
        entry(1, title="2026.1234 - Salmonella in pepper from Vietnam"),
        entry(2, description="Reference 2026.9876"),
    ]
    page, _ = await visit(fetcher, [rss(*items, entry(3))], feed=preset("rasff"))
    assert [record.key for record in page.records] == ["2026.1234", "2026.9876", "guid-3"]
    assert {record.content.members for record in page.records} == {("EU",)}


def test_presets_are_the_documented_ones() -> None:
    assert set(PRESETS) == {"wto-news", "rasff", "federal-register", "fda-recalls"}
    assert all(feed.url.startswith("https://") for feed in PRESETS.values())
    assert PRESETS["rasff"].url.endswith("/")


def test_a_feed_is_a_preset_or_a_name_with_an_address() -> None:
    assert feed_of("rasff") is PRESETS["rasff"]
    mirror = feed_of("rasff=http://127.0.0.1:8080/rss")
    assert (mirror.url, mirror.member, mirror.reference) == (
        "http://127.0.0.1:8080/rss",
        "EU",
        PRESETS["rasff"].reference,
    )
    own = feed_of(" efsa = https://www.efsa.europa.eu/en/all/rss?a=b ")
    assert (own.name, own.url) == ("efsa", "https://www.efsa.europa.eu/en/all/rss?a=b")


@pytest.mark.parametrize(
    "words",
    [
        "",
        "unknown",
        "eping=https://a.org/",
        "file=https://a.org/",
        "Bad Name=https://a.org/",
        "x=ftp://a.org/",
        "x=",
        "x=http://[",
    ],
)
def test_other_words_are_no_feed(words: str) -> None:
    with pytest.raises(AppError) as refused:
        feed_of(words)
    assert refused.value.field == "KENG_FEEDS"


async def test_f50_an_unreachable_feed_is_a_fault(fetcher: Fetcher) -> None:
    page, _ = await visit(fetcher, [Reply(status=500)])
    assert page.fault is not None
    assert page.fault.kind is FaultKind.UNREACHABLE
    page, _ = await visit(fetcher, [Reply(status=404)])
    assert page.fault is not None
    assert page.fault.kind is FaultKind.REFUSED


@pytest.mark.parametrize(
    "reply",
    [
        Reply(body=b"<!DOCTYPE html><html><body>Maintenance</body></html>", headers={"Content-Type": "text/html"}),
        Reply(body=b"<!DOCTYPE html><html><body>Maintenance</body></html>", headers=RSS),
        Reply(body=b"<html><body>Maintenance</body></html>", headers=RSS),
        Reply(body=b"", headers=RSS),
        Reply(body=b"null", headers=RSS),
        Reply(body=b"[]", headers=RSS),
        Reply(body=b"<note>x</note>", headers=RSS),
        Reply(body=rss(entry(1)).body, headers={"Content-Type": "text/html"}),
    ],
    ids=["html", "html as rss", "xhtml", "empty", "null", "list", "xml", "rss as html"],
)
async def test_f51_what_is_no_feed_is_rejected(fetcher: Fetcher, reply: Reply) -> None:
    await rejected(fetcher, reply)


async def test_f51_a_feed_that_is_suddenly_empty_is_rejected(fetcher: Fetcher) -> None:
    assert "although it had items before" in await rejected(fetcher, rss(), Memory(expected=50))
    page, _ = await visit(fetcher, [rss()])
    assert page.fault is None


async def test_f52_a_truncated_feed_is_rejected(fetcher: Fetcher) -> None:
    assert "not whole XML" in await rejected(fetcher, Reply(body=rss(entry(1), entry(2)).body[:-30], headers=RSS))


async def test_f53_an_item_without_a_name_goes_to_quarantine(fetcher: Fetcher) -> None:
    page, _ = await visit(fetcher, [rss(entry(1), entry(2, guid="", link=""))])
    assert len(page.records) == 1
    assert [(complaint.position, complaint.field) for complaint in page.complaints] == [("item 2", "guid")]


async def test_f55_an_item_that_comes_twice_is_taken_once(fetcher: Fetcher) -> None:
    page, _ = await visit(fetcher, [rss(entry(1), entry(1))])
    assert len(page.records) == 1


@pytest.mark.parametrize(
    "entities",
    [
        '<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;"><!ENTITY c "&b;&b;&b;">',
        '<!ENTITY a "' + "x" * 10_000 + '">',
        '<!ENTITY % p SYSTEM "{canary}/evil.dtd">%p;',
        '<!ENTITY a SYSTEM "{canary}/entity">',
        '<!ENTITY a SYSTEM "file://{secret}">',
    ],
    ids=["billion laughs", "quadratic", "external dtd", "http entity", "file entity"],
)
async def test_f59_document_types_and_entities_are_refused_and_nobody_is_asked(
    fetcher: Fetcher, tmp_path: Path, entities: str
) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("a secret of this machine", encoding="utf-8")
    async with HttpPeer([Reply(body=b"<!ENTITY a 'canary'>")]) as canary:
        declared = entities.replace("{canary}", canary.url).replace("{secret}", str(secret))
        text = DOCTYPE.replace("{entities}", declared).replace("{text}", "&a;" if "ENTITY a" in declared else "x")
        reason = await rejected(fetcher, Reply(body=text.encode(), headers=RSS))
    assert "was not read" in reason
    assert "secret" not in reason
    assert canary.requests == []


async def test_f59_inclusions_are_refused(fetcher: Fetcher) -> None:
    include = '<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="file:///etc/passwd" parse="text"/>'
    assert "includes other documents" in await rejected(fetcher, rss(entry(1), include))


async def test_f60_hostile_items_become_inert_text(fetcher: Fetcher) -> None:
    hostile = "&lt;script&gt;alert(1)&lt;/script&gt;&lt;img src=x onerror=alert(1)&gt;Fine"
    page, _ = await visit(fetcher, [rss(entry(1, title=hostile, description=hostile, link="javascript:alert(1)"))])
    content = page.records[0].content
    assert (content.title, content.description, content.notice_link) == ("Fine", "Fine", "")


async def test_f63_a_feed_is_read_in_its_declared_encoding_or_not_at_all(fetcher: Fetcher) -> None:
    text = rss(entry(1, title="Hồ tiêu Việt Nam")).body.decode()
    nfd = unicodedata.normalize("NFD", text)
    for body in (nfd.encode(), nfd.encode("utf-8-sig"), nfd.replace("utf-8", "utf-16").encode("utf-16")):
        page, _ = await visit(fetcher, [Reply(body=body, headers={"Content-Type": "application/xml"})])
        assert page.records[0].content.title == "Hồ tiêu Việt Nam"
    await rejected(fetcher, Reply(body=text.encode().replace("ồ".encode(), b"\xe4"), headers=RSS))


@pytest.mark.parametrize(
    ("published", "code"),
    [
        ("Tue, 02 Jun 2099 10:00:00 +0000", "future_date"),
        ("31/02/2026", "impossible_date"),
        ("yesterday", "unreadable_date"),
    ],
)
async def test_f64_garbled_and_future_dates_are_flagged(fetcher: Fetcher, published: str, code: str) -> None:
    page, _ = await visit(fetcher, [rss(entry(1, pubDate=published))])
    content = page.records[0].content
    assert content.distributed_on is None
    assert [(flag.field, flag.code) for flag in content.flags] == [("distributed_on", code)]


async def test_the_name_of_a_local_file_as_a_body_opens_no_file(fetcher: Fetcher, tmp_path: Path) -> None:
    local = tmp_path / "feed.xml"
    local.write_bytes(rss(entry(1)).body)
    await rejected(fetcher, Reply(body=str(local).encode(), headers=RSS))
