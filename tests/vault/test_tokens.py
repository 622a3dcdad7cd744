import re
import secrets

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.vault.tokens import keyed_hash, new_token, sign, token_hash, verify

KEY = b"the current key, 32 octets or more"
OLD = b"the key before it, 32 octets or more"
SUBJECTS = st.integers(min_value=0, max_value=2**64 - 1)


def test_a_random_token_has_256_bits_and_is_never_the_same() -> None:
    tokens = {new_token() for _ in range(1000)}
    assert len(tokens) == 1000
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{43}", token) for token in tokens)


def test_a_random_token_is_stored_as_its_sha_256() -> None:
    assert token_hash("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


@given(SUBJECTS, st.text(max_size=20))
def test_a_signed_token_gives_back_its_subject(subject: int, purpose: str) -> None:
    token = sign(purpose, subject, KEY)
    assert verify(purpose, token, [KEY]) == subject
    assert re.fullmatch(r"[A-Za-z0-9_-]{40}", token)


def test_links_of_an_older_key_still_work_while_it_is_on_the_ring() -> None:
    token = sign("unsubscribe", 7, OLD)
    assert verify("unsubscribe", token, [KEY, OLD]) == 7
    assert verify("unsubscribe", token, [KEY]) is None
    assert verify("unsubscribe", token, []) is None


@given(SUBJECTS)
def test_a_token_for_one_purpose_is_worth_nothing_for_another(subject: int) -> None:
    token = sign("unsubscribe", subject, KEY)
    assert verify("manage", token, [KEY, OLD]) is None
    assert verify("unsubscribe\0", token, [KEY, OLD]) is None


@given(SUBJECTS, st.integers(0, 39), st.characters(max_codepoint=0x250))
def test_no_single_character_can_be_changed(subject: int, place: int, character: str) -> None:
    token = sign("manage", subject, KEY)
    forged = token[:place] + character + token[place + 1 :]
    assert (verify("manage", forged, [KEY, OLD]) == subject) == (forged == token)


@given(SUBJECTS, st.integers(0, 39))
def test_a_truncated_or_lengthened_token_is_worth_nothing(subject: int, length: int) -> None:
    token = sign("manage", subject, KEY)
    for forged in [
        token[:length],
        token + token[:length] + "A",
        token + "=",
        token + "\n",
        f" {token}",
        token + "====",
    ]:
        assert verify("manage", forged, [KEY, OLD]) is None


@given(st.text() | st.binary(max_size=60).map(lambda octets: octets.decode("latin-1")))
def test_no_text_is_a_token(text: str) -> None:
    assert verify("manage", text, [KEY, OLD]) is None


def test_the_subject_of_one_token_cannot_be_put_into_another() -> None:
    mine, theirs = sign("manage", 1, KEY), sign("manage", 2, KEY)
    assert verify("manage", theirs[:16] + mine[16:], [KEY]) is None


def test_guessing_finds_nothing() -> None:
    prefix = sign("manage", 1, KEY)[:16]
    assert not any(verify("manage", prefix + secrets.token_urlsafe(18), [KEY]) for _ in range(10_000))


@pytest.mark.parametrize("subject", [-1, 2**64])
def test_a_subject_out_of_range_is_refused(subject: int) -> None:
    with pytest.raises(OverflowError):
        sign("manage", subject, KEY)


def test_a_keyed_hash_recognises_a_value_only_with_the_key() -> None:
    assert keyed_hash("nga@x.vn", KEY) == keyed_hash("nga@x.vn", KEY)
    assert keyed_hash("nga@x.vn", KEY) != keyed_hash("nga@x.vn", OLD)
    assert keyed_hash("nga@x.vn", KEY) != keyed_hash("ngb@x.vn", KEY)
    assert re.fullmatch(r"[0-9a-f]{64}", keyed_hash("nga@x.vn", KEY))
