from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from app.domain.reminders import STAGES, Stage, last_deadline, stages_of
from app.domain.working_days import Basis, DayKind, SpecialDay, WorkingCalendar

days = st.dates(date(2025, 1, 1), date(2028, 12, 31))


def holiday(day: date) -> SpecialDay:
    return SpecialDay(day=day, kind=DayKind.HOLIDAY, name_vi="Nghỉ", name_en="Off", basis=Basis.BY_RULE)


calendars = st.lists(days, max_size=40).map(lambda off: WorkingCalendar(map(holiday, off)))


@given(calendars, days, st.integers(-5, 60))
def test_a_deadline_is_in_the_nearest_stage_whose_day_has_come(
    calendar: WorkingCalendar, today: date, ahead: int
) -> None:
    deadline = today + timedelta(days=ahead)
    found = stages_of([deadline], today, calendar).get(deadline)
    begun = {number: calendar.working_days_before(deadline, number) for number in STAGES}
    come = [number for number, day in begun.items() if day <= today <= deadline]
    assert found == (Stage(min(come), begun[min(come)]) if come else None)


@given(calendars, days, st.integers(0, 60))
def test_no_deadline_past_the_last_one_is_in_a_stage(calendar: WorkingCalendar, today: date, ahead: int) -> None:
    deadline = today + timedelta(days=ahead)
    assert (deadline <= last_deadline(today, calendar)) == (deadline in stages_of([deadline], today, calendar))
