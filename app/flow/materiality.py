"""Which changes are worth an alert at once: what the rule makes of one before it goes, and what a person decides."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from app.domain.alerts import Alert
from app.domain.changes import BY_RULE, changes_of, materiality_of
from app.domain.errors import conflict, invalid, missing
from app.domain.events import Audience, EventKind
from app.domain.matching import CriteriaIndex, audience_of, facts_of
from app.domain.notices import NoticeType
from app.i18n.dates import today_in_vietnam
from app.store import alerts, audit, events, ledger, notices, outbox
from app.store.database import Connection, Database


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeseenAlert:
    """The alert of a notice's last event as it would go out, or went.

    `material` says whether it goes at once or only into the weekly digest, `by` and `because` whose word that is and the
    ground. `readers` are the subscribers that it concerns, as of `today` in Viet Nam. `standing` is `told`, `silent`,
    `released`, or why it waits; `unjudged` before the release rule looked.
    """

    alert: Alert
    today: date
    material: bool
    by: str
    because: str
    readers: int
    standing: str


async def foresee(database: Database, ref: str, parents: Mapping[str, str]) -> ForeseenAlert:
    """Return the last alert of a notice before it goes; nothing is stored. `parents` names the sector above each child.

    AppError: missing when no notice bears the ref, or nothing was ever logged of it.
    """
    async with database.reading() as connection:
        today = today_in_vietnam(await database.now(connection))
        event = await _last_event(connection, ref)
        told = (await alerts.alerts(connection, [event.id]))[event.id]
        thread = (await notices.load_threads(connection, [event.measure_id]))[event.measure_id]
        changes = told.changes or changes_of(told.content, [one.content for one in thread])
        audience = _audience(event)
        alert = replace(told, changes=changes, update=audience is Audience.UPDATES)
        material, by, because = _materiality(event, alert)
        return ForeseenAlert(
            alert=alert,
            today=today,
            material=material,
            by=by,
            because=because,
            readers=await _readers(connection, event, alert, audience, parents),
            standing=_standing(event, audience),
        )


async def decide(database: Database, ref: str, *, material: bool, because: str, actor: str) -> None:
    """Set a person's word on whether the last event of a notice is worth an alert at once; it outweighs the rule.

    Who was not told yet is told as it now stands. AppError: invalid without a reason, missing when no notice bears the ref,
    conflict when nobody is told of the event anyway.
    """
    if not because.strip():
        raise invalid("no-reason", "a decision against the rule needs its reason", field="because")
    async with database.writing() as connection:
        await ledger.in_turn(connection, "telling")
        await notices.serialise_intake(connection)
        now = await database.now(connection)
        event = await _last_event(connection, ref)
        if event.silence is not None:
            raise conflict("told-to-nobody", f"{event.ref}: nobody is told of its last event ({event.silence})")
        await events.set_materiality(connection, event.id, material=material, by=actor, because=because)
        if event.fanned_out_at is not None and event.notice_withdrawn_at is None:
            await outbox.fan_out_again(connection, [event.notice_id], only=event.id)
        details = {"event": event.id, "material": material, "because": because}
        await audit.write_audit(connection, actor, "materiality", event.ref, details, now)


async def _last_event(connection: Connection, ref: str) -> Any:
    number = await notices.notice_id_of(connection, ref)
    if number is None:
        raise missing("no-such-notice", f"{ref}: no such notice")
    event = await events.last_of(connection, number)
    if event is None:
        raise missing("no-event", f"{ref}: nothing that could be told ever happened to it")
    return event


def _audience(event: Any) -> Audience | None:
    if event.audience is not None:
        return Audience(event.audience)
    return audience_of(EventKind(event.kind), NoticeType(event.type), told=event.measure_told_at is not None)


def _materiality(event: Any, alert: Alert) -> tuple[bool, str, str]:
    if event.material_by is not None:
        return event.material, event.material_by, event.material_because
    verdict = materiality_of(alert.kind, alert.content, alert.changes)
    return verdict.material, BY_RULE, verdict.ground.value


def _standing(event: Any, audience: Audience | None) -> str:
    if event.silence is not None or audience is None:
        return "silent"
    if event.fanned_out_at is not None:
        return "told"
    if event.released_at is not None:
        return "released"
    return str(event.waiting or "unjudged")


async def _readers(
    connection: Connection, event: Any, alert: Alert, audience: Audience | None, parents: Mapping[str, str]
) -> int:
    if event.fanned_out_at is not None:
        return int(event.matched or 0)
    if audience is None or event.silence is not None:
        return 0
    index = CriteriaIndex(await outbox.living_criteria(connection))
    return await outbox.count_asking(connection, list(index.match(facts_of(alert, audience, parents))))
