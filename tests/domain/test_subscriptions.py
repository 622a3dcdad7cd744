from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from app.domain.subscriptions import confirmation_due

BEGIN = datetime(2026, 3, 2, 1, 30, tzinfo=UTC)
DAY, MONTH = timedelta(days=1), timedelta(days=30)


@given(st.lists(st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=20)), max_size=40))
def test_however_often_somebody_asks_a_day_holds_one_confirmation_and_a_month_three(pauses: list[timedelta]) -> None:
    now, mailed = BEGIN, list[datetime]()
    for pause in pauses:
        now += pause
        if not mailed or mailed[0] <= now:
            mailed.insert(0, confirmation_due(now, mailed[:3]))
            assert mailed[0] >= now
    assert all(later - sooner >= DAY for later, sooner in pairwise(mailed))
    assert all(later - sooner >= MONTH for later, sooner in zip(mailed, mailed[3:], strict=False))


def test_a_confirmation_goes_out_at_once_where_the_ceiling_allows_it_and_else_as_soon_as_it_does() -> None:
    assert confirmation_due(BEGIN, []) == BEGIN
    assert confirmation_due(BEGIN, [BEGIN - DAY]) == BEGIN
    assert confirmation_due(BEGIN, [BEGIN - DAY / 2]) == BEGIN + DAY / 2
    assert confirmation_due(BEGIN, [BEGIN - DAY, BEGIN - 2 * DAY, BEGIN - 3 * DAY]) == BEGIN + 27 * DAY
