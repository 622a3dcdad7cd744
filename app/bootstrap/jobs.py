"""The periodic jobs of a worker: the one list that it runs by, and by which others see that it does (MO-04)."""

from collections.abc import Iterable
from dataclasses import dataclass

from app.settings import Settings

_DAY = 24 * 60 * 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A job by its name, and its period in seconds: a pulse older than twice that is late.

    One that runs `once_a_slot` is run by one worker only in each period; `looked_for_every` is how often, in seconds, the
    calendar asks whether it is due, where that is not its period.
    """

    name: str
    seconds: int
    once_a_slot: bool = False
    looked_for_every: int | None = None


DELIVER = Job(name="deliver", seconds=60)
"""The delivery loop, which every worker runs by itself; it beats at least so often while all is well."""


def periodic_jobs(
    sources: Iterable[str], pull_minutes: int, *, documents: bool, relay_log: bool, mailbox: bool, relay: bool
) -> tuple[Job, ...]:
    """Return the jobs of a worker that visits these sources and has, or has not, each of the other doors."""
    doors = (
        (documents, Job(name="attach", seconds=120)),
        (relay_log, Job(name="resolve", seconds=60)),
        (mailbox, Job(name="feedback", seconds=60)),
        (relay, DELIVER),
        (relay, Job(name="staff-mail", seconds=15)),
    )
    return (
        *(Job(name=f"pull:{name}", seconds=pull_minutes * 60, once_a_slot=True) for name in sources),
        Job(name="process", seconds=5),
        Job(name="digests", seconds=30),
        *(job for there, job in doors if there),
        Job(name="upkeep", seconds=300),
        Job(name="alarms", seconds=60),
        Job(name="reconcile", seconds=900),
        Job(name="seal", seconds=60),
        Job(name="audit", seconds=_DAY, once_a_slot=True, looked_for_every=60 * 60),
        Job(name="retention", seconds=_DAY, once_a_slot=True, looked_for_every=60 * 60),
    )


def jobs_of(settings: Settings) -> tuple[Job, ...]:
    """Return the jobs of a worker under these settings."""
    return periodic_jobs(
        sources_of(settings),
        settings.pull_minutes,
        documents=settings.attachments,
        relay_log=settings.relay_log is not None,
        mailbox=settings.bounces is not None,
        relay=settings.smtp_url is not None,
    )


def sources_of(settings: Settings) -> tuple[str, ...]:
    """Return the names of the sources that these settings ask for."""
    feeds = tuple(feed.name for feed in settings.feeds)
    return feeds if settings.eping_key is None else ("eping", *feeds)
