"""`keng import` of ePing's own workbook, and the API over what it brought."""

from pathlib import Path
from typing import Any

import pytest

from app.store.database import Database
from app.store.tables import notices, versions
from tests.office import Office
from tests.peers.smtp_peer import SmtpPeer
from tests.stories.commands import Keng
from tests.stories.serving import served
from tests.stories.town import letters
from tests.surfaces.conftest import on_sqlite_only

pytestmark = pytest.mark.sockets


async def test_a_workbook_is_taken_in_once_and_can_be_read_over_http(
    keng: Keng, relay: SmtpPeer, database: Database, test_data: Path
) -> None:
    await keng("subscribe", "vitas@example.org", "--sector", "textiles", "--confirmed")
    workbook = str(test_data / "notices" / "eping_export_2025-06.xlsx")

    first = await imported(keng, workbook)
    assert (first["records"], first["added"], first["quarantined"]) == (229, 181, 0)
    office = Office(database)
    before = await office.snapshot(notices, versions)
    again = await imported(keng, workbook)
    assert (again["records"], again["added"], again["changed"]) == (229, 0, 0)
    assert await office.snapshot(notices, versions) == before
    assert len([row for row in before if "G/TBT/N/USA/2211" in row]) == 1

    await keng("deliver", "--once")
    assert letters(relay) == [], "all of it is older than a week"
    async with served(keng, "--no-worker") as server:
        answer = await server.ask("GET", "/api/v1/notices/G/TBT/N/USA/2211")
        assert answer.status_code == 200
        assert answer.json()["member"] == {
            "code": "USA",
            "name_en": "United States of America",
            "name_vi": "Hoa Kỳ",
        }
        assert (await server.ask("GET", "/notices/G/TBT/N/USA/2211")).status_code == 200


async def imported(keng: Keng, file: str) -> dict[str, Any]:
    value: dict[str, Any] = (await keng("import", file, "--json")).value
    return value


@on_sqlite_only
async def test_what_is_no_notice_is_named_by_its_row_and_what_is_no_file_in_one_line(keng: Keng) -> None:
    file = keng.folder / "notices.csv"
    file.write_text(
        "symbol,title,distributed_on\nG/TBT/N/USA/2001,Garments,2026-03-02\nsee the annex,Garments,2026-03-02\n",
        "utf-8",
    )
    done = await keng("import", "notices.csv", exits=1)
    assert "row 3" in done.err

    for name in ("nowhere.xlsx", "notices.doc", "."):
        (keng.folder / "notices.doc").write_bytes(b"\xff\xfe\x00")
        refused = await keng("import", name, exits=2)
        assert name in refused.err
    (keng.folder / "broken.xlsx").write_bytes(b"PK\x03\x04 and no more")
    refused = await keng("import", "broken.xlsx", exits=2)
    assert refused.err.startswith("keng: broken.xlsx")
