"""What comes back after a mail was handed over: what a message says, what a bounce means, and what follows from it.

Statuses are the enhanced codes of RFC 3463, `class.subject.detail`. In doubt the gentler meaning counts: nobody may lose
their alerts by a message that was misread (EM-13, EM-14).
"""

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from app.domain.deliveries import DeliveryState


class Meaning(StrEnum):
    """What a message that came in is."""

    FAILURE = "failure"
    """A mail could not be delivered and will not be tried again."""
    NO_FAILURE = "no_failure"
    """Delayed, relayed, expanded, delivered or read: a report of anything but a failure (RFC 3464, 2.3.3)."""
    AUTO_REPLY = "auto_reply"
    COMPLAINT = "complaint"
    """Somebody called a mail spam (RFC 5965)."""
    OTHER = "other"


class Verdict(StrEnum):
    """What a bounce says of the address it came from; a complaint says that of its subscriber."""

    HARD = "hard"
    SOFT = "soft"
    POLICY = "policy"
    """The mail or its sender was refused, not the person."""
    COMPLAINT = "complaint"


class SuppressionReason(StrEnum):
    """Why an address is not written to, the strongest first."""

    BY_STAFF = "by_staff"
    COMPLAINED = "complained"
    NO_SUCH_ADDRESS = "no_such_address"
    KEEPS_BOUNCING = "keeps_bouncing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """One failed delivery as a report tells of it.

    `recipients` are the addresses that it names, in lower case; `statuses` every enhanced code that it gives; `said` the
    words of the server that refused, never more than a few lines.
    """

    recipients: tuple[str, ...] = ()
    statuses: tuple[str, ...] = ()
    said: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnedMail:
    """One message that came in, as far as it matters.

    `return_paths` are addresses that may carry the token of a delivery: those that the message itself was delivered to,
    and for a complaint the return paths of the mail complained of. Nothing else in a message says whom it concerns.
    """

    meaning: Meaning
    return_paths: tuple[str, ...] = ()
    failures: tuple[Failure, ...] = ()


@dataclass(frozen=True, slots=True)
class IncomingMail:
    """One message of a box that bounces come to, by the name that the box knows it by."""

    name: str
    mail: ReturnedMail


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a bounce means, and the status that says so (empty when it gave none)."""

    verdict: Verdict
    status: str = ""


MAY_COME_BACK = frozenset(
    {DeliveryState.ACCEPTED, DeliveryState.UNKNOWN, DeliveryState.NEEDS_HUMAN, DeliveryState.BOUNCED}
)
"""The states of deliveries that a relay has or may have: only of these a bounce or a complaint is believed."""

SOFT_ALERTS = 3
SOFT_OVER = timedelta(days=7)
SOFT_WITHIN = timedelta(days=30)
"""Soft bounces count for so long: three in two years, among hundreds of mails that arrived, mean nothing."""
SUPPRESSED_FOR = {SuppressionReason.KEEPS_BOUNCING: timedelta(days=90)}
"""How long a suppression lasts; one that is not named lasts until somebody ends it."""
LIFTED_BY_CONFIRMING = frozenset({SuppressionReason.NO_SUCH_ADDRESS, SuppressionReason.KEEPS_BOUNCING})
"""What an address undoes by confirming anew: the mailbox works again. Who complained, or was stopped by staff, is not
mailed on a stranger's wish, not even to confirm it."""

FEWEST_MAILS = 200
FEWEST_COMPLAINTS = 2
"""One subscriber alone, or whoever holds one mail of theirs, cannot stop everybody's mail."""
COMPLAINTS_PER_MILLE = 3

_NO_SUCH_ADDRESS = frozenset({"5.1.1", "5.1.2", "5.1.3", "5.1.10", "5.2.1"})
_SENDER_REFUSED = frozenset({"5.1.7", "5.1.8"})
_STATUS = re.compile(r"(?<![\w.])([245]\.\d{1,3}\.\d{1,3})(?![\w.]*\d)")
_POLICY_WORDS = re.compile(
    r"(?i)\b(?:spam|spamhaus|black ?-?list|block ?-?list|blocked|banned|reputation|policy|dmarc|dkim|spf|rbl|virus|malware)"
)
_PASSING_WORDS = re.compile(
    r"(?i)\b(?:quota|full|too (?:quickly|many|fast)|rate|temporar\w*|try again|later|greylist\w*|suspended for|insufficient)\b"
)


def statuses_in(text: str) -> tuple[str, ...]:
    """Return the enhanced status codes that a text holds, in order, each once."""
    return tuple(dict.fromkeys(_STATUS.findall(text)))


def weigh(statuses: Iterable[str], said: str = "") -> Judgement:
    """Return what the codes and words of one failure mean: of several codes the gentlest counts (EM-14).

    A code without detail (`5.0.0`) says nothing beside another. No code, or none that is known, is soft.
    """
    failing = [status for status in statuses if not status.startswith("2.")]
    telling = [status for status in failing if not status.endswith(".0.0")] or failing
    found = sorted((_judged(status, said) for status in telling), key=_gentleness)
    return found[0] if found else Judgement(Verdict.SOFT)


def judge(failures: Sequence[Failure], recipient: Collection[str]) -> Judgement | None:
    """Return what a report means for the one recipient of a delivery, given in all its spellings in lower case.

    A report that names only others tells of an address behind ours, to which mail is forwarded: it is soft at most. None
    when the report tells of no failure.
    """
    ours = [one for one in failures if not set(one.recipients).isdisjoint(recipient)]
    found = sorted((weigh(one.statuses, one.said) for one in ours or failures), key=_gentleness)
    if not found:
        return None
    if not ours and found[0].verdict is Verdict.HARD:
        return Judgement(Verdict.SOFT, found[0].status)
    return found[0]


def keeps_bouncing(bounced_at: Sequence[datetime]) -> bool:
    """Say whether soft bounces of so many alerts, by the moments they came, suppress their address (EM-14)."""
    return len(bounced_at) >= SOFT_ALERTS and max(bounced_at) - min(bounced_at) >= SOFT_OVER


def too_many_complaints(subscribers: int, mails: int) -> bool:
    """Say whether complaints of so many subscribers about the mails of one day and kind stop all mail (EM-08).

    They do from 0.30 % on, where 200 mails or more went out and two subscribers or more complained.
    """
    enough = mails >= FEWEST_MAILS and subscribers >= FEWEST_COMPLAINTS
    return enough and subscribers * 1000 >= mails * COMPLAINTS_PER_MILLE


def _judged(status: str, said: str) -> Judgement:
    if status[1:3] in {".7", ".6"} or status in _SENDER_REFUSED:
        return Judgement(Verdict.POLICY, status)
    if status not in _NO_SUCH_ADDRESS:
        return Judgement(Verdict.SOFT, status)
    if _POLICY_WORDS.search(said):
        return Judgement(Verdict.POLICY, status)
    return Judgement(Verdict.SOFT if _PASSING_WORDS.search(said) else Verdict.HARD, status)


def _gentleness(judgement: Judgement) -> int:
    return (Verdict.POLICY, Verdict.SOFT, Verdict.HARD).index(judgement.verdict)
