from datetime import date

from sqlalchemy import select

from app.domain.deliveries import TryLater, Unknown
from app.flow import manage, review, subscribe
from app.store import tables
from tests.builders import a_page, a_record
from tests.conftest import FrozenClock
from tests.office import Office, plain

NGA = "nga@hiephoi.example"
OPEN = date(2026, 4, 30)


async def waiting(office: Office, *numbers: int) -> None:
    await office.settled_baseline()
    await office.enrol(NGA, sectors=("textiles",))
    await office.pull(a_page(*(a_record(f"G/TBT/N/USA/{n}", comment_deadline=OPEN) for n in numbers)))
    await office.process()


async def standing(office: Office) -> list[tuple[str, str | None]]:
    found = tables.deliveries.c
    async with office.database.reading() as connection:
        rows = await connection.execute(select(found.state, found.reason).order_by(found.id))
        return [(row.state, row.reason) for row in rows]


async def test_a_stop_takes_back_a_mail_that_was_deferred(office: Office, frozen: FrozenClock) -> None:
    await waiting(office, 1)
    office.mailer.answers = [TryLater(451, "4.7.1 later")]
    await office.drain()
    assert [state for state, _ in await standing(office)] == ["deferred"]
    await subscribe.stop(office.database, 1, None)
    frozen.advance(hours=5)
    await office.drain()
    assert len(office.mailer.received) == 1
    assert await standing(office) == [("skipped", "asked")]


async def test_a_stop_wins_over_the_identical_repeat_of_a_mail_that_may_have_arrived(
    office: Office, frozen: FrozenClock
) -> None:
    await waiting(office, 1)
    office.mailer.answers = [Unknown("the line broke")]

    async def stop_meanwhile(*_: object) -> None:
        await subscribe.stop(office.database, 1, None, because="one_click")

    send = office.mailer.send

    async def send_and_stop(*given: object) -> object:
        outcome = await send(*given)  # type: ignore[arg-type]  # handed on as they came
        await stop_meanwhile()
        return outcome

    office.mailer.send = send_and_stop  # type: ignore[assignment]  # a relay that misbehaves once
    await office.drain()
    frozen.advance(hours=1)
    await office.drain()
    assert len(office.mailer.received) == 1
    ((state, reason),) = await standing(office)
    assert (state, str(reason).endswith("(may have arrived)")) == ("skipped", True)
    assert await manage.take_back(office.database, 1, None) == 1
    frozen.advance(hours=1)
    await office.deliver()
    assert len(office.mailer.received) == 1


async def test_a_deferred_mail_without_what_was_withdrawn_goes_under_an_id_of_its_own(
    office: Office, frozen: FrozenClock
) -> None:
    await waiting(office, 1, 2)
    office.mailer.answers = [TryLater(451, "4.7.1 later")]
    await office.drain()
    await review.withdraw(office.database, "G/TBT/N/USA/1", "wrong", "staff")
    frozen.advance(hours=5)
    await office.drain()
    first, second = office.inbox
    assert first[1]["Message-ID"] != second[1]["Message-ID"]
    assert ("G/TBT/N/USA/1" in plain(first[1]), "G/TBT/N/USA/1" in plain(second[1])) == (True, False)


async def test_an_ambiguous_mail_of_which_a_part_was_withdrawn_waits_for_a_person(
    office: Office, frozen: FrozenClock
) -> None:
    await waiting(office, 1, 2)
    office.mailer.answers = [Unknown("the line broke")]
    send, office.mailer.answers = office.mailer.send, [Unknown("the line broke")]

    async def send_and_withdraw(*given: object) -> object:
        outcome = await send(*given)  # type: ignore[arg-type]  # handed on as they came
        await review.withdraw(office.database, "G/TBT/N/USA/1", "wrong", "staff")
        office.mailer.send = send  # type: ignore[method-assign]  # once is enough
        return outcome

    office.mailer.send = send_and_withdraw  # type: ignore[assignment]  # a relay that misbehaves once
    await office.drain()
    frozen.advance(hours=1)
    await office.drain()
    assert len(office.mailer.received) == 1
    assert (await standing(office))[0][0] == "needs_human"


async def test_an_undo_gives_back_exactly_what_the_last_stop_took(office: Office, frozen: FrozenClock) -> None:
    await waiting(office, 1)
    shoes = await office.enrol(NGA, sectors=("footwear",))
    await subscribe.stop(office.database, 1, shoes)
    frozen.advance(minutes=1)
    assert await subscribe.stop(office.database, 1, None, because="one_click") == 1
    await office.drain()
    assert office.recipients == []

    for restored in (1, 1, 0):
        assert await manage.take_back(office.database, 1, None) == restored
    frozen.advance(minutes=10)
    await office.deliver()
    ((to, mail),) = office.inbox
    assert (to, "G/TBT/N/USA/1" in plain(mail)) == (NGA, True)
    found = tables.consents.c.method
    async with office.database.reading() as connection:
        methods = (await connection.execute(select(found).order_by(tables.consents.c.id))).scalars().all()
    assert methods == ["given_to_staff", "given_to_staff", "stop_undone", "stop_undone"]


async def test_an_undo_holds_for_seven_days_and_never_for_what_the_reader_did_not_stop(
    office: Office, frozen: FrozenClock
) -> None:
    await waiting(office, 1)
    await subscribe.stop(office.database, 1, None, because="erased")
    assert await manage.take_back(office.database, 1, None) == 0
    await office.enrol(NGA, sectors=("textiles",))
    await subscribe.stop(office.database, 1, None)
    frozen.advance(days=7, seconds=1)
    assert await manage.take_back(office.database, 1, None) == 0


async def test_an_undo_never_makes_a_second_of_what_was_asked_anew(office: Office) -> None:
    await waiting(office, 1)
    await subscribe.stop(office.database, 1, None)
    await office.enrol(NGA, sectors=("textiles",))
    assert await manage.take_back(office.database, 1, None) == 0
    assert await manage.take_back(office.database, 1, 1) == 0
