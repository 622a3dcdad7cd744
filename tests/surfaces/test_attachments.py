"""What the API and the pages say of the documents behind a notice's links."""

from typing import Any

import httpx

from app.domain.sectors import Evidence, Label, Role
from app.store.database import Database
from app.store.tables import attachments
from tests.surfaces.rows import STORED_AT, keep, label, regular

REF = "G/TBT/N/USA/2211"
OFFICIAL, TEXT = "https://docs.wto.org/usa2211.docx", "https://members.wto.org/usa2211_e.pdf"
SCAN: dict[str, Any] = {"state": "scanned", "reason": "All 9 pages are pictures.", "pages": 9, "hash": "b" * 64}


async def stored(database: Database) -> None:
    """A notice with its official document, read, a scanned text, and a link that must not be one."""
    content = regular(REF, notice_link=OFFICIAL, text_links=(TEXT,))
    number = await keep(database, content, released_at=STORED_AT, linked_version=1)
    evidence = Evidence("annex", 3, 8, "boots", "footwear/strong/en/boots", 0.15)
    await label(database, number, [Label("footwear", Role.RELATED, 0.386, (evidence,))])
    rows = [
        {"url": OFFICIAL, "kind": "notice", "state": "read", "reason": "", "pages": None, "hash": "a" * 64},
        {"url": TEXT, "kind": "text", **SCAN},
        {"url": "javascript:alert(1)", "kind": "text", **SCAN, "state": "forbidden"},
    ]
    async with database.writing() as connection:
        for position, row in enumerate(rows):
            values = {"notice_id": number, "host": "members.wto.org", "position": position, **row}
            await connection.execute(attachments.insert().values(values))


async def test_the_api_lists_the_documents_of_a_notice_and_how_far_they_were_read(
    database: Database, client: httpx.AsyncClient
) -> None:
    await stored(database)
    expected = [
        {"url": OFFICIAL, "kind": "notice", "state": "read", "reason": "", "pages": None, "sha256": "a" * 64},
        {
            "url": TEXT,
            "kind": "text",
            "state": "scanned",
            "reason": "All 9 pages are pictures.",
            "pages": 9,
            "sha256": "b" * 64,
        },
    ]
    assert (await client.get(f"/api/v1/notices/{REF}")).json()["attachments"] == expected
    assert (await client.get("/api/v1/notices")).json()["items"][0]["attachments"] == expected


async def test_the_explanation_names_the_annex_as_the_field_that_was_read(
    database: Database, client: httpx.AsyncClient
) -> None:
    await stored(database)
    (sector,) = (await client.get(f"/api/v1/notices/{REF}/explanation")).json()["sectors"]
    assert (sector["role"], sector["evidence"][0]["field"]) == ("related", "annex")


async def test_the_page_says_that_a_text_is_a_scan_and_that_only_the_annex_names_a_sector(
    database: Database, client: httpx.AsyncClient
) -> None:
    await stored(database)
    vietnamese = (await client.get(f"/notices/{REF}")).text
    assert "bản quét, không đọc được chữ" in vietnamese
    assert "đã đọc nội dung" in vietnamese
    assert "liên quan; chỉ nêu trong phụ lục" in vietnamese
    assert "phụ lục: <q>boots</q>" in vietnamese
    english = (await client.get(f"/en/notices/{REF}")).text
    assert "a scan, its words cannot be read" in english
    assert "related; only the annex names it" in english
