from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.deliveries import (
    GIVE_UP_AFTER,
    MOST_ATTEMPTS,
    Accepted,
    DeliveryState,
    HostDown,
    Outcome,
    Refused,
    TryLater,
    Unknown,
    retry_at,
    settle,
)

NOW = datetime(2026, 3, 2, 1, 30, tzinfo=UTC)


def settled(outcome: Outcome, *, attempts: int = 1, ambiguous: int = 0) -> DeliveryState:
    return settle(outcome, now=NOW, attempts=attempts, ambiguous=ambiguous, first_due=NOW, jitter=0.5).state


@pytest.mark.parametrize(
    ("outcome", "state"),
    [
        (Accepted("ok"), DeliveryState.ACCEPTED),
        (Refused(550, "5.1.1"), DeliveryState.REJECTED),
        (TryLater(451, "4.7.1"), DeliveryState.DEFERRED),
        (Unknown("line broke"), DeliveryState.UNKNOWN),
        (HostDown("refused"), DeliveryState.PENDING),
    ],
)
def test_every_outcome_has_one_state(outcome: Outcome, state: DeliveryState) -> None:
    assert settled(outcome) is state


def test_a_second_unclear_end_waits_for_a_person() -> None:
    assert settled(Unknown("line broke"), ambiguous=1) is DeliveryState.NEEDS_HUMAN


def test_deferring_ends_some_day() -> None:
    assert settled(TryLater(451, ""), attempts=MOST_ATTEMPTS) is DeliveryState.REJECTED


@given(st.integers(1, MOST_ATTEMPTS - 1), st.floats(0, 1))
def test_retries_are_never_within_a_minute_nor_beyond_five_hours(attempts: int, jitter: float) -> None:
    again = retry_at(NOW, attempts, first_due=NOW, jitter=jitter)
    assert again is not None
    assert timedelta(minutes=5) <= again - NOW <= timedelta(hours=5)


def test_nothing_is_tried_for_longer_than_five_days() -> None:
    assert retry_at(NOW, 1, first_due=NOW - GIVE_UP_AFTER, jitter=0) is None


def test_the_relays_own_wish_counts_where_it_is_longer() -> None:
    wish = settle(TryLater(450, "", timedelta(hours=9)), now=NOW, attempts=1, ambiguous=0, first_due=NOW, jitter=0)
    assert wish.due_at == NOW + timedelta(hours=9)
