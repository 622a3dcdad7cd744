"""What the signed links in mails let their bearer do; a token made for one opens no other (SE-05)."""

import hashlib
from typing import Final

UNSUBSCRIBE: Final = "unsubscribe"
"""Stop everything that a subscriber asked for."""
MANAGE: Final = "manage"
"""See what a subscriber asked for, change it and stop parts of it."""
BROWSER: Final = "browser"
"""Be counted apart from strangers when somebody's password or code is tried: they signed in with this browser before."""

_MOVES_FROM = 2**40


def bearer(subscriber_id: int, moves: int) -> int:
    """Return what a manage token is signed for: a subscriber, and how often their address had changed by then.

    Whoever has the former mailbox holds links too; from the change on they open nothing.
    """
    return moves * _MOVES_FROM + subscriber_id


def read_bearer(subject: int) -> tuple[int, int]:
    """Return the subscriber and the number of changes that `bearer` put together."""
    return subject % _MOVES_FROM, subject // _MOVES_FROM


def browser_of(identity: str) -> int:
    """Return what a browser's mark is signed for: somebody's address, so that no account has to be looked up for it."""
    return int.from_bytes(hashlib.sha256(identity.encode()).digest()[:8], "big")
