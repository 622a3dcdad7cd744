from collections import Counter
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from app.domain.matching import Reason
from app.domain.preview import Preview
from app.domain.subscriptions import Criteria
from app.flow import fanout, review, taxonomy
from app.flow import preview as flow
from app.flow.preview import preview
from app.store import tables
from tests.builders import a_page, a_record
from tests.office import PARENTS, Office

TODAY = date(2026, 3, 2)
PAST = [
    a_record("G/TBT/N/USA/1", distributed_on=TODAY - timedelta(days=60), comment_deadline=TODAY),
    a_record("G/TBT/N/USA/2", distributed_on=TODAY - timedelta(days=20)),
    a_record("G/TBT/N/USA/2/Add.1", distributed_on=TODAY - timedelta(days=2), titles=(("en", "Textile labels"),)),
    a_record("G/TBT/N/EU/3", distributed_on=TODAY - timedelta(days=10), titles=(("en", "Shoes"),), products="Shoes"),
    a_record(
        "G/SPS/N/JPN/4", distributed_on=TODAY - timedelta(days=5), titles=(("en", "Shrimp"),), products="", hs=("0306",)
    ),
    a_record("G/TBT/N/USA/5", distributed_on=TODAY - timedelta(days=5), titles=(("en", "Pumps"),), products="Pumps"),
    a_record("G/TBT/N/USA/6", distributed_on=TODAY - timedelta(days=200)),
]
QUESTIONS: list[dict[str, Any]] = [
    {},
    {"sectors": ("textiles",)},
    {"sectors": ("textiles", "footwear"), "members": ("USA", "EU")},
    {"sectors": ("food",)},
    {"sectors": ("textiles",), "updates": False},
    {"sectors": ("textiles",), "additions": False},
    {"keywords": ("shoes", "fibre composition")},
    {"hs": ("03",), "excluded": ("fibre",)},
]


async def asked(office: Office, days: int = 90, **values: Any) -> Preview:
    return await preview(office.database, Criteria(**values), PARENTS, office.mode, days)


async def sent(office: Office, address: str) -> Counter[str]:
    """The refs of everything that a reader is to be told, by the ledger."""
    async with office.database.reading() as connection:
        rows = await connection.execute(
            select(tables.notices.c.ref)
            .join(tables.events, tables.events.c.notice_id == tables.notices.c.id)
            .join(tables.items, tables.items.c.event_id == tables.events.c.id)
            .join(tables.subscribers, tables.subscribers.c.id == tables.items.c.subscriber_id)
            .where(tables.subscribers.c.identity == address)
        )
        return Counter(rows.scalars())


def refs(found: Preview) -> Counter[str]:
    return Counter(alert.ref for alert in found.alerts)


async def enrolled(office: Office) -> list[str]:
    addresses = [f"reader{number}@example.org" for number in range(len(QUESTIONS))]
    for address, question in zip(addresses, QUESTIONS, strict=True):
        await office.enrol(address, **question)
    return addresses


async def test_a_preview_is_what_the_pipeline_sent(office: Office) -> None:
    await office.settled_baseline()
    readers = await enrolled(office)
    await office.pull(a_page(*PAST[:-1]))
    await office.deliver()

    for reader, question in zip(readers, QUESTIONS, strict=True):
        assert refs(await asked(office, **question)) == await sent(office, reader), question


async def test_a_preview_of_a_baseline_is_what_the_pipeline_would_have_sent(office: Office) -> None:
    readers = await enrolled(office)
    await office.pull(a_page(*[one for one in PAST if one.content.distributed_on != TODAY - timedelta(days=2)]))
    await office.process()
    previews = [refs(await asked(office, **question)) for question in QUESTIONS]
    assert previews[0] == Counter(["G/TBT/N/USA/1", "G/TBT/N/USA/2", "G/TBT/N/EU/3", "G/SPS/N/JPN/4"])

    for ref in ("G/TBT/N/USA/1", "G/TBT/N/USA/2", "G/TBT/N/EU/3"):
        await review.release(office.database, ref, "staff")
    await office.process()

    assert [await sent(office, reader) for reader in readers] == previews


async def test_a_preview_follows_the_sorting_of_today(office: Office) -> None:
    await office.settled_baseline()
    readers = await enrolled(office)
    await office.pull(a_page(*PAST[:-1]))
    await office.process()
    office.sorter.words = {"shoe": "textiles", "shrimp": "seafood", "pump": "footwear"}
    async with office.database.writing() as connection:
        await connection.execute(update(tables.notices).values(sorted_at=None))
        for table in (tables.items, tables.matches, tables.event_criteria, tables.deliveries):
            await connection.execute(table.delete())
        await connection.execute(update(tables.events).values(fanned_out_at=None))
    await office.process()

    for reader, question in zip(readers, QUESTIONS, strict=True):
        assert refs(await asked(office, **question)) == await sent(office, reader), question


async def test_after_a_change_of_taxonomy_a_preview_is_what_was_told_and_what_a_replay_tells(office: Office) -> None:
    await office.settled_baseline()
    readers = await enrolled(office)
    await office.pull(a_page(*PAST[:-1]))
    await office.deliver()
    await apply(office, {"shoe": "textiles", "shrimp": "seafood", "pump": "footwear", "textile": "textiles"})
    told = [await sent(office, reader) for reader in readers]
    previews = [await asked(office, **question) for question in QUESTIONS]
    plan = await fanout.plan_replay(office.database, "second", PARENTS)
    assert await fanout.send_replay(office.database, "second", PARENTS, "staff") == plan
    await office.deliver()

    gained = 0
    for reader, question, before, found in zip(readers, QUESTIONS, told, previews, strict=True):
        news = refs(found) - before
        left = {alert.ref: -1 if alert.days_left is None else alert.days_left for alert in found.alerts}
        still_open = Counter(ref for ref in news if left[ref] >= 0)
        assert await sent(office, reader) - before == still_open, question
        mails = [str(mail["Subject"]) for to, mail in office.inbox if to == reader and "trước đây" in mail["Subject"]]
        counts = f"{len(news)} thông báo trước đây nay khớp với đăng ký của bạn, {len(still_open)} còn hạn góp ý"
        assert mails == ([f"[Kẻng] {counts}"] if still_open else []), question
        gained += len(still_open)
    assert gained > 0


async def apply(office: Office, words: dict[str, str]) -> None:
    """Put a second taxonomy in force and let everything be sorted, judged and fanned out by it."""
    await taxonomy.put_in_force(office.database, "second", b"version: second", "staff")
    office.sorter.words, office.sorter.version = words, "second"
    await office.deliver()


async def test_weeks_losses_and_days_left_are_counted(office: Office) -> None:
    await office.settled_baseline()
    await office.pull(a_page(*PAST))
    await office.process()
    found = await asked(office, sectors=("textiles", "footwear"))

    assert (found.first, found.last, found.complete) == (TODAY - timedelta(days=89), TODAY, True)
    assert sum(count for _, count in found.weeks) == len(found.alerts) == 4
    assert all(day.weekday() == 0 for day, _ in found.weeks)
    assert len(found.weeks) == 14
    assert {loss.value: set(loss.refs) for loss in found.losses} == {
        Reason("sector", "footwear"): {"G/TBT/N/EU/3"},
        Reason("sector", "textiles"): {"G/TBT/N/USA/2/Add.1", "G/TBT/N/USA/2", "G/TBT/N/USA/1"},
    }
    assert {alert.ref: alert.days_left for alert in found.alerts}["G/TBT/N/USA/1"] == 0
    assert not found.too_many


async def test_what_waits_for_staff_is_counted_apart(office: Office) -> None:
    await office.settled_baseline()
    office.sorter.unsure = {"textiles"}
    await office.pull(a_page(PAST[1]))
    await office.process()
    found = await asked(office, sectors=("textiles",))
    assert (found.alerts, found.waiting) == ((), 1)


async def test_no_more_is_read_than_the_limit_and_it_says_so(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    await office.settled_baseline()
    await office.pull(a_page(*PAST[:-1]))
    await office.process()
    monkeypatch.setattr(flow, "MOST_READ", 2)
    monkeypatch.setattr(flow, "_BATCH", 1)
    found = await asked(office)
    assert (found.read, found.complete) == (2, False)
    assert "G/TBT/N/USA/2/Add.1" in refs(found)


async def test_more_than_fifty_a_week_is_a_warning(office: Office) -> None:
    await office.settled_baseline()
    await office.pull(a_page(*(a_record(f"G/TBT/N/USA/{number}") for number in range(1, 53))))
    await office.process()
    assert (await asked(office, days=7)).too_many
    assert not (await asked(office, days=90)).too_many
