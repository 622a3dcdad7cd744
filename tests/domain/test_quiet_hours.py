from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.quiet_hours import NEVER, QuietHours

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
NIGHT = QuietHours(time(21), time(7))
moments = st.datetimes(datetime(2020, 1, 1), datetime(2032, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - the strategy adds the zone
minutes = st.builds(time, st.integers(0, 23), st.integers(0, 59))


@pytest.mark.parametrize(
    ("moment", "over"),
    [
        ("2026-03-02T20:59:59", None),
        ("2026-03-02T21:00:00", "2026-03-03T07:00"),
        ("2026-03-03T00:00:00", "2026-03-03T07:00"),
        ("2026-03-03T06:59:59", "2026-03-03T07:00"),
        ("2026-03-03T07:00:00", None),
        ("2026-12-31T23:00:00", "2027-01-01T07:00"),
    ],
)
def test_a_night_is_over_in_the_morning(moment: str, over: str | None) -> None:
    found = NIGHT.over_at(datetime.fromisoformat(f"{moment}+07:00"), ZONE)
    assert found == (None if over is None else datetime.fromisoformat(f"{over}+07:00"))


def test_hours_within_a_day() -> None:
    noon = QuietHours(time(12), time(13, 30))
    assert noon.over_at(datetime(2026, 3, 2, 12, 15, tzinfo=ZONE), ZONE) == datetime(2026, 3, 2, 13, 30, tzinfo=ZONE)
    assert noon.over_at(datetime(2026, 3, 2, 6, tzinfo=ZONE), ZONE) is None


@given(minutes, minutes, moments)
def test_quiet_hours_end_within_a_day_and_nothing_is_quiet_at_their_end(
    start: time, end: time, moment: datetime
) -> None:
    hours = QuietHours(start, end)
    over = hours.over_at(moment, ZONE)
    if over is not None:
        assert moment < over <= moment + timedelta(days=1)
        assert over.astimezone(ZONE).time() == end
        assert hours.over_at(over, ZONE) is None


@given(minutes, minutes, moments)
def test_an_hour_is_quiet_in_one_of_two_opposite_spans(start: time, end: time, moment: datetime) -> None:
    spans = QuietHours(start, end), QuietHours(end, start)
    assert sum(span.over_at(moment, ZONE) is not None for span in spans) == (start != end)


@given(moments)
def test_never_is_never(moment: datetime) -> None:
    assert NEVER.over_at(moment, ZONE) is None


def test_hours_are_read_as_they_are_printed() -> None:
    assert QuietHours.read(str(NIGHT)) == NIGHT
    for wrong in ("", "21:00", "21:00-", "25:00-07:00", "21-7", "21:00-07:00:30", "nine-ten"):
        with pytest.raises(ValueError, match=r"."):
            QuietHours.read(wrong)
