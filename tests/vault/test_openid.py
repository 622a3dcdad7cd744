"""ID tokens: which are believed, and what binds a sign-in to its browser."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import OctKey

from app.vault.openid import (
    OLDEST,
    SKEW,
    Claims,
    Distrusted,
    Expected,
    challenge_of,
    key_of,
    nonce_of,
    read_id_token,
    verifier_of,
)
from tests.office import KEY
from tests.peers.openid_peer import ec_key, rsa_key, signed_with_the_public_key, unsigned

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
EXPECTED = Expected(issuer="https://sso.example.vn", client="keng", nonce="n")
CLAIMS: dict[str, Any] = {
    "iss": "https://sso.example.vn",
    "aud": "keng",
    "nonce": "n",
    "sub": "248289761001",
    "iat": int(NOW.timestamp()),
    "exp": int(NOW.timestamp()) + 300,
}
SHOWN = [dict(rsa_key().as_dict(private=False)), dict(ec_key().as_dict(private=False))]


def signed(alg: str = "RS256", key: Any = None, **changed: Any) -> str:
    own = key or rsa_key()
    return jwt.encode({"alg": alg, "kid": own.kid}, {**CLAIMS, **changed}, own, [alg])


def read(token: str, keys: list[dict[str, Any]] | None = None, now: datetime = NOW) -> Claims | Distrusted:
    return read_id_token(token, SHOWN if keys is None else keys, EXPECTED, now)


def test_a_sound_token_says_who_somebody_is_and_how_they_proved_it() -> None:
    token = signed(
        email="lan@moit.gov.vn", email_verified=True, amr=["pwd", "otp", 7], acr="gold", azp="keng", aud=["keng"]
    )
    assert read(token) == Claims(
        subject="248289761001",
        email="lan@moit.gov.vn",
        email_verified=True,
        methods=frozenset({"pwd", "otp"}),
        context="gold",
    )


@pytest.mark.parametrize("said", ["true", 1, None, "yes", [True]])
def test_only_true_makes_an_address_verified(said: Any) -> None:
    found = read(signed(email="lan@moit.gov.vn", email_verified=said))
    assert isinstance(found, Claims)
    assert not found.email_verified


@pytest.mark.parametrize(("alg", "key"), [("PS256", rsa_key()), ("ES256", ec_key())])
def test_each_algorithm_of_the_list_is_believed(alg: str, key: Any) -> None:
    assert isinstance(read(signed(alg, key)), Claims)


@pytest.mark.parametrize("alg", ["RS384", "RS512", "PS512"])
def test_no_other_algorithm_is(alg: str) -> None:
    assert isinstance(read(signed(alg)), Distrusted)


def test_nothing_unsigned_or_signed_with_what_everybody_knows_is() -> None:
    shared = OctKey.import_key("a shared key of thirty-two characters", {"kid": "shared"})
    known = [*SHOWN, {"kty": "oct", "kid": "shared", "k": shared.as_dict()["k"]}]
    for token in (unsigned(CLAIMS), signed_with_the_public_key(CLAIMS), signed("HS256", shared)):
        assert isinstance(read(token, known), Distrusted)


def test_a_key_for_secrets_and_what_is_no_key_verify_nothing() -> None:
    meant_otherwise = {**SHOWN[0], "use": "enc"}
    sets: list[list[dict[str, Any]]] = [
        [],
        [meant_otherwise],
        [{"kty": "RSA"}],
        [{"kty": "RSA", "n": 1, "e": []}],
        [{"kty": ["RSA"]}],
        [{}],
    ]
    for keys in sets:
        assert isinstance(read(signed(), keys), Distrusted)


def test_clocks_may_be_a_minute_apart_and_no_more() -> None:
    begun = int(NOW.timestamp())
    for changed, believed in (
        ({"exp": begun - SKEW + 1}, True),
        ({"exp": begun - SKEW}, False),
        ({"iat": begun + SKEW}, True),
        ({"iat": begun + SKEW + 1}, False),
        ({"exp": float("nan")}, False),
        ({"exp": True}, False),
        ({"iat": "now"}, False),
    ):
        assert isinstance(read(signed(**changed)), Claims) is believed, changed
    late = NOW + timedelta(seconds=OLDEST + SKEW)
    assert isinstance(read(signed(exp=begun + 86_400), now=late), Claims)
    assert isinstance(read(signed(exp=begun + 86_400), now=late + timedelta(seconds=1)), Distrusted)


@pytest.mark.parametrize(
    "token", ["", ".", "..", "a.b.c", "é", "x" * 200_000, "eyJhbGciOiJSUzI1NiIsImtpZCI6WyJ4Il19.e30.AA"]
)
def test_garbage_is_not_believed_and_names_no_key(token: str) -> None:
    found = read(token)
    assert isinstance(found, Distrusted)
    assert not token or token not in found.reason
    assert key_of(token) == ""


def test_a_token_names_its_key() -> None:
    assert key_of(signed()) == "first"


def test_challenge_is_that_of_the_standard() -> None:
    assert challenge_of("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk") == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


def test_nonce_and_verifier_belong_to_one_state_one_browser_and_one_key() -> None:
    made = {
        make(state, browser, key)
        for make in (nonce_of, verifier_of)
        for state in "ab"
        for browser in "cd"
        for key in (KEY, b"another")
    }
    assert len(made) == 16
    assert all(43 <= len(one) <= 128 for one in made)
