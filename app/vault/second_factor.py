"""The second factor: codes by time (RFC 6238) and recovery codes (SE-02).

No secret of a second factor is stored. It is derived from the installation's key and a random seed, so that neither a
copy of the database nor the key alone tells the codes.
"""

import base64
import hmac
import secrets
from collections.abc import Sequence
from datetime import datetime

import pyotp

from app.vault.tokens import token_hash

STEP = 30
"""Seconds that a code belongs to."""
RECOVERY_CODES = 8
_SECRET_OCTETS = 20  # RFC 4226 section 4, R6: 160 bits are recommended
_RECOVERY_OCTETS = 15  # 120 bits, which base32 writes in 24 characters
_GROUP = 4
_DRIFT = (-1, 0, 1)
ISSUER = "Kẻng"


def new_seed() -> str:
    """Return the random seed of a second factor; alone it tells nothing."""
    return secrets.token_hex(32)


def seed_of_link(token: str, browser: str) -> str:
    """Return the seed that a mailed link has in one browser, by what that browser alone knows.

    The page behind the link shows that browser the same secret each time, and whoever else opened it another one.
    """
    return token_hash(f"second factor\0{token}\0{browser}")


def secret_of(seed: str, key: bytes) -> str:
    """Return the secret of a second factor in base32, as authenticator programs take it."""
    octets = hmac.digest(key, b"keng second factor\0" + seed.encode(), "sha256")[:_SECRET_OCTETS]
    return base64.b32encode(octets).decode("ascii")


def enrolment_uri(secret: str, account: str) -> str:
    """Return the address that authenticator programs read, by hand or as a picture."""
    return pyotp.TOTP(secret).provisioning_uri(name=account, issuer_name=ISSUER)


def code_at(secret: str, now: datetime) -> str:
    """Return the code that an authenticator program with this secret shows at a moment."""
    return pyotp.TOTP(secret, interval=STEP).at(now)


def step_of(code: str, seed: str | None, keys: Sequence[bytes], now: datetime, after: int) -> int | None:
    """Return the step of time that a code belongs to: the present one or its neighbours, and later than `after`.

    None for any other code. Whoever accepts it stores the step as the next `after`, so that a code holds once
    (RFC 6238 section 5.2). Without a seed it takes as long, and is None.
    """
    present = int(now.timestamp()) // STEP
    found = None
    for key in keys:
        code_at = pyotp.TOTP(secret_of(seed or "", key), interval=STEP).generate_otp
        for step in (present + drift for drift in _DRIFT):
            if hmac.compare_digest(code.encode(), code_at(step).encode()) and step > after:
                found = step
    return found if seed is not None else None


def new_recovery_codes() -> list[str]:
    """Return codes of 120 random bits in groups of four, each good for one sign-in without the second factor."""
    return [_grouped(base64.b32encode(secrets.token_bytes(_RECOVERY_OCTETS)).decode()) for _ in range(RECOVERY_CODES)]


def recovery_hash(code: str) -> str:
    """Return what is stored of a recovery code, however its groups and letters were typed."""
    return token_hash("recovery\0" + "".join(code.upper().replace("-", " ").split()))


def _grouped(code: str) -> str:
    return "-".join(code[at : at + _GROUP] for at in range(0, len(code), _GROUP)).lower()
