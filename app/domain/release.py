"""What may be told without a person's look, and why the rest waits."""

from dataclasses import dataclass
from enum import StrEnum


class ReleaseMode(StrEnum):
    """Where the operator draws the line (`KENG_RELEASE`)."""

    AUTO = "auto"
    SURE = "sure"
    STAFF = "staff"


class Waiting(StrEnum):
    """Why an event waits in the queue."""

    UNLABELLED = "unlabelled"
    UNSURE = "unsure"
    ORPHAN = "orphan"
    CONTRADICTORY = "contradictory"
    STAFF = "staff"
    MANUAL = "manual"


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What the release rule looks at. `sure` is the sorter's word; `corrected` says that a person set its labels."""

    labelled: bool
    sure: bool
    corrected: bool
    orphan: bool
    contradictory: bool
    manual: bool


def judge(mode: ReleaseMode, standing: Standing) -> Waiting | None:
    """Return why the event must wait for a person, or None when it may go out by rule.

    A notice entered by hand always waits (four eyes). Without a label nothing goes out by rule: no signal is no guess.
    """
    hurdles = [
        (standing.manual, Waiting.MANUAL),
        (mode is ReleaseMode.STAFF, Waiting.STAFF),
        (not standing.labelled, Waiting.UNLABELLED),
    ]
    if mode is ReleaseMode.SURE and not standing.corrected:
        hurdles += [
            (standing.orphan, Waiting.ORPHAN),
            (standing.contradictory, Waiting.CONTRADICTORY),
            (not standing.sure, Waiting.UNSURE),
        ]
    return next((reason for hurdle, reason in hurdles if hurdle), None)
