"""Looking for people who should be nowhere: in every table, in the bytes of the database's files, in whatever is near."""

import base64
import email
import json
import re
import zlib
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import select

from app.store.database import Database
from app.store.tables import metadata

_BASE64 = re.compile(rb"[A-Za-z0-9+/]{16,}")


def seen(data: bytes, people: re.Pattern[bytes]) -> set[bytes]:
    """Return whom a pattern's first group finds in bytes: as they are, inflated, and out of base64 at any offset."""
    found = set(people.findall(data))
    for run in _BASE64.findall(data):
        for offset in range(4):
            cut = run[offset:]
            found.update(people.findall(base64.b64decode(cut[: len(cut) // 4 * 4])))
    return found


async def seen_in_tables(database: Database, people: re.Pattern[bytes]) -> dict[str, set[bytes]]:
    """Return whom each table still knows, column by column; stored mails are inflated and their parts decoded."""
    found: dict[str, set[bytes]] = {}
    async with database.reading() as connection:
        for table in metadata.sorted_tables:
            rows = await connection.execute(select(table))
            for row in rows:
                for name, value in zip(table.c.keys(), row, strict=True):
                    for data in _written(value):
                        if names := seen(data, people):
                            found.setdefault(f"{table.name}.{name}", set()).update(names)
    return found


def seen_in_files(folder: Path, people: re.Pattern[bytes]) -> dict[str, set[bytes]]:
    """Return whom each file of a folder still knows."""
    return {path.name: names for path in _files(folder) if (names := set(people.findall(path.read_bytes())))}


def bytes_in(folder: Path) -> bytes:
    """Return all bytes of all files of a folder."""
    return b"".join(path.read_bytes() for path in _files(folder))


def _files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def _written(value: object) -> Iterator[bytes]:
    if isinstance(value, bytes):
        yield value
        try:
            body = zlib.decompress(value)
        except zlib.error:
            return
        yield body
        for part in email.message_from_bytes(body).walk():
            payload = part.get_payload(decode=True)
            if isinstance(payload, bytes):
                yield payload
    elif isinstance(value, str):
        yield value.encode()
    elif isinstance(value, dict | list):
        yield json.dumps(value, ensure_ascii=False).encode()
