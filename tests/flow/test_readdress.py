import re
from contextlib import nullcontext
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

import app
from app.domain.addresses import Address
from app.domain.bounces import LIFTED_BY_CONFIRMING, SuppressionReason
from app.domain.deliveries import Refused, TryLater
from app.domain.errors import AppError
from app.domain.subscriptions import Criteria, Frequency, Language
from app.flow import mend, readdress, subscribe
from app.flow.readdress import AddressDesk, Changing
from app.store import enlisting, subscriptions, suppressions, tables, verdicts
from app.vault.purposes import MANAGE, read_bearer
from app.vault.tokens import verify
from tests.builders import a_page, a_record
from tests.conftest import FrozenClock
from tests.office import KEY, Office, plain

OLD, NEW = "nga@hiephoi.example", "nga@cong-ty.example"


def address(text: str) -> Address:
    local, _, domain = text.partition("@")
    return Address(text, local, domain)


def desk(office: Office) -> AddressDesk:
    return AddressDesk(office.database, office.stationery.letterhead, [KEY])


async def asked(office: Office, to: str = NEW) -> tuple[str, str]:
    """Ask for a change and let the two mails go; return the tokens to confirm and to undo it."""
    before = len(office.inbox)
    await readdress.ask_change(desk(office), 1, address(to))
    await office.drain()
    texts = {who: plain(mail) for who, mail in office.inbox[before:]}
    confirm = re.search(r"/move/(\S+)", texts.get(to, ""))
    undo = re.search(r"/move/(\S+)/undo", next(text for text in texts.values() if "/undo" in text))
    assert undo is not None
    return confirm[1] if confirm else "", undo[1]


async def tell(office: Office, number: int) -> list[str]:
    before = len(office.recipients)
    await office.pull(a_page(a_record(f"G/TBT/N/USA/{number}", comment_deadline=date(2026, 4, 30))))
    await office.deliver()
    return office.recipients[before:]


async def test_the_new_address_takes_over_when_it_confirms_and_is_told_nothing_twice(
    office: Office, frozen: FrozenClock
) -> None:
    await office.settled_baseline()
    await office.enrol(OLD, sectors=("textiles",))
    assert await tell(office, 1) == [OLD]
    confirm, _ = await asked(office)
    assert sorted(office.recipients[1:]) == sorted([OLD, NEW])
    frozen.advance(minutes=10)
    assert await tell(office, 2) == [OLD]
    assert await readdress.change_waiting(office.database, confirm) is Changing.WAITING
    for _ in range(2):
        assert await readdress.confirm_change(office.database, confirm) is Changing.DONE
    frozen.advance(minutes=10)
    assert await tell(office, 3) == [NEW]
    assert "G/TBT/N/USA/1" not in plain(office.inbox[-1][1])


async def test_links_mailed_before_the_change_manage_nothing_after(office: Office, frozen: FrozenClock) -> None:
    await office.settled_baseline()
    await office.enrol(OLD, sectors=("textiles",))
    await tell(office, 1)
    confirm, _ = await asked(office)
    await readdress.confirm_change(office.database, confirm)
    frozen.advance(minutes=10)
    await tell(office, 2)
    subjects = []
    for _, mail in (office.inbox[0], office.inbox[-1]):
        token = re.search(r"/manage/(\S+)", plain(mail))
        assert token is not None
        subjects.append(read_bearer(verify(MANAGE, token[1], [KEY]) or 0))
    assert subjects == [(1, 0), (1, 1)]


async def test_the_old_address_calls_the_change_off_before_and_takes_it_back_after(
    office: Office, frozen: FrozenClock
) -> None:
    await office.settled_baseline()
    await office.enrol(OLD, sectors=("textiles",))
    confirm, undo = await asked(office)
    assert await readdress.undo_change(office.database, undo) is Changing.UNDONE
    assert await readdress.confirm_change(office.database, confirm) is None
    frozen.advance(days=1, minutes=1)

    confirm, undo = await asked(office)
    await readdress.confirm_change(office.database, confirm)
    frozen.advance(days=12)
    for _ in range(2):
        assert await readdress.undo_change(office.database, undo) is Changing.UNDONE
    assert await tell(office, 1) == [OLD]


async def test_who_had_the_mailbox_meanwhile_cannot_undo_the_undoing(office: Office, frozen: FrozenClock) -> None:
    await office.enrol(OLD, sectors=("textiles",))
    confirm, undo = await asked(office)
    await readdress.confirm_change(office.database, confirm)
    _, theirs = await asked(office, "ke-gian@elsewhere.example")
    assert await readdress.undo_change(office.database, undo) is Changing.UNDONE
    await readdress.undo_change(office.database, theirs)
    async with office.database.reading() as connection:
        assert (await connection.execute(select(tables.subscribers.c.identity))).scalars().all() == [OLD]
    frozen.advance(days=15)
    assert await readdress.undo_change(office.database, undo) is None
    assert await readdress.forget_changes(office.database) == 2


async def test_an_address_with_subscriptions_of_its_own_is_not_merged_and_only_it_learns_why(office: Office) -> None:
    await office.enrol(OLD, sectors=("textiles",))
    await office.enrol(NEW, sectors=("footwear",))
    confirm, _ = await asked(office)
    assert await readdress.confirm_change(office.database, confirm) is Changing.TAKEN
    async with office.database.reading() as connection:
        identities = (await connection.execute(select(tables.subscribers.c.identity))).scalars().all()
    assert sorted(identities) == sorted([OLD, NEW])


async def test_an_idle_row_does_not_keep_an_address_from_its_owner(office: Office) -> None:
    await office.settled_baseline()
    await office.enrol(OLD, sectors=("textiles",))
    await office.enrol(NEW, sectors=("footwear",))
    await subscribe.stop(office.database, 2, None)
    confirm, _ = await asked(office)
    assert await readdress.confirm_change(office.database, confirm) is Changing.DONE
    assert await tell(office, 1) == [NEW]


async def test_a_link_to_the_new_address_holds_for_two_days(office: Office, frozen: FrozenClock) -> None:
    await office.enrol(OLD, sectors=("textiles",))
    confirm, _ = await asked(office)
    frozen.advance(days=2, seconds=1)
    assert await readdress.confirm_change(office.database, confirm) is None
    assert await readdress.change_waiting(office.database, "x") is None


async def test_a_mistyped_new_address_does_not_suppress_the_present_one(office: Office) -> None:
    await office.settled_baseline()
    await office.enrol(OLD, sectors=("textiles",))
    office.mailer.answers = [Refused(550, "550 5.1.1 no such user"), Refused(550, "550 5.1.1 no such user")]
    await asked(office)
    assert await tell(office, 1) == [OLD]


async def test_what_was_deferred_moves_along_under_an_id_of_its_own_once_it_is_in_nobodys_hands(
    office: Office, frozen: FrozenClock
) -> None:
    await office.settled_baseline()
    await office.enrol(OLD, sectors=("textiles",))
    confirm, _ = await asked(office)
    office.mailer.received.clear()
    send = office.mailer.send

    async def send_and_confirm(*given: object) -> object:
        outcome = await send(*given)  # type: ignore[arg-type]  # handed on as they came
        assert await readdress.confirm_change(office.database, confirm) is Changing.BUSY
        return outcome

    office.mailer.send = send_and_confirm  # type: ignore[assignment]  # somebody presses the button meanwhile
    office.mailer.answers = [TryLater(451, "later")]
    assert await tell(office, 1) == [OLD]
    office.mailer.send = send  # type: ignore[method-assign]  # and not any more
    assert await readdress.confirm_change(office.database, confirm) is Changing.DONE
    frozen.advance(hours=5)
    await office.drain()
    assert office.recipients == [OLD, NEW]
    assert len({mail["Message-ID"] for _, mail in office.inbox}) == 2
    assert office.inbox[1][1]["To"] == NEW


async def test_a_change_to_the_same_address_and_a_fourth_in_a_day_are_refused(office: Office) -> None:
    await office.enrol(OLD, sectors=("textiles",))
    with pytest.raises(AppError):
        await readdress.ask_change(desk(office), 1, address("NGA@hiephoi.example"))
    for number in range(3):
        await asked(office, f"nga{number}@elsewhere.example")
    with pytest.raises(AppError):
        await readdress.ask_change(desk(office), 1, address("nga4@elsewhere.example"))


async def test_a_manage_link_goes_to_subscribers_only_once_a_day(office: Office, frozen: FrozenClock) -> None:
    await office.enrol(OLD, sectors=("textiles",))
    gone = [await readdress.mail_link(desk(office), address(who)) for who in (OLD, OLD, NEW)]
    assert gone == [True, False, False]
    await office.drain()
    ((to, mail),) = office.inbox
    assert (to, "/manage/" in plain(mail), mail["List-Unsubscribe"]) == (OLD, True, None)
    sent = []
    for _ in range(40):
        frozen.now += timedelta(days=1)
        sent.append(await readdress.mail_link(desk(office), address(OLD)))
    assert [day for day, goes in enumerate(sent, start=1) if goes] == [1, 2, 30, 31, 32]


def test_every_manage_link_names_how_often_the_address_had_changed() -> None:
    """A link signed for the bare number of a subscriber opens nothing once their address has changed."""
    for file in Path(app.__file__).parent.rglob("*.py"):
        for subject in re.findall(r"sign\(\s*MANAGE,\s*(\w+)", file.read_text("utf-8")):
            assert subject == "bearer", file


@pytest.mark.parametrize(("ambiguous", "mailed"), [(0, [NEW]), (1, [])])
async def test_what_waits_for_a_person_never_goes_to_the_new_address_in_its_old_form(
    office: Office, ambiguous: int, mailed: list[str]
) -> None:
    await office.settled_baseline()
    await office.enrol(OLD, sectors=("textiles",))
    confirm, _ = await asked(office)
    await office.pull(a_page(a_record("G/TBT/N/USA/1", comment_deadline=date(2026, 4, 30))))
    await office.process()
    office.mailer.answers = [TryLater(451, "451 later")]
    await office.drain()
    instant = tables.deliveries.c.kind == "instant"
    async with office.database.writing() as connection:
        stuck = {"state": "needs_human", "ambiguous": ambiguous}
        await connection.execute(update(tables.deliveries).where(instant).values(stuck))
        number = (await connection.execute(select(tables.deliveries.c.id).where(instant))).scalar_one()
    await readdress.confirm_change(office.database, confirm)

    before = len(office.inbox)
    with nullcontext() if mailed else pytest.raises(AppError):
        await mend.settle(office.database, number, send=True, because="it never left", actor="staff")
    await office.drain()
    assert [(who, mail["To"]) for who, mail in office.inbox[before:]] == [(one, one) for one in mailed]


async def stop(office: Office, who: str, reason: SuppressionReason) -> None:
    async with office.database.writing() as connection:
        number = await subscriptions.number_of(connection, who)
        assert number is not None
        now = await office.database.now(connection)
        await verdicts.suppress(connection, number, reason, ("why", "maildir"), now)


async def standing(office: Office) -> list[tuple[str, str, str, str]]:
    """What keeps Kẻng from writing: to whom, why, and as it was written first."""
    async with office.database.reading() as connection:
        rows = await suppressions.listed(connection, ended=False)
    return [(row.address, row.reason, row.detail, row.source) for row in rows]


async def outcome(office: Office, kind: str) -> list[tuple[str, str | None]]:
    table = tables.deliveries
    async with office.database.reading() as connection:
        statement = select(table.c.state, table.c.reason).where(table.c.kind == kind).order_by(table.c.id)
        return [(row.state, row.reason) for row in await connection.execute(statement)]


@pytest.mark.parametrize("reason", list(SuppressionReason))
async def test_what_had_stopped_the_old_address_stops_it_again_when_the_change_is_undone(
    office: Office, frozen: FrozenClock, reason: SuppressionReason
) -> None:
    await office.settled_baseline()
    await office.enrol(OLD, sectors=("textiles",))
    confirm, undo = await asked(office)
    await stop(office, OLD, reason)
    frozen.advance(minutes=10)
    await readdress.confirm_change(office.database, confirm)
    assert await tell(office, 1) == ([NEW] if reason in LIFTED_BY_CONFIRMING else [])
    frozen.advance(hours=1)
    await office.pull(a_page(a_record("G/TBT/N/USA/2", comment_deadline=date(2026, 4, 30))))
    await office.process()
    assert await readdress.undo_change(office.database, undo) is Changing.UNDONE
    assert await standing(office) == [(OLD, reason, "why", "maildir")]
    assert await readdress.still_stopped(office.database, undo) is reason
    await office.drain()
    assert await tell(office, 3) == []
    assert office.recipients.count(OLD) == 1, "only the word of the change"


async def test_a_suppression_that_ran_out_or_was_released_meanwhile_stands_no_more(
    office: Office, frozen: FrozenClock
) -> None:
    await office.settled_baseline()
    await office.enrol(OLD, sectors=("textiles",))
    confirm, undo = await asked(office)
    await stop(office, OLD, SuppressionReason.KEEPS_BOUNCING)
    frozen.advance(days=1)
    await readdress.confirm_change(office.database, confirm)
    async with office.database.writing() as connection:
        await connection.execute(update(tables.suppressions).values(expires_at=frozen.now + timedelta(days=1)))
    frozen.advance(days=2)
    assert await readdress.undo_change(office.database, undo) is Changing.UNDONE
    assert await standing(office) == []
    assert await readdress.still_stopped(office.database, undo) is None
    assert await tell(office, 1) == [OLD]


async def test_confirming_anew_gives_back_what_a_bounce_stops_again_after_the_undoing(
    office: Office, frozen: FrozenClock
) -> None:
    await office.settled_baseline()
    await office.enrol(OLD, sectors=("textiles",))
    confirm, undo = await asked(office)
    await stop(office, OLD, SuppressionReason.NO_SUCH_ADDRESS)
    await readdress.confirm_change(office.database, confirm)
    frozen.advance(minutes=10)
    await readdress.undo_change(office.database, undo)
    wish = subscribe.SubscriptionRequest(
        address=address(OLD), criteria=Criteria(members=("EU",)), frequency=Frequency.INSTANT, language=Language.VI
    )
    await subscribe.ask(office.desk, wish)
    await office.drain()
    link = re.search(r"/confirm/(\S+)", plain(office.inbox[-1][1]))
    assert link is not None
    await subscribe.confirm(office.database, link[1])
    assert await readdress.still_stopped(office.database, undo) is None
    assert await tell(office, 1) == [OLD]


@pytest.mark.parametrize(
    ("reason", "stands"), [(SuppressionReason.COMPLAINED, True), (SuppressionReason.NO_SUCH_ADDRESS, False)]
)
@pytest.mark.parametrize("moved_on", [False, True])
async def test_a_complaint_since_the_change_stands_and_a_bounce_of_an_address_that_is_left_does_not(
    office: Office, frozen: FrozenClock, reason: SuppressionReason, *, stands: bool, moved_on: bool
) -> None:
    await office.enrol(OLD, sectors=("textiles",))
    confirm, undo = await asked(office)
    await readdress.confirm_change(office.database, confirm)
    frozen.advance(hours=1)
    await stop(office, NEW, reason)
    if moved_on:
        await readdress.ask_change(desk(office), 1, address("nga@elsewhere.example"))
        await office.drain()
        link = re.search(r"/move/(\S+)", plain(office.inbox[-1][1]))
        assert link is not None
        assert await readdress.confirm_change(office.database, link[1]) is Changing.DONE
        assert await standing(office) == ([("nga@elsewhere.example", reason, "why", "maildir")] if stands else [])
    frozen.advance(hours=1)
    assert await readdress.undo_change(office.database, undo) is Changing.UNDONE
    assert await standing(office) == ([(OLD, reason, "why", "maildir")] if stands else [])


async def test_what_stopped_the_old_address_in_other_hands_meanwhile_stops_it_when_the_change_is_undone(
    office: Office, frozen: FrozenClock
) -> None:
    await office.settled_baseline()
    await office.enrol(OLD, sectors=("textiles",))
    confirm, undo = await asked(office)
    await readdress.confirm_change(office.database, confirm)
    frozen.advance(minutes=10)
    await office.enrol(OLD, sectors=("footwear",))
    await stop(office, OLD, SuppressionReason.COMPLAINED)
    await subscribe.stop(office.database, 2, None)
    assert await readdress.undo_change(office.database, undo) is Changing.UNDONE
    assert await standing(office) == [(OLD, "complained", "why", "maildir")]
    assert await tell(office, 1) == []


@pytest.mark.parametrize(
    ("reason", "stands"), [(SuppressionReason.COMPLAINED, True), (SuppressionReason.NO_SUCH_ADDRESS, False)]
)
async def test_confirming_lifts_what_bounces_had_stopped_at_the_new_address_and_no_complaint(
    office: Office, frozen: FrozenClock, reason: SuppressionReason, *, stands: bool
) -> None:
    await office.enrol(OLD, sectors=("textiles",))
    confirm, _ = await asked(office)
    await office.enrol(NEW, sectors=("footwear",))
    await stop(office, NEW, reason)
    await subscribe.stop(office.database, 2, None)
    frozen.advance(minutes=10)
    assert await readdress.confirm_change(office.database, confirm) is Changing.DONE
    assert await standing(office) == ([(NEW, reason, "why", "maildir")] if stands else [])
    assert await readdress.still_stopped(office.database, confirm) == (reason if stands else None)


async def test_a_suppressed_address_is_not_told_of_the_change_and_the_outbox_says_why(office: Office) -> None:
    await office.enrol(OLD, sectors=("textiles",))
    await stop(office, OLD, SuppressionReason.NO_SUCH_ADDRESS)
    await readdress.ask_change(desk(office), 1, address(NEW))
    await office.drain()
    assert office.recipients == [NEW]
    assert await outcome(office, "old_address") == [("skipped", "suppressed")]


async def test_an_address_that_is_suppressed_while_the_word_of_the_change_waits_is_not_told(
    office: Office, frozen: FrozenClock
) -> None:
    await office.enrol(OLD, sectors=("textiles",))
    await deferred_word(office)
    await stop(office, OLD, SuppressionReason.COMPLAINED)
    assert await outcome(office, "old_address") == [("skipped", "suppressed")]
    frozen.advance(hours=5)
    await office.drain()
    assert office.recipients == []


async def deferred_word(office: Office) -> None:
    """Ask for a change; the relay takes the mail to the new address, and defers the one to the old."""
    office.mailer.answers = [TryLater(451, "later")]
    await readdress.ask_change(desk(office), 1, address(NEW))
    await office.drain()
    assert office.recipients == [OLD, NEW]
    office.mailer.received.clear()


async def test_a_change_does_not_bring_back_the_word_of_it_that_a_suppression_overtook_on_its_way(
    office: Office, frozen: FrozenClock
) -> None:
    """The suppression came while the mail was handed over, and ended when the address changed."""
    await office.enrol(OLD, sectors=("textiles",))
    send = office.mailer.send

    async def send_and_suppress(*given: object) -> object:
        outcome = await send(*given)  # type: ignore[arg-type]  # handed on as they came
        await stop(office, OLD, SuppressionReason.COMPLAINED)
        return outcome

    office.mailer.send = send_and_suppress  # type: ignore[assignment]  # a complaint comes in meanwhile
    office.mailer.answers = [TryLater(451, "later")]
    await readdress.ask_change(desk(office), 1, address(NEW))
    await office.drain()
    office.mailer.send = send  # type: ignore[method-assign]  # and not any more
    link = re.search(r"/move/(\S+)", plain(office.inbox[-1][1]))
    assert link is not None
    office.mailer.received.clear()
    assert await readdress.confirm_change(office.database, link[1]) is Changing.DONE
    assert await outcome(office, "old_address") == [("skipped", "suppressed")]
    frozen.advance(hours=5)
    await office.drain()
    assert office.recipients == []


@pytest.mark.parametrize("owner", ["the subscriber", "somebody else since"])
async def test_the_hand_over_looks_once_more_whether_the_old_address_is_suppressed(
    office: Office, frozen: FrozenClock, owner: str
) -> None:
    """A suppression that came while the mail was in a worker's hands."""
    await office.enrol(OLD, sectors=("textiles",))
    await deferred_word(office)
    async with office.database.writing() as connection:
        now, number = await office.database.now(connection), 1
        if owner != "the subscriber":
            await connection.execute(update(tables.subscribers).values(identity=NEW, address=NEW, wire=NEW))
            others = await enlisting.subscribers_of(connection, {OLD: (address(OLD), Language.VI)}, now)
            number = others[OLD].id
        row = {"subscriber_id": number, "reason": "complained", "detail": "", "source": "imap", "began_at": now}
        await suppressions.add(connection, row | {"expires_at": None})
    frozen.advance(hours=5)
    await office.drain()
    assert office.recipients == []
    assert [state for state, _ in await outcome(office, "old_address")] == ["skipped"]


async def test_a_suppression_of_the_new_address_stops_no_word_of_the_change_to_the_old_one(
    office: Office, frozen: FrozenClock
) -> None:
    await office.enrol(OLD, sectors=("textiles",))
    await deferred_word(office)
    async with office.database.writing() as connection:
        await connection.execute(update(tables.subscribers).values(identity=NEW, address=NEW, wire=NEW))
    await stop(office, NEW, SuppressionReason.COMPLAINED)
    frozen.advance(hours=5)
    await office.drain()
    assert office.recipients == [OLD]
