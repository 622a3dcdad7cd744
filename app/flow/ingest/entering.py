"""Take in a warning that a person entered: it goes the way of every notice, but nobody reads it before its release."""

from app.domain.errors import conflict, missing
from app.domain.events import Telling
from app.domain.intake import names_of
from app.domain.visits import Page
from app.flow.ingest.keeping import Policy, keep
from app.i18n.dates import today_in_vietnam
from app.store import audit, notices, visits
from app.store.database import Connection, Database


async def enter_warning(database: Database, page: Page, actor: str, *, again: bool = False) -> str:
    """Keep a warning of one record as entered by `actor`; return its ref. It waits for a release by staff in every mode.

    With `again` the warning is there and what it says is replaced, which ends with its release: what people were told is
    withdrawn, not rewritten. AppError: conflict when it is there already, was not entered by hand, was released or says the
    same; missing when there is nothing to replace.
    """
    (record,) = page.records
    (ref,) = names_of(record)
    async with database.writing() as connection:
        now = await database.now(connection)
        await notices.serialise_intake(connection)
        await _check(connection, ref, again=again)
        if page.payload is not None:
            await visits.keep_body(connection, page.payload, now)
        today = today_in_vietnam(now)
        kept = await keep(connection, page.records, Policy(Telling.ALL, today, today), now, None)
        if not kept.added and not kept.changed:
            raise conflict("warning-unchanged", f"{ref}: it says the same as before")
        await notices.mark_entered(connection, ref, actor)
        verb = "revise_warning" if again else "enter_warning"
        await audit.write_audit(connection, actor, verb, ref, {"payload": record.payload_hash}, now)
    return ref


async def _check(connection: Connection, ref: str, *, again: bool) -> None:
    number = await notices.notice_id_of(connection, ref)
    if number is None:
        if again:
            raise missing("no-such-notice", f"{ref}: no such warning")
        return
    if not again:
        raise conflict("warning-exists", f"{ref}: it is here already")
    entered_by, released_at = await notices.hand_of(connection, number)
    if entered_by is None:
        raise conflict("warning-of-a-source", f"{ref}: its source brought it, and only that can change it")
    if released_at is not None:
        raise conflict(
            "released-already", f"{ref}: it was released; withdraw it and enter what is right under a new key"
        )
