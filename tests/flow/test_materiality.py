"""A later document is told as what it changes; what is only editorial waits for the weekly digest, unless staff say else."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from app.domain.errors import AppError
from app.domain.events import Telling
from app.domain.subscriptions import Frequency
from app.flow import classify, ingest, materiality, release, review
from app.store import tables
from tests.builders import a_page, a_record
from tests.conftest import FrozenClock
from tests.office import PARENTS, Office, plain

BASE = "G/TBT/N/USA/1"
TYPO = "A typographical error in the title is corrected."


@pytest.fixture
async def told(office: Office) -> Office:
    """An office where a reader of every frequency was told of a notice; everybody asks for textiles."""
    office.group = timedelta(0)
    await office.settled_baseline()
    for frequency in Frequency:
        await office.enrol(f"{frequency}@example.org", frequency, sectors=("textiles",))
    await office.pull(a_page(a_record(BASE)))
    await office.deliver()
    await office.close_digests()
    await office.drain()
    office.mailer.received.clear()
    return office


async def follow(office: Office, suffix: str, description: str = "", **values: Any) -> None:
    values = {"comment_deadline": None, "distributed_on": date(2026, 3, 2)} | values
    await office.pull(a_page(a_record(f"{BASE}/{suffix}", description=description, **values)))
    await office.deliver()


async def weekly(office: Office, frozen: FrozenClock) -> None:
    """Let every digest of the next eight days close."""
    for _ in range(8):
        frozen.advance(days=1)
        await office.close_digests()
        await office.drain()


async def verdicts(office: Office) -> Sequence[Any]:
    columns = [getattr(tables.events.c, name) for name in ("kind", "material", "material_by", "material_because")]
    async with office.database.reading() as connection:
        rows = await connection.execute(select(*columns).order_by(tables.events.c.id))
        return [tuple(row) for row in rows]


async def test_a_moved_deadline_goes_out_at_once_and_says_only_what_changed(told: Office) -> None:
    await follow(told, "Add.1", "The comment period was extended.", comment_deadline=date(2026, 5, 15))
    assert told.recipients == ["instant@example.org"]
    text = plain(told.inbox[0][1])
    assert "Hạn góp ý: 01/05/2026 → 15/05/2026" in text
    assert "The comment period was extended." not in text
    assert await verdicts(told) == [
        ("notified", True, "rule", "new"),
        ("deadline_changed", True, "rule", "deadline"),
    ]


async def test_an_editorial_corrigendum_waits_for_the_weekly_digest_of_everybody(
    told: Office, frozen: FrozenClock
) -> None:
    await follow(told, "Corr.1", TYPO)
    assert told.recipients == []
    assert (await verdicts(told))[1] == ("corrected", False, "rule", "editorial")
    await weekly(told, frozen)
    about = sorted(recipient for recipient, mail in told.inbox if f"{BASE}/Corr.1" in plain(mail))
    assert about == ["daily@example.org", "instant@example.org", "weekly@example.org"]


async def test_a_change_without_words_of_its_own_prints_what_the_document_says(told: Office) -> None:
    await follow(told, "Add.1", "Guidance on Article 5 is available.")
    assert "Guidance on Article 5 is available." in plain(told.inbox[0][1])


async def test_a_document_that_ends_the_draft_says_from_what_to_what(told: Office) -> None:
    await follow(told, "Add.1", "The final rule was published.")
    assert "Tình trạng: dự thảo → đã thông qua" in plain(told.inbox[0][1])


async def test_staff_raise_what_the_rule_left_to_the_digest_and_nobody_is_told_twice(
    told: Office, frozen: FrozenClock
) -> None:
    await follow(told, "Corr.1", TYPO)
    await materiality.decide(
        told.database, f"{BASE}/Corr.1", material=True, because="the title is in the HS list", actor="nga"
    )
    await told.deliver()
    assert told.recipients == ["instant@example.org"]
    assert (await verdicts(told))[1] == ("corrected", True, "nga", "the title is in the HS list")
    async with told.database.reading() as connection:
        row = (await connection.execute(select(tables.audit).where(tables.audit.c.verb == "materiality"))).one()
    assert (row.actor, row.subject, row.details["because"]) == ("nga", f"{BASE}/Corr.1", "the title is in the HS list")
    await weekly(told, frozen)
    assert told.recipients.count("instant@example.org") == 1


async def test_staff_lower_what_the_rule_would_send_and_sorting_anew_does_not_raise_it_again(told: Office) -> None:
    told.sorter.unsure.add("textiles")
    await follow(told, "Add.1", "The comment period was extended.", comment_deadline=date(2026, 5, 15))
    assert told.recipients == []
    await materiality.decide(
        told.database, f"{BASE}/Add.1", material=False, because="told by letter already", actor="nga"
    )
    told.sorter.unsure.clear()
    await review.release(told.database, f"{BASE}/Add.1", "nga")
    await told.deliver()
    assert told.recipients == []
    assert (await verdicts(told))[1] == ("deadline_changed", False, "nga", "told by letter already")


async def test_a_change_is_shown_before_it_goes_with_its_verdict_and_its_readers(told: Office) -> None:
    await told.pull(a_page(a_record(f"{BASE}/Corr.1", description=TYPO, comment_deadline=None)))
    before = await told.snapshot(tables.events, tables.items)
    found = await materiality.foresee(told.database, f"{BASE}/Corr.1", PARENTS)
    assert (found.material, found.by, found.because, found.standing) == (False, "rule", "editorial", "unjudged")
    assert found.alert.update
    assert await told.snapshot(tables.events, tables.items) == before


async def test_before_and_after_telling_the_same_readers_are_counted(told: Office) -> None:
    await told.pull(a_page(a_record(f"{BASE}/Add.1", comment_deadline=date(2026, 5, 15))))
    await classify.sort_waiting(told.database, told.sorter)
    await release.release_by_rule(told.database, told.mode)
    before = await materiality.foresee(told.database, f"{BASE}/Add.1", PARENTS)
    await told.deliver()
    after = await materiality.foresee(told.database, f"{BASE}/Add.1", PARENTS)
    assert (before.standing, before.readers) == ("released", 3)
    assert (after.standing, after.readers) == ("told", 3)
    assert [one.after for one in before.alert.changes] == [one.after for one in after.alert.changes] == ["2026-05-15"]


async def test_what_rides_along_with_an_untold_alert_does_not_hide_it(office: Office) -> None:
    await office.settled_baseline()
    await office.pull(a_page(a_record(BASE)))
    await office.pull(a_page(a_record(BASE, comment_deadline=date(2026, 5, 15)), body=b"2"))
    found = await materiality.foresee(office.database, BASE, PARENTS)
    assert (found.alert.kind, found.standing) == ("notified", "unjudged")


@pytest.mark.parametrize(
    ("ref", "because", "code"),
    [
        ("G/TBT/N/USA/9", "why", "no-such-notice"),
        (BASE, " ", "no-reason"),
        ("G/TBT/N/USA/8", "why", "told-to-nobody"),
    ],
)
async def test_a_decision_needs_a_notice_a_reason_and_something_that_is_told(
    told: Office, ref: str, because: str, code: str
) -> None:
    page = a_page(a_record("G/TBT/N/USA/8"))
    await ingest.import_pages(told.database, "file:csv", [page], baseline_days=7, telling=Telling.NONE)
    with pytest.raises(AppError) as refused:
        await materiality.decide(told.database, ref, material=True, because=because, actor="nga")
    assert refused.value.code == code
