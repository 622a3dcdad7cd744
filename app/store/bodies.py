"""The bytes of messages, compressed, under the hash that names them; what is kept twice is kept once."""

import hashlib
import zlib
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.store.tables import messages
from app.store.writes import insert_missing


async def keep(connection: AsyncConnection, bodies: Sequence[tuple[bytes, datetime]]) -> list[str]:
    """Keep the bytes of messages, each with its moment, and return their hashes (SHA-256) in the same order."""
    hashes = [hashlib.sha256(body).hexdigest() for body, _ in bodies]
    rows = zip(hashes, bodies, strict=True)
    kept = [{"hash": name, "body": zlib.compress(body), "created_at": at} for name, (body, at) in rows]
    await insert_missing(connection, messages, kept)
    return hashes


async def named(connection: AsyncConnection, hashes: Sequence[str]) -> dict[str, bytes]:
    """Return the bytes of messages by their hash."""
    rows = await connection.execute(select(messages.c.hash, messages.c.body).where(messages.c.hash.in_(list(hashes))))
    return {row.hash: zlib.decompress(row.body) for row in rows}
