from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.bounces import (
    Failure,
    Judgement,
    Verdict,
    judge,
    keeps_bouncing,
    statuses_in,
    too_many_complaints,
    weigh,
)

MONDAY = datetime(2026, 3, 2, 1, 30, tzinfo=UTC)
OURS = {"nga@example.org"}
TABLE = {
    Verdict.HARD: ["5.1.1", "5.1.2", "5.1.3", "5.1.10", "5.2.1"],
    Verdict.SOFT: [
        *("5.0.0", "5.1.0", "5.1.4", "5.1.6", "5.2.0", "5.2.2", "5.2.3", "5.3.0", "5.3.4", "5.4.1", "5.4.4", "5.5.0"),
        *("4.0.0", "4.1.1", "4.2.1", "4.2.2", "4.3.1", "4.4.1", "4.4.7", "5.1.11", "5.2.10", "5.99.99"),
    ],
    Verdict.POLICY: [
        "5.7.0",
        "5.7.1",
        "5.7.26",
        "5.7.133",
        "5.7.515",
        "4.7.0",
        "4.7.1",
        "5.1.7",
        "5.1.8",
        "5.6.0",
        "5.6.7",
    ],
}


@pytest.mark.parametrize(("verdict", "status"), [(verdict, one) for verdict, found in TABLE.items() for one in found])
def test_every_status_has_one_meaning(verdict: Verdict, status: str) -> None:
    assert weigh([status]) == Judgement(verdict, status)


@pytest.mark.parametrize(
    ("statuses", "said", "verdict"),
    [
        ([], "", Verdict.SOFT),
        ([], "no such user", Verdict.SOFT),
        (["5.0.0", "5.1.1"], "", Verdict.HARD),
        (["5.1.1", "5.2.2"], "", Verdict.SOFT),
        (["5.1.1", "5.7.1"], "", Verdict.POLICY),
        (["5.2.2", "5.7.1"], "", Verdict.POLICY),
        (["2.0.0", "5.1.1"], "", Verdict.HARD),
        (["5.1.1"], "550 5.1.1 User unknown in virtual mailbox table", Verdict.HARD),
        (["5.1.1"], "550 5.1.1 blocked using zen.spamhaus.example", Verdict.POLICY),
        (["5.1.1"], "550 5.1.1 mailbox is full", Verdict.SOFT),
        (["5.2.1"], "550 5.2.1 is receiving mail too quickly", Verdict.SOFT),
        (["5.2.1"], "550 5.2.1 mailbox disabled", Verdict.HARD),
    ],
)
def test_of_several_codes_and_words_the_gentlest_counts(statuses: list[str], said: str, verdict: Verdict) -> None:
    assert weigh(statuses, said).verdict is verdict
    assert weigh(statuses[::-1], said).verdict is verdict


@given(st.lists(st.sampled_from([one for found in TABLE.values() for one in found])), st.text(max_size=50))
def test_nothing_but_a_dead_address_is_ever_hard(statuses: list[str], said: str) -> None:
    telling = [one for one in statuses if not one.endswith(".0.0")]
    if weigh(statuses, said).verdict is Verdict.HARD:
        assert telling
        assert set(telling) <= set(TABLE[Verdict.HARD])


@pytest.mark.parametrize(
    ("failures", "expected"),
    [
        ([], None),
        ([Failure(recipients=("nga@example.org",), statuses=("5.1.1",))], Judgement(Verdict.HARD, "5.1.1")),
        ([Failure(recipients=("other@example.org",), statuses=("5.1.1",))], Judgement(Verdict.SOFT, "5.1.1")),
        ([Failure(statuses=("5.1.1",))], Judgement(Verdict.SOFT, "5.1.1")),
        ([Failure(recipients=("other@example.org",), statuses=("5.7.1",))], Judgement(Verdict.POLICY, "5.7.1")),
        (
            [
                Failure(recipients=("other@example.org",), statuses=("5.1.1",)),
                Failure(recipients=("nga@example.org",), statuses=("5.2.2",)),
            ],
            Judgement(Verdict.SOFT, "5.2.2"),
        ),
    ],
)
def test_only_what_is_said_of_our_recipient_is_hard(failures: list[Failure], expected: Judgement | None) -> None:
    assert judge(failures, OURS) == expected


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("550-5.1.1 The\n 550 5.1.1 account", ("5.1.1",)),
        ("(#5.1.1)", ("5.1.1",)),
        ("5.7.1, then 4.2.2.", ("5.7.1", "4.2.2")),
        ("from 192.5.1.1 and 5.1.1.192 by 15.1.1", ()),
        ("3.1.1 6.0.0", ()),
    ],
)
def test_codes_are_told_from_addresses_and_versions(text: str, found: tuple[str, ...]) -> None:
    assert statuses_in(text) == found


@pytest.mark.parametrize(
    ("days", "suppressed"),
    [([0, 1, 2], False), ([0, 7], False), ([0, 3, 6.99], False), ([0, 3, 7], True), ([7, 0, 3, 5], True), ([], False)],
)
def test_three_alerts_over_seven_days_make_an_address_that_keeps_bouncing(days: list[float], suppressed: bool) -> None:
    assert keeps_bouncing([MONDAY + timedelta(days=day) for day in days]) is suppressed


@pytest.mark.parametrize(
    ("subscribers", "mails", "stops"),
    [
        (2, 200, True),
        (1, 200, False),
        (1, 333, False),
        (2, 199, False),
        (199, 199, False),
        (2, 1000, False),
        (3, 1000, True),
        (29, 10_000, False),
        (30, 10_000, True),
    ],
)
def test_complaints_of_two_readers_or_more_stop_all_mail_at_three_in_a_thousand_of_two_hundred(
    subscribers: int, mails: int, stops: bool
) -> None:
    assert too_many_complaints(subscribers, mails) is stops
