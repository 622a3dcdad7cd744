from typing import Any

import pytest
from sqlalchemy import update

from app.domain.errors import AppError, Kind
from app.domain.matching import Condition, Reason
from app.domain.release import ReleaseMode
from app.flow import review, subscribe
from app.flow.explain import Verdict, explain
from app.store import tables
from tests.builders import a_page, a_record
from tests.conftest import FrozenClock
from tests.office import PARENTS, Office

SYMBOL = "G/TBT/N/USA/2211"


async def verdict(office: Office, subscription: int, symbol: str = SYMBOL) -> Verdict:
    (only,) = (await explain(office.database, symbol, subscription, PARENTS)).verdicts
    return only


async def condition(office: Office, subscription: int) -> Condition | None:
    refusal = (await verdict(office, subscription)).refusal
    return None if refusal is None else refusal.condition


async def test_who_was_told_sees_why_and_what_was_sent(office: Office) -> None:
    number = await office.enrol("vitas@example.org", sectors=("textiles",))
    await office.pull(a_page(a_record(SYMBOL)))
    await office.deliver()

    found = await verdict(office, number)
    assert (found.refusal, found.reasons) == (None, (Reason("sector", "textiles"),))
    assert found.told is not None
    assert (found.told.state, found.told.frequency) == ("accepted", "instant")


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"sectors": ("footwear",)}, Condition.SECTOR),
        ({"members": ("EU",)}, Condition.MEMBER),
        ({"additions": False}, Condition.ADDITIONS),
        ({"excluded": ("textile",)}, Condition.EXCLUDED),
        ({"sectors": ("textiles",), "hs": ("64",), "keywords": ("tôm",)}, Condition.HS),
        ({"keywords": ("tôm",)}, Condition.KEYWORD),
    ],
)
async def test_the_first_condition_that_failed_is_named(
    office: Office, asked: dict[str, Any], expected: Condition
) -> None:
    number = await office.enrol("vitas@example.org", **asked)
    await office.pull(a_page(a_record(SYMBOL)))
    await office.deliver()

    assert await condition(office, number) is expected
    assert (await verdict(office, number)).told is None


async def test_a_notice_says_first_whether_it_can_be_told_at_all(office: Office) -> None:
    number = await office.enrol("lefaso@example.org", sectors=("footwear",))
    office.mode = ReleaseMode.STAFF
    await office.pull(a_page(a_record(SYMBOL)))
    assert await condition(office, number) is Condition.SORTED
    await office.process()
    refusal = (await verdict(office, number)).refusal
    assert refusal is not None
    assert (refusal.condition, refusal.found) == (Condition.RELEASED, ("staff",))
    await review.release(office.database, SYMBOL, "staff")
    await office.process()
    assert await condition(office, number) is Condition.SECTOR
    await review.withdraw(office.database, SYMBOL, "sent in error", "staff")
    found = (await explain(office.database, SYMBOL, number, PARENTS)).verdicts[0].refusal
    assert found is not None
    assert (found.condition, found.found) == (Condition.WITHDRAWN, ("sent in error",))


async def test_the_silence_of_a_baseline_is_named(office: Office) -> None:
    number = await office.enrol("vitas@example.org", sectors=("textiles",))
    await office.pull(a_page(a_record(SYMBOL, distributed_on=None)))
    await office.process()

    assert await condition(office, number) is Condition.SILENCE


async def test_who_came_later_hears_so(office: Office, frozen: FrozenClock) -> None:
    await office.pull(a_page(a_record(SYMBOL)))
    await office.deliver()
    frozen.advance(minutes=1)
    late = await office.enrol("late@example.org", sectors=("textiles",))

    assert await condition(office, late) is Condition.LATE


async def test_who_left_before_hears_so(office: Office) -> None:
    gone = await office.enrol("gone@example.org", sectors=("textiles",))
    await subscribe.stop(office.database, 1, gone)
    await office.pull(a_page(a_record(SYMBOL)))
    await office.deliver()

    assert await condition(office, gone) is Condition.ENDED


async def test_a_question_nobody_confirmed_is_named(office: Office) -> None:
    number = await office.enrol("vitas@example.org", sectors=("textiles",))
    async with office.database.writing() as connection:
        await connection.execute(update(tables.subscriptions).values(confirmed_at=None))
    await office.pull(a_page(a_record(SYMBOL)))
    await office.deliver()

    assert await condition(office, number) is Condition.CONFIRMED


async def test_what_is_not_there_and_what_is_not_mine_are_the_same(office: Office) -> None:
    number = await office.enrol("vitas@example.org", sectors=("textiles",))
    await office.pull(a_page(a_record(SYMBOL)))
    for name, subscription, owner in (
        (SYMBOL, number + 1, None),
        (SYMBOL, number, 999),
        ("G/TBT/N/USA/1", number, None),
    ):
        with pytest.raises(AppError) as refused:
            await explain(office.database, name, subscription, PARENTS, owner=owner)
        assert refused.value.kind is Kind.MISSING
