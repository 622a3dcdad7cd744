from datetime import UTC, date, datetime, timedelta

import pytest

from app.domain.visits import Window, resume_at, window_to_ask

NOW = datetime(2026, 3, 2, 1, 30, tzinfo=UTC)


@pytest.mark.parametrize(("failures", "minutes"), [(1, 1), (2, 5), (3, 15), (4, 60), (9, 60)])
def test_pauses_grow_with_failures(failures: int, minutes: int) -> None:
    assert resume_at(NOW, failures, None) == NOW + timedelta(minutes=minutes)


@pytest.mark.parametrize(("wish", "hours"), [(timedelta(hours=2), 2), (timedelta(days=9), 6)])
def test_the_sources_wish_counts_up_to_six_hours(wish: timedelta, hours: int) -> None:
    assert resume_at(NOW, 1, wish) == NOW + timedelta(hours=hours)


def test_a_visit_overlaps_the_last_by_a_week() -> None:
    assert window_to_ask(date(2026, 3, 1), date(2026, 3, 2)) == Window(date(2026, 2, 22), date(2026, 3, 3))
    assert window_to_ask(None, date(2026, 3, 2)) == Window(date(2025, 12, 2), date(2026, 3, 3))
