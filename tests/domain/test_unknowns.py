from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.deliveries import AMBIGUOUS_AT_MOST
from app.domain.unknowns import ABSENT_FOR, UNREADABLE_FOR, Evidence, Queued, Resolution, is_delivery, resolve

waits = st.timedeltas(timedelta(0), timedelta(days=30))
counts = st.integers(0, 5)
OURS = "3f2b8c1e-0d4a-4b6e-9a57-2c1d0e9f8a7b@keng.example"
TAG = "abcdefghijklmnopqrstuv23"


@given(waits, counts)
def test_what_the_log_saw_in_the_queue_is_accepted_and_never_repeated(waited: timedelta, ambiguous: int) -> None:
    assert resolve(Evidence.QUEUED, waited, ambiguous=ambiguous) is Resolution.ACCEPTED


@given(st.sampled_from(Evidence), waits, st.integers(AMBIGUOUS_AT_MOST, 9))
def test_what_was_ambiguous_twice_is_never_sent_a_third_time(
    evidence: Evidence, waited: timedelta, ambiguous: int
) -> None:
    resolution = resolve(evidence, waited, ambiguous=ambiguous)
    assert resolution in {Resolution.ACCEPTED, Resolution.NEEDS_HUMAN}


@given(st.sampled_from(Evidence), waits, counts)
def test_a_repeat_needs_a_log_that_is_silent_for_ten_minutes(
    evidence: Evidence, waited: timedelta, ambiguous: int
) -> None:
    if resolve(evidence, waited, ambiguous=ambiguous) is Resolution.REPEAT:
        assert evidence is Evidence.ABSENT
        assert waited >= timedelta(minutes=10)


@given(st.sampled_from(Evidence), waits, waits, counts)
def test_waiting_longer_never_leads_back_to_waiting(
    evidence: Evidence, waited: timedelta, more: timedelta, ambiguous: int
) -> None:
    sooner, later = (resolve(evidence, length, ambiguous=ambiguous) for length in (waited, waited + more))
    assert sooner is Resolution.WAIT or later is sooner


@pytest.mark.parametrize(
    ("evidence", "waited", "resolution"),
    [
        (Evidence.ABSENT, ABSENT_FOR - timedelta(seconds=1), Resolution.WAIT),
        (Evidence.ABSENT, ABSENT_FOR, Resolution.REPEAT),
        (Evidence.UNREADABLE, UNREADABLE_FOR - timedelta(seconds=1), Resolution.WAIT),
        (Evidence.UNREADABLE, UNREADABLE_FOR, Resolution.NEEDS_HUMAN),
    ],
)
def test_the_limits_are_ten_minutes_and_an_hour(evidence: Evidence, waited: timedelta, resolution: Resolution) -> None:
    assert resolve(evidence, waited, ambiguous=1) is resolution


@pytest.mark.parametrize(
    ("message_id", "sender", "ours"),
    [
        (OURS, f"b+17.{TAG}@bounces.keng.example", True),
        (OURS, f"B+17.{TAG.upper()}@keng.example", True),
        (OURS, "keng@keng.example", False),
        (OURS, f"b+0.{TAG}@bounces.keng.example", False),
        (OURS, f"b+17.{TAG}x@bounces.keng.example", False),
        (OURS, "", False),
        ("report-7@keng.example", f"b+17.{TAG}@bounces.keng.example", False),
        (OURS.replace("keng.example", "sub.keng.example"), f"b+17.{TAG}@bounces.keng.example", False),
    ],
)
def test_a_delivery_is_known_by_its_name_and_its_return_path(message_id: str, sender: str, *, ours: bool) -> None:
    queued = Queued(message_id=message_id, queue_id="4XyZ", sender=sender, logged="Nov 22 05:25:19")
    assert is_delivery(queued, "keng.example") is ours
