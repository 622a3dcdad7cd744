"""Tell again after an incident: who was to be told and was not, found in the ledger, goes back to those to be told."""

from dataclasses import dataclass
from datetime import date, time, timedelta

from app.domain.digests import closes_at
from app.domain.errors import invalid, missing
from app.domain.resending import NEVER_ARRIVED, Resent
from app.i18n.dates import VIETNAM
from app.store import audit, ledger, notices, resending
from app.store.database import Connection, Database
from app.store.resending import Scope

_MIDNIGHT = time(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """What is told again and why: the alerts of one notice, or those released on days in Viet Nam, both included.

    A plan needs no reason, for nothing is kept of it.
    """

    ref: str | None = None
    first: date | None = None
    last: date | None = None
    because: str = ""

    @property
    def named(self) -> str:
        """How the record names it."""
        return self.ref or f"{self.first}..{self.last}"


async def plan_resend(database: Database, incident: Incident) -> Resent:
    """Return what `resend` would tell now; nothing is kept of it. AppError as there."""
    async with database.reading() as connection:
        return await _counted(connection, await _scope(connection, incident))


async def resend(database: Database, incident: Incident, actor: str) -> Resent:
    """Let everybody be told who was confirmed and matching when the alerts went out and of whom no copy can have arrived.

    Whoever has an accepted copy gets no second one, and who may have one gets none: only `settle` repeats the same bytes. The mails are made by
    the next gathering and the next digests, as each reader asked. AppError: missing when no notice bears the ref, invalid
    when neither a notice nor a sound span of days is named, or no reason.
    """
    if not incident.because.strip():
        raise invalid("no-reason", "say why with --because TEXT; the record keeps it", field="--because")
    async with database.writing() as connection:
        await ledger.in_turn(connection, "telling")
        now = await database.now(connection)
        scope = await _scope(connection, incident)
        counted = await _counted(connection, scope)
        await resending.make_untold(connection, scope, NEVER_ARRIVED, now)
        said = {"because": incident.because, "people": counted.people, "resent": dict(counted.resent)}
        await audit.write_audit(connection, actor, "resend", incident.named, said, now)
        return counted


async def _counted(connection: Connection, scope: Scope) -> Resent:
    chosen = NEVER_ARRIVED
    counts = await resending.count(connection, scope)
    return Resent(
        alerts=await resending.count_alerts(connection, scope),
        resent={standing: pairs for standing, pairs in counts.items() if standing in chosen},
        left={standing: pairs for standing, pairs in counts.items() if standing not in chosen},
        people=await resending.count_people(connection, scope, chosen),
    )


async def _scope(connection: Connection, incident: Incident) -> Scope:
    if incident.ref is not None and incident.first is None and incident.last is None:
        number = await notices.notice_id_of(connection, incident.ref)
        if number is None:
            raise missing("no-such-notice", f"{incident.ref}: no such notice")
        return Scope(notice_id=number)
    if incident.ref is not None or incident.first is None or incident.last is None:
        raise invalid("resend-what", "name a notice, or the first and the last day", field="--notice")
    if incident.first > incident.last:
        raise invalid("resend-days", "the first day must not come after the last", field="--from")
    since = closes_at(incident.first, _MIDNIGHT, VIETNAM)
    return Scope(since=since, until=closes_at(incident.last + timedelta(days=1), _MIDNIGHT, VIETNAM))
