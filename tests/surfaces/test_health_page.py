"""The health of the installation on the desk: what stands, what waits for a person, and what a person may do."""

import pytest
from fastapi import FastAPI
from sqlalchemy import select, update

from app.domain.access import Role
from app.domain.alarms import Alarm, Check, Finding
from app.domain.deliveries import DeliveryState, Refused, Unknown
from app.domain.visits import Fault, FaultKind, Page
from app.flow import alarms, feedback, mend, upkeep
from app.flow import audit as chain
from app.store import audit as store
from app.store.database import Database
from app.store.tables import audit, deliveries, items, suppressions
from tests.builders import a_page, a_record
from tests.conftest import FrozenClock
from tests.office import Office
from tests.staff import Browser, browser, hire
from tests.surfaces.conftest import on_sqlite_only

VITAS = "vitas@example.org"
FIRST = "G/TBT/N/USA/1"
HEALTH = "/desk/health"
SCRIPT = "<script>alert(1)</script>"


async def desk(application: FastAPI, database: Database, frozen: FrozenClock, role: Role = Role.EDITOR) -> Browser:
    opened = browser(application, frozen)
    await opened.sign_in(await hire(database, frozen, role, f"{role}@moit.gov.vn"))
    return opened


@pytest.fixture
async def clerk(application: FastAPI, database: Database, frozen: FrozenClock) -> Browser:
    return await desk(application, database, frozen)


@pytest.fixture
async def busy(office: Office, frozen: FrozenClock) -> Office:
    """One message that nobody knows the end of, twice, and one that was refused."""
    await office.settled_baseline()
    await office.enrol(VITAS, sectors=("textiles",))
    await office.pull(a_page(a_record(FIRST)))
    office.mailer.answers = [Unknown("line broke"), Unknown("line broke")]
    await office.deliver()
    frozen.advance(hours=1)
    await office.deliver()
    return office


async def said(who: Browser, path: str = HEALTH) -> str:
    answer = await who.get(path)
    assert answer.status_code == 200
    return answer.text


async def verbs(database: Database) -> list[str]:
    async with database.reading() as connection:
        return list((await connection.execute(select(audit.c.verb).order_by(audit.c.id))).scalars())


async def state(database: Database) -> str:
    async with database.reading() as connection:
        return str((await connection.execute(select(deliveries.c.state))).scalars().first())


async def test_an_empty_installation_says_that_nothing_is_there(clerk: Browser) -> None:
    page = await said(clerk)
    for sentence in (
        "Không có báo động nào.",
        "Chưa lấy tin từ nguồn nào.",
        "Không có thư nào đang chờ.",
        "Không có thư nào chờ người xử lý.",
        "chưa kiểm lần nào",
        "không rõ: chưa có lệnh keng backup nào được ghi lại",
        "Chưa có công việc nền nào chạy",
    ):
        assert sentence in page, sentence
    assert "Chưa có lượt lấy tin nào." in await said(clerk, f"{HEALTH}/visits")
    assert "Không có thư nào chờ người xử lý." in await said(clerk, f"{HEALTH}/undecided")
    assert "Không có địa chỉ nào bị ngừng gửi." in await said(clerk, f"{HEALTH}/suppressions")
    assert "No alarm stands." in await said(clerk, f"/en{HEALTH}")


async def test_sources_say_when_they_were_sound_what_failed_and_which_days_are_missing(
    application: FastAPI, office: Office, frozen: FrozenClock
) -> None:
    await office.settled_baseline()
    frozen.advance(days=3)
    await office.pull(Page(fault=Fault(kind=FaultKind.UNSOUND, reason=f"no field `items` {SCRIPT}")))
    clerk = await desk(application, office.database, frozen)
    page = await said(clerk)
    assert "1 lần hỏng liền" in page
    assert "no field `items`" in page
    assert SCRIPT not in page
    assert "03/03/2026, 04/03/2026" in page
    visits = await said(clerk, f"{HEALTH}/visits?source=eping")
    assert "dữ liệu không đúng khuôn" in visits
    assert visits.count('role="rowheader"') == 2
    assert "Không còn lượt nào cũ hơn." in await said(clerk, f"{HEALTH}/visits?before=1")


async def test_what_stands_is_named_with_its_runbook(clerk: Browser, database: Database) -> None:
    finding = Finding(Check.SOURCE_FAILING, "eping", 1, f"{SCRIPT} {VITAS}")
    await alarms.note(database, [finding], [Alarm.SOURCE_FAILING])
    await mend.hold(database, "review", f"ask {VITAS} {SCRIPT}", "clerk")
    await upkeep.beat(database, "seal", 60, "disk full")
    page = await said(clerk)
    assert "docs/runbook/source-failing.md" in page
    assert "keng resume review" in page
    assert "disk full" in page
    assert VITAS not in page
    assert SCRIPT not in page


async def test_the_audit_says_how_far_it_was_verified_and_the_backup_when_it_was_made(
    clerk: Browser, database: Database, frozen: FrozenClock
) -> None:
    async with database.writing() as connection:
        await store.write_audit(connection, "clerk", "backup", "keng.db", {}, frozen.now)
    found = await chain.verify(database)
    page = await said(clerk)
    assert f"tới dòng {found.head.number}" in page
    assert "nguyên vẹn" in page
    assert "không rõ: chưa có lệnh" not in page


@pytest.mark.usefixtures("busy")
async def test_who_waits_for_a_decision_is_masked_and_a_third_copy_is_never_offered(
    clerk: Browser, database: Database
) -> None:
    assert await state(database) == DeliveryState.NEEDS_HUMAN
    page = await said(clerk, f"{HEALTH}/undecided")
    assert "v***@example.org" in page
    assert VITAS not in page + await said(clerk)
    assert "không bao giờ gửi bản thứ ba" in page
    assert 'value="send"' not in page
    again = await clerk.post(f"{HEALTH}/undecided/1", page=HEALTH, decision="send", because="they asked")
    assert (again.status_code, "không bao giờ gửi bản thứ ba" in again.text) == (422, True)
    assert (await clerk.post(f"{HEALTH}/undecided/1", page=HEALTH, decision="drop")).status_code == 422
    done = await clerk.post(f"{HEALTH}/undecided/1", page=HEALTH, decision="drop", because="it arrived")
    assert done.headers["location"] == f"{HEALTH}/undecided?done=settled"
    assert await state(database) == DeliveryState.SKIPPED
    assert (await verbs(database))[-1] == "settle"


@pytest.mark.usefixtures("busy")
async def test_a_message_that_could_not_be_made_may_be_sent(clerk: Browser, database: Database) -> None:
    async with database.writing() as connection:
        await connection.execute(update(deliveries).values(ambiguous=0))
    assert 'value="send"' in await said(clerk, f"{HEALTH}/undecided")
    done = await clerk.post(f"{HEALTH}/undecided/1", page=HEALTH, decision="send", because="mended")
    assert done.status_code == 303
    assert await state(database) == DeliveryState.PENDING


@pytest.mark.usefixtures("busy")
async def test_a_suppression_is_released_with_a_reason_and_written_down(clerk: Browser, database: Database) -> None:
    await feedback.suppress(database, VITAS, f"{SCRIPT} wrote {VITAS}", "clerk")
    page = await said(clerk, f"{HEALTH}/suppressions")
    assert "cán bộ đã ngừng gửi" in page
    assert "v***@example.org" in page
    assert VITAS not in page
    assert SCRIPT not in page
    path = f"{HEALTH}/suppressions/1"
    assert (await clerk.post(path, page=HEALTH)).status_code == 422
    done = await clerk.post(path, page=HEALTH, because="they asked for it")
    assert done.headers["location"] == f"{HEALTH}/suppressions?done=released"
    assert (await verbs(database))[-1] == "release_suppression"
    async with database.reading() as connection:
        (ended,) = (await connection.execute(select(suppressions.c.ended_because))).scalars()
    assert ended == "released"
    again = await clerk.post(path, page=HEALTH, because="once more")
    assert (again.status_code, "không bị ngừng gửi nữa" in again.text) == (422, True)


async def test_a_reader_sees_and_changes_nothing(
    application: FastAPI, busy: Office, database: Database, frozen: FrozenClock
) -> None:
    await feedback.suppress(database, VITAS, "asked", "clerk")
    reader = await desk(application, database, frozen, Role.READER)
    for path in (HEALTH, f"{HEALTH}/undecided", f"{HEALTH}/suppressions"):
        page = await said(reader, path)
        assert 'name="because"' not in page
        assert VITAS not in page
    before = await busy.snapshot(audit, deliveries, suppressions)
    for path in ("undecided/1", "suppressions/1", "resend"):
        assert (await reader.post(f"{HEALTH}/{path}", page=HEALTH, because="x")).status_code == 403
    assert await busy.snapshot(audit, deliveries, suppressions) == before


async def test_a_notice_is_told_again_to_whom_no_copy_reached(
    clerk: Browser, office: Office, database: Database
) -> None:
    await office.settled_baseline()
    await office.enrol(VITAS, sectors=("textiles",))
    await office.pull(a_page(a_record(FIRST)))
    office.mailer.answers = [Refused(550, "550 5.7.1 go away")]
    await office.deliver()
    assert "go away" in await said(clerk)
    wrong = await clerk.post(f"{HEALTH}/resend", page=HEALTH, ref="G/TBT/N/USA/99", because="x")
    assert (wrong.status_code, "Không có thông báo nào mang mã này." in wrong.text) == (422, True)
    assert 'value="G/TBT/N/USA/99"' in wrong.text, "what was typed stays"
    done = await clerk.post(f"{HEALTH}/resend", page=HEALTH, ref=FIRST, because="their server is mended")
    assert done.headers["location"] == f"{HEALTH}?done=resent"
    async with database.reading() as connection:
        (waiting,) = (await connection.execute(select(items.c.delivery_id))).scalars()
    assert waiting is None


@on_sqlite_only
async def test_pages_of_lists_follow_each_other(clerk: Browser, office: Office) -> None:
    await office.enrol_crowd([(f"r{number}@x.vn", f"r{number}@x.vn") for number in range(60)])
    async with office.database.writing() as connection:
        row = {"reason": "by_staff", "detail": "", "source": "clerk", "began_at": await office.database.now(connection)}
        await connection.execute(suppressions.insert(), [row | {"subscriber_id": at} for at in range(1, 61)])
    first = await said(clerk, f"{HEALTH}/suppressions")
    assert "(60)" in first
    assert first.count('aria-labelledby="person-') == 50
    assert "before=11" in first
    rest = await said(clerk, f"{HEALTH}/suppressions?before=11")
    assert rest.count('aria-labelledby="person-') == 10
    assert (await clerk.get(f"{HEALTH}/visits?before=x")).status_code == 400


@on_sqlite_only
async def test_opening_the_pages_changes_nothing(busy: Office, clerk: Browser) -> None:
    tables = (audit, deliveries, suppressions)
    before = await busy.snapshot(*tables)
    for path in ("", "/visits", "/undecided", "/suppressions"):
        await said(clerk, f"{HEALTH}{path}")
    assert await busy.snapshot(*tables) == before
