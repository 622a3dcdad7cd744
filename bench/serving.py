"""Serve a filled database from a process of its own, sign in, and ask at a steady rate."""

import asyncio
import os
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

import httpx
import pyotp

from app.domain.access import Role
from app.senders.addresses import parse_address
from app.store import accounts
from app.store.database import Database
from app.vault.passwords import hash_password
from app.vault.second_factor import new_seed, secret_of
from tests.office import KEY
from tests.staff import PASSWORD, form_token

RATE = 20.0
"""Requests a second."""
_ADDRESSES = ("lan@moit.gov.vn", "huong@moit.gov.vn", "minh@moit.gov.vn")
_KENG = "from app.cli import main; main()"
_LIMITS = httpx.Limits(max_keepalive_connections=0)
"""Each request opens its own connection, as if each came from another person."""


@dataclass(frozen=True, slots=True)
class Answered:
    """What came of one request; the seconds run from when it was due, whether or not the last answer had come."""

    address: str
    status: int
    seconds: float


async def hired(database: Database) -> str:
    """Give three people accounts, who have them as numbers 1 to 3; return the secret of the first one's second factor."""
    seed = new_seed()
    async with database.writing() as connection:
        now = await database.now(connection)
        for address in _ADDRESSES:
            await accounts.add(connection, parse_address(address), Role.ADMINISTRATOR, "vi", now)
        await accounts.change(connection, 1, password_hash=hash_password(PASSWORD))
        await accounts.set_factor(connection, 1, seed, 0, [])
    return secret_of(seed, KEY)


@asynccontextmanager
async def served(database: Database) -> AsyncIterator[httpx.AsyncClient]:
    """Serve the same database from a process of its own."""
    port = 20_000 + os.getpid() % 20_000
    base = f"http://127.0.0.1:{port}"
    url = database.url.render_as_string(hide_password=False)
    environment = {
        **os.environ,
        "KENG_DATABASE_URL": url,
        "KENG_BASE_URL": base,
        "KENG_SECRET_KEY": KEY.decode(),
        "KENG_RATE_LIMITS": "off",
    }
    server = await asyncio.create_subprocess_exec(
        sys.executable, "-c", _KENG, "serve", "--no-worker", env=environment, stderr=asyncio.subprocess.DEVNULL
    )
    try:
        async with httpx.AsyncClient(base_url=base, timeout=60, limits=_LIMITS) as client:
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


async def signed_in(client: httpx.AsyncClient, secret: str) -> None:
    """Sign in as the first of the people who were hired; the client keeps the session."""
    token = form_token((await client.get("/sign-in")).text)
    typed = {"email": _ADDRESSES[0], "password": PASSWORD, "code": pyotp.TOTP(secret).now(), "form_token": token}
    answer = await client.post("/sign-in", data=typed, headers={"Sec-Fetch-Site": "same-origin"})
    assert answer.is_redirect, answer.text  # noqa: S101 - somebody who signed in is led to the desk


async def steadily(client: httpx.AsyncClient, addresses: Sequence[str], rate: float = RATE) -> list[Answered]:
    """Ask at a steady rate, whether or not the last answer came: what waits behind a slow page counts as slow."""
    began = time.perf_counter()

    async def ask(number: int, address: str) -> Answered:
        due = began + number / rate
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        answer = await client.get(address)
        return Answered(address, answer.status_code, time.perf_counter() - due)

    return list(await asyncio.gather(*(ask(number, address) for number, address in enumerate(addresses))))
