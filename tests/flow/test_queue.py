"""What waits for a person, and what staff do with many notices at once: each act whole, and of each notice an answer."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from app.domain.access import Role
from app.domain.errors import AppError
from app.domain.organisations import OrganisationKind
from app.domain.queue import Holder, LeftBecause, Order, Tab
from app.domain.release import ReleaseMode
from app.domain.symbols import Area
from app.flow import ingest, review, sign_in
from app.flow import queue as flow
from app.store import queue, radar, reviews
from app.store.database import Database
from app.store.filters import Filters
from app.store.merging import merge_notices
from app.store.queue import Place, Wanted
from app.store.tables import assignments, audit, events, notices, versions
from tests.conftest import FrozenClock
from tests.flow.test_warnings import REF, a_warning
from tests.office import Office
from tests.staff import hire
from tests.surfaces.rows import STORED_AT, happen, keep, regular
from tests.waiting import TODAY, add_unit, orphan, sorted_into, unmatched, wait


async def listed(database: Database, account: int = 1, limit: int = 50, **wanted: Any) -> list[str]:
    """Read the queue page by page, and return its refs in order."""
    asked, after, found = Wanted(today=TODAY, account=account, **wanted), None, []
    while True:
        async with database.reading() as connection:
            page = await queue.page(connection, asked, after, limit)
            refs = {row.id: row.ref for row in await connection.execute(select(notices.c.id, notices.c.ref))}
        found += [refs[one.id] for one in page.queued]
        after = page.more
        if after is None:
            return found


async def counted(database: Database, account: int = 1, **wanted: Any) -> dict[str, int]:
    async with database.reading() as connection:
        page = await queue.page(connection, Wanted(today=TODAY, account=account, **wanted), None, 1)
    return {tab.value: count for tab, count in page.counts.items() if count}


async def rows(database: Database, *columns: Any) -> list[Any]:
    async with database.reading() as connection:
        return list(await connection.execute(select(*columns)))


async def acts(database: Database) -> list[tuple[str, str, str]]:
    return [tuple(row) for row in await rows(database, audit.c.actor, audit.c.verb, audit.c.subject)]


async def test_each_notice_stands_once_and_in_every_tab_that_it_belongs_to(database: Database) -> None:
    both = await wait(
        database, 1, "orphan", symbol="G/TBT/N/USA/1/Add.1", columns={"orphan": True, "contradictory": True}
    )
    for number, because in ((2, "unsure"), (3, "unlabelled"), (4, "staff"), (5, "contradictory")):
        await wait(database, number, because, columns={"contradictory": because == "contradictory"})
    await unmatched(database, 1)
    await orphan(database, 1)
    await keep(database, regular("G/TBT/N/USA/9"), sorted_at=STORED_AT)
    assert await counted(database) == {
        "all": 7,
        "new": 5,
        "unsure": 2,
        "contradictory": 2,
        "orphan": 2,
        "unmatched": 1,
    }
    for tab, count in (await counted(database)).items():
        assert len(await listed(database, tab=Tab(tab))) == count
    assert await listed(database, tab=Tab.CONTRADICTORY, limit=1) == [both, "G/TBT/N/USA/5"]


async def test_command_line_radar_and_page_agree_on_what_waits(database: Database) -> None:
    await wait(database, 1)
    await unmatched(database, 1)
    await orphan(database, 1)
    async with database.reading() as connection:
        lists = [
            await reviews.waiting(connection, 9),
            await reviews.unmatched(connection, 9),
            await radar.orphans(connection, 9),
        ]
    assert sorted(row.ref for one in lists for row in one) == sorted(await listed(database))


async def test_few_days_left_come_first_then_what_is_closed_then_what_has_no_deadline(database: Database) -> None:
    for number, left in enumerate((None, -40, 5, -1, 0, 60, None), start=1):
        await wait(database, number, left=left)
    order = ["5", "3", "6", "4", "2", "1", "7"]
    for limit in (1, 2, 3, 50):
        assert [ref.rpartition("/")[2] for ref in await listed(database, limit=limit)] == order
    since = [STORED_AT + timedelta(hours=hours) for hours in (3, 1, 2, 1)]
    for number, moment in enumerate(since, start=11):
        await wait(database, number, left=1, since=moment)
    for limit in (1, 50):
        by_age = await listed(database, order=Order.AGE, limit=limit)
        assert [ref.rpartition("/")[2] for ref in by_age][7:] == ["12", "14", "13", "11"]


@pytest.mark.parametrize("order", list(Order))
async def test_the_way_back_shows_the_same_pages_in_the_same_order(database: Database, order: Order) -> None:
    for number, left in enumerate((0, 0, 3, 3, -2, -2, -9, None, None), start=1):
        await wait(database, number, left=left, since=STORED_AT + timedelta(minutes=number % 3))
    asked = Wanted(today=TODAY, account=1, order=order)
    async with database.reading() as connection:
        whole = (await queue.page(connection, asked, None, 50)).queued
        for limit in (1, 2, 4):
            for at in range(1, len(whole)):
                before = queue.place_of(asked, whole[at], TODAY)
                page = await queue.page_before(connection, asked, before, limit)
                assert page.queued == whole[max(0, at - limit) : at], (limit, at)
                assert page.more == (queue.place_of(asked, page.queued[0], TODAY) if at > limit else None)


@pytest.mark.parametrize("order", list(Order))
async def test_pages_have_no_gap_and_no_repeat_while_notices_come_and_the_day_turns(
    database: Database, order: Order
) -> None:
    lefts = (0, 0, 3, 3, -2, -2, None, None)
    standing = [
        await wait(database, number, left=left, since=STORED_AT + timedelta(minutes=number % 3))
        for number, left in enumerate(lefts, start=1)
    ]
    found: list[str] = []
    after: Place | None = None
    for turn in range(20):
        day = TODAY + timedelta(days=turn // 2)
        async with database.reading() as connection:
            asked = Wanted(today=day, account=1, order=order)
            page = await queue.page(connection, asked, after, 2)
            refs = {row.id: row.ref for row in await connection.execute(select(notices.c.id, notices.c.ref))}
        found += [refs[one.id] for one in page.queued]
        after = page.more
        if after is None:
            break
        await wait(database, 100 + turn, left=turn % 5, since=STORED_AT + timedelta(minutes=turn % 4))
    assert [ref for ref in found if ref in standing] == [ref for ref in dict.fromkeys(found) if ref in standing]
    assert set(standing) <= set(found)
    assert len(found) == len(set(found))


async def test_filters_narrow_the_list_and_its_counts_alike(database: Database) -> None:
    await wait(database, 1, left=5)
    await wait(database, 2, "unlabelled", left=40, symbol="G/SPS/N/CHN/2", titles=(("en", "Maximum levels in tea"),))
    await wait(database, 3, left=-3)
    await sorted_into(database, 1, "textiles")
    await add_unit(database)
    await flow.assign(database, ["G/TBT/N/USA/3"], Holder(unit="xnk"), "account:1")
    one, two, three = "G/TBT/N/USA/1", "G/SPS/N/CHN/2", "G/TBT/N/USA/3"
    for asked, refs in (
        ({"filters": Filters(sectors=("textiles",))}, [one]),
        ({"filters": Filters(members=("CHN",))}, [two]),
        ({"filters": Filters(area=Area.TBT)}, [one, three]),
        ({"within": TODAY + timedelta(days=7)}, [one]),
        ({"unit": "xnk"}, [three]),
        ({"unit": "nobody"}, []),
    ):
        assert await listed(database, **asked) == refs
        assert (await counted(database, **asked)).get("all", 0) == len(refs)


async def test_what_was_entered_by_hand_waits_though_the_public_does_not_see_it(database: Database) -> None:
    ref = await wait(database, 1, "manual", columns={"entered_by": "account:1"})
    assert await listed(database, filters=Filters(area=Area.TBT)) == [ref]


async def test_a_notice_is_in_one_hand_at_a_time(database: Database, frozen: FrozenClock) -> None:
    lan = await hire(database, frozen)
    await add_unit(database)
    refs = [await wait(database, number) for number in (1, 2)]
    unit, person = Holder(unit="xnk"), Holder(account=lan.number)
    assert (await flow.assign(database, [*refs, "G/X/1"], unit, lan.actor)).left == (("G/X/1", LeftBecause.UNKNOWN),)
    again = await flow.assign(database, refs[:1], unit, lan.actor)
    assert (again.done, again.left) == ((), ((refs[0], LeftBecause.SAME_HOLDER),))
    assert (await flow.assign(database, refs[:1], person, lan.actor)).done == (refs[0],)
    assert (await counted(database, lan.number))["mine"] == 1
    assert "new" not in await counted(database)
    assert (await flow.assign(database, refs, None, lan.actor)).done == tuple(refs)
    assert (await counted(database))["new"] == 2
    ended = await rows(database, assignments.c.ended_at)
    assert len(ended) == 3
    assert all(row.ended_at is not None for row in ended)
    details = [row.details for row in await rows(database, audit.c.details)]
    assert details[2] == {"from": "unit:xnk", "to": lan.actor}
    assert [subject for _, _, subject in await acts(database)] == [*refs, refs[0], *refs]


async def test_nothing_is_given_to_who_cannot_have_it(database: Database, frozen: FrozenClock) -> None:
    lan = await hire(database, frozen, disabled_at=frozen.now)
    await add_unit(database, "vitas", OrganisationKind.ASSOCIATION)
    ref = await wait(database, 1)
    for holder in (Holder(unit="vitas"), Holder(unit="nowhere"), Holder(account=lan.number), Holder(account=99)):
        with pytest.raises(AppError) as refused:
            await flow.assign(database, [ref], holder, "account:1")
        assert refused.value.field == "holder"
    assert await rows(database, assignments.c.id) == []


@pytest.mark.parametrize("erased", [False, True])
async def test_who_leaves_has_nothing_in_hand(database: Database, frozen: FrozenClock, erased: bool) -> None:
    await hire(database, frozen, Role.ADMINISTRATOR, "chief@moit.gov.vn")
    lan = await hire(database, frozen)
    await flow.assign(database, [await wait(database, 1)], Holder(account=lan.number), lan.actor)
    await sign_in.disable(database, lan.number, "left", "account:1")
    if erased:
        await sign_in.erase(database, lan.number, "left", "account:1")
    assert (await counted(database))["new"] == 1
    async with database.reading() as connection:
        (one,) = (await queue.page(connection, Wanted(today=TODAY, account=1), None, 9)).queued
    assert (one.address, one.unit_vi) == ("", "")


async def test_a_release_of_many_lets_out_what_may_and_names_the_rest(database: Database) -> None:
    refs = [await wait(database, number) for number in (1, 2)]
    own = await wait(database, 3, "manual", columns={"entered_by": "account:7"})
    gone = await wait(database, 4, columns={"withdrawn_at": STORED_AT})
    silent = await orphan(database, 5)
    told = await unmatched(database, 6)
    outcome = await flow.release(database, [own, refs[0], gone, "G/X/1", silent, refs[1], refs[0], told], "account:7")
    assert outcome.done == tuple(refs)
    assert outcome.left == (
        (own, LeftBecause.OWN_ENTRY),
        (gone, LeftBecause.WITHDRAWN),
        ("G/X/1", LeftBecause.UNKNOWN),
        (silent, LeftBecause.NOTHING_WAITS),
        (told, LeftBecause.NOTHING_WAITS),
    )
    assert await acts(database) == [("account:7", "release", ref) for ref in refs]
    released = await rows(database, func.count(events.c.id).filter(events.c.released_by == "account:7"))
    assert released[0][0] == 2
    assert (await flow.release(database, refs, "account:7")).done == ()
    assert (await flow.release(database, [own], "account:8")).done == (own,)


async def test_who_wrote_any_of_a_warning_does_not_let_it_out_among_others(database: Database) -> None:
    """The first of two writers: the database would refuse it, and with it the whole selection."""
    other = await wait(database, 1)
    await ingest.enter_warning(database, a_warning(), "account:7")
    await ingest.enter_warning(database, a_warning("Ethylene oxide on shoe bags"), "account:8", again=True)
    outcome = await flow.release(database, [REF, other], "account:7")
    assert (outcome.done, outcome.left) == ((other,), ((REF, LeftBecause.OWN_ENTRY),))
    assert (await flow.release(database, [REF], "account:9")).done == (REF,)


async def test_what_is_set_aside_leaves_the_queue_is_told_to_nobody_and_comes_back_with_something_new(
    database: Database, office: Office
) -> None:
    refs = [await wait(database, 1), await unmatched(database, 2), await orphan(database, 3)]
    outcome = await flow.set_aside(database, [*refs, "G/X/1"], " seen ", "account:7")
    assert (outcome.done, outcome.left) == (tuple(refs), (("G/X/1", LeftBecause.UNKNOWN),))
    assert await counted(database) == {}
    assert await acts(database) == [("account:7", "set_aside", ref) for ref in refs]
    assert [row.silence for row in await rows(database, events.c.silence)] == ["set_aside", None, "baseline"]
    again = await flow.set_aside(database, refs, "seen", "account:7")
    assert again.left == tuple((ref, LeftBecause.NOTHING_WAITS) for ref in refs)
    office.mode = ReleaseMode.AUTO
    await office.process()
    assert (await rows(database, events.c.released_by))[0].released_by is None
    (number,) = (await rows(database, notices.c.id))[0]
    await happen(database, number, "scope_changed", waiting="unsure", judged_at=STORED_AT)
    assert await listed(database) == refs[:1]


async def test_what_was_set_aside_can_be_released_one_by_one(database: Database) -> None:
    ref = await wait(database, 1)
    await flow.set_aside(database, [ref], "not ours", "account:7")
    assert (await flow.release(database, [ref], "account:7")).done == ()
    assert await review.release(database, ref, "account:8") == 1
    (row,) = await rows(database, events)
    assert (row.released_by, row.silence, row.set_aside_at) == ("account:8", None, None)


async def test_an_act_needs_a_notice_and_setting_aside_a_reason(database: Database) -> None:
    ref = await wait(database, 1)
    for act, field in (
        (flow.release(database, [], "account:1"), "notice"),
        (flow.release(database, [f"G/X/{number}" for number in range(201)], "account:1"), "notice"),
        (flow.set_aside(database, [ref], "  ", "account:1"), "because"),
        (flow.assign(database, [], None, "account:1"), "notice"),
    ):
        with pytest.raises(AppError) as refused:
            await act
        assert refused.value.field == field
    assert await acts(database) == []


async def test_whoever_has_a_notice_has_the_one_that_it_is_merged_into(database: Database) -> None:
    await add_unit(database)
    await add_unit(database, "mut")
    refs = [await wait(database, number, left=9) for number in (1, 2, 3)]
    for ref, unit in zip(refs, ("xnk", "mut", "mut"), strict=True):
        await flow.assign(database, [ref], Holder(unit=unit), "account:1")
    await flow.assign(database, refs[1:2], None, "account:1")
    numbers = [row.id for row in await rows(database, notices.c.id)]
    version = {"number": 1, "fingerprint": "", "content": {}, "changes": [], "created_at": STORED_AT}
    async with database.writing() as connection:
        await connection.execute(versions.insert().values(notice_id=numbers[1], **version))
        for drop in numbers[:1] + numbers[2:]:
            await merge_notices(connection, numbers[1], drop)
    living = await rows(database, assignments.c.notice_id, assignments.c.ended_at)
    assert {row.notice_id for row in living} == {numbers[1]}
    assert sum(row.ended_at is None for row in living) == 1
