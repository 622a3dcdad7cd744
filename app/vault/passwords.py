"""Passwords: hashed with Argon2id (SE-01), and how easily one is guessed.

A password is hashed in Unicode's form NFKC, so that it holds whichever way a keyboard composes Vietnamese letters.
"""

import unicodedata
from collections.abc import Iterable

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

MEMORY_KIB = 46 * 1024
ROUNDS = 2
_GUESSED_WITHIN = 72
"""Characters that are judged: the library takes no more, and no password that long fails for its beginning."""

DECOY = "$argon2id$v=19$m=47104,t=2,p=1$xo+ICMm+7Tk01IBQPlQpwQ$JbzrUaTkeCAfFYC7VbGvn/6olX+tBahAgFBCJK5/V/k"
"""The hash of a password that nobody knows, of the present cost: checked where there is no account, which so takes as
long as where there is one."""


def hash_password(password: str) -> str:
    """Return the Argon2id hash of a password with a salt of its own, in PHC string format. It takes about 0.1 s."""
    return _hasher().hash(_composed(password))


def verify_password(password: str, stored: str | None) -> bool:
    """Say whether a hash is that of a password; without a hash it takes as long, and is False."""
    try:
        _hasher().verify(stored or DECOY, _composed(password))
    except (VerificationError, InvalidHashError):
        return False
    return stored is not None


def is_outdated(stored: str) -> bool:
    """Say whether a hash was made at another cost than the present one."""
    return _hasher().check_needs_rehash(stored)


def guesses(password: str, words: Iterable[str] = ()) -> float:
    """Return the power of ten of guesses that a password outlasts, by 30,000 common passwords, words, names and dates.

    `words` are further words that count for nothing, in lower case.
    """
    from zxcvbn import zxcvbn  # noqa: PLC0415 - its lists take a tenth of a second to load, and few commands ask

    return float(zxcvbn(password[:_GUESSED_WITHIN], user_inputs=list(words))["guesses_log10"])


def _hasher() -> PasswordHasher:
    return PasswordHasher(time_cost=ROUNDS, memory_cost=MEMORY_KIB, parallelism=1)


def _composed(password: str) -> str:
    return unicodedata.normalize("NFKC", password)
