"""The real client visits the stand-in: nothing of the sample is refused, and joint notices come once for each member."""

from datetime import date, timedelta

import httpx

from app.demo.notices import sample_notices
from app.demo.stand_in import StandIn
from app.domain.notices import Record
from app.domain.visits import Memory, Page, Window
from app.sources.eping import EpingSource
from app.sources.fetch import Fetcher, Limits

TODAY = date(2026, 3, 18)
KEY = "a-key-for-tests"


async def visit(key: str) -> list[Page]:
    stand_in = StandIn(sample_notices(), TODAY, KEY)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=stand_in.app)) as client:
        source = EpingSource(Fetcher(client, limits=Limits(spacing=0)), "http://eping.test", key, today=lambda: TODAY)
        window = Window(TODAY - timedelta(days=60), TODAY)
        return [page async for page in source.visit(window, Memory())]


async def english_records() -> list[Record]:
    return [record for page in await visit(KEY) for record in page.records if record.language == "en"]


async def test_every_record_is_taken_and_nothing_is_complained_of() -> None:
    pages = await visit(KEY)

    assert [page.fault for page in pages if page.fault is not None] == []
    assert [complaint for page in pages for complaint in page.complaints] == []
    assert [remark for page in pages for remark in page.remarks] == []


async def test_the_client_reads_the_symbols_that_were_written() -> None:
    read = {record.content.symbols for record in await english_records()}

    assert read == {notice.symbols for notice in sample_notices()}
    assert len(await english_records()) == sum(len(notice.symbols) for notice in sample_notices())


async def test_titles_in_french_and_spanish_come_where_they_exist() -> None:
    titles: dict[str, set[str]] = {"fr": set(), "es": set()}
    for page in await visit(KEY):
        for record in page.records:
            if record.language in titles:
                titles[record.language].add(record.content.symbols[0])

    for language, found in titles.items():
        translated = {
            notice.symbols[0]
            for notice in sample_notices()
            if getattr(notice.title, language) and notice.title.in_language("en") != getattr(notice.title, language)
        }
        assert found == translated


async def test_hostile_html_is_inert_text_once_it_was_read() -> None:
    record = next(one for one in await english_records() if one.content.symbols == ("G/TBT/N/USA/9001",))
    content = record.content
    words = f"{content.title} {content.description} {content.products}"

    assert "<" not in words
    assert "alert(" not in words
    assert "\n" not in content.title
    assert "\u202e" not in words
    assert not [link for link in (*content.text_links, content.notice_link) if link.startswith("javascript:")]


async def test_a_wrong_key_is_a_fault_and_not_an_empty_list() -> None:
    (page,) = await visit("another")

    assert page.fault is not None
    assert "401" in page.fault.reason
