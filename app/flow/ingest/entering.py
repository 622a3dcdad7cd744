"""Take in a warning that a person entered: it goes the way of every notice, but nobody reads it before its release."""

from datetime import date

from app.domain.errors import conflict, invalid, missing
from app.domain.events import Telling
from app.domain.house_forms import Finding, Text, check_text
from app.domain.intake import names_of
from app.domain.notices import Record
from app.domain.visits import Page
from app.flow.ingest.keeping import Policy, keep
from app.i18n.dates import today_in_vietnam
from app.store import audit, notices, reviews, visits
from app.store.database import Connection, Database
from app.texts.house_tables import house_tables


async def enter_warning(
    database: Database, page: Page, actor: str, *, again: bool = False, seen: int | None = None
) -> str:
    """Keep a warning of one record as entered by `actor`; return its ref. It waits for somebody else to release it.

    With `again` the warning is there and what it says is replaced, which ends with its release: what people were told is
    withdrawn, not rewritten. `seen` is the version that the writer saw; without it what stands is replaced, whatever it is.
    AppError: invalid for words that are not in house forms; conflict when it is there already, was not entered by hand, was
    released or discarded, says the same or was changed meanwhile; missing when there is nothing to replace.
    """
    (record,) = page.records
    (ref,) = names_of(record)
    async with database.writing() as connection:
        now = await database.now(connection)
        await notices.serialise_intake(connection)
        await _check(connection, ref, again=again, seen=seen)
        today = today_in_vietnam(now)
        _refuse_words(record, today)
        if page.payload is not None:
            await visits.keep_body(connection, page.payload, now)
        kept = await keep(connection, page.records, Policy(Telling.ALL, today, today), now, None)
        if not kept.added and not kept.changed:
            raise conflict("warning-unchanged", f"{ref}: it says the same as before")
        await notices.mark_entered(connection, ref, actor)
        verb = "revise_warning" if again else "enter_warning"
        await audit.write_audit(connection, actor, verb, ref, {"payload": record.payload_hash}, now)
    return ref


async def discard_warning(database: Database, ref: str, because: str, actor: str) -> None:
    """Lay a warning aside that nobody released: it goes out no more, and what it said stays for the record.

    AppError: invalid without a reason; missing when there is none; conflict when no person entered it, or it was released
    or discarded.
    """
    if not because.strip():
        raise invalid("no-reason", "a warning is discarded with a reason", field="because")
    async with database.writing() as connection:
        await notices.serialise_intake(connection)
        number = await notices.notice_id_of(connection, ref)
        if number is None:
            raise missing("no-such-notice", f"{ref}: no such warning")
        await _refuse_settled(connection, ref, number)
        now = await database.now(connection)
        await reviews.mark_withdrawn(connection, number, because.strip(), now)
        await audit.write_audit(connection, actor, "discard_warning", ref, {"because": because.strip()}, now)


def word_faults(page: Page, today: date) -> tuple[Finding, ...]:
    """Return what in the Vietnamese words of a warning is not in house forms, field by field with what should stand."""
    (record,) = page.records
    if record.language != "vi":
        return ()
    content = record.content
    said = {"title": content.title, "description": content.description, "products": content.products}
    texts = [Text(field=field, text=text, today=today) for field, text in said.items()]
    return tuple(finding for text in texts for finding in check_text(text, house_tables()))


def _refuse_words(record: Record, today: date) -> None:
    faults = word_faults(Page(records=(record,)), today)
    if faults:
        said = [
            f"{one.field}, character {one.start + 1}: {one.found!r}"
            + (f", write {one.proposal!r}" if one.proposal else "")
            for one in faults
        ]
        raise invalid("house-forms", "; ".join(said), field=faults[0].field)


async def _check(connection: Connection, ref: str, *, again: bool, seen: int | None) -> None:
    number = await notices.notice_id_of(connection, ref)
    if number is None:
        if again:
            raise missing("no-such-notice", f"{ref}: no such warning")
        return
    if not again:
        raise conflict("warning-exists", f"{ref}: it is here already")
    await _refuse_settled(connection, ref, number)
    if seen is not None and (await notices.load(connection, [number]))[number].version != seen:
        raise conflict("warning-newer", f"{ref}: somebody else changed it meanwhile")


async def _refuse_settled(connection: Connection, ref: str, number: int) -> None:
    hand = await notices.hand_of(connection, number)
    if hand.entered_by is None:
        raise conflict("warning-of-a-source", f"{ref}: its source brought it, and only that can change it")
    if hand.released_at is not None:
        raise conflict(
            "released-already", f"{ref}: it was released; withdraw it and enter what is right under a new key"
        )
    if hand.withdrawn_at is not None:
        raise conflict("discarded-already", f"{ref}: it was discarded; enter what is right under a new key")
