from datetime import UTC, date, datetime

import pytest

from app.domain.privacy import Erasure, RequestKind, answer_by, erasure_lines, finish_by, network_of, read_erasures


@pytest.mark.parametrize(
    ("received", "due"),
    [
        (date(2026, 3, 2), date(2026, 3, 4)),
        (date(2026, 3, 5), date(2026, 3, 9)),
        (date(2026, 3, 6), date(2026, 3, 10)),
        (date(2026, 3, 7), date(2026, 3, 10)),
        (date(2026, 3, 8), date(2026, 3, 10)),
    ],
)
def test_everybody_is_answered_within_two_working_days(received: date, due: date) -> None:
    assert answer_by(received) == due


def test_what_is_asked_is_done_in_the_days_of_the_decree() -> None:
    days = {kind: (finish_by(kind, date(2026, 1, 1)) - date(2026, 1, 1)).days for kind in RequestKind}
    assert days == {"access": 10, "correction": 10, "erasure": 20, "objection": 15}


@pytest.mark.parametrize(
    ("ip", "network"),
    [
        ("203.0.113.77", "203.0.113.0/24"),
        ("::ffff:203.0.113.77", "203.0.113.0/24"),
        ("2001:db8:1:2::3", "2001:db8:1::/48"),
        ("", None),
        ("a proxy", None),
        ("203.0.113.77, 198.51.100.1", None),
    ],
)
def test_the_end_of_a_machine_s_address_is_masked(ip: str, network: str | None) -> None:
    assert network_of(ip) == network


def test_a_list_of_erasures_comes_back_as_it_was() -> None:
    kept = [Erasure(f"{number:064x}", "erased", datetime(2026, 3, 2, number, tzinfo=UTC)) for number in range(3)]
    assert list(read_erasures(erasure_lines(kept))) == kept
