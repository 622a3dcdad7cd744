"""A list of people is kept by the rules that hold for each, in as many statements for a block as for a few."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event, select

from app.domain.addresses import Address
from app.domain.errors import AppError
from app.domain.privacy import Erasure
from app.domain.subscriptions import Criteria, Frequency, Language
from app.flow import subscribe
from app.flow.subscribe import AskedSubscription, SubscriptionRequest
from app.store import forgetting, subscriptions, tables
from app.store.database import Connection
from app.vault.tokens import keyed_hash
from tests.office import KEY, Office

KNOWN = ("confirmed", "weekly", "bounced", "waiting", "blocked", "erased")
"""Readers who have a past: `prepared` says which."""
UNTOLD = "new", "new+tag", "NEW", "other"
MOST = 3
"""Confirmation mails an hour, so that a list of a few fills it."""


Keep = Callable[[Office, Sequence[SubscriptionRequest]], Awaitable[list[Any]]]

few = settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
"""Each example begins with the same readers: what it leaves is undone."""


@contextmanager
def statements(office: Office) -> Iterator[list[str]]:
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        seen.append(statement)

    engine = office.database._writer.sync_engine  # noqa: SLF001 - counting statements is what the test is about
    event.listen(engine, "before_cursor_execute", note)
    yield seen
    event.remove(engine, "before_cursor_execute", note)


def wish(local: str, sector: str, frequency: Frequency, language: Language) -> SubscriptionRequest:
    return SubscriptionRequest(
        address=Address(f"{local}@reader.example", local, "reader.example"),
        criteria=Criteria(sectors=(sector,)),
        frequency=frequency,
        language=language,
    )


requests = st.lists(
    st.builds(
        wish,
        st.sampled_from((*KNOWN, *UNTOLD)),
        st.sampled_from(("textiles", "footwear")),
        st.sampled_from(Frequency),
        st.sampled_from(Language),
    ),
    max_size=12,
)


async def prepared(office: Office) -> None:
    """Let each of the known readers have the past that their name tells."""
    for local in ("confirmed", "weekly", "bounced"):
        await office.enrol(f"{local}@reader.example", sectors=("textiles",))
    for local in ("waiting", "blocked"):
        await subscribe.ask(office.desk, wish(local, "textiles", Frequency.DAILY, Language.VI))
    await office.suppress("bounced@reader.example")
    async with office.database.writing() as connection:
        now = await office.database.now(connection)
        await subscriptions.block(connection, keyed_hash("blocked@reader.example", KEY), now)
        await forgetting.remember(connection, [Erasure(keyed_hash("erased@reader.example", KEY), "erased", now)])


async def one_by_one_asked(office: Office, wishes: Sequence[SubscriptionRequest]) -> list[Any]:
    desk = replace(office.desk, most_per_hour=MOST)
    sound = [one for one in wishes if one.address.local != "erased"]
    return [(await subscribe.ask(desk, one)).confirmed for one in sound]


async def one_by_one_enrolled(office: Office, wishes: Sequence[SubscriptionRequest]) -> list[Any]:
    sound = [one for one in wishes if one.address.local != "erased"]
    return [(await subscribe.enrol(office.database, [one], [KEY]))[0].confirmed for one in sound]


async def together_asked(office: Office, wishes: Sequence[SubscriptionRequest]) -> list[Any]:
    answers = await subscribe.ask_each(replace(office.desk, most_per_hour=MOST), wishes)
    return [one.confirmed for one in answers if isinstance(one, AskedSubscription)]


async def together_enrolled(office: Office, wishes: Sequence[SubscriptionRequest]) -> list[Any]:
    answers = await subscribe.enrol_each(office.database, wishes, [KEY])
    return [one.confirmed for one in answers if isinstance(one, AskedSubscription)]


async def kept(connection: Connection) -> list[list[tuple[Any, ...]]]:
    """All that a list leaves behind, without the numbers and tokens that lots decide."""
    people, asked, agreed = tables.subscribers.c, tables.subscriptions.c, tables.consents.c
    links, mails = tables.confirmations.c, tables.deliveries.c
    whose = select(people.identity, tables.criteria.c.digest, asked.frequency, asked.confirmed_at)
    joined = whose.select_from(tables.subscribers.join(tables.subscriptions).join(tables.criteria))
    consented = select(people.identity, tables.criteria.c.digest, agreed.language, agreed.method, agreed.given_at)
    linked = select(people.identity, tables.criteria.c.digest, links.created_at, links.expires_at, links.abuse_hash)
    both = tables.subscribers.join(tables.subscriptions).join(tables.criteria)
    statements = (
        select(people.identity, people.address, people.wire, people.language),
        joined,
        consented.select_from(both.join(tables.consents, agreed.subscription_id == asked.id)),
        linked.select_from(both.join(tables.confirmations, links.subscription_id == asked.id)),
        select(people.identity, mails.kind, mails.state, mails.due_at, mails.created_at).join(
            tables.subscribers, people.id == mails.subscriber_id
        ),
    )
    return [sorted((tuple(row) for row in await connection.execute(one)), key=repr) for one in statements]


async def left_by(
    office: Office,
    keep: Keep,
    wishes: Sequence[SubscriptionRequest],
    monkeypatch: pytest.MonkeyPatch,
) -> tuple[list[Any], list[list[tuple[Any, ...]]]]:
    """Return what keeping wishes answers and leaves behind, and take it back."""

    @asynccontextmanager
    async def within() -> AsyncIterator[Connection]:
        yield connection

    async with office.database.trying() as connection:
        with monkeypatch.context() as patched:
            patched.setattr(office.database, "writing", within)
            return await keep(office, wishes), await kept(connection)


@pytest.fixture
async def known(office: Office) -> Office:
    """An office with the readers of `KNOWN`."""
    await prepared(office)
    return office


@few
@given(wishes=requests)
async def test_a_list_that_is_asked_leaves_what_its_rows_leave_one_by_one(
    known: Office, monkeypatch: pytest.MonkeyPatch, wishes: list[SubscriptionRequest]
) -> None:
    expected = await left_by(known, one_by_one_asked, wishes, monkeypatch)
    assert await left_by(known, together_asked, wishes, monkeypatch) == expected


@few
@given(wishes=requests)
async def test_a_list_that_is_enrolled_leaves_what_its_rows_leave_one_by_one(
    known: Office, monkeypatch: pytest.MonkeyPatch, wishes: list[SubscriptionRequest]
) -> None:
    expected = await left_by(known, one_by_one_enrolled, wishes, monkeypatch)
    assert await left_by(known, together_enrolled, wishes, monkeypatch) == expected


@pytest.mark.parametrize("together", [together_asked, together_enrolled])
async def test_a_block_takes_as_many_statements_as_a_few(office: Office, together: Keep) -> None:
    counted = []
    for block, size in enumerate((12, 120)):
        wishes = [
            wish(f"reader{block}x{number}", ("textiles", "footwear")[number % 2], frequency, Language.VI)
            for number, frequency in enumerate((*Frequency,) * (size // 3))
        ]
        with statements(office) as seen:
            assert len(await together(office, wishes)) == size
        counted.append(len(seen))
    assert counted[0] == counted[1] < 40


@pytest.mark.parametrize("together", [together_asked, together_enrolled])
async def test_the_same_list_again_changes_nothing(known: Office, together: Keep) -> None:
    wishes = [wish(local, "food", Frequency.DAILY, Language.EN) for local in (*UNTOLD, *KNOWN)]
    await together(known, wishes)
    before = await known.snapshot(*tables.metadata.sorted_tables)
    await together(known, wishes)
    assert await known.snapshot(*tables.metadata.sorted_tables) == before


async def test_who_was_erased_is_refused_by_name_and_the_others_go_in(known: Office) -> None:
    wishes = [wish(local, "food", Frequency.DAILY, Language.VI) for local in ("new", "erased", "other")]
    for answers in (
        await subscribe.ask_each(known.desk, wishes),
        await subscribe.enrol_each(known.database, wishes, [b"a newer key", KEY]),
    ):
        codes = [answer.code if isinstance(answer, AppError) else None for answer in answers]
        assert codes == [None, "person-erased", None]
