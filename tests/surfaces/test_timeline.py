"""A measure as time went by: what its later documents change, and what its records said otherwise, as data and as a page."""

import re
from datetime import date

import httpx
import pytest

from app.domain.events import Telling
from app.flow import ingest
from tests.builders import a_page, a_record
from tests.office import Office

BASE = "G/TBT/N/USA/1"
PAGE = f"/measures/{BASE}"


@pytest.fixture
async def changing(office: Office) -> Office:
    """A measure whose record was mended, whose deadline moved, and whose title had a slip."""
    await office.settled_baseline()
    before = "Yarn of cotton or wool. Width 0,01 mm, HS 6109."
    after = "Yarn of cotton or silk. Width 0,05 mm, HS 6109."
    await office.pull(a_page(a_record(BASE, description=before)))
    await office.process()
    await office.pull(a_page(a_record(BASE, description=after), body=b"2"))
    follow_ups = [
        a_record(
            f"{BASE}/Add.1",
            distributed_on=date(2026, 3, 3),
            comment_deadline=date(2026, 5, 15),
            description="The comment period was extended.",
        ),
        a_record(
            f"{BASE}/Corr.1",
            distributed_on=date(2026, 3, 4),
            comment_deadline=None,
            description="A typographical error in the title.",
        ),
    ]
    await office.pull(a_page(*follow_ups, body=b"3"))
    await office.process()
    return office


@pytest.mark.usefixtures("changing")
async def test_the_data_keep_each_version_word_by_word(client: httpx.AsyncClient) -> None:
    measure = (await client.get(f"/api/v1{PAGE}")).json()
    (version,) = measure["versions"]
    assert (version["ref"], version["number"]) == (BASE, 2)
    (change,) = version["changes"]
    assert change["field"] == "description"
    words = change["words"]
    assert [one["text"] for one in words if one["fate"] == "removed"] == ["wool", "0,01"]
    assert [one["text"] for one in words if one["fate"] == "added"] == ["silk", "0,05"]
    assert "".join(one["text"] for one in words if one["fate"] != "added") == change["before"]
    assert "".join(one["text"] for one in words if one["fate"] != "removed") == change["after"]
    assert [(event["kind"], event["material"]) for event in measure["events"]] == [
        ("notified", True),
        ("deadline_changed", True),
        ("corrected", False),
    ]
    assert {"field": "comment_deadline", "before": "2026-05-01", "after": "2026-05-15"} in measure["events"][1][
        "changes"
    ]


@pytest.mark.usefixtures("changing")
async def test_the_page_marks_changed_words_by_more_than_colour(client: httpx.AsyncClient) -> None:
    page = (await client.get(PAGE)).text
    assert '<del><span aria-hidden="true">−</span><span class="hidden">bỏ: </span>0,01</del>' in page
    assert '<ins><span aria-hidden="true">+</span><span class="hidden">thêm: </span>0,05</ins>' in page
    assert "01/05/2026 → <strong>15/05/2026</strong>" in page
    assert page.count("chỉ nêu trong bản tổng hợp tuần") == 1
    assert "<script" not in page
    english = (await client.get(f"/en{PAGE}")).text
    assert "told in the weekly digest only" in english
    assert "version 2" in english


async def test_what_a_source_states_cannot_write_markup_into_the_words(
    office: Office, client: httpx.AsyncClient
) -> None:
    await office.pull(a_page(a_record(BASE, description="Plain words here")))
    await office.pull(a_page(a_record(BASE, description="Plain <ins>words</ins> & <script>x</script> here"), body=b"2"))
    page = (await client.get(PAGE)).text
    assert "<script>x" not in page
    assert "&lt;script&gt;x&lt;/script&gt;" in page


async def test_long_texts_keep_what_stands_near_a_change(office: Office, client: httpx.AsyncClient) -> None:
    far = " ".join(f"word{number}" for number in range(200))
    await office.pull(a_page(a_record(BASE, description=f"{far} old {far}")))
    await office.pull(a_page(a_record(BASE, description=f"{far} new {far}"), body=b"2"))
    page = (await client.get(PAGE)).text
    shown = re.sub(r"<[^>]+>", "", page[page.index('class="diff"') :])
    assert "word199" in shown
    assert "word100" not in shown


async def test_what_a_document_changes_is_shown_though_nobody_was_told_of_it(
    office: Office, client: httpx.AsyncClient
) -> None:
    extended = a_record(f"{BASE}/Add.1", distributed_on=date(2026, 3, 3), comment_deadline=date(2026, 5, 15))
    pages = [a_page(a_record(BASE), extended)]
    await ingest.import_pages(office.database, "file:csv", pages, baseline_days=7, telling=Telling.NONE)
    events = (await client.get(f"/api/v1{PAGE}")).json()["events"]
    moved = {"field": "comment_deadline", "before": "2026-05-01", "after": "2026-05-15"}
    assert [event["changes"] for event in events] == [[], [moved]]
    assert "01/05/2026 → <strong>15/05/2026</strong>" in (await client.get(PAGE)).text


async def test_a_measure_that_nothing_happened_to_has_no_list_of_versions(
    office: Office, client: httpx.AsyncClient
) -> None:
    await office.pull(a_page(a_record(BASE)))
    assert (await client.get(f"/api/v1{PAGE}")).json()["versions"] == []
    assert "Thay đổi trong chính các thông báo" not in (await client.get(PAGE)).text
