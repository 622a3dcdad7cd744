"""Roles, permissions, how long sessions live and how tries are held up."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.access import (
    FREE_FAILURES,
    IDLE,
    LONGEST_SESSION,
    PERMISSIONS,
    Permission,
    Role,
    WayIn,
    next_try,
    permits,
    session_is_alive,
    two_factors,
    way_in,
)
from app.domain.passwords import LONGEST, SHORTEST, check_length, readings

NOW = datetime(2026, 3, 2, 1, 30, tzinfo=UTC)


def test_every_role_has_its_row_and_every_permission_somebody_who_has_it() -> None:
    assert set(PERMISSIONS) == set(Role)
    assert frozenset().union(*PERMISSIONS.values()) == set(Permission)


def test_reader_editor_and_approver_include_each_other_in_order() -> None:
    assert PERMISSIONS[Role.READER] < PERMISSIONS[Role.EDITOR] < PERMISSIONS[Role.APPROVER]


def test_who_hands_out_roles_neither_writes_nor_approves() -> None:
    for permission in (
        Permission.WRITE_TEXTS,
        Permission.APPROVE_TEXTS,
        Permission.RELEASE_ALERTS,
        Permission.WITHDRAW,
    ):
        assert not permits(Role.ADMINISTRATOR, permission)
    assert [role for role in Role if permits(role, Permission.KEEP_PEOPLE)] == [Role.ADMINISTRATOR]


def test_only_approvers_approve() -> None:
    assert [role for role in Role if permits(role, Permission.APPROVE_TEXTS)] == [Role.APPROVER]


def test_a_session_holds_while_it_is_used_and_no_longer_than_half_a_day() -> None:
    just = timedelta(seconds=1)
    assert session_is_alive(NOW, NOW, NOW + IDLE - just)
    assert not session_is_alive(NOW, NOW, NOW + IDLE)
    assert session_is_alive(NOW, NOW + LONGEST_SESSION - 2 * just, NOW + LONGEST_SESSION - just)
    assert not session_is_alive(NOW, NOW + LONGEST_SESSION - just, NOW + LONGEST_SESSION)


def test_ten_failures_cost_nothing_and_from_there_the_delay_grows() -> None:
    waits = [next_try(failures, NOW) - NOW for failures in range(FREE_FAILURES + 8)]
    assert waits[:FREE_FAILURES] == [timedelta()] * FREE_FAILURES
    seconds = [int(wait.total_seconds()) for wait in waits[FREE_FAILURES:]]
    assert seconds == [30, 60, 120, 240, 480, 900, 900, 900]


@given(st.integers(min_value=0, max_value=10**9), st.integers(min_value=0, max_value=1000))
def test_nobody_is_ever_held_up_for_more_than_a_quarter_of_an_hour(failures: int, free: int) -> None:
    assert NOW <= next_try(failures, NOW, free) <= NOW + timedelta(minutes=15)


def test_a_password_has_twelve_characters_or_more_of_any_kind() -> None:
    for taken in ("x" * SHORTEST, "ế" * 64, "  mật khẩu 🙂  ", "x" * LONGEST):
        check_length(taken)


def test_a_password_is_read_as_typed_without_accents_and_run_together() -> None:
    assert readings("Mật khẩu-Đỏ") == ("Mật khẩu-Đỏ", "Mat khau-Do", "MatkhauDo")


@pytest.mark.parametrize(
    ("methods", "context", "asserted"),
    [
        ({"mfa"}, "", True),
        ({"pwd", "otp"}, "", True),
        ({"hwk", "pin"}, "", True),
        ({"sc", "fpt"}, "", True),
        (set(), "https://refeds.org/profile/mfa", True),
        (set(), "", False),
        ({"pwd"}, "", False),
        ({"otp"}, "", False),
        ({"hwk"}, "", False),
        ({"pwd", "pin"}, "", False),
        ({"pwd", "sms"}, "", False),
        ({"pwd"}, "mfa", False),
        ({"pwd"}, "1", False),
    ],
)
def test_two_factors_are_asserted_by_two_kinds_of_proof_or_outright(
    methods: set[str], context: str, asserted: bool
) -> None:
    assert two_factors(methods, context) is asserted


@pytest.mark.parametrize("linked", [True, False])
@pytest.mark.parametrize("asserted", [True, False])
@pytest.mark.parametrize("has_factor", [True, False])
@pytest.mark.parametrize("taken_up", [True, False])
def test_nobody_comes_in_by_an_issuer_on_one_factor(
    linked: bool, asserted: bool, has_factor: bool, taken_up: bool
) -> None:
    way = way_in(linked=linked, asserted=asserted, has_factor=has_factor, taken_up=taken_up)
    assert way is not WayIn.OPEN or asserted
    assert way is not WayIn.CODE or has_factor
    assert way is not WayIn.OPEN or linked or not (taken_up or has_factor), (
        "an account in use is linked by its own code"
    )
    assert way is not WayIn.CLOSED or not has_factor, "who has a second factor can always give it"
