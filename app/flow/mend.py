"""What people do when something is wrong: hold all mail, let it go, settle a message, tell those who were passed over."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from app.domain.addresses import mask_addresses
from app.domain.deliveries import AMBIGUOUS_AT_MOST, DeliveryState
from app.domain.errors import conflict, invalid, missing
from app.store import audit, holds, mending, notices, outbox, reviews
from app.store.database import Database


async def hold(database: Database, name: str, because: str, actor: str) -> None:
    """Keep every mail in the outbox until the hold of that name is lifted.

    AppError: invalid without a reason or a name, conflict when a hold of that name stands.
    """
    _check_reason(because)
    if not name.strip():
        raise invalid("no-name", "a hold needs a name", field="name")
    async with database.writing() as connection:
        now = await database.now(connection)
        if not await holds.hold(connection, name, because, actor, now):
            raise conflict("held-already", f"{name}: a hold of that name stands already")
        await audit.write_audit(connection, actor, "hold", name, {"because": because}, now)


async def resume(database: Database, name: str, because: str, actor: str) -> None:
    """Lift a hold; the emergency brake counts anew from here.

    AppError: invalid without a reason, missing when no hold of that name stands.
    """
    _check_reason(because)
    async with database.writing() as connection:
        now = await database.now(connection)
        lifted = await holds.lift(connection, name, now)
        if lifted is None:
            standing = ", ".join(row.name for row in await holds.standing(connection)) or "none"
            raise missing("no-such-hold", f"{name}: no hold of that name stands; standing are: {standing}")
        old = {"because": lifted.because, "by": lifted.actor, "at": lifted.held_at.isoformat()}
        await audit.write_audit(connection, actor, "resume", name, {"because": because, "old": old, "new": None}, now)


async def settle(database: Database, delivery_id: int, *, send: bool, because: str, actor: str) -> None:
    """Decide about a message that waits for a person: send it once more, or give it up.

    A message that may have arrived twice is never sent a third time, whoever wishes it (DL-03). AppError: missing when
    there is no such message, conflict when it does not wait for a person or may not be sent again.
    """
    _check_reason(because)
    async with database.writing() as connection:
        now = await database.now(connection)
        found = await mending.delivery(connection, delivery_id)
        if found is None:
            raise missing("no-such-delivery", f"{delivery_id}: no such delivery")
        if found.state != DeliveryState.NEEDS_HUMAN:
            raise conflict("needs-nobody", f"{delivery_id}: is {found.state} and waits for nobody's decision")
        if send and found.ambiguous >= AMBIGUOUS_AT_MOST:
            raise conflict("third-copy", f"{delivery_id}: two copies may have arrived, and there is never a third")
        state = (DeliveryState.UNKNOWN if found.ambiguous else DeliveryState.PENDING) if send else DeliveryState.SKIPPED
        await mending.settle(connection, delivery_id, state, f"settled: {mask_addresses(because)}", now)
        details = {"decision": "send" if send else "drop", "because": because}
        await audit.write_audit(connection, actor, "settle", f"delivery {delivery_id}", details, now)


async def undecided(database: Database, limit: int, actor: str) -> Sequence[Any]:
    """Return the messages that wait for a person, with their addresses; that staff read them is written down (PV-06).

    Where nothing waits no address is read, and nothing is written.
    """
    async with database.writing() as connection:
        rows = await reviews.stuck_deliveries(connection, limit)
        if rows:
            details = {"people": len({row.address for row in rows})}
            await audit.write_audit(
                connection, actor, "list_undecided", "outbox", details, await database.now(connection)
            )
    return rows


async def rematch(database: Database, refs: Sequence[str], because: str, actor: str) -> int:
    """Match the released alerts of notices anew, so that those are told who were passed over; return how many notices.

    The ledger stops second copies: whoever has an item in a message that exists is not told again. AppError: invalid
    without a reason, missing when no notice bears a ref, conflict when the alert of one was withdrawn.
    """
    _check_reason(because)
    async with database.writing() as connection:
        await notices.serialise_intake(connection)
        now = await database.now(connection)
        for ref in refs:
            number = await notices.notice_id_of(connection, ref)
            if number is None:
                raise missing("no-such-notice", f"{ref}: no such notice")
            if await mending.is_withdrawn(connection, number):
                raise conflict("withdrawn", f"{ref}: its alert was withdrawn, and nobody is told of it any more")
            freed = await mending.let_go_of_gone(connection, number)
            await outbox.fan_out_again(connection, [number])
            await audit.write_audit(connection, actor, "rematch", ref, {"because": because, "freed": freed}, now)
    return len(refs)


async def released_since(database: Database, since: datetime) -> Sequence[str]:
    """Return the refs of the notices with an alert that was released since then and stands."""
    async with database.reading() as connection:
        return await mending.released_since(connection, since)


def _check_reason(because: str) -> None:
    if not because.strip():
        raise invalid("no-reason", "this needs its reason, for the record", field="because")
