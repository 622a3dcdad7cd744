"""One message to one recipient: its states, what a server may answer, and when to try again."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum


class DeliveryKind(StrEnum):
    """What a message is, which also sets how urgent it is."""

    CONFIRMATION = "confirmation"
    INSTANT = "instant"
    DIGEST = "digest"
    REPLAY = "replay"
    PROOF = "proof"
    REMINDER = "reminder"
    LINK = "link"
    NEW_ADDRESS = "new_address"
    OLD_ADDRESS = "old_address"
    CONTACT = "contact"
    LETTER = "letter"


WITHOUT_ITEMS = (
    DeliveryKind.CONFIRMATION,
    DeliveryKind.LINK,
    DeliveryKind.NEW_ADDRESS,
    DeliveryKind.OLD_ADDRESS,
    DeliveryKind.CONTACT,
)
"""Mails that tell of no alert: each is rendered as it is asked for, and tokens in it are kept nowhere else."""
TO_ANOTHER_ADDRESS = (DeliveryKind.NEW_ADDRESS, DeliveryKind.OLD_ADDRESS)
"""Mails that go to the address that a subscriber will have or had: what comes of them says nothing of the present one."""

PRIORITY = {
    DeliveryKind.CONFIRMATION: 0,
    DeliveryKind.LINK: 0,
    DeliveryKind.NEW_ADDRESS: 0,
    DeliveryKind.OLD_ADDRESS: 0,
    DeliveryKind.CONTACT: 0,
    DeliveryKind.INSTANT: 2,
    DeliveryKind.LETTER: 2,
    DeliveryKind.DIGEST: 3,
    DeliveryKind.REMINDER: 3,
    DeliveryKind.REPLAY: 4,
    DeliveryKind.PROOF: 5,
}
"""Lower goes first: nobody waits for a confirmation behind 100,000 digests (DL-14)."""

EMERGENCY_PRIORITY = 1
"""An instant mail with an emergency measure in it, which may stop goods today, goes before all other alerts (DL-14)."""


class DeliveryState(StrEnum):
    """Where a delivery stands. `handing_over` is committed before DATA and never becomes `pending` again."""

    PENDING = "pending"
    LEASED = "leased"
    HANDING_OVER = "handing_over"
    ACCEPTED = "accepted"
    DEFERRED = "deferred"
    REJECTED = "rejected"
    UNKNOWN = "unknown"
    NEEDS_HUMAN = "needs_human"
    BOUNCED = "bounced"
    SKIPPED = "skipped"
    SUPERSEDED = "superseded"


CLAIMABLE = (DeliveryState.PENDING, DeliveryState.DEFERRED, DeliveryState.UNKNOWN)
"""A worker may take it when it is due."""
IN_HAND = (DeliveryState.LEASED, DeliveryState.HANDING_OVER)
"""A worker has it."""
RESTING = (*CLAIMABLE, DeliveryState.LEASED)
"""It may still go, and no hand-over of it is under way."""
ENDED = (
    DeliveryState.ACCEPTED,
    DeliveryState.REJECTED,
    DeliveryState.BOUNCED,
    DeliveryState.SKIPPED,
    DeliveryState.SUPERSEDED,
)
"""It never goes again."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """The relay took the message: it is *sent*."""

    reply: str


@dataclass(frozen=True, slots=True)
class TryLater:
    """The relay said no for now (4yz). `after` is the relay's own wish, if it uttered one."""

    code: int
    reply: str
    after: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """The relay said no for good (5yz) about this recipient or this message."""

    code: int
    reply: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """The message may or may not have been taken: the line broke, or the answer made no sense, after DATA began."""

    reason: str


@dataclass(frozen=True, slots=True)
class HostDown:
    """The relay could not be used at all; no recipient is to blame and no attempt counts against one."""

    reason: str
    alarm: bool = False


Outcome = Accepted | TryLater | Refused | Unknown | HostDown


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """What is handed to the relay: exactly one recipient, and the bytes as they go on the wire."""

    delivery_id: int
    sender: str
    recipient: str
    message_id: str
    body: bytes


FIRST_RETRY = timedelta(minutes=5)
LONGEST_RETRY = timedelta(hours=4)
GIVE_UP_AFTER = timedelta(days=5)
MOST_ATTEMPTS = 18


def retry_at(now: datetime, attempts: int, *, first_due: datetime, jitter: float) -> datetime | None:
    """Return when to try again after `attempts` deferred tries, or None to give up (EM-17, RFC 5321 4.5.4.1).

    `jitter` is a number from 0 to 1 that the caller draws; it spreads the tries by up to a fifth.
    """
    if attempts >= MOST_ATTEMPTS or now - first_due >= GIVE_UP_AFTER:
        return None
    wait: timedelta = min(FIRST_RETRY * 2.0 ** max(attempts - 1, 0), LONGEST_RETRY)
    return now + wait * (1 + jitter / 5)


AMBIGUOUS_AT_MOST = 2
"""Copies of one message that may reach a person: an attempt nobody knows the end of, and one identical repeat."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settlement:
    """What an outcome makes of a delivery."""

    state: DeliveryState
    reason: str | None = None
    reply: str | None = None
    due_at: datetime | None = None
    accepted_at: datetime | None = None
    ambiguous: bool = False


def settle(
    outcome: Outcome, *, now: datetime, attempts: int, ambiguous: int, first_due: datetime, jitter: float
) -> Settlement:
    """Return what follows from an outcome of the attempt numbered `attempts`; `ambiguous` counts the unclear ones before."""
    match outcome:
        case Accepted(reply):
            return Settlement(state=DeliveryState.ACCEPTED, reply=reply, accepted_at=now)
        case Refused(code, reply):
            return Settlement(state=DeliveryState.REJECTED, reason=f"refused ({code})", reply=reply)
        case TryLater(code, reply, after):
            return _later(code, reply, retry_at(now, attempts, first_due=first_due, jitter=jitter), now, after)
        case Unknown(reason):
            last = ambiguous + 1 >= AMBIGUOUS_AT_MOST
            state = DeliveryState.NEEDS_HUMAN if last else DeliveryState.UNKNOWN
            return Settlement(state=state, reason=reason, due_at=now, ambiguous=True)
        case HostDown(reason):
            return Settlement(state=DeliveryState.PENDING, reason=reason)


def _later(code: int, reply: str, again: datetime | None, now: datetime, after: timedelta | None) -> Settlement:
    if again is None:
        return Settlement(state=DeliveryState.REJECTED, reason=f"gave up after {code}", reply=reply)
    due_at = max(again, now + after) if after else again
    return Settlement(state=DeliveryState.DEFERRED, reason=f"deferred ({code})", reply=reply, due_at=due_at)
