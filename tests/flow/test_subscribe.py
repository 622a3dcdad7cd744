import asyncio
import re
from collections.abc import Awaitable, Callable

from sqlalchemy import select

from app.domain.addresses import Address
from app.domain.deliveries import Envelope, Outcome
from app.domain.subscriptions import Criteria, Frequency, Language
from app.flow import subscribe
from app.flow.deliver import waiting_now
from app.flow.subscribe import AskedSubscription, SubscriptionRequest
from app.store import tables
from app.texts.consent_wordings import CURRENT
from app.vault.tokens import keyed_hash, new_token
from tests.builders import a_page, a_record
from tests.conftest import FrozenClock
from tests.office import KEY, Office, plain

NGA = "nga@hiephoi.example"


def request(
    address: str = NGA,
    frequency: Frequency = Frequency.INSTANT,
    language: Language = Language.VI,
    **asked: tuple[str, ...],
) -> SubscriptionRequest:
    local, _, domain = address.partition("@")
    criteria = Criteria(**(asked or {"sectors": ("textiles",)}))  # type: ignore[arg-type]  # facets only
    return SubscriptionRequest(
        address=Address(address, local, domain), criteria=criteria, frequency=frequency, language=language
    )


async def ask(office: Office, address: str = NGA, **asked: tuple[str, ...]) -> AskedSubscription:
    return await subscribe.ask(office.desk, request(address, Frequency.INSTANT, Language.VI, **asked))


async def links(office: Office) -> list[str]:
    """The tokens of all confirmation links that were mailed so far."""
    await office.drain()
    texts = [plain(mail) for _, mail in office.inbox]
    return [token for text in texts for token in re.findall(r"https://keng\.example/confirm/(\S+)", text)[:1]]


async def standing(office: Office) -> list[tuple[int, bool, str | None]]:
    """Every subscription: its number, whether it is confirmed, and why it ended."""
    found = tables.subscriptions.c
    statement = select(found.id, found.confirmed_at, found.ended_because).order_by(found.id)
    async with office.database.reading() as connection:
        return [(row[0], row[1] is not None, row[2]) for row in await connection.execute(statement)]


async def tell(office: Office, *symbols: str) -> list[str]:
    """Let news come in and be told; return who was mailed for it."""
    before = len(office.recipients)
    await office.pull(a_page(*(a_record(symbol) for symbol in symbols)))
    await office.deliver()
    return office.recipients[before:]


async def test_nobody_is_told_before_the_link_is_confirmed(office: Office) -> None:
    asked = await ask(office)
    assert asked.confirmed is False
    assert await tell(office, "G/TBT/N/USA/1") == ["nga@hiephoi.example"]
    (token,) = await links(office)

    waiting = await subscribe.awaiting(office.database, token)
    assert waiting is not None
    assert [wish.criteria.sectors for wish in waiting.wishes] == [("textiles",)]
    assert await standing(office) == [(1, False, None)]
    assert await tell(office, "G/TBT/N/USA/2") == []

    for _ in range(2):
        assert await subscribe.confirm(office.database, token) == waiting
    assert await tell(office, "G/TBT/N/USA/3") == ["nga@hiephoi.example"]
    assert await office.count(tables.consents) == 1


async def test_a_consent_says_to_what_in_which_words_and_how(office: Office, frozen: FrozenClock) -> None:
    await ask(office)
    (token,) = await links(office)
    frozen.advance(days=2)
    await subscribe.confirm(office.database, token)
    await subscribe.enrol(office.database, [request("ai@hiephoi.example", language=Language.EN)], [KEY])

    found = tables.consents.c
    async with office.database.reading() as connection:
        statement = select(found.purpose, found.wording, found.language, found.method, found.given_at)
        rows = [tuple(row) for row in await connection.execute(statement.order_by(found.id))]
    assert rows == [
        ("alerts", CURRENT, "vi", "double_opt_in", frozen.now),
        ("alerts", CURRENT, "en", "given_to_staff", frozen.now),
    ]


async def test_a_link_holds_for_seven_days_to_the_second(office: Office, frozen: FrozenClock) -> None:
    await ask(office)
    (token,) = await links(office)
    frozen.advance(days=7)
    assert await subscribe.awaiting(office.database, token) is not None

    frozen.advance(seconds=1)
    assert await subscribe.awaiting(office.database, token) is None
    assert await subscribe.confirm(office.database, token) is None
    assert await subscribe.block(office.database, token, [KEY]) is False
    assert await standing(office) == [(1, False, None)]


async def test_a_token_that_was_never_mailed_does_nothing(office: Office) -> None:
    await ask(office)
    for token in (new_token(), "", "x" * 500):
        assert await subscribe.awaiting(office.database, token) is None
        assert await subscribe.confirm(office.database, token) is None
        assert await subscribe.block(office.database, token, [KEY]) is False
    assert await standing(office) == [(1, False, None)]


async def test_the_token_itself_is_kept_nowhere_but_in_the_mail(office: Office) -> None:
    await ask(office)
    (token,) = await links(office)
    kept = await office.snapshot(*(table for table in tables.metadata.sorted_tables if table is not tables.messages))
    assert token not in str(kept)


async def test_an_address_is_mailed_a_confirmation_once_a_day_and_three_times_a_month(
    office: Office, frozen: FrozenClock
) -> None:
    mailed = []
    for _ in range(40):
        for _ in range(2):
            await ask(office)
        mailed.append(len(await links(office)))
        frozen.advance(days=1, seconds=1)

    assert mailed[:3] == [1, 2, 3]
    assert mailed[29] == 3
    assert mailed[32] == 6, "thirty days after the first the count begins anew"
    assert len(await standing(office)) == 1


async def test_a_second_wish_of_the_day_is_mailed_its_confirmation_on_the_next(
    office: Office, frozen: FrozenClock
) -> None:
    await ask(office, sectors=("textiles",))
    (first,) = await links(office)
    await subscribe.confirm(office.database, first)
    frozen.advance(hours=1)
    for sector in ("footwear", "food"):
        await ask(office, sectors=(sector,))
    assert len(await links(office)) == 1
    assert await waiting_now(office.database) == (0, 0), "what may not go out yet is not due"

    frozen.advance(hours=23)
    _, second = await links(office)
    frozen.advance(days=7)
    confirmed = await subscribe.confirm(office.database, second)
    assert confirmed is not None
    assert [wish.criteria.sectors for wish in confirmed.wishes] == [("footwear",), ("food",)]
    assert await standing(office) == [(1, True, None), (2, True, None), (3, True, None)]
    frozen.advance(days=40)
    assert len(await links(office)) == 2


async def test_a_fourth_wish_of_the_month_is_mailed_its_confirmation_thirty_days_after_the_first(
    office: Office, frozen: FrozenClock
) -> None:
    for sector in ("textiles", "footwear", "food"):
        await ask(office, sectors=(sector,))
        await links(office)
        frozen.advance(days=1)
    await ask(office, sectors=("seafood",))

    frozen.advance(days=26, hours=23)
    assert len(await links(office)) == 3
    frozen.advance(hours=1)
    *_, fourth = await links(office)
    assert await subscribe.confirm(office.database, fourth) is not None
    assert [confirmed for _, confirmed, _ in await standing(office)] == [True] * 4


async def test_who_asks_for_the_same_again_is_not_mailed_day_after_day(office: Office, frozen: FrozenClock) -> None:
    for _ in range(50):
        await ask(office)
    frozen.advance(days=7)
    assert len(await links(office)) == 1


async def test_fifty_wishes_for_one_address_are_one_mail_now_and_one_that_waits(office: Office) -> None:
    for chapter in range(10, 60):
        await ask(office, hs=(str(chapter),))
    assert len(await links(office)) == 1
    assert await states(office) == ["accepted", "pending"]


async def test_a_confirmation_that_waits_is_called_back_when_the_first_link_confirms_everything(
    office: Office, frozen: FrozenClock
) -> None:
    await ask(office, sectors=("textiles",))
    await ask(office, sectors=("footwear",))
    (first,) = await links(office)
    await subscribe.confirm(office.database, first)
    assert await states(office) == ["accepted", "skipped"]

    frozen.advance(days=1)
    await ask(office, sectors=("food",))
    assert len(await links(office)) == 2, "a mail that never went out counts for no ceiling"


async def test_a_confirmation_that_waits_is_called_back_by_a_block_and_by_a_stop(
    office: Office, frozen: FrozenClock
) -> None:
    for name in ("nga", "ai"):
        for sector in ("textiles", "footwear"):
            await ask(office, f"{name}@hiephoi.example", sectors=(sector,))
    refused, stopped = await links(office)
    await subscribe.block(office.database, refused, [KEY])
    waiting = await subscribe.awaiting(office.database, stopped)
    assert waiting is not None
    await subscribe.stop(office.database, waiting.subscriber_id, None)
    await ask(office, sectors=("food",))

    frozen.advance(days=40)
    assert len(await links(office)) == 2
    assert await states(office) == ["accepted", "accepted", "skipped", "skipped"]


async def test_a_confirmation_with_nothing_left_to_confirm_is_not_handed_over(
    office: Office, frozen: FrozenClock
) -> None:
    await ask(office, sectors=("textiles",))
    asked = await ask(office, sectors=("footwear",))
    await links(office)
    await subscribe.enrol(office.database, [request(sectors=("textiles",))], [KEY])
    await subscribe.stop(office.database, 1, asked.id)

    frozen.advance(days=1)
    assert len(await links(office)) == 1
    assert await states(office) == ["accepted", "skipped"]


async def test_ten_who_ask_at_once_are_mailed_one_confirmation(office: Office, frozen: FrozenClock) -> None:
    asked = await asyncio.gather(*(ask(office) for _ in range(10)))
    assert {one.id for one in asked} == {1}
    assert len(await links(office)) == 1

    frozen.advance(days=2)
    asked = await asyncio.gather(*(ask(office, hs=(str(chapter),)) for chapter in range(50, 60)))
    assert len({one.id for one in asked}) == 10
    assert len(await links(office)) == 2


async def test_one_link_confirms_all_that_its_address_asked_for_and_nothing_of_others(office: Office) -> None:
    await ask(office, sectors=("textiles",))
    await ask(office, sectors=("footwear",))
    await ask(office, "ai@hiephoi.example", sectors=("footwear",))
    token, _ = await links(office)

    confirmed = await subscribe.confirm(office.database, token)
    assert confirmed is not None
    assert [wish.criteria.sectors for wish in confirmed.wishes] == [("textiles",), ("footwear",)]
    assert await standing(office) == [(1, True, None), (2, True, None), (3, False, None)]


async def test_that_was_not_me_ends_all_that_waits_and_stops_further_confirmations(
    office: Office, frozen: FrozenClock
) -> None:
    await ask(office, sectors=("textiles",))
    await ask(office, sectors=("footwear",))
    (token,) = await links(office)
    for _ in range(2):
        assert await subscribe.block(office.database, token, [KEY]) is True

    assert await subscribe.confirm(office.database, token) is None
    assert await standing(office) == [(1, False, "not_me"), (2, False, "not_me")]
    frozen.advance(days=40)
    await ask(office)
    assert len(await links(office)) == 1


async def test_a_block_holds_when_the_key_is_changed(office: Office, frozen: FrozenClock) -> None:
    await ask(office)
    (token,) = await links(office)
    await subscribe.block(office.database, token, [KEY])
    frozen.advance(days=2)

    desk = subscribe.SubscriptionDesk(office.database, office.stationery.letterhead, [b"a newer key", KEY])
    await subscribe.ask(desk, request())
    assert len(await links(office)) == 1
    async with office.database.reading() as connection:
        hashes = list((await connection.execute(select(tables.blocked_confirmations.c.identity_hash))).scalars())
    assert hashes == [keyed_hash("nga@hiephoi.example", KEY)]


async def test_that_was_not_me_touches_nothing_that_was_confirmed(office: Office) -> None:
    await ask(office)
    (token,) = await links(office)
    await subscribe.confirm(office.database, token)

    assert await subscribe.block(office.database, token, [KEY]) is True
    assert await standing(office) == [(1, True, None)]
    assert await office.count(tables.blocked_confirmations) == 0


async def test_a_stranger_changes_nothing_of_what_stands(office: Office) -> None:
    await office.enrol("nga@hiephoi.example", sectors=("textiles",))
    asked = await subscribe.ask(office.desk, request(frequency=Frequency.WEEKLY, language=Language.EN))

    assert (asked.id, asked.confirmed) == (1, True)
    assert await links(office) == []
    assert await tell(office, "G/TBT/N/USA/1") == ["nga@hiephoi.example"]
    ((_, mail),) = office.inbox
    assert mail["Content-Language"] == "vi"


async def test_staff_may_enrol_again_and_only_frequency_and_language_change(office: Office) -> None:
    first = await subscribe.enrol(office.database, [request()], [KEY])
    before = await office.snapshot(tables.consents, tables.criteria)
    again = await subscribe.enrol(
        office.database, [request("NGA@hiephoi.example", Frequency.DAILY, Language.EN)], [KEY]
    )

    assert again == first == [AskedSubscription(1, confirmed=True)]
    assert await office.snapshot(tables.consents, tables.criteria) == before
    async with office.database.reading() as connection:
        (subscription,) = await connection.execute(select(tables.subscriptions))
        (subscriber,) = await connection.execute(select(tables.subscribers))
    assert subscription.frequency == "daily"
    assert (subscriber.language, subscriber.address) == ("en", "nga@hiephoi.example")
    assert office.recipients == []


async def test_all_who_ask_the_same_share_one_question(office: Office) -> None:
    await subscribe.enrol(
        office.database,
        [
            request(f"reader{number}@example.org", sectors=names)
            for number, names in enumerate(
                [("textiles", "footwear"), ("footwear", "textiles"), (" Textiles ", "footwear")]
            )
        ],
        [KEY],
    )
    assert await office.count(tables.criteria) == 1
    assert await office.count(tables.subscriptions) == 3


async def test_who_stopped_may_ask_again_and_is_told_again(office: Office, frozen: FrozenClock) -> None:
    await office.settled_baseline()
    await office.enrol("nga@hiephoi.example", sectors=("textiles",))
    assert await subscribe.stop(office.database, 1, None) == 1
    assert await tell(office, "G/TBT/N/USA/1") == []

    await ask(office)
    (token,) = await links(office)
    await subscribe.confirm(office.database, token)
    frozen.advance(minutes=10)
    assert await tell(office, "G/TBT/N/USA/2") == ["nga@hiephoi.example"]
    assert await standing(office) == [(1, True, "asked"), (2, True, None)]


async def test_of_ten_stops_at_once_one_stops(office: Office) -> None:
    await office.enrol("nga@hiephoi.example", sectors=("textiles",))
    await office.enrol("nga@hiephoi.example", sectors=("footwear",))

    stopped = await asyncio.gather(*(subscribe.stop(office.database, 1, None) for _ in range(10)))
    assert sorted(stopped) == [0] * 9 + [2]


async def test_nobody_stops_the_subscription_of_another(office: Office) -> None:
    await office.enrol("nga@hiephoi.example", sectors=("textiles",))
    other = await office.enrol("ai@hiephoi.example", sectors=("textiles",))

    assert await subscribe.stop(office.database, 1, other) == 0
    assert await tell(office, "G/TBT/N/USA/1") == ["nga@hiephoi.example", "ai@hiephoi.example"]


async def test_a_stop_wins_until_the_very_moment_of_handing_over(office: Office) -> None:
    for name in ("nga", "ai"):
        await office.enrol(f"{name}@hiephoi.example", sectors=("textiles",))
    await office.pull(a_page(a_record("G/TBT/N/USA/1")))
    send = office.mailer.send

    async def stop_and_send(envelope: Envelope, before_data: Callable[[], Awaitable[bool]]) -> Outcome | None:
        if envelope.recipient.startswith("nga"):
            assert await subscribe.stop(office.database, 1, None) == 1
        return await send(envelope, before_data)

    office.mailer.send = stop_and_send  # type: ignore[method-assign]  # a relay that misbehaves once
    await office.deliver()

    assert office.recipients == ["ai@hiephoi.example"]
    assert office.mailer.forbidden == 1
    assert await states(office) == ["accepted", "skipped"]


async def test_a_stop_after_the_hand_over_began_leaves_its_books_straight(office: Office) -> None:
    await office.enrol("nga@hiephoi.example", sectors=("textiles",))
    await office.pull(a_page(a_record("G/TBT/N/USA/1")))
    send = office.mailer.send

    async def send_and_stop(envelope: Envelope, before_data: Callable[[], Awaitable[bool]]) -> Outcome | None:
        outcome = await send(envelope, before_data)
        await subscribe.stop(office.database, 1, None)
        return outcome

    office.mailer.send = send_and_stop  # type: ignore[method-assign]  # a relay that misbehaves once
    await office.deliver()

    assert office.recipients == ["nga@hiephoi.example"]
    assert await states(office) == ["accepted"]
    assert await tell(office, "G/TBT/N/USA/2") == []


async def test_a_stop_of_one_wish_among_several_leaves_the_mail_with_the_rest(office: Office) -> None:
    await office.enrol("nga@hiephoi.example", sectors=("textiles",))
    shoes = await office.enrol("nga@hiephoi.example", sectors=("footwear",))
    wool = a_record("G/TBT/N/USA/1")
    boots = a_record("G/TBT/N/USA/2", titles=(("en", "Shoe safety"),), products="Shoes", hs=("64",))
    await office.pull(a_page(wool, boots))
    send = office.mailer.send

    async def stop_and_send(envelope: Envelope, before_data: Callable[[], Awaitable[bool]]) -> Outcome | None:
        await subscribe.stop(office.database, 1, shoes)
        return await send(envelope, before_data)

    office.mailer.send = stop_and_send  # type: ignore[method-assign]  # a relay that misbehaves once
    await office.deliver()
    await office.deliver()

    ((_, mail),) = office.inbox
    assert "G/TBT/N/USA/1" in plain(mail)
    assert "G/TBT/N/USA/2" not in plain(mail)


async def test_confirming_and_refusing_at_once_leaves_one_of_the_two(office: Office) -> None:
    await ask(office)
    (token,) = await links(office)
    confirmed, _ = await asyncio.gather(
        subscribe.confirm(office.database, token), subscribe.block(office.database, token, [KEY])
    )

    blocked = await office.count(tables.blocked_confirmations)
    assert (await standing(office), blocked) == (
        ([(1, True, None)], 0) if confirmed is not None else ([(1, False, "not_me")], 1)
    )


async def states(office: Office) -> list[str]:
    async with office.database.reading() as connection:
        return sorted((await connection.execute(select(tables.deliveries.c.state))).scalars())
