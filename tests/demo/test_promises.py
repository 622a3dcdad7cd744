"""What must happen in the demo is checked: a mail that did not arrive, or that went to the wrong one, ends it."""

import asyncio
from email.message import EmailMessage

import pytest

from app.demo.catcher import Catcher
from app.demo.promises import StoryError, check_arrival, check_readers
from app.demo.readers import READERS
from app.demo.stopping import unless_stopped
from app.domain.deliveries import DeliveryState
from app.flow.deliver import Drained


async def alert_to(catcher: Catcher, *addresses: str) -> None:
    message = EmailMessage()
    message.set_content("Mã thông báo: G/TBT/N/EU/922\n")
    for address in addresses:
        await catcher.keep("b@keng.example", (address,), message.as_bytes())


async def test_all_is_well_when_exactly_those_who_confirmed_were_told() -> None:
    catcher = Catcher()
    await alert_to(catcher, *(reader.address for reader in READERS if reader.confirmed))

    check_readers(catcher)


@pytest.mark.parametrize("untold", [reader.address for reader in READERS if reader.confirmed])
async def test_a_confirmed_subscriber_without_an_alert_is_a_fault(untold: str) -> None:
    catcher = Catcher()
    await alert_to(catcher, *(reader.address for reader in READERS if reader.confirmed and reader.address != untold))

    with pytest.raises(StoryError) as raised:
        check_readers(catcher)
    assert untold in raised.value.vietnamese


async def test_an_alert_to_somebody_unconfirmed_is_a_fault() -> None:
    catcher = Catcher()
    await alert_to(catcher, *(reader.address for reader in READERS))

    with pytest.raises(StoryError, match="unconfirmed"):
        check_readers(catcher)


async def test_a_relay_that_is_down_is_a_fault() -> None:
    with pytest.raises(StoryError, match="relay"):
        await check_arrival(Catcher(), 0, Drained(host_down="refused"))


async def test_mails_that_were_handed_over_must_arrive() -> None:
    drained = Drained(ended={DeliveryState.ACCEPTED: 1})

    with pytest.raises(StoryError, match="arrive"):
        await check_arrival(Catcher(), 0, drained, seconds=0.01)


async def test_a_story_that_is_stopped_is_broken_off() -> None:
    stop = asyncio.Event()
    stop.set()

    assert not await unless_stopped(asyncio.sleep(60), stop)


async def test_a_story_that_fails_says_so_to_whoever_runs_it() -> None:
    async def fail() -> None:
        raise StoryError("hỏng", "broken")

    with pytest.raises(StoryError, match="broken"):
        await unless_stopped(fail(), asyncio.Event())
