from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event, update

from app.domain.measures import MeasureState
from app.domain.notices import Content, NoticeType
from app.domain.queries import parse_query
from app.domain.sectors import Evidence, Facet, Label, Role
from app.store import catalogue, totals
from app.store import filters as filters_module
from app.store.catalogue import CataloguedNotice, Place
from app.store.database import Database
from app.store.filters import Filters
from app.store.tables import corrections, events, measures, notices
from tests.surfaces.rows import STORED_AT, happen, keep, keep_in, label, regular

TODAY = date(2026, 3, 2)


async def found(database: Database, filters: Filters = Filters(), limit: int = 100) -> list[str]:  # noqa: B008 - frozen
    async with database.reading() as connection:
        page, _ = await catalogue.newest(connection, filters, None, limit)
    return [notice.ref for notice in page]


async def searched(database: Database, text: str) -> list[str]:
    return await found(database, Filters(query=parse_query(text)))


@contextmanager
def statements(database: Database) -> Iterator[list[str]]:
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        seen.append(statement)

    engine = database._reader.sync_engine  # noqa: SLF001 - counting statements is what the test is about
    event.listen(engine, "before_cursor_execute", note)
    yield seen
    event.remove(engine, "before_cursor_execute", note)


async def test_the_last_circulated_come_first_and_the_undated_last(database: Database) -> None:
    for number, day in ((1, date(2026, 1, 1)), (2, None), (3, date(2026, 2, 1)), (4, date(2026, 2, 1)), (5, None)):
        await keep(database, regular(f"G/TBT/N/USA/{number}", distributed_on=day))
    assert await found(database) == [f"G/TBT/N/USA/{number}" for number in (4, 3, 1, 5, 2)]


async def test_pages_tile_the_list_whatever_their_size(database: Database) -> None:
    for number in range(1, 12):
        day = None if number % 4 == 0 else date(2026, 1, 1 + number % 3)
        await keep(database, regular(f"G/SPS/N/EU/{number}", distributed_on=day))
    whole = await found(database)
    assert len(whole) == 11
    for limit in (1, 2, 3, 7, 100):
        assert await walked(database, limit) == whole


async def walked(database: Database, limit: int) -> list[str]:
    refs: list[str] = []
    place: Place | None = None
    while True:
        async with database.reading() as connection:
            page, place = await catalogue.newest(connection, Filters(), place, limit)
        assert 0 < len(page) <= limit
        refs += [notice.ref for notice in page]
        if place is None:
            return refs


async def test_a_walk_neither_repeats_nor_misses_what_was_there_when_others_are_added(database: Database) -> None:
    for number in range(1, 8):
        await keep(database, regular(f"G/SPS/N/EU/{number}", distributed_on=date(2026, 1, number)))
    async with database.reading() as connection:
        first, place = await catalogue.newest(connection, Filters(), None, 3)
    for number, day in ((20, date(2026, 1, 31)), (21, date(2026, 1, 5)), (22, date(2025, 12, 1))):
        await keep(database, regular(f"G/SPS/N/EU/{number}", distributed_on=day))
    async with database.reading() as connection:
        rest, end = await catalogue.newest(connection, Filters(), place, 100)
    assert end is None
    seen = [int(notice.ref.rpartition("/")[2]) for notice in [*first, *rest]]
    assert len(seen) == len(set(seen))
    assert set(range(1, 8)) <= set(seen)


async def test_changes_are_walked_oldest_first_from_a_moment_that_is_not_included(database: Database) -> None:
    moments = {1: 10, 2: 5, 3: 20, 4: 5}
    for number, minute in moments.items():
        await keep(database, regular(f"G/SPS/N/EU/{number}"), at=STORED_AT + timedelta(minutes=minute))
    filters = Filters(updated_after=STORED_AT)
    async with database.reading() as connection:
        page, place = await catalogue.changed(connection, filters, None, 3)
        rest, end = await catalogue.changed(connection, filters, place, 3)
        later, _ = await catalogue.changed(
            connection, replace(filters, updated_after=STORED_AT + timedelta(minutes=10)), None, 9
        )
    assert [notice.ref[-1] for notice in [*page, *rest]] == ["2", "4", "1", "3"]
    assert end is None
    assert [notice.ref[-1] for notice in later] == ["3"]


async def test_each_facet_narrows_and_its_values_widen(database: Database) -> None:
    shoes = regular("G/TBT/N/USA/1", hs=("6403",), ics=("61.060",))
    coffee = regular("G/SPS/N/EU/2", hs=("0901", "210111"), distributed_on=date(2026, 2, 25))
    addendum = regular("G/SPS/N/EU/2/Add.1", type=NoticeType.ADDENDUM, distributed_on=date(2026, 2, 26))
    numbers = [await keep(database, content) for content in (shoes, coffee, addendum)]
    await label(database, numbers[0], [Label("footwear", Role.PRIMARY, 0.9, ()), Label("food", Role.RELATED, 0.3, ())])
    await label(database, numbers[1], [Label("coffee-tea", Role.PRIMARY, 0.9, ())])
    await label(database, numbers[1], [Label("residues", Role.PRIMARY, 0.9, ())], facet="theme")
    for filters, expected in (
        (Filters(sectors=("footwear",)), {"G/TBT/N/USA/1"}),
        (Filters(sectors=("food", "coffee-tea")), {"G/SPS/N/EU/2"}),
        (Filters(themes=("residues",)), {"G/SPS/N/EU/2"}),
        (Filters(sectors=("residues",)), set()),
        (Filters(members=("EU", "JPN")), {"G/SPS/N/EU/2", "G/SPS/N/EU/2/Add.1"}),
        (Filters(area=shoes.area), {"G/TBT/N/USA/1"}),
        (Filters(types=(NoticeType.ADDENDUM,)), {"G/SPS/N/EU/2/Add.1"}),
        (Filters(first=date(2026, 2, 25), last=date(2026, 2, 25)), {"G/SPS/N/EU/2"}),
        (Filters(members=("EU",), hs=("09",)), {"G/SPS/N/EU/2"}),
        (Filters(members=("USA",), hs=("09",)), set()),
    ):
        assert set(await found(database, filters)) == expected, filters


async def test_what_many_notices_have_is_found_as_what_few_have(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(1, 7):
        stored = await keep(database, regular(f"G/TBT/N/USA/{number}"))
        await label(database, stored, [Label("act" if number % 2 else "note", Role.PRIMARY, 1, ())], "importance")
        if number > 3:
            await label(database, stored, [Label("ISO 9", Role.PRIMARY, 1, ())], "standard")
        await label(database, stored, [Label("food", Role.RELATED, 1, ())])
    words = parse_query("draft")
    for limit in (1, 2, 3, 100):
        monkeypatch.setattr(filters_module, "_FREQUENT", limit)
        for asked, expected in (
            ({Facet.IMPORTANCE: ("act",)}, {1, 3, 5}),
            ({Facet.IMPORTANCE: ("act", "note"), Facet.STANDARD: ("ISO 9",)}, {4, 5, 6}),
            ({Facet.IMPORTANCE: ("note",), Facet.STANDARD: ("ISO 9", "ISO 10")}, {4, 6}),
            ({Facet.IMPORTANCE: ("note",), Facet.STANDARD: ("ISO 10",)}, set()),
            ({Facet.IMPORTANCE: ("ISO 9",)}, set()),
            ({Facet.SECTOR: ("food",)}, set()),
        ):
            for filters in (Filters(facets=asked), Filters(facets=asked, query=words)):
                names = {f"G/TBT/N/USA/{number}" for number in expected}
                assert set(await found(database, filters)) == names, (limit, asked)


HS_FITS = [
    ("6403", "64", True),
    ("6403", "6403", True),
    ("64039900", "6403", True),
    ("64", "640399", True),
    ("6403", "6404", False),
    ("6503", "64", False),
    ("99", "99", True),
    ("9901", "99", True),
    ("09", "0901", True),
    ("0901", "91", False),
]
ICS_FITS = [
    ("59.080.30", "59", True),
    ("59.080.30", "59.080", True),
    ("59", "59.080.30", True),
    ("59.080", "59.08", False),
    ("59.100", "59.10", False),
]


async def test_a_code_is_met_by_what_it_holds_and_by_what_holds_it(database: Database) -> None:
    for number, (stated, _, _) in enumerate(HS_FITS, 1):
        await keep(database, regular(f"G/TBT/N/USA/{number}", hs=(stated,)))
    for number, (stated, _, _) in enumerate(ICS_FITS, 1):
        await keep(database, regular(f"G/TBT/N/EU/{number}", ics=(stated,)))
    for number, (_, asked, fits) in enumerate(HS_FITS, 1):
        assert (f"G/TBT/N/USA/{number}" in await found(database, Filters(hs=(asked,)))) is fits, asked
    for number, (_, asked, fits) in enumerate(ICS_FITS, 1):
        assert (f"G/TBT/N/EU/{number}" in await found(database, Filters(ics=(asked,)))) is fits, asked


async def test_open_includes_the_last_day_and_leaves_out_what_is_withdrawn_or_has_no_deadline(
    database: Database,
) -> None:
    for number, deadline in ((1, TODAY), (2, TODAY - timedelta(1)), (3, None), (4, TODAY), (5, TODAY)):
        await keep(database, regular(f"G/TBT/N/USA/{number}", comment_deadline=deadline))
    async with database.writing() as connection:
        await connection.execute(
            update(measures).where(measures.c.ref == "G/TBT/N/USA/4").values(state=MeasureState.WITHDRAWN)
        )
        await connection.execute(update(notices).where(notices.c.ref == "G/TBT/N/USA/5").values(withdrawn_at=STORED_AT))
    taking = set(await found(database, Filters(open=True, open_on=TODAY)))
    others = set(await found(database, Filters(open=False, open_on=TODAY)))
    assert taking == {"G/TBT/N/USA/1"}
    assert others == {f"G/TBT/N/USA/{number}" for number in (2, 3, 4, 5)}


async def test_a_joint_notice_answers_to_each_of_its_symbols_and_to_no_other_spelling(database: Database) -> None:
    symbols = tuple(f"G/TBT/N/{code}/{number}" for code, number in (("BDI", 609), ("KEN", 1790), ("RWA", 1150)))
    await keep(database, regular(symbols[0], symbols=symbols, members=("BDI", "KEN", "RWA")))
    async with database.reading() as connection:
        named = [await catalogue.notice(connection, symbol) for symbol in symbols]
        threaded = [await catalogue.notice_in_thread(connection, symbol) for symbol in symbols]
        strangers = [
            await read(connection, name)
            for read in (catalogue.notice, catalogue.notice_in_thread, catalogue.thread)
            for name in ("G/TBT/N/UGA/1", "g/tbt/n/ken/1790", "", "%", "'", "G/TBT/N/BDI/609\0")
        ]
    assert {notice.ref for notice in named if notice is not None} == {symbols[0]}
    assert [one[0] for one in threaded if one is not None] == named
    assert [one[1].notices for one in threaded if one is not None] == [(notice,) for notice in named]
    assert strangers == [None] * 18


async def test_a_page_costs_the_same_number_of_statements_whatever_it_holds(database: Database) -> None:
    async def cost(limit: int) -> int:
        async with database.reading() as connection:
            with statements(database) as seen:
                await catalogue.newest(connection, Filters(query=parse_query("measure")), None, limit)
        return len([statement for statement in seen if statement.lstrip().startswith("SELECT")])

    async with database.writing() as connection:
        for number in range(1, 61):
            await keep_in(connection, regular(f"G/TBT/N/USA/{number}"))
            if number > 1:
                lent = {"type": NoticeType.ADDENDUM}
                await keep_in(connection, regular(f"G/TBT/N/USA/{number}/Add.1", **lent), inherits_from="G/TBT/N/USA/1")
    assert await cost(3) == await cost(50) <= 5


async def test_an_addendum_shows_what_its_parent_lends_and_says_so(database: Database) -> None:
    parent = regular("G/TBT/N/USA/1", products="Footwear", hs=("64",))
    await keep(database, parent)
    addendum = regular("G/TBT/N/USA/1/Add.1", type=NoticeType.ADDENDUM)
    await keep(database, addendum, inherits_from="G/TBT/N/USA/1")
    async with database.reading() as connection:
        shown = await catalogue.notice(connection, "G/TBT/N/USA/1/Add.1")
        own = await catalogue.notice(connection, "G/TBT/N/USA/1")
    assert shown is not None
    assert own is not None
    assert (shown.content.products, shown.content.hs, shown.inherits_from) == ("Footwear", ("64",), "G/TBT/N/USA/1")
    assert own.inherits_from is None


async def test_a_thread_is_found_by_any_name_and_reads_in_order(database: Database) -> None:
    follow_up = regular("G/TBT/N/USA/1/Add.1", type=NoticeType.ADDENDUM, distributed_on=date(2026, 2, 25))
    second = await keep(database, follow_up)
    first = await keep(database, regular("G/TBT/N/USA/1", comment_deadline=TODAY))
    await happen(database, first, "notified")
    await happen(database, second, "deadline_changed", changes=[["comment_deadline", "2026-03-01", "2026-03-02"]])
    async with database.reading() as connection:
        threads = [await catalogue.thread(connection, name) for name in ("G/TBT/N/USA/1", "G/TBT/N/USA/1/Add.1")]
        nothing = await catalogue.thread(connection, "G/TBT/N/USA/2")
    assert nothing is None
    for thread in threads:
        assert thread is not None
        assert [notice.ref for notice in thread.notices] == ["G/TBT/N/USA/1", "G/TBT/N/USA/1/Add.1"]
        assert [happened.kind for happened in thread.events] == ["notified", "deadline_changed"]
        assert thread.events[1].changes[0].after == "2026-03-02"
        assert (thread.state, thread.comment_deadline) == (MeasureState.PROPOSED, TODAY)


async def test_the_log_is_read_from_a_number_on(database: Database) -> None:
    number = await keep(database, regular("G/TBT/N/USA/1"))
    for kind in ("notified", "deadline_changed", "adopted"):
        await happen(database, number, kind)
    async with database.reading() as connection:
        start, more = await catalogue.log(connection, 0, 2)
        rest, no_more = await catalogue.log(connection, start[-1].id, 2)
    assert ([entry.kind for entry in start], more) == (["notified", "deadline_changed"], True)
    assert ([entry.kind for entry in rest], no_more) == (["adopted"], False)
    assert start[0].ref == start[0].measure_ref == "G/TBT/N/USA/1"


async def test_what_staff_typed_in_is_read_nowhere_before_its_release(database: Database) -> None:
    by_hand = Content(type=NoticeType.WARNING, titles=(("vi", "Cảnh báo nhập tay"),), members=("USA",))
    number = await keep(database, by_hand, source="trade-office", ref="trade-office/1")
    async with database.writing() as connection:
        await connection.execute(update(notices).values(entered_by="nga"))
    await label(database, number, [Label("food", Role.PRIMARY, 1.0, ())])
    await happen(database, number, "notified")

    async def readings() -> list[bool]:
        async with database.reading() as connection:
            counted = await totals.counts(connection, TODAY)
            return [
                bool(await found(database)),
                bool(await searched(database, "nhập tay")),
                await catalogue.notice(connection, "trade-office/1") is not None,
                await catalogue.thread(connection, "trade-office/1") is not None,
                bool((await catalogue.log(connection, 0, 9))[0]),
                bool(counted.notices or counted.by_sector or counted.by_member or counted.measures),
            ]

    assert await readings() == [False] * 6
    async with database.writing() as connection:
        await connection.execute(update(events).values(released_at=STORED_AT, released_by="mai"))
        await connection.execute(update(notices).values(released_at=STORED_AT))
    assert await readings() == [True] * 6


async def test_a_notice_counts_as_reviewed_once_a_person_corrected_or_released_it(database: Database) -> None:
    async def reviewed(ref: str) -> bool:
        async with database.reading() as connection:
            shown = await catalogue.notice(connection, ref)
        assert shown is not None
        return shown.reviewed

    first = await keep(database, regular("G/TBT/N/USA/1"))
    second = await keep(database, regular("G/TBT/N/USA/2"))
    await happen(database, first, "notified", released_by="rule", released_at=STORED_AT)
    await happen(database, second, "notified", released_by="rule", released_at=STORED_AT)
    assert not await reviewed("G/TBT/N/USA/1")
    async with database.writing() as connection:
        word = {"label": "food", "role": "none", "because": "no food", "actor": "staff:1", "created_at": STORED_AT}
        await connection.execute(corrections.insert().values(notice_id=first, **word))
        await connection.execute(update(events).where(events.c.notice_id == second).values(released_by="staff:1"))
    assert await reviewed("G/TBT/N/USA/1")
    assert await reviewed("G/TBT/N/USA/2")


async def test_counts_say_how_much_there_is(database: Database) -> None:
    first = await keep(database, regular("G/TBT/N/USA/1", comment_deadline=TODAY))
    await keep(database, regular("G/TBT/N/USA/1/Add.1", type=NoticeType.ADDENDUM))
    await keep(database, regular("G/SPS/N/EU/3"))
    await label(database, first, [Label("footwear", Role.PRIMARY, 0.9, ()), Label("food", Role.RELATED, 0.2, ())])
    async with database.reading() as connection:
        counted = await totals.counts(connection, TODAY)
    assert (counted.notices, counted.open, counted.measures) == (3, 1, 2)
    assert (counted.by_area, counted.by_sector, counted.by_member) == (
        {"TBT": 2, "SPS": 1},
        {"footwear": 1},
        {"USA": 2, "EU": 1},
    )
    assert counted.newest_on == date(2026, 2, 20)


async def test_counts_of_an_empty_database_are_nothing(database: Database) -> None:
    async with database.reading() as connection:
        counted = await totals.counts(connection, TODAY)
    assert (counted.notices, counted.open, counted.measures, counted.newest_on) == (0, 0, 0, None)


async def test_labels_come_surest_first_with_their_evidence(database: Database) -> None:
    number = await keep(database, regular("G/TBT/N/USA/1", titles=(("en", "Shoes"),)))
    proof = Evidence("title", 0, 5, "Shoes", "footwear.strong.en.shoe", 0.8)
    await label(
        database, number, [Label("textiles", Role.RELATED, 0.3, ()), Label("footwear", Role.PRIMARY, 0.9, (proof,))]
    )
    async with database.reading() as connection:
        shown = await catalogue.notice(connection, "G/TBT/N/USA/1")
    assert shown is not None
    assert [one.id for one in shown.sectors] == ["footwear", "textiles"]
    assert shown.sectors[0].evidence == (proof,)


async def test_moments_come_back_aware(database: Database) -> None:
    await keep(database, regular("G/TBT/N/USA/1"))
    async with database.reading() as connection:
        shown: CataloguedNotice | None = await catalogue.notice(connection, "G/TBT/N/USA/1")
    assert shown is not None
    assert shown.updated_at == datetime(2026, 3, 1, 3, 0, tzinfo=UTC)
