"""Proofs of a sign-in by an issuer: what binds it to one browser, and its ID token (OpenID Connect Core 1.0, PKCE).

A token is believed when a public key of the issuer verifies its signature under an algorithm of our own list, and when
its claims say that it was made by that issuer, for us, for this one sign-in, and just now (section 3.1.3.7).
"""

import base64
import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from app.vault.tokens import keyed_hash

ALGORITHMS: Final = ("RS256", "PS256", "ES256")
"""Signatures that are believed: those of a private key that the issuer alone has. Never `none`, never one by a shared key."""
SKEW: Final = 60
"""Seconds that the issuer's clock may be off."""
OLDEST: Final = 600
"""Seconds after which a token that was made for a sign-in is too old for it."""
_LONGEST_SUBJECT = 255
_KEY_TYPES = ("RSA", "EC")
_PUBLIC = {"kty", "kid", "use", "alg", "n", "e", "crv", "x", "y"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """Who must have made a token, for whom, and for which sign-in."""

    issuer: str
    client: str
    nonce: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Claims:
    """What the issuer says of somebody: how it names them, their address, and how they proved themselves (RFC 8176)."""

    subject: str
    email: str
    email_verified: bool
    methods: frozenset[str]
    context: str


@dataclass(frozen=True, slots=True)
class Distrusted:
    """Why a token is not believed, in words that hold nothing of it."""

    reason: str


def verifier_of(state: str, browser: str, key: bytes) -> str:
    """Return the code verifier (RFC 7636) of a sign-in: 64 characters that nobody learns from the database."""
    return keyed_hash(f"openid verifier of {state} {browser}", key)


def nonce_of(state: str, browser: str, key: bytes) -> str:
    """Return the nonce that ties an ID token to a sign-in and to its browser."""
    return keyed_hash(f"openid nonce of {state} {browser}", key)


def challenge_of(verifier: str) -> str:
    """Return the code challenge of a verifier, by the method S256 (RFC 7636 section 4.2)."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def key_of(token: str) -> str:
    """Return the id of the key that a token says it is signed with; empty when it says none, or is none."""
    from joserfc.errors import JoseError  # noqa: PLC0415 - as in `read_id_token`
    from joserfc.jws import extract_compact  # noqa: PLC0415 - as in `read_id_token`

    try:
        named = extract_compact(token.encode()).headers().get("kid")
    except (JoseError, ValueError, TypeError):
        return ""
    return named if isinstance(named, str) else ""


def read_id_token(
    token: str, keys: Iterable[Mapping[str, Any]], expected: Expected, now: datetime
) -> Claims | Distrusted:
    """Return what a token says, once its signature and every claim hold; else why it is not believed."""
    # Loaded at need: few installations have an issuer, and its cryptography takes a while to load.
    from joserfc import jwt  # noqa: PLC0415 - the line above says why
    from joserfc.errors import JoseError  # noqa: PLC0415 - the line above says why
    from joserfc.jwk import KeySet  # noqa: PLC0415 - the line above says why

    known = _public_keys(keys)
    if not known:
        return Distrusted("the issuer has no key that signatures are verified with")
    try:
        claims = jwt.decode(token, KeySet(known), algorithms=list(ALGORITHMS)).claims
        jwt.JWTClaimsRegistry(
            now=int(now.timestamp()),
            leeway=SKEW,
            iss={"essential": True, "value": expected.issuer},
            aud={"essential": True, "value": expected.client},
            azp={"value": expected.client},
            nonce={"essential": True, "value": expected.nonce},
            sub={"essential": True},
            exp={"essential": True},
            iat={"essential": True},
        ).validate(claims)
    except (JoseError, ValueError, TypeError) as error:
        return Distrusted(f"{type(error).__name__} {getattr(error, 'description', '')}".strip())
    return _beyond(claims, now)


def _beyond(claims: Mapping[str, Any], now: datetime) -> Claims | Distrusted:
    """Return the claims when they keep what the library does not ask: one audience, a fresh token, a sound subject."""
    audience, subject, address = claims["aud"], claims["sub"], claims.get("email")
    if isinstance(audience, list) and len(audience) != 1:
        return Distrusted("it was made for others too")
    if now.timestamp() - claims["iat"] > OLDEST + SKEW:
        return Distrusted("it is too old")
    if not subject or len(subject) > _LONGEST_SUBJECT or not subject.isprintable():
        return Distrusted("it names nobody")
    methods = claims.get("amr")
    return Claims(
        subject=subject,
        email=address if isinstance(address, str) else "",
        email_verified=claims.get("email_verified") is True,
        methods=frozenset(one for one in methods if isinstance(one, str)) if isinstance(methods, list) else frozenset(),
        context=claims["acr"] if isinstance(claims.get("acr"), str) else "",
    )


def _public_keys(keys: Iterable[Mapping[str, Any]]) -> list[Any]:
    """Return the keys that may verify a signature; what is a secret, or no key, is left out."""
    from joserfc.errors import JoseError  # noqa: PLC0415 - as in `read_id_token`
    from joserfc.jwk import import_key  # noqa: PLC0415 - as in `read_id_token`

    found = []
    for key in keys:
        if key.get("kty") not in _KEY_TYPES or key.get("use", "sig") != "sig":
            continue
        try:
            found.append(import_key({name: value for name, value in key.items() if name in _PUBLIC}))
        except (JoseError, ValueError, TypeError, KeyError):
            continue
    return found
