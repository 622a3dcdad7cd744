"""What is not as it should be, how grave that is, and the alarm by whose name operators hear of it.

An alarm is raised if and only if readers will notice unless somebody acts (GOV.UK, ADR-008): busy is not broken. The one
other is an audit that was tampered with, which nobody would ever notice.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Final


class Check(StrEnum):
    """What is looked for, from the records of the sources to the relay."""

    RECORD_WITHOUT_NOTICE = "record_without_notice"
    NOTICE_WITHOUT_EVENT = "notice_without_event"
    NEVER_SORTED = "never_sorted"
    NOT_JUDGED = "not_judged"
    WRONGLY_HELD = "wrongly_held"
    NOT_FANNED_OUT = "not_fanned_out"
    NOT_TOLD = "not_told"
    NOT_GATHERED = "not_gathered"
    DELIVERY_GONE = "delivery_gone"
    CONFIRMATION_GONE = "confirmation_gone"
    DIGEST_MISSING = "digest_missing"
    PROOF_MISSING = "proof_missing"
    DELIVERY_OVERDUE = "delivery_overdue"
    LEASE_LOST = "lease_lost"
    UNKNOWN_FOR_LONG = "unknown_for_long"
    NEEDS_HUMAN = "needs_human"
    NOBODY_MATCHED = "nobody_matched"
    NOTHING_LABELLED = "nothing_labelled"
    RELAY_DOWN = "relay_down"
    WORKER_STOPPED = "worker_stopped"
    JOB_LATE = "job_late"
    JOB_FAILING = "job_failing"
    SOURCE_FAILING = "source_failing"
    SOURCE_SILENT = "source_silent"
    BRAKE_PULLED = "brake_pulled"
    HOLD_STANDING = "hold_standing"
    AUDIT_BROKEN = "audit_broken"


class Alarm(StrEnum):
    """The names of alarms; each has its page in docs/runbook."""

    NOTICES_STUCK = "notices-stuck"
    DELIVERIES_MISSING = "deliveries-missing"
    DELIVERIES_STUCK = "deliveries-stuck"
    DIGESTS_MISSING = "digests-missing"
    NEEDS_HUMAN = "needs-human"
    NOBODY_MATCHED = "nobody-matched"
    RELAY_DOWN = "relay-down"
    WORKER_STOPPED = "worker-stopped"
    JOB_FAILING = "job-failing"
    SOURCE_FAILING = "source-failing"
    SOURCE_SILENT = "source-silent"
    BRAKE_PULLED = "brake-pulled"
    HOLD_STANDING = "hold-standing"
    AUDIT_BROKEN = "audit-broken"


class Gravity(StrEnum):
    """A difference makes `keng reconcile` fail and is mailed, a notable state is mailed, a warning is only listed."""

    DIFFERENCE = "difference"
    STATE = "state"
    WARNING = "warning"


ALARM_OF: Final[Mapping[Check, Alarm]] = {
    Check.RECORD_WITHOUT_NOTICE: Alarm.NOTICES_STUCK,
    Check.NOTICE_WITHOUT_EVENT: Alarm.NOTICES_STUCK,
    Check.NEVER_SORTED: Alarm.NOTICES_STUCK,
    Check.NOT_JUDGED: Alarm.NOTICES_STUCK,
    Check.WRONGLY_HELD: Alarm.NOTICES_STUCK,
    Check.NOT_FANNED_OUT: Alarm.NOTICES_STUCK,
    Check.NOT_TOLD: Alarm.DELIVERIES_MISSING,
    Check.NOT_GATHERED: Alarm.DELIVERIES_MISSING,
    Check.DELIVERY_GONE: Alarm.DELIVERIES_MISSING,
    Check.CONFIRMATION_GONE: Alarm.DELIVERIES_MISSING,
    Check.DIGEST_MISSING: Alarm.DIGESTS_MISSING,
    Check.PROOF_MISSING: Alarm.DIGESTS_MISSING,
    Check.DELIVERY_OVERDUE: Alarm.DELIVERIES_STUCK,
    Check.LEASE_LOST: Alarm.DELIVERIES_STUCK,
    Check.UNKNOWN_FOR_LONG: Alarm.DELIVERIES_STUCK,
    Check.NEEDS_HUMAN: Alarm.NEEDS_HUMAN,
    Check.NOBODY_MATCHED: Alarm.NOBODY_MATCHED,
    Check.NOTHING_LABELLED: Alarm.NOBODY_MATCHED,
    Check.RELAY_DOWN: Alarm.RELAY_DOWN,
    Check.WORKER_STOPPED: Alarm.WORKER_STOPPED,
    Check.JOB_LATE: Alarm.JOB_FAILING,
    Check.JOB_FAILING: Alarm.JOB_FAILING,
    Check.SOURCE_FAILING: Alarm.SOURCE_FAILING,
    Check.SOURCE_SILENT: Alarm.SOURCE_SILENT,
    Check.BRAKE_PULLED: Alarm.BRAKE_PULLED,
    Check.HOLD_STANDING: Alarm.HOLD_STANDING,
    Check.AUDIT_BROKEN: Alarm.AUDIT_BROKEN,
}

GRAVITY_OF: Final[Mapping[Alarm, Gravity]] = {
    alarm: {Alarm.HOLD_STANDING: Gravity.STATE, Alarm.SOURCE_SILENT: Gravity.WARNING}.get(alarm, Gravity.DIFFERENCE)
    for alarm in Alarm
}
"""A hold that staff set is no fault, but nobody should forget it; a silent source may have nothing to say."""

BRAKE: Final = "brake"
"""The name of the hold that the emergency brake sets (DL-13)."""

SIGNALS: Final = frozenset(
    {
        Alarm.NEEDS_HUMAN,
        Alarm.RELAY_DOWN,
        Alarm.WORKER_STOPPED,
        Alarm.JOB_FAILING,
        Alarm.SOURCE_FAILING,
        Alarm.SOURCE_SILENT,
        Alarm.BRAKE_PULLED,
        Alarm.HOLD_STANDING,
        Alarm.AUDIT_BROKEN,
    }
)
"""What a few rows say, so that it is looked at every minute; the rest takes the whole ledger."""

RECOVERED_AFTER: Final = timedelta(hours=1)
"""An alarm that was not seen for so long is over; what comes back sooner is the same alarm, not mailed anew."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is not as it should be: what it is about, how many are concerned, and what is known of it."""

    check: Check
    ref: str
    count: int = 1
    note: str = ""

    @property
    def alarm(self) -> Alarm:
        """The alarm that it belongs to."""
        return ALARM_OF[self.check]

    @property
    def gravity(self) -> Gravity:
        """How grave it is."""
        return GRAVITY_OF[self.alarm]
