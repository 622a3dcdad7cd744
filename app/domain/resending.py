"""Resending after an incident: how a person stands to an alert in the ledger, and who gets it (again)."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Standing(StrEnum):
    """How one subscriber who was asking stands to one alert.

    `missing` has no row, or a row without its message. `waiting` goes out by itself. `doubtful` may have arrived.
    `taken_back` was withdrawn, or its reader's own wish. The others say how the message ended.
    """

    ACCEPTED = "accepted"
    WAITING = "waiting"
    DOUBTFUL = "doubtful"
    TAKEN_BACK = "taken_back"
    SUPPRESSED = "suppressed"
    MISSING = "missing"
    SKIPPED = "skipped"
    REJECTED = "rejected"
    BOUNCED = "bounced"
    NEEDS_HUMAN = "needs_human"
    SUPERSEDED = "superseded"


NEVER_ARRIVED = frozenset(
    {
        Standing.MISSING,
        Standing.SKIPPED,
        Standing.REJECTED,
        Standing.BOUNCED,
        Standing.NEEDS_HUMAN,
        Standing.SUPERSEDED,
    }
)
"""The standings that are told again: those of which it is certain that nothing arrived."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Resent:
    """What a resend comes to: alerts looked at, pairs of alert and subscriber by standing, people who are told."""

    alerts: int
    resent: Mapping[Standing, int]
    left: Mapping[Standing, int]
    people: int
