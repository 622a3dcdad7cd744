"""How soon the pages of the desk answer, over many notices and deliveries, asked from another process at a steady rate."""

import argparse
import asyncio
import os
import random
import re
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from urllib.parse import quote

import httpx
import pyotp
from sqlalchemy import select, text

from app.domain.access import Role
from app.senders.addresses import parse_address
from app.store import accounts
from app.store.database import Database
from app.store.tables import notices
from app.vault.passwords import hash_password
from app.vault.second_factor import new_seed, secret_of
from bench.report import line, measured, percentiles
from bench.search import fill, made_up
from tests.office import KEY

_PASSWORD = "ngựa đúng pin ghim vàng"  # noqa: S105 - of an account that lives as long as the measurement
_ADDRESS = "lan@moit.gov.vn"
_READERS = 10_000
_RATE = 20.0
"""Requests a second."""
_ASKED = 300
"""Requests for each page: a quarter of a minute."""
_KENG = "from app.cli import main; main()"
_FORM = re.compile(r'name="form_token" value="([0-9a-f]{64})"')

_FILLING = (
    """INSERT INTO events (key, measure_id, notice_id, version, kind, changes, because, created_at, judged_at, waiting,
           released_at, fanned_out_at, matched)
       SELECT 'bench-' || id, measure_id, id, 1, 'notified', '[]', '', stored_at, stored_at,
           CASE WHEN id % 50 = 0 THEN 'unsure' END, CASE WHEN id % 50 > 0 THEN stored_at END,
           CASE WHEN id % 50 > 0 THEN stored_at END, CASE WHEN id % 50 > 0 THEN 10 END
       FROM notices""",
    """INSERT INTO labels (notice_id, facet, label, role, confidence, given_by, evidence)
       SELECT id, 'sector', CASE id % 4 WHEN 0 THEN 'textiles' WHEN 1 THEN 'food' WHEN 2 THEN 'footwear' ELSE 'chemicals' END,
           'primary', 0.9, 'rule', '[]' FROM notices""",
    """INSERT INTO notice_members (notice_id, code, position) SELECT id, 'USA', 0 FROM notices""",
    """INSERT INTO subscribers (id, address, wire, identity, language, created_at, moves)
       WITH RECURSIVE counted(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM counted WHERE n < :readers)
       SELECT n, 'reader' || n || '@hiephoi.example', 'reader' || n || '@hiephoi.example',
           'reader' || n || '@hiephoi.example', 'vi', :now, 0 FROM counted""",
    """INSERT INTO deliveries (id, key, kind, priority, subscriber_id, part, parts, message_id, state, attempts, ambiguous,
           due_at, fence, created_at, handed_over_at, accepted_at)
       WITH RECURSIVE counted(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM counted WHERE n < :deliveries)
       SELECT n, 'bench-' || n, 'instant', 2, 1 + n % :readers, 1, 1, 'bench-' || n || '@keng.example', 'accepted', 1, 0,
           :now, 1, :now, :now, :now FROM counted""",
    """INSERT INTO items (event_id, subscriber_id, frequency, delivery_id, created_at)
       SELECT e.id, d.subscriber_id, 'instant', d.id, d.created_at
       FROM deliveries AS d JOIN events AS e ON e.notice_id = 1 + (d.id - 1) / :each AND e.released_at IS NOT NULL""",
)


async def measure(database: Database, asked: argparse.Namespace) -> None:
    """Ask for the queue, for notices and for the register, beside a page of the same server that reads nothing."""
    with measured() as filling:
        await _fill(database, asked)
    line("notices and deliveries stored, for the desk", asked.notices + asked.deliveries, "rows", filling.seconds)
    secret = await _hired(database)
    pages = await _pages(database, asked)
    async with _serving(database) as client:
        await _signed_in(client, secret)
        for name, addresses in pages.items():
            percentiles(f"{name}, {_RATE:.0f} requests a second", await _steadily(client, addresses))


async def _fill(database: Database, asked: argparse.Namespace) -> None:
    await fill(database, made_up(asked.notices, random.Random(64)))  # noqa: S311 - the same in every run
    async with database.writing() as connection:
        given = {
            "now": await database.now(connection),
            "readers": _READERS,
            "deliveries": asked.deliveries,
            "each": max(1, asked.deliveries // asked.notices),
        }
        for statement in _FILLING:
            await connection.execute(text(statement), given)
    async with database.writing() as connection:
        await connection.execute(text("ANALYZE"))


async def _hired(database: Database) -> str:
    """Give somebody an account; return the secret of their second factor."""
    seed = new_seed()
    async with database.writing() as connection:
        number = await accounts.add(
            connection, parse_address(_ADDRESS), Role.APPROVER, "vi", await database.now(connection)
        )
        assert number is not None  # noqa: S101 - the table was empty
        await accounts.change(connection, number, password_hash=hash_password(_PASSWORD))
        await accounts.set_factor(connection, number, seed, 0, [])
    return secret_of(seed, KEY)


async def _pages(database: Database, asked: argparse.Namespace) -> dict[str, list[str]]:
    lots = random.Random(65)  # noqa: S311 - the same questions in every run
    async with database.reading() as connection:
        chosen = [lots.randrange(1, asked.notices + 1) for _ in range(_ASKED)]
        refs = list((await connection.execute(select(notices.c.ref).where(notices.c.id.in_(chosen)))).scalars())
    return {
        "a page that reads nothing": ["/healthz"] * _ASKED,
        "queue": lots.choices(["/desk", "/desk?area=SPS", "/desk?sector=food", "/desk?order=age"], k=_ASKED),
        "notice": [f"/desk/notices/{lots.choice(refs)}" for _ in range(_ASKED)],
        "register": [f"/desk/register?notice={quote(lots.choice(refs))}" for _ in range(_ASKED)],
    }


@asynccontextmanager
async def _serving(database: Database) -> AsyncIterator[httpx.AsyncClient]:
    """Serve the same database from a process of its own."""
    port = 20_000 + os.getpid() % 20_000
    base = f"http://127.0.0.1:{port}"
    url = database.url.render_as_string(hide_password=False)
    environment = {**os.environ, "KENG_DATABASE_URL": url, "KENG_BASE_URL": base, "KENG_SECRET_KEY": KEY.decode()}
    server = await asyncio.create_subprocess_exec(
        sys.executable, "-c", _KENG, "serve", "--no-worker", env=environment, stderr=asyncio.subprocess.DEVNULL
    )
    try:
        async with httpx.AsyncClient(base_url=base, timeout=30, follow_redirects=True) as client:
            await _until_up(client)
            yield client
    finally:
        server.terminate()
        await server.wait()


async def _until_up(client: httpx.AsyncClient) -> None:
    for _ in range(300):
        try:
            await client.get("/healthz")
        except httpx.TransportError:
            await asyncio.sleep(0.1)
        else:
            return
    raise RuntimeError("the server does not answer")


async def _signed_in(client: httpx.AsyncClient, secret: str) -> None:
    form = _FORM.search((await client.get("/sign-in")).text)
    assert form is not None  # noqa: S101 - the page has a form
    typed = {"email": _ADDRESS, "password": _PASSWORD, "code": pyotp.TOTP(secret).now(), "form_token": form[1]}
    answer = await client.post("/sign-in", data=typed, headers={"Sec-Fetch-Site": "same-origin"})
    answer.raise_for_status()


async def _steadily(client: httpx.AsyncClient, addresses: Sequence[str]) -> list[float]:
    """Ask at a steady rate, whether or not the last answer came; return the seconds from when each was due."""
    began = time.perf_counter()

    async def ask(number: int, address: str) -> float:
        due = began + number / _RATE
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        answer = await client.get(address)
        answer.raise_for_status()
        return time.perf_counter() - due

    return list(await asyncio.gather(*(ask(number, address) for number, address in enumerate(addresses))))
