"""Many subscriptions in one go, by the rules of each: a block of them takes as many statements as one (PV-01, SE-13)."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from app.domain.ceilings import HourlyCeiling
from app.domain.errors import AppError, conflict
from app.domain.subscriptions import Frequency, confirmation_wanted
from app.flow.subscribe.requests import (
    AskedSubscription,
    Asking,
    SubscriptionDesk,
    SubscriptionRequest,
    consent_of,
    mail_confirmations,
)
from app.store import audit, ceilings, enlisting, forgetting, subscriptions
from app.store.database import Connection, Database
from app.vault.tokens import keyed_hash

Answer = AskedSubscription | AppError


@dataclass(frozen=True, slots=True)
class Kept:
    """A request with the rows of its subscriber and its subscription."""

    request: SubscriptionRequest
    subscriber: Any
    subscription: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class ListFile:
    """A list of addresses: how many rows are sound and how many refused, its SHA-256, and whether staff had the consent."""

    rows: int
    refused: int
    hash: str
    confirmed: bool


async def enrol(
    database: Database, requests: Sequence[SubscriptionRequest], keys: Sequence[bytes]
) -> list[AskedSubscription]:
    """Keep subscriptions whose consent was given to staff, confirmed at once, all or none; nothing is mailed.

    Repeating it changes the frequency and the language, and nothing else. AppError `person-erased` when one of them had
    their data erased: only they can come back, by a confirmation link (PV-03).
    """
    async with database.writing() as connection:
        answers = await _enrolled(connection, requests, keys, await database.now(connection))
        refused = [answer for answer in answers if isinstance(answer, AppError)]
        if refused:
            raise refused[0]
        return [answer for answer in answers if isinstance(answer, AskedSubscription)]


async def enrol_each(
    database: Database, requests: Sequence[SubscriptionRequest], keys: Sequence[bytes]
) -> list[Answer]:
    """Do as `enrol`, but refuse only those who had their data erased; return the answer to each request."""
    async with database.writing() as connection:
        return await _enrolled(connection, requests, keys, await database.now(connection))


async def enrol_by(
    database: Database, request: SubscriptionRequest, keys: Sequence[bytes], actor: str
) -> AskedSubscription:
    """Do as `enrol` with one request, and write down who was given the consent."""
    async with database.writing() as connection:
        now = await database.now(connection)
        (answer,) = await _enrolled(connection, [request], keys, now)
        if isinstance(answer, AppError):
            raise answer
        person = await subscriptions.number_of(connection, request.address.identity)
        details = {"subscriber": person, "frequency": request.frequency, "language": request.language}
        await audit.write_audit(connection, actor, "enrol", f"subscription:{answer.id}", details, now)
        return answer


async def note_list(database: Database, file: ListFile, actor: str) -> None:
    """Write down, before it is done, that somebody has a list of addresses subscribed: one row for all of it."""
    async with database.writing() as connection:
        details = {"rows": file.rows, "refused": file.refused, "sha256": file.hash, "confirmed": file.confirmed}
        now = await database.now(connection)
        await audit.write_audit(connection, actor, "enrol_list", "subscriptions", details, now)


async def ask_each(desk: SubscriptionDesk, requests: Sequence[SubscriptionRequest]) -> list[Answer]:
    """Keep what staff say that others wish to be told, each as `ask` keeps it; return the answer to each request.

    Refused is who had their data erased (`person-erased`): no confirmation mail by staff is theirs (PV-03).
    """
    async with desk.database.writing() as connection:
        now = await desk.database.now(connection)
        kept = await _kept(connection, requests, desk.keys, now)
        ledger = await _ledger(connection, desk, [one for one in kept if isinstance(one, Kept)], now)
        answers = [ledger.answer(one) if isinstance(one, Kept) else one for one in kept]
        await enlisting.set_frequencies(connection, ledger.frequencies)
        await mail_confirmations(connection, desk, ledger.asking)
        return answers


async def _enrolled(
    connection: Connection, requests: Sequence[SubscriptionRequest], keys: Sequence[bytes], now: datetime
) -> list[Answer]:
    answers = await _kept(connection, requests, keys, now)
    kept = [one for one in answers if isinstance(one, Kept)]
    await enlisting.write_in(connection, {one.subscriber.id: one.request.language for one in kept})
    await enlisting.set_frequencies(connection, {one.subscription.id: one.request.frequency for one in kept})
    # Of two rows for one subscription the first is the consent, as it is when they come one by one.
    languages = {one.subscription.id: one.request.language for one in reversed(kept)}
    agreed = {number: consent_of(language, "given_to_staff") for number, language in languages.items()}
    await enlisting.activate(connection, agreed, now)
    return [AskedSubscription(one.subscription.id, confirmed=True) if isinstance(one, Kept) else one for one in answers]


async def _kept(
    connection: Connection, requests: Sequence[SubscriptionRequest], keys: Sequence[bytes], now: datetime
) -> list[Kept | AppError]:
    """Keep the subscribers, questions and subscriptions of requests, but nothing of those who were erased."""
    await enlisting.alone(connection)
    # Held before it is asked who was erased: an erasure that is under way is over then, and is seen.
    await enlisting.hold(connection, {request.address.identity for request in requests})
    erased = await _erased(connection, requests, keys)
    sound = [request for request in requests if request.address.identity not in erased]
    firsts = {one.address.identity: (one.address, one.language) for one in reversed(sound)}
    people = await enlisting.subscribers_of(connection, firsts, now)
    criteria = await enlisting.shared_criteria(connection, {one.criteria for one in sound}, now)
    pairs = [(people[one.address.identity].id, criteria[one.criteria]) for one in sound]
    # Of two rows for one subscription the first is kept, as it is when they come one by one.
    asked = {pair: one.frequency for one, pair in zip(reversed(sound), reversed(pairs), strict=True)}
    standing = await enlisting.subscribe(connection, asked, now)
    kept = (Kept(one, people[one.address.identity], standing[pair]) for one, pair in zip(sound, pairs, strict=True))
    gone = conflict("person-erased", "this person had their data erased; only they can subscribe again, by the page")
    return [gone if request.address.identity in erased else next(kept) for request in requests]


async def _erased(connection: Connection, requests: Sequence[SubscriptionRequest], keys: Sequence[bytes]) -> set[str]:
    names = {name: one.address.identity for one in requests for name in _hashes(one.address.identity, keys)}
    return {names[name] for name in await forgetting.standing(connection, sorted(names))}


async def _ledger(connection: Connection, desk: SubscriptionDesk, kept: Sequence[Kept], now: datetime) -> "_Ledger":
    """Read all that decides whether and when these wishes are mailed their confirmations."""
    people = {one.subscriber.id for one in kept}
    identities = {name for one in kept for name in _hashes(one.request.address.identity, desk.keys)}
    spellings = {name for one in kept for name in _hashes(one.request.address.abuse_key, desk.keys)}
    ledger = _Ledger(
        keys=desk.keys,
        now=now,
        suppressed=await enlisting.suppressed_among(connection, people),
        blocked=await enlisting.blocked_among(connection, identities),
        ceiling=await ceilings.rooms(connection, now, desk.most_per_hour),
    )
    for row in await enlisting.mailed_to(connection, people, spellings):
        ledger.note(row.subscriber_id, row.abuse_hash, row.token_hash, row.created_at)
        if row.expires_at >= now:
            ledger.linked.add(row.subscription_id)
    for row in await enlisting.mailed_before(connection, identities | spellings):
        ledger.before[row.identity_hash].append(row.mailed_at)
    return ledger


@dataclass(kw_only=True)
class _Ledger:
    """What was mailed to the people of a block, and what is to be; it grows as their wishes are answered in turn.

    `mailed` has the moment of each confirmation under its subscriber and under what all spellings of its address are
    counted by; `before` under hashes those of forgotten wishes, and what asked an address whether it is an organisation's;
    `linked` the subscriptions with a link that holds.
    """

    keys: Sequence[bytes]
    now: datetime
    suppressed: set[int]
    blocked: set[str]
    ceiling: HourlyCeiling
    mailed: defaultdict[int | str | None, dict[str | int, datetime]] = field(default_factory=lambda: defaultdict(dict))
    before: defaultdict[str, list[datetime]] = field(default_factory=lambda: defaultdict(list))
    linked: set[int] = field(default_factory=set)
    asking: list[Asking] = field(default_factory=list)
    frequencies: dict[int, Frequency] = field(default_factory=dict)

    def answer(self, one: Kept) -> AskedSubscription:
        """Answer a wish as `ask` does, and note the mail that it needs."""
        number, confirmed = one.subscription.id, one.subscription.confirmed_at is not None
        if confirmed and one.subscriber.id not in self.suppressed:
            return AskedSubscription(number, confirmed=True)
        due = self._due(one)
        if due is not None:
            due = self.ceiling.take(due)
            self.note(one.subscriber.id, keyed_hash(one.request.address.abuse_key, self.keys[0]), len(self.asking), due)
            self.linked.add(number)
            self.asking.append(Asking(one.request, one.subscriber, number, due))
            if not confirmed:
                self.frequencies[number] = one.request.frequency
        return AskedSubscription(number, confirmed=confirmed)

    def note(self, subscriber_id: int, abuse_hash: str | None, name: str | int, at: datetime) -> None:
        """Note that a confirmation was mailed, or waits, for a subscriber."""
        self.mailed[subscriber_id][name] = at
        if abuse_hash is not None:
            self.mailed[abuse_hash][name] = at

    def _due(self, one: Kept) -> datetime | None:
        address = one.request.address
        identities = _hashes(address.identity, self.keys)
        if not self.blocked.isdisjoint(identities):
            return None
        counted: dict[str | int, datetime] = {}
        spellings = _hashes(address.abuse_key, self.keys)
        for name in (one.subscriber.id, *spellings):
            counted |= self.mailed[name]
        # What waits there confirms no wish: it counts as if it went now.
        before = [min(at, self.now) for name in {*identities, *spellings} for at in self.before[name]]
        mailed = sorted([*counted.values(), *before], reverse=True)
        return confirmation_wanted(self.now, mailed, linked=one.subscription.id in self.linked)


def _hashes(value: str, keys: Sequence[bytes]) -> list[str]:
    return [keyed_hash(value, key) for key in keys]
