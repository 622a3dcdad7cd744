"""Every job of the worker is watched: what it runs and what others look for are one list."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from sqlalchemy import select

from app.bootstrap import Installation, install, jobs_of, open_journal, open_mailbox, terms_of
from app.settings import given_settings
from app.store import tables
from app.store.database import Database
from app.worker import Worker
from tests.fakes import FakeDoor

WITHOUT_PULSE = {"hold_clock"}
"""Without the clock no job beats, which is an alarm of its own."""
EVERY_DOOR = {
    "feeds": "rasff,wto-news",
    "smtp_url": "smtp://127.0.0.1:25",
    "relay_log": "/var/log/mail.log",
    "bounces": "maildir:/var/mail/bounces",
    "bounce_domain": "bounces.example.org",
    "attachments": True,
}

Opened = Callable[[dict[str, Any]], Installation]


@pytest.fixture
async def opened(database: Database) -> AsyncIterator[Opened]:
    houses: list[Installation] = []

    def open_with(given: dict[str, Any]) -> Installation:
        url = database.url.render_as_string(hide_password=False)
        houses.append(install(given_settings(database_url=url, secret_key="k" * 40, **given)))
        return houses[-1]

    yield open_with
    for house in houses:
        await house.database.close()


def a_worker(house: Installation) -> Worker:
    """A worker with the doors that the settings ask for, through which nothing passes."""
    settings = house.settings
    outgoing: Any = object() if settings.smtp_url else None
    return Worker(
        house,
        dict.fromkeys(house.source_names),  # type: ignore[arg-type]  # no source is visited
        outgoing,
        asyncio.Event(),
        documents=FakeDoor() if settings.attachments else None,
        journal=open_journal(settings),
        mailbox=open_mailbox(settings),
    )


@pytest.mark.parametrize("given", [{}, EVERY_DOOR, {"feeds": "rasff"}, {"smtp_url": "smtp://127.0.0.1:25"}])
async def test_reconcile_and_readyz_look_for_every_job_of_the_worker(opened: Opened, given: dict[str, Any]) -> None:
    house = opened(given)
    worker = a_worker(house)
    run = {job.id for job in worker.scheduled().get_jobs()} - WITHOUT_PULSE
    run |= {"deliver"} if worker.outgoing is not None else set()
    looked_for = [job.name for job in jobs_of(house.settings)]
    assert sorted(run) == sorted(looked_for)
    assert list(terms_of(house.settings, house.parents, house.calendar).jobs) == looked_for
    assert worker.jobs == jobs_of(house.settings)


async def test_a_job_beats_under_its_own_name_and_period(opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    async def nothing() -> None:
        """Do nothing: only the pulse counts."""

    monkeypatch.setattr(Worker, "_run_of", lambda _worker, _job: nothing)
    house = opened({})
    worker = a_worker(house)
    await worker.hold_clock()
    for job in worker.scheduled().get_jobs():
        await job.func()
    async with house.database.reading() as connection:
        pulse = select(tables.heartbeats.c.job, tables.heartbeats.c.period_seconds)
        beats = {(row.job, row.period_seconds) for row in await connection.execute(pulse)}
    assert beats == {(job.name, job.seconds) for job in worker.jobs}
