"""What people may ask about their data: see it, take it along, have it erased; and what is left of it after that.

An erasure wins over every mail that was not handed over when it was committed. Of the person a number stays, with what
they agreed to and were told, and a keyed hash, by which an import or an older backup does not bring them back.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from app.domain.addresses import Address, mask_addresses
from app.domain.errors import missing
from app.domain.privacy import ERASED, Erasure, RequestKind
from app.domain.subscriptions import CONFIRMATIONS_COUNTED_OVER
from app.store import audit, forgetting, person_requests, personal_data, retention
from app.store.database import Connection, Database
from app.texts.consent_wordings import wording
from app.vault.tokens import keyed_hash, new_token

_PAGE = 500
_BATCH = 5000

PERSON: Final = "person"
"""Who acts where the person does it by the mailed link."""


@dataclass(frozen=True, slots=True)
class Held:
    """Whose data is held, since when, and how many records of each section."""

    address: str
    since: datetime
    records: Mapping[str, int]


async def held(database: Database, subscriber_id: int) -> Held | None:
    """Return what is held about a subscriber in short; None when nothing is, or nothing any more."""
    async with database.reading() as connection:
        person = await personal_data.known(connection, subscriber_id)
        if person is None:
            return None
        return Held(person.address, person.created_at, await personal_data.summary(connection, subscriber_id))


async def find(database: Database, address: Address, keys: Sequence[bytes]) -> int:
    """Return the number of the subscriber with an address; AppError `person-unknown`, which says if they were erased."""
    async with database.reading() as connection:
        person = await personal_data.named(connection, address.identity)
        if person is not None:
            return int(person.id)
        if await forgetting.standing(connection, _hashes(address.identity, keys)):
            raise missing("person-unknown", "nothing is held under this address; it was erased")
    raise missing("person-unknown", "nothing is held under this address")


async def hand_out(database: Database, subscriber_id: int, actor: str, method: str) -> None:
    """Write down that a person's data is handed out, before it is; AppError `person-unknown` when nothing is held.

    It answers the requests of that person for access that are open; where there is none, it is one of its own.
    """
    async with database.writing() as connection:
        now = await database.now(connection)
        person = await personal_data.known(connection, subscriber_id)
        if person is None:
            raise missing("person-unknown", "nothing is held about this person")
        await _done(connection, person.id, RequestKind.ACCESS, method, "handed out", now)
        await _audit(connection, person, actor, "export_person", {}, now)


async def records(database: Database, subscriber_id: int) -> AsyncIterator[tuple[str, Mapping[str, Any]]]:
    """Yield all that is held about a person, section by section; no connection is held between two pages."""
    for section in personal_data.SECTIONS:
        after = -1
        while True:
            async with database.reading() as connection:
                rows = await personal_data.page(connection, section, subscriber_id, after, _PAGE)
            for row in rows:
                yield section, _with_wording(section, row)
            if len(rows) < _PAGE:
                break
            after = rows[-1]["number"]


async def erase(
    database: Database, subscriber_id: int, keys: Sequence[bytes], actor: str, method: str, because: str
) -> bool:
    """Destroy a person's data everywhere and remember that (PV-03); False when nothing was held any more.

    What is not handed over when this is committed is never handed over.
    """
    async with database.writing() as connection:
        # The subscriber before their deliveries, as a worker holds them, so that the two never wait for each other.
        person = await forgetting.hold(connection, subscriber_id)
        if person is None:
            return False
        await forgetting.called_off(connection, [subscriber_id], ERASED)
        now = await database.now(connection)
        await _done(connection, person.id, RequestKind.ERASURE, method, ERASED, now)
        await person_requests.finish_all(connection, person.id, ERASED, now)
        await _audit(connection, person, actor, "erase_person", {"because": mask_addresses(because)}, now)
        await _forget(connection, [(person.id, person.identity)], keys[0], ERASED, now)
    await database.empty_journal()
    return True


async def note_request(
    database: Database, address: Address, kind: RequestKind, actor: str, received_at: datetime | None = None
) -> int:
    """Write down a request that came to staff, with its clock; return its number.

    Nothing of it is kept that names who asked where nothing is held about them.
    """
    async with database.writing() as connection:
        now = await database.now(connection)
        person = await personal_data.named(connection, address.identity)
        number = None if person is None else person.id
        request = await person_requests.add(connection, number, kind, person_requests.BY_STAFF, received_at or now)
        await audit.write_audit(connection, actor, "note_request", f"request:{request}", {"kind": kind}, now)
        return request


async def answer_request(database: Database, number: int, actor: str) -> None:
    """Write down that a request was answered and is yet to be done; AppError `request-missing` when none is open."""
    async with database.writing() as connection:
        now = await database.now(connection)
        if not await person_requests.answer(connection, number, now):
            raise missing("request-missing", f"{number}: no such request is open")
        await audit.write_audit(connection, actor, "answer_request", f"request:{number}", {}, now)


async def finish_request(database: Database, number: int, result: str, actor: str) -> None:
    """Write down what came of a request; AppError `request-missing` when none with that number is open."""
    said = mask_addresses(result)
    async with database.writing() as connection:
        now = await database.now(connection)
        if not await person_requests.finish(connection, number, said, now):
            raise missing("request-missing", f"{number}: no such request is open")
        await audit.write_audit(connection, actor, "finish_request", f"request:{number}", {"result": said}, now)


async def name_concerned(database: Database, since: datetime, until: datetime, actor: str) -> None:
    """Write down, before it is done, that staff list whose data was here between two moments (PV-06)."""
    async with database.writing() as connection:
        now = await database.now(connection)
        window = {"since": since.isoformat(), "until": until.isoformat()}
        await audit.write_audit(connection, actor, "list_concerned", "people", window, now)


async def concerned(
    database: Database, since: datetime, until: datetime
) -> AsyncIterator[tuple[str, Mapping[str, Any]]]:
    """Yield the people whose data was here between two moments, then what of it left the house by staff (PV-05)."""
    after = 0
    while True:
        async with database.reading() as connection:
            rows = await personal_data.concerned(connection, since, until, after, _BATCH)
        for row in rows:
            yield "people", row
        if len(rows) < _BATCH:
            break
        after = rows[-1]["number"]
    async with database.reading() as connection:
        exported = await personal_data.handed_out(connection, since, until)
    for number, row in enumerate(exported, start=1):
        yield "exports", {"number": number, **row}


async def name_erasures(database: Database, actor: str) -> None:
    """Write down, before it is done, that staff print who was erased, by keyed hashes."""
    async with database.writing() as connection:
        await audit.write_audit(connection, actor, "list_erasures", "people", {}, await database.now(connection))


async def erasures(database: Database) -> list[Erasure]:
    """Return everybody who was forgotten, by keyed hashes: what a backup made earlier cannot know."""
    async with database.reading() as connection:
        return await forgetting.remembered(connection)


async def reapply_erasures(database: Database, keys: Sequence[bytes], forgotten: Sequence[Erasure], actor: str) -> int:
    """Forget once more whom an older copy of the database still knows; return how many. Safe to repeat.

    `keys` must hold the key that the hashes were made with. Who came back after their erasure is left alone.
    """
    newest: dict[str, Erasure] = {}
    for one in sorted(forgotten, key=lambda found: found.erased_at):
        newest[one.identity_hash] = one
    count, after = 0, 0
    async with database.writing() as connection:
        await forgetting.remember(connection, forgotten)
        details = {"listed": len(forgotten)}
        await audit.write_audit(connection, actor, "erase_again", "people", details, await database.now(connection))
    while True:
        async with database.writing() as connection:
            now = await database.now(connection)
            rows = await forgetting.known_after(connection, after, _BATCH)
            gone = [(row, found) for row in rows if (found := _forgotten(row, newest, keys))]
            for because in sorted({found.because for _, found in gone}):
                people = [(row.id, row.identity) for row, found in gone if found.because == because]
                await forgetting.called_off(connection, [number for number, _ in people], because)
                await _forget(connection, people, keys[0], because, now, remember=False)
            if gone:
                found_again = {"people": [row.id for row, _ in gone]}
                await audit.write_audit(connection, actor, "erased_again", "people", found_again, now)
        count += len(gone)
        if len(rows) < _BATCH:
            break
        after = rows[-1].id
    if count:
        await database.rewrite()
    return count


async def _forget(
    connection: Connection,
    people: Sequence[tuple[int, str]],
    key: bytes,
    because: str,
    now: datetime,
    *,
    remember: bool = True,
) -> None:
    numbers = [number for number, _ in people]
    since = now - CONFIRMATIONS_COUNTED_OVER
    mailed = await retention.mailed_to_subscribers(connection, numbers, since)
    await retention.remember_mailed(connection, [(keyed_hash(row.identity, key), row.created_at) for row in mailed])
    await forgetting.end_all(connection, numbers, because, now)
    await forgetting.forget(connection, numbers, now)
    if remember:
        names = [keyed_hash(identity, key) for _, identity in people]
        await forgetting.remember(connection, [Erasure(name, because, now) for name in names])


async def _done(
    connection: Connection, subscriber_id: int, kind: RequestKind, method: str, result: str, now: datetime
) -> None:
    """Close what the person asked of this kind; where nothing is open, this is the request and its answer in one."""
    if not await person_requests.finish_all(connection, subscriber_id, result, now, kind):
        number = await person_requests.add(connection, subscriber_id, kind, method, now)
        await person_requests.finish(connection, number, result, now)


async def _audit(
    connection: Connection, person: Any, actor: str, verb: str, details: Mapping[str, Any], now: datetime
) -> None:
    """Write a row of the audit about a person: by number, and by a hash that nobody can make without the person's key."""
    key = await personal_data.subject_key(connection, person.id, new_token())
    who = {"who": keyed_hash(person.identity, key.encode())}
    await audit.write_audit(connection, actor, verb, f"person:{person.id}", {**details, **who}, now)


def _forgotten(row: Any, newest: Mapping[str, Erasure], keys: Sequence[bytes]) -> Erasure | None:
    for name in _hashes(row.identity, keys):
        found = newest.get(name)
        if found is not None and row.created_at <= found.erased_at:
            return found
    return None


def _hashes(identity: str, keys: Sequence[bytes]) -> list[str]:
    return [keyed_hash(identity, key) for key in keys]


def _with_wording(section: str, row: Mapping[str, Any]) -> Mapping[str, Any]:
    if section != personal_data.CONSENTS:
        return row
    return {**row, "agreed_to": wording(row["wording"], row["language"])}
