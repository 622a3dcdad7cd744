"""Where a warning of another source stands, it says whose it is."""

from datetime import date

import httpx

from app.domain.events import Telling
from app.flow import ingest
from app.sources.warning_form import WarningForm, read_warning
from tests.office import Office

FORM = WarningForm(
    source="trade-office",
    key="stockholm-2026-11",
    language="vi",
    title="Thụy Điển siết kiểm tra hàng dệt may",
    members=("EU",),
    published="2026-03-01",
)


async def test_page_and_data_name_the_source_of_a_warning(office: Office, client: httpx.AsyncClient) -> None:
    page = read_warning(FORM, today=date(2026, 3, 2))
    await ingest.import_pages(office.database, "file:jsonl", [page], baseline_days=7, telling=Telling.NONE)
    notice = (await client.get("/api/v1/notices/trade-office/stockholm-2026-11")).json()
    assert (notice["source"], notice["ref"]) == ("trade-office", "trade-office/stockholm-2026-11")
    shown = (await client.get("/notices/trade-office/stockholm-2026-11")).text
    assert "Thương vụ Việt Nam" in shown
    assert "ngoài WTO" in shown
    english = (await client.get("/en/notices/trade-office/stockholm-2026-11")).text
    assert "Viet Nam trade office" in english
    assert "dự thảo" not in shown + (await client.get("/measures/trade-office/stockholm-2026-11")).text
    assert "Thương vụ Việt Nam" in (await client.get("/")).text


async def test_what_was_entered_by_hand_is_not_there_before_its_release(
    office: Office, client: httpx.AsyncClient
) -> None:
    ref = await ingest.enter_warning(office.database, read_warning(FORM, today=date(2026, 3, 2)), "nga")
    for address in (f"/notices/{ref}", f"/measures/{ref}", f"/api/v1/notices/{ref}", f"/api/v1/measures/{ref}"):
        assert (await client.get(address)).status_code == 404
    assert ref not in (await client.get("/api/v1/notices")).text
    assert ref not in (await client.get("/api/v1/events")).text
