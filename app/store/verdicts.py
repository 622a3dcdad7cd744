"""What follows from a bounce or a complaint: it is kept once, and its address is suppressed where the rules say so.

Both who hand mail over and who read what comes back end here, so that a refusal in the SMTP dialogue counts like one that
arrives the next day.
"""

from dataclasses import dataclass
from datetime import datetime

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.bounces import SOFT_WITHIN, SUPPRESSED_FOR, Judgement, SuppressionReason, Verdict, keeps_bouncing
from app.store import feedback, suppressions

_log = structlog.get_logger(__name__)

_AT_ONCE = {Verdict.HARD: SuppressionReason.NO_SUCH_ADDRESS, Verdict.COMPLAINT: SuppressionReason.COMPLAINED}


@dataclass(frozen=True, slots=True)
class Bounce:
    """What came back of a delivery, the door that it came in by, and the words of the server that refused.

    A complaint is one with that verdict.
    """

    delivery_id: int
    subscriber_id: int
    judgement: Judgement
    door: str
    said: str = ""


async def conclude(connection: AsyncConnection, bounce: Bounce, now: datetime) -> bool:
    """Keep what came back and suppress whom it concerns (EM-14); False, and nothing done, when it came back before.

    A refusal by policy concerns nobody but the operator, who reads of it in the log.
    """
    row = {
        "delivery_id": bounce.delivery_id,
        "verdict": bounce.judgement.verdict,
        "subscriber_id": bounce.subscriber_id,
        "status": bounce.judgement.status,
        "door": bounce.door,
        "received_at": now,
    }
    if not await feedback.add(connection, row):
        return False
    if bounce.judgement.verdict is Verdict.POLICY:
        status = bounce.judgement.status
        _log.error("mail_refused_by_policy", delivery=bounce.delivery_id, status=status, said=bounce.said)
    reason = await _reason(connection, bounce, now)
    if reason is not None:
        await suppress(connection, bounce.subscriber_id, reason, (bounce.judgement.status, bounce.door), now)
    return True


async def suppress(
    connection: AsyncConnection,
    subscriber_id: int,
    reason: SuppressionReason,
    ground: tuple[str, str],
    now: datetime,
) -> bool:
    """Write to a subscriber no more; `ground` is the detail and the source. False when as strong a reason stands."""
    lasts = SUPPRESSED_FOR.get(reason)
    row = {
        "subscriber_id": subscriber_id,
        "reason": reason,
        "detail": ground[0],
        "source": ground[1],
        "began_at": now,
        "expires_at": None if lasts is None else now + lasts,
    }
    new = await suppressions.add(connection, row)
    if new:
        await feedback.drop_waiting(connection, subscriber_id)
    return new


async def _reason(connection: AsyncConnection, bounce: Bounce, now: datetime) -> SuppressionReason | None:
    if bounce.judgement.verdict is not Verdict.SOFT:
        return _AT_ONCE.get(bounce.judgement.verdict)
    ended = await suppressions.last_end(connection, bounce.subscriber_id)
    since = max(filter(None, [ended, now - SOFT_WITHIN]))
    bounced = await feedback.soft_bounces(connection, bounce.subscriber_id, since)
    return SuppressionReason.KEEPS_BOUNCING if keeps_bouncing(bounced) else None
