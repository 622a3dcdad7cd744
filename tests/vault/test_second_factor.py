"""Codes by time (RFC 6238), and the codes that stand in for them."""

import re
from datetime import UTC, datetime, timedelta

import pyotp

from app.texts.pictures import qr_code
from app.vault.second_factor import (
    RECOVERY_CODES,
    STEP,
    enrolment_uri,
    new_recovery_codes,
    new_seed,
    recovery_hash,
    secret_of,
    seed_of_link,
    step_of,
)
from app.vault.tokens import new_token, token_hash

KEY, OLDER_KEY = b"a key for tests that nobody else uses", b"a key that was in use before the present one"
NOW = datetime(2026, 3, 2, 1, 30, tzinfo=UTC)


def code(seed: str, at: datetime = NOW, key: bytes = KEY) -> str:
    return pyotp.TOTP(secret_of(seed, key)).at(at)


def test_a_code_holds_in_its_half_minute_and_the_ones_beside_it() -> None:
    seed, present = new_seed(), int(NOW.timestamp()) // STEP
    for seconds, expected in ((-60, None), (-30, present - 1), (0, present), (30, present + 1), (60, None)):
        assert step_of(code(seed, NOW + timedelta(seconds=seconds)), seed, [KEY], NOW, 0) == expected


def test_a_code_that_was_taken_and_every_older_one_holds_no_more() -> None:
    seed, present = new_seed(), int(NOW.timestamp()) // STEP
    assert step_of(code(seed), seed, [KEY], NOW, present) is None
    assert step_of(code(seed, NOW - timedelta(seconds=30)), seed, [KEY], NOW, present) is None
    assert step_of(code(seed, NOW + timedelta(seconds=30)), seed, [KEY], NOW, present) == present + 1


def test_what_is_no_code_holds_never_and_nothing_holds_without_a_seed() -> None:
    seed = new_seed()
    for wrong in ("", "12345", "1234567", "abcdef", "１２３４５６", code(new_seed()), code(seed) + "0"):
        assert step_of(wrong, seed, [KEY], NOW, 0) is None
    assert step_of(code(""), None, [KEY], NOW, 0) is None


def test_a_code_holds_under_an_older_key_of_the_ring_and_under_no_other() -> None:
    seed = new_seed()
    assert step_of(code(seed, key=OLDER_KEY), seed, [KEY, OLDER_KEY], NOW, 0) is not None
    assert step_of(code(seed, key=OLDER_KEY), seed, [KEY], NOW, 0) is None


def test_a_secret_has_160_bits_and_needs_both_key_and_seed() -> None:
    seed = new_seed()
    assert re.fullmatch(r"[A-Z2-7]{32}", secret_of(seed, KEY))
    assert len({secret_of(seed, KEY), secret_of(seed, OLDER_KEY), secret_of(new_seed(), KEY)}) == 3


def test_a_link_shows_a_browser_one_secret_which_neither_its_stored_hash_nor_another_browser_tells() -> None:
    token, browser = new_token(), new_token()
    assert seed_of_link(token, browser) == seed_of_link(token, browser) != seed_of_link(new_token(), browser)
    assert seed_of_link(token, browser) not in {seed_of_link(token, new_token()), token_hash(token)}


def test_recovery_codes_have_120_bits_and_are_read_however_they_are_typed() -> None:
    codes = new_recovery_codes()
    assert len(set(codes)) == RECOVERY_CODES
    for one in codes:
        assert re.fullmatch(r"(?:[a-z2-7]{4}-){5}[a-z2-7]{4}", one)
        assert recovery_hash(one) == recovery_hash(f" {one.upper().replace('-', '  ')} ")
        assert one not in recovery_hash(one)


def test_a_telephone_reads_the_issuer_the_account_and_the_secret() -> None:
    uri = enrolment_uri("A" * 32, "lan@moit.gov.vn")
    read = pyotp.parse_uri(uri)
    assert (read.issuer, read.name, read.secret) == ("Kẻng", "lan@moit.gov.vn", "A" * 32)
    picture = qr_code(uri)
    assert picture.startswith("<svg ")
    assert "style=" not in picture
    assert "script" not in picture
