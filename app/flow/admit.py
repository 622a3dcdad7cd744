"""Admit a request that would make Kẻng write a mail, or say how long its network has to wait (SE-13)."""

from collections.abc import Sequence
from datetime import timedelta

from app.domain.brakes import AN_HOUR
from app.domain.networks import counted_networks
from app.store import ceilings
from app.store.database import Database
from app.vault.tokens import keyed_hash

AT_ONCE = timedelta(0)


async def admit(database: Database, caller: str, keys: Sequence[bytes]) -> timedelta:
    """Count one request of a caller's networks; return zero when it is admitted, else the time until the next one is.

    All processes count together. Networks are kept as keyed hashes, for an hour; who is refused is not counted.
    """
    networks = counted_networks(caller)
    async with database.writing() as connection:
        now = await database.now(connection)
        for network, most in networks:
            asked = await ceilings.requests_since(connection, [keyed_hash(network, key) for key in keys], now - AN_HOUR)
            if len(asked) >= most:
                return asked[-most] + AN_HOUR - now
        await ceilings.write_request(connection, [keyed_hash(network, keys[0]) for network, _ in networks], now)
        return AT_ONCE
