"""Mails to staff on their way: written with the fact, claimed one at a time, their bytes destroyed when they came to an end."""

import zlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Update, and_, delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.deliveries import DeliveryState
from app.store.tables import account_mails, accounts
from app.store.writes import insert

_IN_HAND = (DeliveryState.PENDING, DeliveryState.HANDING_OVER)
_PENDING = account_mails.c.state == DeliveryState.PENDING


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimedMail:
    """A mail in the hands of one worker: its number, the fence of this claim, for whom it is, and its bytes."""

    id: int
    fence: int
    recipient: str
    message_id: str
    body: bytes


async def add(connection: AsyncConnection, row: dict[str, Any], body: bytes) -> None:
    """Put a mail on its way; it takes the place of what is still on its way to the same account."""
    waiting = and_(account_mails.c.account_id == row["account_id"], _PENDING)
    await connection.execute(
        update(account_mails).where(waiting).values(state=DeliveryState.SKIPPED, body=None, reply="superseded")
    )
    await insert(connection, account_mails, [row | {"body": zlib.compress(body), "state": DeliveryState.PENDING}])


async def claim(connection: AsyncConnection, now: datetime, until: datetime) -> ClaimedMail | None:
    """Lease the next mail that is due until a moment, and return it with its address and bytes; None when none is due.

    Its `tries` are the fence: a later claim raises them, and who holds the earlier one hands nothing over. Mails whose
    link is over, or whose account is disabled, are given up before; those that nobody told the end of are unknown.
    """
    await _close(connection, now)
    due = (
        select(
            account_mails.c.id, account_mails.c.message_id, account_mails.c.body, account_mails.c.tries, accounts.c.wire
        )
        .join(accounts, accounts.c.id == account_mails.c.account_id)
        .where(_PENDING, account_mails.c.due_at <= now)
        .order_by(account_mails.c.id)
        .limit(1)
        .with_for_update(of=account_mails, skip_locked=True)
    )
    row = (await connection.execute(due)).one_or_none()
    if row is None:
        return None
    return ClaimedMail(
        id=row.id,
        fence=await _leased(connection, row, until),
        recipient=row.wire,
        message_id=row.message_id,
        body=zlib.decompress(row.body),
    )


async def hand_over(connection: AsyncConnection, mail: ClaimedMail, now: datetime, until: datetime) -> bool:
    """Write the intent to hand a mail over, unclear from `until` on if nothing follows; False when the lease was lost."""
    mine = _mine(mail, DeliveryState.PENDING).where(account_mails.c.due_at > now)
    intent = mine.values(state=DeliveryState.HANDING_OVER, due_at=until)
    return bool((await connection.execute(intent)).rowcount)


async def settle(connection: AsyncConnection, mail: ClaimedMail, state: DeliveryState, reply: str) -> None:
    """Write how a mail ended, and destroy its bytes; nothing when somebody else claimed it since."""
    await connection.execute(_mine(mail, *_IN_HAND).values(state=state, reply=reply, body=None))


async def put_off(connection: AsyncConnection, mail: ClaimedMail, reply: str, again: datetime) -> None:
    """Write why the relay did not take a mail, and when it is tried again; nothing when somebody else claimed it since."""
    later = _mine(mail, *_IN_HAND).values(state=DeliveryState.PENDING, reply=reply, due_at=again)
    await connection.execute(later)


async def drop_old(connection: AsyncConnection, before: datetime) -> int:
    """Destroy what is known of mails that ended long ago."""
    old = delete(account_mails).where(
        account_mails.c.created_at < before, account_mails.c.state != DeliveryState.PENDING
    )
    return (await connection.execute(old)).rowcount


async def _close(connection: AsyncConnection, now: datetime) -> None:
    """Let mails end that cannot go any more, and those be unknown whose hand-over nobody told the end of."""
    gone = select(accounts.c.id).where(accounts.c.disabled_at.is_not(None))
    over = account_mails.c.expires_at <= now
    await connection.execute(
        update(account_mails)
        .where(_PENDING, over | account_mails.c.account_id.in_(gone))
        .values(state=DeliveryState.SKIPPED, body=None, reply="the link ended before the relay took the mail")
    )
    await connection.execute(
        update(account_mails)
        .where(account_mails.c.state == DeliveryState.HANDING_OVER, account_mails.c.due_at <= now)
        .values(state=DeliveryState.UNKNOWN, body=None, reply="broken off while it was handed over")
    )


async def _leased(connection: AsyncConnection, row: Any, until: datetime) -> int:
    fence = int(row.tries) + 1
    mine = account_mails.c.id == row.id
    await connection.execute(update(account_mails).where(mine).values(due_at=until, tries=fence))
    return fence


def _mine(mail: ClaimedMail, *states: DeliveryState) -> Update:
    """Return the change of a mail that only who claimed it last may make."""
    return update(account_mails).where(
        account_mails.c.id == mail.id, account_mails.c.tries == mail.fence, account_mails.c.state.in_(states)
    )
