"""By when associations are asked to answer."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as some

from app.domain.internal_deadlines import ANSWERED_WITHIN, ASKED_BEFORE, InternalDeadline, internal_deadline
from app.domain.working_days import WorkingCalendar
from app.sources.holidays import calendar_of

PLAIN = WorkingCalendar([])
MONDAY = date(2026, 3, 2)


@pytest.mark.parametrize(
    ("deadline", "expected"),
    [
        (date(2026, 5, 1), InternalDeadline(date(2026, 4, 17), urgent=False)),
        (date(2026, 3, 17), InternalDeadline(date(2026, 3, 9), urgent=False)),
        (date(2026, 3, 10), InternalDeadline(date(2026, 3, 9), urgent=False)),
        (date(2026, 3, 9), InternalDeadline(date(2026, 3, 6), urgent=True)),
        (date(2026, 3, 3), InternalDeadline(date(2026, 3, 3), urgent=True)),
        (date(2026, 3, 2), InternalDeadline(date(2026, 3, 2), urgent=True)),
        (date(2026, 3, 1), None),
    ],
)
def test_an_organisation_answers_ten_working_days_before_the_deadline_and_never_under_five_after_the_letter(
    deadline: date, expected: InternalDeadline | None
) -> None:
    assert internal_deadline(deadline, MONDAY, PLAIN) == expected


def test_the_break_of_tet_is_no_time_to_answer_in() -> None:
    calendar = calendar_of(None)
    before_tet = date(2026, 2, 12)
    found = internal_deadline(date(2026, 3, 2), before_tet, calendar)
    assert found is not None
    assert found.day - before_tet > timedelta(days=ANSWERED_WITHIN + 4)
    assert calendar.is_working_day(found.day)


@given(
    deadline=some.dates(date(2026, 1, 1), date(2026, 12, 31)), sent_on=some.dates(date(2026, 1, 1), date(2026, 12, 31))
)
def test_what_is_not_urgent_leaves_both_sides_their_time(deadline: date, sent_on: date) -> None:
    found = internal_deadline(deadline, sent_on, PLAIN)
    if found is None:
        assert deadline < sent_on
    elif found.urgent:
        assert sent_on <= found.day <= deadline
        assert PLAIN.working_days_after(sent_on, ANSWERED_WITHIN) >= deadline
    else:
        assert PLAIN.working_days_after(sent_on, ANSWERED_WITHIN) <= found.day < deadline
        assert found.day >= PLAIN.working_days_before(deadline, ASKED_BEFORE)
