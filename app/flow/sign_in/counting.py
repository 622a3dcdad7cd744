"""How often signing in may be tried (SE-03): counted before anything is looked up, so that guesses at once count too."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from app.domain.access import COUNTED_OVER, FREE_FAILURES, MOST_OF_A_NETWORK, STRANGERS_FAILURES, next_try
from app.domain.networks import counted_networks
from app.store import sessions
from app.store.database import Connection
from app.vault.tokens import keyed_hash

_A_MINUTE = timedelta(minutes=1)
AT_ONCE = timedelta(0)

Counted = Mapping[str, int]
"""Whose failures are counted, as keyed hashes, each with how many cost nothing."""


def counted_for(identity: str, network: str | None, key: bytes, *, known_browser: bool) -> Counted:
    """Return what a try at an account counts for.

    A browser that the account's owner signed in with before is counted apart. Strangers are counted with their network,
    and all together: so they hold each other up, and not the owner.
    """
    if known_browser:
        return {keyed_hash(f"sign-in of {identity}", key): FREE_FAILURES}
    near = counted_networks(network)[0][0] if network else "nowhere"
    return {
        keyed_hash(f"sign-in of {identity} from {near}", key): FREE_FAILURES,
        keyed_hash(f"sign-in of {identity} from anywhere", key): STRANGERS_FAILURES,
    }


def asked_once_more(subject: str, key: bytes) -> Counted:
    """Return what a try counts for that somebody makes who is in already, or holds a link."""
    return {keyed_hash(f"once more {subject}", key): FREE_FAILURES}


async def wait(
    connection: Connection, counted: Counted, now: datetime, network: str | None = None, key: bytes = b""
) -> timedelta:
    """Count one try and return zero, or return how long to wait; who has to wait is not counted.

    With `network` at most 30 tries a minute come from it, for all accounts together.
    """
    near = [keyed_hash(f"sign-in from {counted_networks(network)[0][0]}", key)] if network else []
    if near:
        recent = await sessions.tries_since(connection, near, now - _A_MINUTE)
        if recent.get(near[0], (0, now))[0] >= MOST_OF_A_NETWORK:
            return _A_MINUTE
    found = await sessions.tries_since(connection, list(counted), now - COUNTED_OVER)
    until = max((next_try(*tries, free=counted[name]) for name, tries in found.items()), default=now)
    if until > now:
        return until - now
    await sessions.write_try(connection, [*counted, *near], now)
    return AT_ONCE


async def forgive(connection: Connection, counted: Counted) -> None:
    """Forget the tries of a browser or a network, for it was right; those of all strangers together stay."""
    own: Sequence[str] = [name for name, free in counted.items() if free == FREE_FAILURES]
    await sessions.forgive(connection, own)
