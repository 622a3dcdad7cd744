"""`keng reconcile` misses a lost proof of silence, and nobody who was not due one."""

from datetime import UTC, date, datetime, time, timedelta

import pytest

from app.domain.alarms import Check
from app.domain.bounces import LIFTED_BY_CONFIRMING
from app.domain.deliveries import Refused
from app.domain.pauses import OnResume
from app.domain.subscriptions import Frequency
from app.domain.visits import Page
from app.flow import manage, subscribe
from app.flow.reconcile import Terms, reconcile
from app.i18n.dates import VIETNAM
from app.store import proofs, suppressions, tables
from tests.builders import a_page, a_record
from tests.conftest import FrozenClock
from tests.flow.test_reconcile import lose
from tests.office import PARENTS, Office

TERMS = Terms(parents=PARENTS, digest_at=time(8, 30), pause=timedelta(hours=1))
MONDAY = date(2026, 3, 2)
NEXT = MONDAY + timedelta(days=7)


@pytest.fixture
async def office(office: Office, frozen: FrozenClock) -> Office:
    """An office that runs since Monday, 08:30, with three readers who ask since then, and one who came in the week."""
    office.sources = ("eping",)
    await office.settled_baseline()
    await office.close_digests()
    await office.enrol("instant@example.org", sectors=("textiles",))
    await office.enrol("daily@example.org", Frequency.DAILY, sectors=("textiles",))
    await office.enrol("weekly@example.org", Frequency.WEEKLY, sectors=("textiles",))
    frozen.advance(days=1)
    await office.enrol("late@example.org", sectors=("textiles",))
    return office


async def a_week_passes(office: Office, frozen: FrozenClock) -> None:
    while frozen.now < datetime.combine(NEXT - timedelta(days=1), time(12), VIETNAM):
        await office.pull(Page())
        frozen.advance(days=1)
    frozen.now = datetime.combine(NEXT, time(8, 30), VIETNAM).astimezone(UTC)
    await office.close_digests()
    await office.drain()
    frozen.advance(hours=1)


async def found(office: Office) -> list[tuple[Check, str, int]]:
    return [(one.check, one.ref, one.count) for one in (await reconcile(office.database, TERMS)).findings]


async def test_a_week_in_which_all_were_told_nothing_and_got_their_proof_is_well(
    office: Office, frozen: FrozenClock
) -> None:
    await a_week_passes(office, frozen)
    assert sorted(office.recipients) == ["daily@example.org", "instant@example.org", "weekly@example.org"]
    assert await found(office) == []


async def test_a_lost_proof_is_found(office: Office, frozen: FrozenClock) -> None:
    await a_week_passes(office, frozen)
    lose(office, "DELETE FROM deliveries WHERE id = (SELECT max(id) FROM deliveries)")
    assert await found(office) == [(Check.DELIVERY_GONE, "weekly 2026-03-09", 1)]


async def test_a_proof_that_is_lost_with_its_digest_is_found(office: Office, frozen: FrozenClock) -> None:
    await a_week_passes(office, frozen)
    lose(office, "DELETE FROM deliveries WHERE kind = 'proof'", "DELETE FROM digests WHERE subscriber_id = 1")
    assert await found(office) == [
        (Check.DELIVERY_GONE, "weekly 2026-03-09", 2),
        (Check.PROOF_MISSING, "2026-03-09", 1),
    ]


async def test_proofs_that_were_never_made_are_found(
    office: Office, frozen: FrozenClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def nobody(*_asked: object) -> list[int]:
        return []

    monkeypatch.setattr(proofs, "told_nothing", nobody)
    await a_week_passes(office, frozen)
    assert await found(office) == [(Check.PROOF_MISSING, "2026-03-09", 3)]
    assert (await reconcile(office.database, TERMS)).differences


async def test_who_paused_stopped_or_could_not_be_reached_is_not_missed_when_they_are_back(
    office: Office, frozen: FrozenClock
) -> None:
    await manage.pause(office.database, 1, None, None, OnResume.NOTHING)
    await subscribe.stop(office.database, 2, None)
    await office.suppress("weekly@example.org")
    await a_week_passes(office, frozen)
    assert office.recipients == []
    assert await found(office) == []
    await manage.resume(office.database, 1, None, OnResume.NOTHING)
    await manage.take_back(office.database, 2, None)
    async with office.database.writing() as connection:
        lifted = [one.value for one in LIFTED_BY_CONFIRMING]
        assert await suppressions.release(connection, 3, lifted, "released", "staff", frozen.now)
    assert await found(office) == []


async def test_who_was_told_or_was_to_be_told_something_was_due_no_proof(office: Office, frozen: FrozenClock) -> None:
    await office.pull(a_page(a_record("G/TBT/N/USA/1")))
    await office.process()
    office.mailer.answers = [Refused(554, "554 5.7.1 policy")]
    await office.drain()
    await a_week_passes(office, frozen)
    assert all(check is not Check.PROOF_MISSING for check, _, _ in await found(office))
    assert await office.count(tables.digests) > 0
