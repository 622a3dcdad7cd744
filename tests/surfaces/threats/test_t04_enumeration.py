"""T04: nobody learns who has an account or a subscription: not by words, status, headers, nor by the work that is done (SE-03).

Times are not measured here, for a busy machine would decide: `dev.py bench --only enumeration` does. What takes time is counted
instead: the statements that are said to the database and the passwords that are hashed, both the same for known and unknown.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import event

from app.domain.access import Role
from app.store.database import Database
from app.vault import passwords
from app.vault.purposes import MANAGE
from app.vault.tokens import sign
from tests.conftest import FrozenClock
from tests.office import KEY, Office
from tests.staff import browser, hire
from tests.surfaces.test_mailed_links import awaiting

KNOWN, UNKNOWN, MALFORMED = "nga@hiephoi.vn", "khong-ai@hiephoi.vn", "no address"
STAFF, NOBODY = "lan@moit.gov.vn", "khong-ai@moit.gov.vn"
_VARYING = re.compile(r"[0-9a-f]{64}|[\w.-]+@[\w.-]+|\w\*\*\*|\"[^\"]*\d[^\"]*\"")


@contextmanager
def work(database: Database, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Collect what is said to the database, and a line for every password that is hashed."""
    done: list[str] = []
    engines = [one.sync_engine for one in (database._writer, database._reader)]  # noqa: SLF001 - looked at from outside

    def said(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        done.append(re.sub(r"\s+", " ", statement))

    verify = passwords.verify_password

    def hashed(password: str, stored: str | None) -> bool:
        done.append("hash")
        return verify(password, stored)

    with monkeypatch.context() as patching:
        patching.setattr("app.flow.sign_in.entering.verify_password", hashed)
        for engine in engines:
            event.listen(engine, "before_cursor_execute", said)
        yield done
        for engine in engines:
            event.remove(engine, "before_cursor_execute", said)


def told(answer: httpx.Response) -> tuple[int, str, list[tuple[str, str]]]:
    """Return all that an answer tells, without what differs each time."""
    headers = [(name, value) for name, value in answer.headers.items() if name not in {"set-cookie", "content-length"}]
    return answer.status_code, _VARYING.sub("", answer.text), headers


@pytest.fixture
async def peopled(office: Office, frozen: FrozenClock) -> Office:
    """A subscriber who is confirmed, one who is not yet, and people on the staff in every state."""
    await office.enrol(KNOWN, sectors=("textiles",))
    await hire(office.database, frozen, address=STAFF)
    await hire(office.database, frozen, address="gone@moit.gov.vn", disabled_at=frozen())
    await hire(office.database, frozen, address="invited@moit.gov.vn", password_hash=None)
    return office


async def test_t04_signing_in_tells_nothing_by_words_or_by_work(
    application: FastAPI, frozen: FrozenClock, peopled: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    tellings, works = [], []
    for email in (STAFF, NOBODY, "gone@moit.gov.vn", "invited@moit.gov.vn", MALFORMED):
        own = browser(application, frozen)
        token = await own.token()
        fields = {"form_token": token, "email": email, "password": "a wrong guess", "code": "000000"}
        with work(peopled.database, monkeypatch) as done:
            tellings.append(told(await own.client.post("/sign-in", data=fields, headers=own.said)))
        works.append(done)
    assert len({str(one) for one in tellings}) == 1
    assert works[0].count("hash") == 1
    assert all(one == works[0] for one in works)


@pytest.mark.parametrize("path", ["/sign-in/forgotten", "/manage"])
async def test_t04_asking_for_a_mailed_link_tells_nothing(
    application: FastAPI, frozen: FrozenClock, peopled: Office, path: str
) -> None:
    answers = []
    for email in (STAFF, KNOWN, NOBODY, UNKNOWN, "gone@moit.gov.vn", "invited@moit.gov.vn"):
        own = browser(application, frozen)
        answers.append(told(await own.post(path, page=path, email=email)))
    assert peopled.database
    assert len({str(one) for one in answers}) == 1
    assert answers[0][0] == 200


async def test_t04_subscribing_tells_nothing(client: httpx.AsyncClient, office: Office, frozen: FrozenClock) -> None:
    await awaiting(office.database, frozen, sectors=("footwear",))
    await office.enrol("ai@hiephoi.vn", sectors=("footwear",))
    answers = []
    for email in ("nga@hiephoi.vn", "ai@hiephoi.vn", UNKNOWN, "ai@hiephoi.vn", UNKNOWN):
        answer = await client.post("/api/v1/subscriptions", json={"email": email, "sectors": ["footwear"]})
        answers.append(told(answer))
    assert len({str(one) for one in answers}) == 1
    assert answers[0][0] == 202


async def test_t04_confirming_tells_nothing_of_a_link_that_is_not_there(
    client: httpx.AsyncClient, office: Office, frozen: FrozenClock
) -> None:
    old = await awaiting(office.database, frozen, sectors=("footwear",))
    frozen.advance(days=8)
    for method in ("GET", "POST"):
        known, unknown = [await client.request(method, f"/confirm/{one}") for one in (old, "x" * 43)]
        assert told(known)[::2] == told(unknown)[::2]
        assert known.text.replace(old, "") == unknown.text.replace("x" * 43, "")


async def test_t04_a_new_address_tells_nothing_of_whom_it_belongs_to(
    client: httpx.AsyncClient, office: Office, frozen: FrozenClock
) -> None:
    for name in ("a", "b", KNOWN.partition("@")[0]):
        await office.enrol(f"{name}@hiephoi.vn", sectors=("textiles",))
    answers = []
    for subscriber, new in ((1, KNOWN), (2, UNKNOWN)):
        frozen.advance(days=2)
        path = f"/manage/{sign(MANAGE, subscriber, KEY)}"
        answer = await client.post(f"{path}/address", data={"email": new})
        token = path.rpartition("/")[2]
        answers.append((answer.status_code, _VARYING.sub("", answer.text.replace(token, ""))))
    assert answers[0] == answers[1]


async def test_t04_an_invitation_is_told_apart_by_administrators_alone(
    application: FastAPI, frozen: FrozenClock, peopled: Office
) -> None:
    for role in (Role.READER, Role.EDITOR, Role.APPROVER):
        own = browser(application, frozen)
        await own.sign_in(await hire(peopled.database, frozen, role, f"{role}@moit.gov.vn"))
        answers = [
            told(await own.post("/desk/people", page="/desk", email=email, role="reader", language="vi"))
            for email in (STAFF, NOBODY)
        ]
        assert len({str(one) for one in answers}) == 1
        assert answers[0][0] == 403


async def test_t04_no_refusal_of_the_api_says_whose_a_number_is(client: httpx.AsyncClient, office: Office) -> None:
    await office.enrol("a@hiephoi.vn", sectors=("textiles",))
    theirs = await office.enrol("b@hiephoi.vn", sectors=("textiles",))
    bearing = {"Authorization": f"Bearer {sign(MANAGE, 1, KEY)}"}
    for method, body in (("GET", None), ("DELETE", None), ("PATCH", {"frequency": "weekly"})):
        answers = []
        for number in (theirs, 999_999):
            path = f"/api/v1/subscriptions/{number}"
            answer = await client.request(method, path, headers=bearing, json=body)
            answers.append((answer.status_code, answer.text.replace(f"/{number}", "/N")))
        assert answers[0] == answers[1]
        assert answers[0][0] == 404
