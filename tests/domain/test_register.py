"""What entries of the dispatch register answer, and which of them decides."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.deliveries import DeliveryState
from app.domain.register import Answer, answer_of, days_left_at, decisive


@pytest.mark.parametrize("state", list(DeliveryState))
def test_every_state_is_an_answer(state: DeliveryState) -> None:
    assert answer_of(state, None) in set(Answer)
    assert answer_of(state, "withdrawn") is Answer.LEFT_OUT


def test_what_is_in_no_mail_waits_and_what_is_too_old_was_told() -> None:
    assert answer_of(None, None) is Answer.WAITING
    assert answer_of(None, "told") is Answer.TOLD
    assert answer_of(None, "not_told") is Answer.LEFT_OUT


@given(st.lists(st.sampled_from(Answer)))
def test_one_copy_that_arrived_settles_the_question(answers: list[Answer]) -> None:
    place = decisive(answers)
    assert (place is None) == (not answers)
    if place is not None and Answer.ACCEPTED in answers:
        assert place == answers.index(Answer.ACCEPTED)


def test_the_days_left_are_none_without_a_deadline_or_a_day() -> None:
    assert days_left_at(date(2026, 5, 1), date(2026, 4, 30)) == 1
    assert days_left_at(date(2026, 5, 1), date(2026, 5, 2)) == -1
    assert days_left_at(None, date(2026, 5, 2)) is None
    assert days_left_at(date(2026, 5, 1), None) is None
