"""Why somebody was told of a notice, or was not: the rules are run again, and the first that says no is named."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.domain.alerts import Alert
from app.domain.errors import missing
from app.domain.events import Audience, EventKind
from app.domain.matching import Condition, Reason, Refusal, answers, audience_of, facts_of, first_refusal
from app.domain.notices import NoticeType
from app.domain.subscriptions import Criteria
from app.store import alerts, explaining, notices
from app.store.database import Database

_NOT_MATCHED = "withdrawn:"
_UNJUDGED = "unjudged"
"""The reason of an event that the release rule has not looked at yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What was really done: `state` is the delivery's, `gathering` before there is one, or `skipped` with the reason."""

    state: str
    reason: str | None
    frequency: str
    accepted_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What the rules say today of one event and one question; `told` is None where nothing was to be sent.

    `refusal` is None exactly when all conditions hold; then `reasons` say which values met.
    """

    event_id: int
    kind: EventKind
    refusal: Refusal | None
    reasons: tuple[Reason, ...]
    told: Told | None


@dataclass(frozen=True, slots=True)
class Unanswered:
    """A subscription and what the rules say of each event of a notice for it, oldest first; None where all conditions hold."""

    subscription: int
    refusals: tuple[Refusal | None, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """A subscription and what the rules say of each event of a notice for it, oldest first."""

    subscription: int
    ref: str
    confirmed_at: datetime | None
    ended_at: datetime | None
    verdicts: tuple[Verdict, ...]


async def explain(
    database: Database, name: str, subscription: int, parents: Mapping[str, str], *, owner: int | None = None
) -> Explained:
    """Explain a notice, by its ref or any symbol, to a subscription; `parents` names the sector above each child.

    With `owner` only that subscriber's own subscriptions are there. AppError (missing) for what is not there.
    """
    async with database.reading() as connection:
        number = await notices.notice_id_of(connection, name)
        if number is None:
            raise missing("notice-missing", f"{name}: there is no such notice")
        asking = await explaining.subscription(connection, subscription)
        if asking is None or (owner is not None and asking.subscriber_id != owner):
            raise missing("subscription-missing", "this caller has no such subscription")
        happened = await explaining.events_of(connection, number)
        ids = [event.id for event in happened]
        offered = await alerts.alerts(connection, ids)
        sent = await explaining.told(connection, asking.subscriber_id, ids)
    return Explained(
        subscription=asking.id,
        ref=happened[0].ref if happened else name,
        confirmed_at=asking.confirmed_at,
        ended_at=asking.ended_at,
        verdicts=tuple(_verdict(event, asking, offered[event.id], sent.get(event.id), parents) for event in happened),
    )


async def why_not(
    database: Database, notice_id: int, subscribers: Sequence[int], parents: Mapping[str, str], most: int = 10
) -> tuple[Unanswered, ...]:
    """Say why a notice was not told to subscribers, by each of their subscriptions, at most so many, the living and newest first.

    The rules are those of `explain`. That the ledger has nothing of the notice for them is what the caller has found.
    """
    async with database.reading() as connection:
        asking = await explaining.subscriptions_of(connection, subscribers, most)
        happened = await explaining.events_of(connection, notice_id) if asking else []
        offered = await alerts.alerts(connection, [event.id for event in happened])
    return tuple(
        Unanswered(one.id, tuple(_verdict(event, one, offered[event.id], None, parents).refusal for event in happened))
        for one in asking
    )


def _verdict(event: Any, asking: Any, alert: Alert, item: Any | None, parents: Mapping[str, str]) -> Verdict:
    criteria = Criteria.from_json(asking.body)
    offer = facts_of(alert, _audience(event), parents)
    before = _of_event(event) or _of_subscription(asking, event, item)
    by_name = event.key.startswith(_NOT_MATCHED) and item is not None
    refusal = None if by_name else before or first_refusal(criteria, offer)
    return Verdict(
        event_id=event.id,
        kind=EventKind(event.kind),
        refusal=refusal,
        reasons=() if refusal else answers(criteria, offer) or (),
        told=None if item is None else _told(item),
    )


def _of_event(event: Any) -> Refusal | None:
    """Return why nobody is told of an event, if so."""
    if not event.public:
        return Refusal(Condition.PUBLIC)
    if event.withdrawn_at is not None:
        return Refusal(Condition.WITHDRAWN, found=(event.withdrawn_because or "",))
    if event.sorted_at is None:
        return Refusal(Condition.SORTED)
    if event.silence is None and event.released_at is None:
        return Refusal(Condition.RELEASED, found=(event.waiting or _UNJUDGED,))
    return Refusal(Condition.SILENCE, found=(event.silence,)) if event.silence is not None else None


def _of_subscription(asking: Any, event: Any, item: Any | None) -> Refusal | None:
    """Return why a subscription is told of nothing, or was not when this event went out, if so."""
    out = event.fanned_out_at
    if asking.confirmed_at is None:
        return Refusal(Condition.CONFIRMED)
    if asking.ended_at is not None and (out is None or asking.ended_at <= out):
        return Refusal(Condition.ENDED, found=(asking.ended_because or "",))
    if asking.suppressed_at is not None and (out is None or asking.suppressed_at <= out):
        return Refusal(Condition.SUPPRESSED, found=(asking.suppressed_because or "",))
    if item is None and out is not None and asking.confirmed_at > out:
        return Refusal(Condition.LATE)
    return None


def _audience(event: Any) -> Audience:
    if event.audience is not None:
        return Audience(event.audience)
    told = event.measure_told_at is not None
    return audience_of(EventKind(event.kind), NoticeType(event.type), told=told) or Audience.UPDATES


def _told(item: Any) -> Told:
    state = "skipped" if item.skipped else item.state or "gathering"
    return Told(state=state, reason=item.skipped or item.reason, frequency=item.frequency, accepted_at=item.accepted_at)
