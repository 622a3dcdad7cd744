"""Let go out what the rule allows, and put the rest in the queue with the reason why."""

from app.domain.release import ReleaseMode, Standing, judge
from app.domain.sectors import Facet
from app.faultpoints import faultpoint
from app.store import events, notices, taxonomies
from app.store.database import Database

_BATCH = 500


async def release_by_rule(database: Database, mode: ReleaseMode) -> int:
    """Judge every event that was not judged as it is now; return how many were released."""
    total = 0
    while True:
        async with database.writing() as connection:
            # Sorting writes the same events: in turn, the two cannot wait for each other's rows.
            await notices.serialise_intake(connection)
            now = await database.now(connection)
            waiting = await events.unjudged(connection, _BATCH)
            if not waiting:
                return total
            ids = sorted({event.notice_id for event in waiting})
            labels = await taxonomies.labels_of(connection, ids)
            corrected = await taxonomies.corrected(connection, ids)
            held: list[tuple[int, str]] = []
            free: list[int] = []
            for event in waiting:
                sectors = labels[event.notice_id][Facet.SECTOR]
                standing = Standing(
                    labelled=any(not label.only_in_annex for label in sectors),
                    sure=event.sure and any(label.role == "primary" for label in sectors),
                    corrected=event.notice_id in corrected,
                    orphan=event.orphan,
                    contradictory=event.contradictory,
                    manual=event.entered_by is not None,
                )
                reason = judge(mode, standing)
                if reason is None:
                    free.append(event.id)
                else:
                    held.append((event.id, reason.value))
            await events.let_wait(connection, held, now)
            await events.release(connection, free, "rule", now)
            total += len(free)
        faultpoint("released")
