"""What an installation does with what waits: the order of the stages, for the worker and for the command line."""

from dataclasses import dataclass
from datetime import datetime

from app.bootstrap.installation import Installation, group_pause
from app.domain.release import ReleaseMode
from app.flow import classify, fanout, manage, release


@dataclass(frozen=True, slots=True, kw_only=True)
class Processed:
    """What one round came to: events that were released by rule, alerts that were fanned out, mails that were made."""

    released: int
    fanned_out: int
    mails: int


async def process_waiting(house: Installation) -> Processed:
    """Do everything between intake and the outbox once: resume, sort, release by rule, fan out, gather."""
    database, domain = house.database, house.letterhead.mail_domain
    await manage.resume_due(database)
    await classify.sort_waiting(database, house.rules.sorter)
    released = await release.release_by_rule(database, ReleaseMode(house.settings.release))
    fanned_out = await fanout.fan_out(database, house.parents)
    mails = await fanout.gather_instant(database, group_pause(house.settings), domain)
    mails += await fanout.gather_replays(database, domain)
    return Processed(released=released, fanned_out=fanned_out, mails=mails)


async def close_windows(house: Installation, as_of: datetime | None = None) -> tuple[int, int]:
    """Write the reminders of the day, close the digest windows that are due, and mail the reminders they left.

    Returns how many digests and proofs of silence were made, and how many mails with reminders.
    """
    at, domain = house.settings.digest_at, house.letterhead.mail_domain
    await fanout.write_reminders(house.database, at, house.calendar, as_of)
    made = await fanout.close_digests(
        house.database, at, domain, as_of, sources=house.source_names, calendar=house.calendar
    )
    return made, await fanout.gather_reminders(house.database, domain)
