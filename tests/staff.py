"""Colleagues for tests: somebody with an account, and a browser that they sign in with."""

import re
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import httpx
import pyotp
from fastapi import FastAPI

from app.domain.access import Role
from app.senders.addresses import parse_address
from app.store import accounts
from app.store.database import Database
from app.vault.passwords import hash_password
from app.vault.second_factor import new_recovery_codes, new_seed, recovery_hash, secret_of
from tests.conftest import FrozenClock
from tests.office import KEY
from tests.surfaces.conftest import STRANGER, asking

PASSWORD = "ngựa đúng pin ghim vàng"
OTHER_PASSWORD = "bốn cái ghế và một chùm khế"

_TOKEN = re.compile(r'name="form_token" value="([0-9a-f]{64})"')
_hash = cache(hash_password)


@dataclass
class Colleague:
    """Somebody on the staff with what they know and have."""

    number: int
    address: str
    clock: FrozenClock
    secret: str
    recovery_codes: list[str]
    password: str = PASSWORD

    @property
    def code(self) -> str:
        """What their telephone shows now."""
        return code_at(self.secret, self.clock)

    @property
    def actor(self) -> str:
        return f"account:{self.number}"


@dataclass
class Browser:
    """A browser that reads the forms of our pages and sends them back; it keeps its cookies."""

    client: httpx.AsyncClient
    clock: FrozenClock
    said: dict[str, str] = field(default_factory=lambda: {"Sec-Fetch-Site": "same-origin"})

    async def get(self, path: str) -> httpx.Response:
        return await self.client.get(path)

    async def token(self, page: str = "/sign-in") -> str:
        return form_token((await self.client.get(page, follow_redirects=True)).text)

    async def post(self, path: str, page: str = "/sign-in", **fields: str) -> httpx.Response:
        """Send a form as the page that holds it would."""
        data = {"form_token": await self.token(page)} | fields
        return await self.client.post(path, data=data, headers=self.said)

    async def sign_in(self, who: Colleague, **changed: str) -> httpx.Response:
        """Sign in with a code that was not used before."""
        self.clock.advance(seconds=30)
        fields = {"email": who.address, "password": who.password, "code": who.code} | changed
        return await self.post("/sign-in", **fields)

    async def guess(self, email: str) -> int:
        """Try to sign in at once with a wrong guess, and return the status."""
        return (await self.post("/sign-in", email=email, password="a wrong guess", code="000000")).status_code


def form_token(page: str) -> str:
    found = _TOKEN.search(page)
    return found[1] if found else ""


def code_at(secret: str, clock: FrozenClock) -> str:
    return pyotp.TOTP(secret).at(clock.now)


def browser(application: FastAPI, clock: FrozenClock, network: str = STRANGER[0]) -> Browser:
    """A browser with no cookie of ours."""
    return Browser(asking(application, (network, 50_000)), clock)


async def hire(
    database: Database, clock: FrozenClock, role: Role = Role.EDITOR, address: str = "lan@moit.gov.vn", **values: Any
) -> Colleague:
    """Give somebody an account with a second factor; `values` are set in its row."""
    seed, codes = new_seed(), new_recovery_codes()
    async with database.writing() as connection:
        number = await accounts.add(connection, parse_address(address), role, "vi", clock())
        assert number is not None
        await accounts.change(connection, number, **({"password_hash": _hash(PASSWORD)} | values))
        await accounts.set_factor(connection, number, seed, 0, [recovery_hash(one) for one in codes])
    return Colleague(number, address, clock, secret_of(seed, KEY), codes)
