"""Faults of the database that pass while mails are on their way: written again, and no mail goes twice for them (F36)."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

from app.domain.deliveries import Envelope, Outcome
from app.flow.deliver import Outgoing, drain, draining
from app.store import deliveries
from tests.builders import a_page, a_record
from tests.fakes import FakeMailer
from tests.office import Office

Write = Callable[..., Awaitable[Any]]


class Failing:
    """A statement that fails so many times, before or after it did its work, and then does it."""

    def __init__(self, statement: Write, times: int) -> None:
        self.statement = statement
        self.times = times
        self.called = 0

    async def __call__(self, *arguments: Any) -> Any:
        self.called += 1
        if self.called <= self.times:
            raise OperationalError("UPDATE", {}, Exception("locked"))
        return await self.statement(*arguments)


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(draining, "_FIRST_PAUSE", 0)


async def one_in_the_outbox(office: Office) -> None:
    await office.enrol("vitas@example.org", sectors=("textiles",))
    await office.pull(a_page(a_record("G/TBT/N/USA/2211")))
    await office.process()


@pytest.mark.parametrize("name", ["hand_over", "record"])
async def test_what_could_not_be_written_at_once_is_written_again(
    office: Office, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await one_in_the_outbox(office)
    failing = Failing(getattr(deliveries, name), times=4)
    monkeypatch.setattr(deliveries, name, failing)
    assert (await office.drain()).accepted == 1
    assert (failing.called, len(office.mailer.received)) == (5, 1)


@pytest.mark.parametrize(("name", "sent"), [("hand_over", 0), ("record", 1)])
async def test_a_fault_that_does_not_pass_ends_the_round_after_five_tries(
    office: Office, name: str, sent: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    await one_in_the_outbox(office)
    failing = Failing(getattr(deliveries, name), times=1000)
    monkeypatch.setattr(deliveries, name, failing)
    with pytest.raises(OperationalError):
        await office.drain()
    assert (failing.called, len(office.mailer.received)) == (5, sent)


async def test_a_lease_is_renewed_also_after_a_renewal_that_failed(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    await one_in_the_outbox(office)
    renewed, failing = asyncio.Event(), Failing(deliveries.renew, times=1)

    async def renew(*arguments: Any) -> None:
        await failing(*arguments)
        renewed.set()

    class Waiting(FakeMailer):
        async def send(self, envelope: Envelope, before_data: Callable[[], Awaitable[bool]]) -> Outcome | None:
            await renewed.wait()
            return await super().send(envelope, before_data)

    monkeypatch.setattr(deliveries, "renew", renew)
    outgoing = Outgoing(
        mailer=Waiting(),
        stationery=office.stationery,
        bounce_address=lambda _: "bounces@keng.example",
        owner="worker",
        lease=timedelta(seconds=0.1),
    )
    async with asyncio.timeout(30):
        assert (await drain(office.database, outgoing)).accepted == 1
    assert failing.called >= 2
