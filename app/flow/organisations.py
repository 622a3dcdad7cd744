"""Organisations and their addresses: added by staff, verified by a mailed link or by staff who say why.

Nothing but the mail with that link goes to an address that is not verified.
"""

import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any

from app.domain.addresses import Address, mask_address
from app.domain.deliveries import PRIORITY, DeliveryKind, DeliveryState
from app.domain.errors import conflict, invalid, missing
from app.domain.organisations import (
    EVERY_SECTOR,
    Organisation,
    Verification,
    checked_key,
    differences,
    house_name,
    mark_of,
)
from app.domain.scopes import EVERYTHING
from app.domain.subscriptions import CONFIRMATIONS_AT_MOST, Language, confirmation_due
from app.i18n.dates import VIETNAM, today_in_vietnam
from app.store import (
    audit,
    bodies,
    ceilings,
    enlisting,
    forgetting,
    ledger,
    letters,
    organisations,
    outbox,
    recipients,
    retention,
    subscriptions,
    suppressions,
)
from app.store.database import Connection, Database
from app.store.organisations import REMOVED, Contact
from app.texts.house_tables import house_tables
from app.texts.letterhead import Letterhead
from app.texts.notes import Note, compose_contact_note
from app.vault.tokens import keyed_hash, new_token, token_hash

ENDED = "organisation ended"
"""Why a letter that waited goes out no more."""
VERIFY_WITHIN = timedelta(days=7)
"""How long a mailed link holds, to the end of its last day: an office reads its mail less often than a person."""


@dataclass(frozen=True, slots=True)
class ContactDesk:
    """What mailing a link needs: the database, the letterhead, the keys (the current one first), the hourly ceiling."""

    database: Database
    letterhead: Letterhead
    keys: Sequence[bytes]
    most_per_hour: int = 200


@dataclass(frozen=True, slots=True)
class Linked:
    """What a mailed link leads to: the organisation's names, and whether the address is verified already."""

    name_vi: str
    name_en: str
    verified: bool


async def seed(database: Database, wanted: Sequence[Organisation], actor: str) -> int:
    """Add the organisations that are not there yet, without any address; return how many. What staff changed stays."""
    async with database.writing() as connection:
        now = await database.now(connection)
        added = await organisations.add_missing(connection, wanted, now)
        if added:
            await audit.write_audit(connection, actor, "seed_organisations", "organisations", {"added": added}, now)
        return len(added)


async def save(
    database: Database, wanted: Organisation, actor: str, sectors: Collection[str], seen: str | None = None
) -> None:
    """Write an organisation as it is now, new or known by its key, its Vietnamese name in house forms.

    `sectors` are the ids of the taxonomy in force. `seen` is the mark of what the writer saw (`mark_of`), empty for a new
    one; without it what stands is replaced, whatever it is. AppError: invalid for a key, a name or a sector that cannot be
    taken, and for a new one whose key is taken; conflict when somebody else saved another meanwhile.
    """
    async with database.writing() as connection:
        standing = await _in_turn(connection, wanted.key)
        if seen == "" and standing is not None:
            raise invalid("organisation-known", f"{wanted.key}: is known already", field="key")
        if seen and (standing is None or mark_of(standing) != seen):
            raise conflict("organisation-newer", f"{wanted.key}: somebody else saved it meanwhile")
        await _write(connection, standing, wanted, actor, sectors, await database.now(connection))


async def change(
    database: Database, key: str, changes: Mapping[str, Any], actor: str, sectors: Collection[str]
) -> None:
    """Change fields of an organisation by name, or add one of these; what others saved of the other fields stays.

    AppError: invalid as for `save`.
    """
    async with database.writing() as connection:
        standing = await _in_turn(connection, key)
        wanted = replace(standing or Organisation(key=key, name_vi=""), **changes)
        await _write(connection, standing, wanted, actor, sectors, await database.now(connection))


async def end(database: Database, key: str, because: str, actor: str) -> None:
    """Let an organisation come to its end: no notice is routed there and no letter goes out, also none that waits.

    What it got stays.

    AppError: invalid without a reason, missing for an unknown organisation, conflict when it ended already.
    """
    if not because.strip():
        raise invalid("no-because", "an organisation ends with a reason", field="because")
    async with database.writing() as connection:
        now = await database.now(connection)
        await _refuse_unless(connection, key, ended=False)
        await recipients.end(connection, key, because.strip(), now)
        await letters.call_off_to(connection, key, ENDED)
        await _audit(connection, actor, "end_organisation", key, {"because": because.strip()}, now)


async def restore(database: Database, key: str, actor: str) -> None:
    """Let an organisation that ended be one again. AppError: missing when unknown, conflict when it did not end."""
    async with database.writing() as connection:
        now = await database.now(connection)
        await _refuse_unless(connection, key, ended=True)
        await recipients.restore(connection, key, now)
        await _audit(connection, actor, "restore_organisation", key, {}, now)


async def name_addresses(database: Database, key: str, actor: str) -> None:
    """Write down, before it is done, that the addresses of an organisation are shown in full (PV-06).

    AppError: missing for an unknown organisation.
    """
    async with database.writing() as connection:
        if await recipients.standing(connection, key) is None:
            raise missing("organisation-missing", f"{key}: no such organisation")
        await _audit(connection, actor, "show_addresses", key, {}, await database.now(connection))


async def add_contact(
    database: Database, key: str, address: Address, role: str, actor: str, keys: Sequence[bytes]
) -> None:
    """Let an address be an organisation's, not verified yet; one that is theirs already stays as it is.

    AppError: missing for an unknown organisation; conflict for one that ended, and for the address of a person who had
    their data erased.
    """
    async with database.writing() as connection:
        await _refuse_unless(connection, key, ended=False)
        number = (await organisations.numbers_of(connection, [key]))[key]
        # Held before it is asked: an erasure that is under way is over then, and is seen.
        await enlisting.hold(connection, {address.identity})
        if await forgetting.standing(connection, [keyed_hash(address.identity, one) for one in keys]):
            raise conflict("person-erased", "this person had their data erased; no list brings them back")
        now = await database.now(connection)
        people = await enlisting.subscribers_of(connection, {address.identity: (address, Language.VI)}, now)
        person = people[address.identity]
        await organisations.add_contact(connection, number, person.id, role.strip(), now)
        await _audit(connection, actor, "add_contact", key, {"subscriber": person.id}, now)


async def verify(database: Database, key: str, address: Address, because: str, source: str, actor: str) -> None:
    """Hold an address to be an organisation's on the word of staff, who say why and where they have it from.

    AppError: invalid without a reason or a source, missing when the address is not theirs, conflict when it is verified.
    """
    for name, said in (("because", because), ("source", source)):
        if not said.strip():
            raise invalid(f"no-{name}", "an address is verified with a reason and its source", field=name)
    async with database.writing() as connection:
        now = await database.now(connection)
        mine = await _contact(connection, key, address)
        if not await organisations.verify(
            connection, mine.id, Verification.STAFF, now, because.strip(), source.strip()
        ):
            raise conflict("verified-already", f"{mask_address(address.typed)}: verified already")
        details = {"subscriber": mine.subscriber_id, "because": because, "source": source}
        await _audit(connection, actor, "verify_contact", key, details, now)


async def remove_contact(database: Database, key: str, address: Address, because: str, actor: str) -> None:
    """Let an address be an organisation's no longer; its letters that wait go out no more, what was sent stays.

    AppError: invalid without a reason, missing when the address is not theirs.
    """
    if not because.strip():
        raise invalid("no-because", "an address is taken away with a reason", field="because")
    async with database.writing() as connection:
        now = await database.now(connection)
        mine = await _contact(connection, key, address)
        await organisations.end_contact(connection, mine.id, now)
        await letters.call_off_to(connection, key, REMOVED, mine.subscriber_id)
        details = {"subscriber": mine.subscriber_id, "because": because}
        await _audit(connection, actor, "remove_contact", key, details, now)


async def mail_link(desk: ContactDesk, key: str, address: Address, actor: str) -> None:
    """Mail the link by which whoever reads an address says that it is the organisation's.

    AppError: missing when the address is not theirs; conflict when it is verified, is not to be written to, said that it
    wants no such mail, or was asked today or three times this month (SE-13), for whichever organisation.
    """
    async with desk.database.writing() as connection:
        now = await desk.database.now(connection)
        mine = await _contact(connection, key, address)
        await _refuse_unless(connection, key, ended=False)
        # The turn comes before the counting: of two who ask at once the second counts the first.
        due = await ceilings.room_at(connection, now, desk.most_per_hour)
        await _refuse_unwanted(connection, desk, mine, address, now)
        await retention.remember_mailed(connection, [(keyed_hash(address.abuse_key, desk.keys[0]), due)])
        named = await organisations.one_of(EVERYTHING, connection, key)
        assert named is not None  # noqa: S101 - its contact was found just now
        token = new_token()
        last_day = today_in_vietnam(due + VERIFY_WITHIN)
        await organisations.add_link(connection, token_hash(token), mine.id, due, _end_of(last_day))
        await _mail(connection, desk, mine, _note(desk, address, named.name_vi, token, due, last_day), token)
        await _audit(connection, actor, "ask_contact", key, {"subscriber": mine.subscriber_id}, now)


async def linked(database: Database, token: str) -> Linked | None:
    """Say what a mailed link verifies; None when it leads nowhere, or no longer. Nothing is changed."""
    async with database.reading() as connection:
        row = await organisations.linked(connection, token_hash(token))
        if row is None or row.expires_at <= await database.now(connection):
            return None
        return Linked(row.name_vi, row.name_en, row.verified_at is not None)


async def confirm(database: Database, token: str) -> Linked | None:
    """Verify an address by the link that was mailed to it; None when it leads nowhere. Once more answers the same."""
    name = token_hash(token)
    async with database.writing() as connection:
        now = await database.now(connection)
        await organisations.hold_linked(connection, name)
        row = await organisations.linked(connection, name)
        if row is None or row.expires_at <= now:
            return None
        if await organisations.verify(connection, row.contact_id, Verification.LINK, now):
            await _audit(connection, f"contact:{row.contact_id}", "verify_contact", row.key, {"by": "link"}, now)
        await organisations.use_link(connection, name, now)
        return Linked(row.name_vi, row.name_en, verified=True)


async def _refuse_unwanted(
    connection: Connection, desk: ContactDesk, mine: Contact, address: Address, now: datetime
) -> None:
    if mine.verified_at is not None:
        raise conflict("verified-already", f"{mask_address(address.typed)}: verified already")
    if await suppressions.is_suppressed(connection, mine.subscriber_id):
        raise conflict("suppressed", f"{mask_address(address.typed)}: is not written to")
    for key in desk.keys:
        if await subscriptions.is_blocked(connection, keyed_hash(address.identity, key)):
            raise conflict("unwanted", f"{mask_address(address.typed)}: said that it wants no such mail")
    spellings = [keyed_hash(address.abuse_key, key) for key in desk.keys]
    hashes = {*spellings, *(keyed_hash(address.identity, key) for key in desk.keys)}
    mailed = await subscriptions.last_confirmations(connection, mine.subscriber_id, spellings, CONFIRMATIONS_AT_MOST)
    mailed += await retention.mailed_before(connection, sorted(hashes), CONFIRMATIONS_AT_MOST)
    if confirmation_due(now, sorted(mailed, reverse=True)) > now:
        raise conflict("asked-already", f"{mask_address(address.typed)}: was asked today, or three times this month")


async def _refuse_unless(connection: Connection, key: str, *, ended: bool) -> None:
    found = await recipients.standing(connection, key)
    if found is None:
        raise missing("organisation-missing", f"{key}: no such organisation")
    if (found.ended_at is not None) is not ended:
        code = "organisation-ended" if found.ended_at else "organisation-stands"
        raise conflict(code, f"{key}: " + ("it ended" if found.ended_at else "it did not end"))


async def _contact(connection: Connection, key: str, address: Address) -> Contact:
    """Return an address of an organisation, which nobody else verifies, asks or takes away until the transaction ends."""
    await enlisting.hold(connection, {address.identity})
    mine = await organisations.contact(EVERYTHING, connection, key, address.identity)
    if mine is None:
        raise missing("contact-missing", f"{mask_address(address.typed)} is no address of {key}")
    return mine


async def _in_turn(connection: Connection, key: str) -> Organisation | None:
    """Return an organisation as it stands; nobody else saves any until the transaction ends."""
    await ledger.in_turn(connection, "organisations")
    return await organisations.one_of(EVERYTHING, connection, key)


async def _write(
    connection: Connection,
    standing: Organisation | None,
    wanted: Organisation,
    actor: str,
    sectors: Collection[str],
    now: datetime,
) -> None:
    """Write what differs from what stands, with both in the audit; nothing where nothing does."""
    one = _in_house_forms(wanted)
    for sector, _ in one.sectors:
        # One that an earlier taxonomy had may stay.
        if sector not in {*sectors, EVERY_SECTOR, *(dict(standing.sectors) if standing else ())}:
            raise invalid("unknown-sector", f"{sector}: no such sector", field="sector")
    changed = differences(standing, one)
    if changed:
        await organisations.save(connection, one, now)
        await _audit(connection, actor, "save_organisation", one.key, {"changed": changed}, now)


def _in_house_forms(wanted: Organisation) -> Organisation:
    return Organisation(
        key=checked_key(wanted.key),
        name_vi=house_name(wanted.name_vi, house_tables()),
        name_en=" ".join(wanted.name_en.split()),
        kind=wanted.kind,
        level=wanted.level,
        abbreviation=wanted.abbreviation.strip(),
        sectors=wanted.sectors,
        hs=wanted.hs,
        website=wanted.website.strip(),
        note=wanted.note.strip(),
    )


def _end_of(day: date) -> datetime:
    return datetime.combine(day + timedelta(days=1), time.min, tzinfo=VIETNAM)


def _note(desk: ContactDesk, address: Address, name: str, token: str, due: datetime, last_day: date) -> Note:
    return Note(
        recipient=address.wire,
        language=Language.VI,
        url=desk.letterhead.page(f"/contact/{token}", Language.VI),
        message_id=f"{uuid.uuid4()}@{desk.letterhead.mail_domain}",
        dated=due,
        until=last_day,
        organisation=name,
    )


async def _mail(connection: Connection, desk: ContactDesk, mine: Contact, note: Note, token: str) -> None:
    composed = compose_contact_note(note, desk.letterhead)
    row = {
        "key": f"{DeliveryKind.CONTACT}:{token_hash(token)}",
        "kind": DeliveryKind.CONTACT,
        "priority": PRIORITY[DeliveryKind.CONTACT],
        "subscriber_id": mine.subscriber_id,
        "message_id": note.message_id,
        "message_hash": (await bodies.keep(connection, [(composed, note.dated)]))[0],
        "state": DeliveryState.PENDING,
        "due_at": note.dated,
        "created_at": note.dated,
    }
    await outbox.add_deliveries(connection, [row])


async def _audit(
    connection: Connection, actor: str, verb: str, key: str, details: dict[str, object], now: datetime
) -> None:
    await audit.write_audit(connection, actor, verb, f"organisation:{key}", details, now)
