"""Passwords as they are stored and judged."""

import re

import pytest

from app.domain.passwords import FEWEST_GUESSES, guessable_words, readings
from app.vault.passwords import DECOY, MEMORY_KIB, ROUNDS, guesses, hash_password, is_outdated, verify_password

PASSWORD = "ngựa đúng pin ghim vàng"
COMMON = (
    "password1234",
    "Password123456!",
    "qwertyuiop123",
    "123456789012",
    "MậtKhẩu@123456",
    "Bộ Công Thương",
    "bo-cong-thuong-2026",
    "vietnamvodich1",
    "canhbaokeng1",
    "lan@moit.gov.vn",
    "aaaaaaaaaaaaaa",
    "anhyeuem123456",
)
UNCOMMON = (
    PASSWORD,
    "correct horse battery staple",
    "xK9#mQ2$vL5@",
    "!@#$%^&*()_+ £¥€ §¶",
    "🙂🐟🍜🚲🎈🌧️🌵🎻📎🧵🧶🪁",
    "mưa rơi trên mái tôn nhà bà ngoại ở Cái Bè, con mèo mướp ngủ quên bên bếp lửa cho đến sáng hôm sau",
)


def hardest(password: str) -> float:
    words = tuple(guessable_words("lan@moit.gov.vn"))
    return min(guesses(reading, words) for reading in readings(password))


def test_a_hash_is_argon2id_at_the_agreed_cost_or_more_and_salted() -> None:
    one, other = hash_password(PASSWORD), hash_password(PASSWORD)
    assert one != other
    found = re.match(r"\$argon2id\$v=19\$m=(\d+),t=(\d+),p=1\$", one)
    assert found is not None
    assert (int(found[1]), int(found[2])) == (MEMORY_KIB, ROUNDS)
    assert MEMORY_KIB >= 19 * 1024
    assert ROUNDS >= 2


def test_a_password_opens_its_own_hash_and_no_other() -> None:
    stored = hash_password(PASSWORD)
    assert verify_password(PASSWORD, stored)
    for wrong in (PASSWORD[:-1], PASSWORD + " ", PASSWORD.upper(), ""):
        assert not verify_password(wrong, stored)
    for damaged in ("", "no hash", stored[:-10], stored.replace("argon2id", "argon2x")):
        assert not verify_password(PASSWORD, damaged)


def test_a_password_holds_however_the_keyboard_composes_its_letters() -> None:
    assert verify_password("v\u0061\u0300ng", hash_password("v\u00e0ng"))


def test_without_an_account_a_hash_of_the_same_cost_is_checked_and_nothing_opens_it() -> None:
    assert not is_outdated(DECOY)
    assert not verify_password(PASSWORD, None)
    assert not verify_password("", None)


def test_a_long_password_counts_to_its_last_character() -> None:
    stored = hash_password("x" * 100 + "y")
    assert not verify_password("x" * 100 + "z", stored)


@pytest.mark.parametrize("password", COMMON)
def test_what_is_tried_first_is_easily_guessed(password: str) -> None:
    assert hardest(password) < FEWEST_GUESSES


@pytest.mark.parametrize("password", UNCOMMON)
def test_anything_else_of_twelve_characters_is_taken(password: str) -> None:
    assert hardest(password) >= FEWEST_GUESSES
