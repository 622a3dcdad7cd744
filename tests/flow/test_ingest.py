import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import islice, permutations, product

import pytest
from sqlalchemy import select

from app.domain.notices import Record
from app.domain.queries import parse_query
from app.domain.visits import Complaint, Fault, FaultKind, Memory, Page, Window
from app.flow import ingest, upkeep
from app.store import catalogue, tables
from app.store.filters import Filters
from tests.builders import a_page, a_record
from tests.conftest import FrozenClock
from tests.fakes import FakeSeeker, FakeSource
from tests.office import Office, plain

EAST_AFRICA = tuple(
    f"G/TBT/N/{member}/{number}"
    for member, number in [("BDI", 610), ("KEN", 1810), ("RWA", 1209), ("TZA", 1351), ("UGA", 2165)]
)


async def rows(office: Office, table: str, *columns: str) -> list[tuple[object, ...]]:
    found = tables.metadata.tables[table]
    async with office.database.reading() as connection:
        result = await connection.execute(select(*(found.c[name] for name in columns)).order_by(*found.primary_key))
        return [tuple(row) for row in result]


async def test_a_record_becomes_a_notice_a_version_a_measure_and_an_event(office: Office) -> None:
    report = await office.pull(a_page(a_record("G/TBT/N/USA/2211")))

    assert (report.added, report.changed, report.result) == (1, 0, "sound")
    assert await rows(office, "notices", "ref", "version") == [("G/TBT/N/USA/2211", 1)]
    assert await rows(office, "measures", "ref", "state", "comment_deadline") == [
        ("G/TBT/N/USA/2211", "proposed", date(2026, 5, 1))
    ]
    assert await rows(office, "events", "kind", "silence") == [("notified", None)]


async def test_the_same_page_twice_changes_nothing(office: Office) -> None:
    page = a_page(a_record("G/TBT/N/USA/2211"), a_record("G/SPS/N/JPN/1345/Add.1"))
    await office.pull(page)
    kept = [tables.notices, tables.versions, tables.records, tables.measures, tables.events, tables.notice_symbols]
    before = await office.snapshot(*kept)

    report = await office.pull(page)

    assert (report.added, report.changed) == (0, 0)
    assert await office.snapshot(*kept) == before


async def test_a_joint_notice_is_one_notice_whatever_member_comes_first(office: Office) -> None:
    members = [record_of(member) for member in ("RWA", "BDI", "UGA", "KEN", "TZA")]
    await office.pull(a_page(*members[:2]))
    await office.pull(a_page(*members[2:]))

    assert await rows(office, "notices", "ref") == [("G/TBT/N/BDI/610",)]
    assert {symbol for (symbol,) in await rows(office, "notice_symbols", "symbol")} == set(EAST_AFRICA)
    assert [code for (code,) in await rows(office, "notice_members", "code")] == ["BDI", "KEN", "RWA", "TZA", "UGA"]
    assert await rows(office, "events", "kind") == [("notified",)]


async def test_two_notices_that_turn_out_to_share_a_symbol_become_one(office: Office) -> None:
    await office.pull(a_page(a_record("G/TBT/N/BDI/610", key="1")))
    await office.pull(a_page(a_record("G/TBT/N/KEN/1810", key="2")))
    await office.pull(a_page(a_record("G/TBT/N/BDI/610", "G/TBT/N/KEN/1810", key="3", revision=3)))

    assert await rows(office, "notices", "ref") == [("G/TBT/N/BDI/610",)]
    assert await rows(office, "measures", "ref") == [("G/TBT/N/BDI/610",)]
    assert {silence for (silence,) in await rows(office, "events", "silence")} == {None, "merged"}


async def test_a_changed_deadline_makes_a_version_and_one_event(office: Office) -> None:
    await office.settled_baseline()
    await office.enrol("vitas@example.org", sectors=("textiles",))
    await office.pull(a_page(a_record("G/TBT/N/USA/2211")))
    await office.deliver()
    await office.pull(a_page(a_record("G/TBT/N/USA/2211", comment_deadline=date(2026, 6, 1))))
    await office.pull(a_page(a_record("G/TBT/N/USA/2211", comment_deadline=date(2026, 6, 1))))

    assert await rows(office, "versions", "number") == [(1,), (2,)]
    assert await rows(office, "events", "kind", "changes") == [
        ("notified", []),
        ("deadline_changed", [["comment_deadline", "2026-05-01", "2026-06-01"]]),
    ]


async def test_a_change_of_words_makes_a_version_and_no_event(office: Office) -> None:
    await office.pull(a_page(a_record("G/TBT/N/USA/2211")))
    await office.pull(a_page(a_record("G/TBT/N/USA/2211", description="Fibre composition, care labels and more.")))

    assert await rows(office, "versions", "number") == [(1,), (2,)]
    assert len(await rows(office, "events", "id")) == 1


async def test_a_deadline_that_a_source_drops_is_flagged_and_told_to_nobody(office: Office) -> None:
    await office.pull(a_page(a_record("G/TBT/N/USA/2211")))
    await office.pull(a_page(a_record("G/TBT/N/USA/2211", comment_deadline=None)))

    assert len(await rows(office, "events", "id")) == 1
    ((flags,),) = await rows(office, "notices", "flags")
    assert flags == [["comment_deadline", "vanished", "2026-05-01 is no longer stated"]]


async def test_a_change_of_what_nobody_was_told_rides_along(office: Office) -> None:
    await office.settled_baseline()
    await office.pull(a_page(a_record("G/TBT/N/USA/2211")))
    await office.pull(a_page(a_record("G/TBT/N/USA/2211", comment_deadline=date(2026, 6, 1))))
    await office.enrol("vitas@example.org", sectors=("textiles",))
    await office.deliver()

    assert len(office.inbox) == 1
    assert "01/06/2026" in plain(office.inbox[0][1])


async def test_an_addendum_borrows_products_and_codes_from_its_parent(office: Office) -> None:
    await office.pull(a_page(a_record("G/TBT/N/USA/2211/Add.1", titles=(("en", "Addendum"),))))
    assert await rows(office, "notices", "orphan", "inherits_from") == [(True, None)]

    await office.pull(a_page(a_record("G/TBT/N/USA/2211")))

    assert await rows(office, "notices", "ref", "orphan", "inherits_from") == [
        ("G/TBT/N/USA/2211/Add.1", False, "G/TBT/N/USA/2211"),
        ("G/TBT/N/USA/2211", False, None),
    ]
    assert await rows(office, "notice_codes", "notice_id", "code") == [(1, "61"), (2, "61")]
    assert len(await rows(office, "measures", "id")) == 1


@dataclass
class HangingSource(FakeSource):
    """A source that falls silent when it has given its pages."""

    silent: asyncio.Event = field(default_factory=asyncio.Event)

    async def visit(self, window: Window, memory: Memory) -> AsyncIterator[Page]:
        async for page in super().visit(window, memory):
            yield page
        self.silent.set()
        await asyncio.Event().wait()


async def test_a_visit_that_is_broken_off_says_so_and_is_no_fault_of_the_source(office: Office) -> None:
    source = HangingSource([[a_page(a_record("G/TBT/N/USA/1"))]])
    visit = asyncio.create_task(ingest.pull(office.database, source, baseline_days=7))
    await source.silent.wait()
    async with office.database.reading() as connection:
        (begun,) = await connection.execute(select(tables.pulls))
    assert (begun.result, begun.leased_until) == ("running", begun.started_at + timedelta(seconds=60))

    visit.cancel()
    await asyncio.gather(visit, return_exceptions=True)
    assert visit.cancelled()
    found = await rows(office, "pulls", "result", "reason", "finished_at", "pages", "added")
    assert found == [("broken_off", "told to end during the visit", begun.started_at, 1, 1)]
    assert await rows(office, "sources", "failures", "baseline_at") == [(0, None)]


async def test_a_long_visit_keeps_its_lease(
    office: Office, frozen: FrozenClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.flow.ingest.visiting._LEASE", timedelta(seconds=0.06))
    source = HangingSource([[a_page()]])
    visit = asyncio.create_task(ingest.pull(office.database, source, baseline_days=7))
    await source.silent.wait()
    later = frozen.advance(hours=1) + timedelta(seconds=0.06)
    while await rows(office, "pulls", "leased_until") != [(later,)]:  # noqa: ASYNC110 - the visit renews by itself
        await asyncio.sleep(0.01)

    await upkeep.sweep(office.database)
    assert await rows(office, "pulls", "result") == [("running",)]
    visit.cancel()
    await asyncio.gather(visit, return_exceptions=True)


def words_of_three_megabytes() -> str:
    """Distinct words of two, three and four letters or digits: an index needs more room for such than for longer ones."""
    signs = "0123456789abcdefghijklmnopqrstuvwxyz"
    words = ("".join(word) for length in (2, 3, 4) for word in product(signs, repeat=length))
    return " ".join(islice(words, 650_000))


async def test_a_notice_of_three_megabytes_is_stored_whole_and_found_by_its_first_part(office: Office) -> None:
    text = words_of_three_megabytes()
    assert len(text.encode()) > 3_000_000
    codes = tuple(f"{code:06}" for code in range(10_100, 972_000, 17))
    report = await office.pull(
        a_page(a_record("G/TBT/N/USA/1", description=text, hs=codes), a_record("G/TBT/N/USA/2", description="Wool"))
    )

    assert (report.result, report.added) == ("sound", 2)
    assert await found(office, "00 zz") == await found(office, "HS 01 zz") == ["G/TBT/N/USA/1"]
    assert await found(office, text[-9:]) == []
    ((_, content), _) = await rows(office, "notices", "id", "content")
    assert isinstance(content, dict)
    assert content["description"] == text


async def found(office: Office, asked: str) -> list[str]:
    async with office.database.reading() as connection:
        page, _ = await catalogue.newest(connection, Filters(query=parse_query(asked)), None, 10)
    return [notice.ref for notice in page]


THREAD = (
    a_record("G/TBT/N/USA/2211", distributed_on=date(2026, 1, 5), comment_deadline=date(2026, 3, 6)),
    a_record("G/TBT/N/USA/2211/Add.1", distributed_on=date(2026, 2, 2), comment_deadline=date(2026, 4, 6)),
    a_record("G/TBT/N/USA/2211/Add.1/Corr.1", distributed_on=date(2026, 2, 9), comment_deadline=None),
)


@pytest.mark.parametrize("order", list(permutations(THREAD)))
async def test_every_order_of_a_thread_ends_in_the_same_state(office: Office, order: tuple[Record, ...]) -> None:
    for record in order:
        await office.pull(a_page(record))

    assert await rows(office, "measures", "ref", "state", "comment_deadline") == [
        ("G/TBT/N/USA/2211", "proposed", date(2026, 4, 6))
    ]
    standing = sorted(await rows(office, "notices", "ref", "orphan", "inherits_from", "version"))
    assert standing == [
        ("G/TBT/N/USA/2211", False, None, 1),
        ("G/TBT/N/USA/2211/Add.1", False, "G/TBT/N/USA/2211", 1),
        ("G/TBT/N/USA/2211/Add.1/Corr.1", False, "G/TBT/N/USA/2211", 1),
    ]


async def test_a_first_visit_is_a_baseline(office: Office) -> None:
    fresh, old = date(2026, 2, 23), date(2026, 2, 22)
    await office.pull(
        a_page(a_record("G/TBT/N/USA/1", distributed_on=fresh), a_record("G/TBT/N/USA/2", distributed_on=old))
    )
    await office.pull(a_page(a_record("G/TBT/N/USA/3", distributed_on=old)))

    assert await rows(office, "events", "silence") == [(None,), ("baseline",), (None,)]


async def test_a_rejected_page_leaves_the_window_open_and_says_why(office: Office, frozen: FrozenClock) -> None:
    fault = Fault(kind=FaultKind.UNSOUND, reason="page 2 is HTML, not JSON")
    report = await office.pull(a_page(a_record("G/TBT/N/USA/1")), Page(fault=fault))

    assert report.result == "unsound"
    assert await rows(office, "notices", "ref") == [("G/TBT/N/USA/1",)]
    ((baseline, reached, failures, last, resume),) = await rows(
        office, "sources", "baseline_at", "reached", "failures", "last_fault", "resume_at"
    )
    assert (baseline, reached, failures, last) == (None, None, 1, "page 2 is HTML, not JSON")
    assert resume == frozen.now + timedelta(minutes=1)
    assert await rows(office, "pulls", "result", "reason", "pages") == [("unsound", "page 2 is HTML, not JSON", 2)]


async def test_what_could_not_be_taken_is_kept_in_quarantine_once(office: Office) -> None:
    complaint = Complaint(position="page 1, item 2", field="distributionDate", reason="is missing")
    for _ in range(2):
        await office.pull(a_page(a_record("G/TBT/N/USA/1"), complaints=(complaint,)))

    assert await rows(office, "quarantine", "position", "field", "reason") == [
        ("page 1, item 2", "distributionDate", "is missing")
    ]


async def test_a_source_that_gave_records_is_expected_to_give_them_again(office: Office) -> None:
    await office.pull(a_page(a_record("G/TBT/N/USA/1")))
    async with office.database.writing() as connection:
        await connection.execute(tables.sources.update().values(reached=date(2026, 3, 2)))
    source = FakeSource([[Page()]])
    await ingest.pull(office.database, source, baseline_days=7)

    window, memory = source.asked[0]
    assert (window.first, window.last) == (date(2026, 2, 23), date(2026, 3, 3))
    assert memory.expected == 1


async def test_the_parent_of_an_orphan_is_asked_for_once_and_told_to_nobody(office: Office) -> None:
    parent = a_record("G/TBT/N/USA/2211", distributed_on=date(2024, 5, 6))
    addendum = a_page(a_record("G/TBT/N/USA/2211/Add.1"))
    source = FakeSeeker([[addendum], [addendum]], held={"G/TBT/N/USA/2211": a_page(parent, body=b"parent")})
    await office.enrol("vitas@example.org", sectors=("textiles",))
    for _ in range(2):
        await ingest.pull(office.database, source, baseline_days=7)
    await office.deliver()

    assert source.sought == ["G/TBT/N/USA/2211"]
    assert await rows(office, "events", "silence") == [(None,), ("silent",)]
    assert len(office.inbox) == 1
    assert "G/TBT/N/USA/2211/Add.1" in plain(office.inbox[0][1])


async def test_a_parent_that_cannot_be_had_is_a_remark_and_no_fault(office: Office) -> None:
    lost = Page(fault=Fault(kind=FaultKind.UNSOUND, reason="the filter was ignored"))
    source = FakeSeeker([[a_page(a_record("G/TBT/N/USA/2211/Add.1"))]], held={"G/TBT/N/USA/2211": lost})
    report = await ingest.pull(office.database, source, baseline_days=7)

    assert report.result == "sound"
    assert report.remarks == ["parent of G/TBT/N/USA/2211/Add.1: the filter was ignored"]


def record_of(member: str) -> Record:
    return a_record(*EAST_AFRICA, key=member, members=(member,))
