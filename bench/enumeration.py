"""Whether the time of an answer tells who has an account or a subscription (SE-03): known and unknown addresses by turns."""

import argparse
import random
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from math import sqrt
from statistics import NormalDist, fmean, variance
from typing import Any

import httpx

from app.domain.access import Role
from app.domain.subscriptions import Criteria, Frequency, Language
from app.flow import subscribe
from app.senders.addresses import parse_address
from app.store.database import Database
from app.store.tables import accounts
from app.vault.passwords import hash_password
from app.vault.second_factor import new_seed
from bench.report import heading, said
from bench.serving import served
from tests.office import KEY
from tests.staff import PASSWORD, form_token

_WARMING = 20
"""Tries of each kind before it counts: what is compiled or opened once would be counted for whoever comes first."""


@dataclass(frozen=True, slots=True)
class _Door:
    """Where an address is sent, and what beside it; a form is read first, where it stands."""

    path: str
    answers: HTTPStatus = HTTPStatus.OK
    beside: Mapping[str, Any] = field(default_factory=dict)
    is_form: bool = True

    @property
    def page(self) -> str:
        """What is asked for before, so that the connection is open."""
        return self.path if self.is_form else "/healthz"

    def fields(self, address: str) -> dict[str, Any]:
        """Return what is sent."""
        return {"email": address, **self.beside}


async def measure(database: Database, asked: argparse.Namespace) -> None:
    """Try every door that takes an address, one try for each address, and compare the two kinds by Welch's t-test.

    SE-03 asks for p above 0.01 over a thousand tries: with so many, Student's t is the normal distribution.
    """
    tries = asked.tries + _WARMING
    await _populate(database, tries)
    async with served(database) as server:
        for name, (domain, door) in _DOORS.items():
            known, unknown = await _tried(server.base_url, door, domain, tries)
            heading(f"  {name}")
            said("known, mean", f"{1000 * fmean(known):.2f} ms")
            said("unknown, mean", f"{1000 * fmean(unknown):.2f} ms")
            said(f"Welch's t-test over {len(known)} of each, p", f"{_welch(known, unknown):.3f}")


async def _populate(database: Database, count: int) -> None:
    """Store people of the staff, who share a password, and as many readers."""
    hashed = hash_password(PASSWORD)
    readers = [parse_address(f"known{number}@hiephoi.vn") for number in range(count)]
    wanted = [
        subscribe.SubscriptionRequest(
            address=one, criteria=Criteria(sectors=("textiles",)), frequency=Frequency.DAILY, language=Language.VI
        )
        for one in readers
    ]
    await subscribe.enrol(database, wanted, [KEY])
    async with database.writing() as connection:
        now = await database.now(connection)
        same = {"role": Role.EDITOR, "language": "vi", "password_hash": hashed, "created_at": now}
        staff = [f"known{number}@moit.gov.vn" for number in range(count)]
        rows = [same | {"address": one, "wire": one, "identity": one, "factor_seed": new_seed()} for one in staff]
        await connection.execute(accounts.insert(), rows)


async def _tried(base: httpx.URL, door: _Door, domain: str, tries: int) -> tuple[list[float], list[float]]:
    """Return the seconds of each try, for known and for unknown addresses; each comes from a network of its own."""
    lots, networks = random.Random(65), _networks()  # noqa: S311 - the same order in every run
    taken: dict[str, list[float]] = {"known": [], "unknown": []}
    for number in range(tries):
        for kind in lots.sample(sorted(taken), 2):
            transport = httpx.AsyncHTTPTransport(local_address=next(networks))
            async with httpx.AsyncClient(transport=transport, base_url=base) as client:
                taken[kind].append(await _seconds(client, door, f"{kind}{number}@{domain}"))
    return taken["known"][_WARMING:], taken["unknown"][_WARMING:]


async def _seconds(client: httpx.AsyncClient, door: _Door, address: str) -> float:
    """Return how long an answer takes, on a connection that is open, to a form that was read before."""
    page = await client.get(door.page)
    fields = door.fields(address) | {"form_token": form_token(page.text)}
    sent: dict[str, Any] = {"data": fields} if door.is_form else {"json": door.fields(address)}
    began = time.perf_counter()
    answer = await client.post(door.path, headers={"Sec-Fetch-Site": "same-origin"}, **sent)
    taken = time.perf_counter() - began
    if answer.status_code != door.answers:
        raise RuntimeError(f"{door.path} answered {answer.status_code}")
    return taken


_GUESS = {"password": "a wrong guess", "code": "000000"}
_DOORS = {
    "signing in with a wrong password": ("moit.gov.vn", _Door("/sign-in", HTTPStatus.UNPROCESSABLE_ENTITY, _GUESS)),
    "a forgotten password": ("moit.gov.vn", _Door("/sign-in/forgotten")),
    "the link to one's subscriptions": ("hiephoi.vn", _Door("/manage")),
    "subscribing by the API": (
        "hiephoi.vn",
        _Door("/api/v1/subscriptions", HTTPStatus.ACCEPTED, {"sectors": ["footwear"]}, is_form=False),
    ),
}


def _networks() -> Iterator[str]:
    return (f"127.{a}.{b}.9" for a in range(1, 256) for b in range(256))


def _welch(first: list[float], second: list[float]) -> float:
    """Return how likely two samples of one distribution differ as much in their means (two-sided)."""
    error = sqrt(variance(first) / len(first) + variance(second) / len(second))
    return 2 * (1 - NormalDist().cdf(abs(fmean(first) - fmean(second)) / error))
