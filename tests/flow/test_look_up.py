"""Whoever looks a person up, or reads addresses, is written down first, and only they may look by that (PV-06)."""

from typing import Any

import pytest
from sqlalchemy import select

from app.domain.access import LONGEST_SESSION
from app.domain.errors import AppError
from app.domain.matching import Condition
from app.domain.register import Answer
from app.domain.scopes import EVERYTHING
from app.flow import explain, feedback, register
from app.store import notices, subscriptions
from app.store.register import Question
from app.store.tables import audit
from tests.builders import a_page, a_record
from tests.conftest import FrozenClock
from tests.office import PARENTS, Office

VITAS = "vitas@example.org"
FIRST = "G/TBT/N/USA/1"


async def rows(office: Office) -> list[Any]:
    async with office.database.reading() as connection:
        return list((await connection.execute(select(audit.c.actor, audit.c.verb, audit.c.subject))).all())


async def number_of(office: Office, address: str) -> int:
    async with office.database.reading() as connection:
        found = await subscriptions.number_of(connection, address)
    assert found is not None
    return found


async def notice_id(office: Office, ref: str) -> int:
    async with office.database.reading() as connection:
        found = await notices.notice_id_of(connection, ref)
    assert found is not None
    return found


async def told_office(office: Office) -> None:
    await office.settled_baseline()
    await office.enrol(VITAS, sectors=("textiles",))
    await office.pull(a_page(a_record(FIRST)))
    await office.deliver()


async def test_a_look_is_written_down_and_is_the_permit_to_look(office: Office) -> None:
    await told_office(office)
    number, person = await notice_id(office, FIRST), await number_of(office, VITAS)
    permit = await register.look_up(office.database, VITAS, number, "account:1")
    asked = await register.permitted(office.database, permit, "account:1")
    assert asked == Question(notice_id=number, subscriber_id=person)
    assert (await rows(office))[-1] == ("account:1", "look_up_person", f"person:{person}")
    assert await register.look_up(office.database, person, None, "account:1") == permit + 1


async def test_nobody_looks_by_the_permit_of_somebody_else_nor_for_ever(office: Office, frozen: FrozenClock) -> None:
    await told_office(office)
    permit = await register.look_up(office.database, VITAS, None, "account:1")
    for number, actor in ((permit, "account:2"), (permit + 1, "account:1")):
        with pytest.raises(AppError, match="over"):
            await register.permitted(office.database, number, actor)
    frozen.advance(seconds=LONGEST_SESSION.total_seconds() + 1)
    with pytest.raises(AppError, match="over"):
        await register.permitted(office.database, permit, "account:1")


async def test_no_other_row_of_the_audit_is_a_permit(office: Office) -> None:
    await told_office(office)
    await feedback.suppress(office.database, VITAS, "asked by telephone", "account:1")
    async with office.database.reading() as connection:
        newest = (await connection.execute(select(audit.c.id).order_by(audit.c.id.desc()).limit(1))).scalar_one()
    with pytest.raises(AppError, match="over"):
        await register.permitted(office.database, newest, "account:1")


async def test_a_look_for_somebody_unknown_is_written_down_too(office: Office) -> None:
    for who in ("nobody@example.org", 4711):
        with pytest.raises(AppError, match="nobody was ever written to"):
            await register.look_up(office.database, who, None, "account:1")
    assert [row.subject for row in await rows(office)] == ["people", "people"]
    assert "nobody@" not in str(await office.snapshot(audit))


async def test_the_answer_counts_and_names_the_entry_that_decides(office: Office) -> None:
    await told_office(office)
    found = await register.answer(EVERYTHING, office.database, Question(notice_id=await notice_id(office, FIRST)), 50)
    assert found.decisive is not None
    assert (found.decisive.ref, found.newest, found.counts, found.more) == (
        FIRST,
        Answer.ACCEPTED,
        {Answer.ACCEPTED: 1},
        False,
    )
    nothing = await register.answer(EVERYTHING, office.database, Question(subscriber_id=4711), 50)
    assert (nothing.decisive, nothing.newest, nothing.entries) == (None, None, [])


async def test_an_export_is_written_down_and_holds_every_entry(office: Office) -> None:
    await told_office(office)
    pages = await register.export(EVERYTHING, office.database, Question(), "account:1")
    assert [row.ref async for page in pages for row in page.rows] == [FIRST]
    assert (await rows(office))[-1] == ("account:1", "export_register", "register")


async def test_why_somebody_was_not_told_is_said_for_each_of_their_subscriptions(
    office: Office, frozen: FrozenClock
) -> None:
    await told_office(office)
    frozen.advance(minutes=10)
    await office.enrol("lefaso@example.org", sectors=("footwear",))
    await office.enrol("lefaso@example.org", members=("EU",))
    person = await number_of(office, "lefaso@example.org")
    assert await refused(office, FIRST, person) == [Condition.LATE, Condition.LATE]
    await office.pull(a_page(a_record("G/TBT/N/USA/2")))
    await office.deliver()
    assert await refused(office, "G/TBT/N/USA/2", person) == [Condition.MEMBER, Condition.SECTOR]


async def refused(office: Office, ref: str, person: int) -> list[Condition]:
    unanswered = await explain.why_not(office.database, await notice_id(office, ref), [person], PARENTS)
    return sorted(refusal.condition for one in unanswered for refusal in one.refusals if refusal)
