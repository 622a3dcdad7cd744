"""Match released events with what people ask, and write who is to be told."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from app.domain.alerts import Alert
from app.domain.changes import BY_RULE, changes_of, materiality_of
from app.domain.events import Audience, EventKind
from app.domain.matching import CriteriaIndex, Facts, audience_of, facts_of
from app.domain.notices import NoticeType
from app.faultpoints import faultpoint
from app.store import alerts, events, ledger, notices, outbox
from app.store.database import Connection, Database

_BATCH = 50
ALREADY_TOLD = "already_told"


async def fan_out(database: Database, parents: Mapping[str, str]) -> int:
    """Fan out every released event, in batches of one transaction; return how many.

    `parents` names the sector above each child. A batch holds all rows of its events or none.
    """
    total = 0
    while True:
        async with database.writing() as connection:
            await ledger.in_turn(connection, "telling")
            now = await database.now(connection)
            pending = await outbox.to_fan_out(connection, _BATCH)
            if not pending:
                return total
            index = CriteriaIndex(await outbox.living_criteria(connection))
            told = await alerts.alerts(connection, [event.id for event in pending])
            threads = await notices.load_threads(connection, sorted({event.measure_id for event in pending}))
            known = {event.measure_id for event in pending if event.told_at is not None}
            rows = []
            for event in pending:
                row = _plan(event, told[event.id], known, threads[event.measure_id])
                if row["hushed"] is None:
                    facts = facts_of(told[event.id], row["heard_by"], parents)
                    row["count"] = await _write_matches(connection, row, index, facts, now)
                    known.add(event.measure_id)
                rows.append(row)
                faultpoint("event_matched")
            await outbox.mark_fanned_out(connection, rows, now)
            await events.mark_told(connection, [event.measure_id for event in pending], now)
        faultpoint("fanned_out")
        total += len(pending)


def _plan(event: Any, alert: Alert, known: set[int], thread: list[notices.StoredNotice]) -> dict[str, Any]:
    """Decide how an event is told: as new while its measure is untold, as an update after.

    An event that is matched again after a correction is told as it was, and what a person said of its materiality stands.
    """
    told = event.measure_id in known
    again = None if event.audience is None else Audience(event.audience)
    audience = again or audience_of(EventKind(event.kind), NoticeType(event.type), told=told)
    changes = alert.changes or changes_of(alert.content, [notice.content for notice in thread])
    verdict = materiality_of(EventKind(event.kind), alert.content, changes)
    judged = (verdict.material, BY_RULE, verdict.ground.value)
    if event.material_by not in {None, BY_RULE}:
        judged = (event.material, event.material_by, event.material_because)
    return {
        "number": event.id,
        "heard_by": audience or Audience.UPDATES,
        "hushed": ALREADY_TOLD if audience is None else None,
        "changed": [[change.field, change.before, change.after] for change in changes],
        "count": 0,
        "at_once": judged[0],
        "said_by": judged[1],
        "ground": judged[2],
    }


async def _write_matches(
    connection: Connection, row: Mapping[str, Any], index: CriteriaIndex, facts: Facts, now: datetime
) -> int:
    matched = {
        number: [(reason.facet, reason.value) for reason in reasons] for number, reasons in index.match(facts).items()
    }
    await outbox.save_matched_criteria(connection, row["number"], matched)
    return await outbox.fan_out(connection, row["number"], now, at_once=row["at_once"])
