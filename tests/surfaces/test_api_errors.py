import io
import json
import re
from functools import partial

import httpx
import pytest
from fastapi import FastAPI, Request
from sqlalchemy.exc import OperationalError
from structlog.testing import capture_logs

from app.api.doors import ApiDoors
from app.api.limits import A_MINUTE, LONGEST_BODY, MOST_CALLERS, Allowance, caller_of
from app.main import assemble
from app.store.database import Database
from app.telemetry.logs import configure_logging
from app.web.doors import WebDoors
from tests.surfaces.conftest import asking, on_sqlite_only
from tests.surfaces.rows import keep, regular

SECRET = "relation notices at /srv/keng with password hunter2"


@on_sqlite_only
async def test_every_refusal_is_a_problem(client: httpx.AsyncClient) -> None:
    for method, path, status in (
        ("GET", "/api/v1/nothing", 404),
        ("GET", "/api/nothing", 404),
        ("POST", "/api/v1/notices", 405),
        ("DELETE", "/api/v1/notices/G/TBT/N/USA/1", 405),
        ("PUT", "/api/v1/subscriptions", 405),
        ("GET", "/api/v1/notices/", 404),
        ("POST", "/healthz", 405),
        ("GET", "/healthz?x=1", 400),
    ):
        answer = await client.request(method, path)
        assert answer.status_code == status, path
        assert answer.headers["content-type"] == "application/problem+json"
        assert {"type", "title", "status", "detail", "code"} <= set(answer.json())
        assert answer.json()["status"] == status


@on_sqlite_only
async def test_a_database_that_does_not_answer_is_told_from_a_fault_of_ours(
    application: FastAPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def gone(*_args: object) -> None:
        raise OperationalError(SECRET, {}, Exception(SECRET))

    monkeypatch.setattr("app.store.catalogue.newest", gone)
    with capture_logs():
        async with asking(application) as client:
            answer = await client.get("/api/v1/notices")
            assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
            assert answer.headers["retry-after"] == "60"
            assert (await client.get("/")).status_code == 503
            assert "hunter2" not in answer.text


@on_sqlite_only
async def test_a_fault_of_ours_has_an_id_and_tells_nothing(
    application: FastAPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_args: object) -> None:
        raise RuntimeError(SECRET)

    monkeypatch.setattr("app.store.catalogue.newest", broken)
    monkeypatch.setattr("app.store.catalogue.notice", broken)
    monkeypatch.setattr("app.store.catalogue.notice_in_thread", broken)
    async with asking(application) as client:
        for path in ("/api/v1/notices", "/api/v1/notices/G/TBT/N/USA/1", "/", "/en/", "/notices/G/TBT/N/USA/1"):
            answer = await client.get(path)
            assert answer.status_code == 500
            assert not re.search(r"hunter2|relation|Traceback|RuntimeError|\.py", answer.text)
            assert answer.headers["x-content-type-options"] == "nosniff"
            assert answer.headers["cache-control"] == "no-store"
            if path.startswith("/api"):
                assert answer.headers["content-type"] == "application/problem+json"
                assert re.fullmatch(r"[0-9a-f]{16}", answer.json()["id"])
            else:
                assert answer.headers["content-type"] == "text/html; charset=utf-8"
                assert re.search(r"[0-9a-f]{16}", answer.text)


@on_sqlite_only
async def test_a_fault_can_be_found_in_the_log_by_its_id(application: FastAPI, monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(*_args: object) -> None:
        raise RuntimeError(SECRET)

    configure_logging(stream=(logged := io.StringIO()))
    monkeypatch.setattr("app.store.catalogue.newest", broken)
    async with asking(application) as client:
        number = (await client.get("/api/v1/notices")).json()["id"]
    (told,) = [line for line in map(json.loads, logged.getvalue().splitlines()) if line.get("id") == number]
    assert (told["event"], told["level"], told["path"]) == ("request failed", "error", "/api/v1/notices")


@on_sqlite_only
async def test_the_document_describes_every_address_and_every_answer(client: httpx.AsyncClient) -> None:
    answer = await client.get("/openapi.json")
    document = answer.json()
    assert answer.headers["content-type"] == "application/json"
    assert {
        "/api/v1/notices",
        "/api/v1/notices/{symbol}",
        "/api/v1/notices/{symbol}/explanation",
        "/api/v1/measures/{symbol}",
        "/api/v1/sectors",
        "/api/v1/themes",
        "/api/v1/facets",
        "/api/v1/members",
        "/api/v1/stats",
        "/api/v1/events",
        "/api/v1/feedback",
        "/api/v1/subscriptions",
        "/api/v1/subscriptions/preview",
        "/api/v1/subscriptions/{number}",
        "/healthz",
        "/readyz",
        "/metrics",
    } == set(document["paths"])
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            assert operation["description"], path
            good = next(one for status, one in operation["responses"].items() if status in {"200", "202"})
            assert good["content"], (path, method)
            if path.startswith("/api/"):
                refusals = [one for status, one in operation["responses"].items() if status[0] == "4"]
                assert all(list(one["content"]) == ["application/problem+json"] for one in refusals), path
                assert {"400", "429"} <= set(operation["responses"]), path
    named = set(re.findall(r"#/components/schemas/(\w+)", answer.text))
    assert named <= set(document["components"]["schemas"])
    assert "HTTPValidationError" not in answer.text


@on_sqlite_only
async def test_the_description_is_a_page_without_scripts_or_other_hosts(client: httpx.AsyncClient) -> None:
    answer = await client.get("/api/docs")
    assert answer.status_code == 200
    assert "/api/v1/notices/{symbol}" in answer.text
    assert "updated_after" in answer.text
    assert "<script" not in answer.text
    assert not re.search(r"""(?:src|href)=["']?(?:https?:)?//""", answer.text)
    assert "default-src 'none'" in answer.headers["content-security-policy"]


@on_sqlite_only
async def test_a_caller_who_asks_too_often_waits(
    api_doors: ApiDoors, web_doors: WebDoors, monkeypatch: pytest.MonkeyPatch
) -> None:
    # However long a busy machine takes for them, these requests come at one moment.
    monkeypatch.setattr("app.main.Allowance", partial(Allowance, clock=lambda: 0.0))
    application = assemble(api_doors, web_doors, rate_limits=True)
    async with asking(application) as client, asking(application, ("198.51.100.7", 1)) as other:
        answers = [await client.get("/api/v1/sectors") for _ in range(A_MINUTE + 1)]
        spoofed = await client.get("/api/v1/sectors", headers={"X-Forwarded-For": "192.0.2.1"})
        assert [answer.status_code for answer in answers[:-1]] == [200] * A_MINUTE
        for answer in (answers[-1], spoofed):
            assert answer.status_code == 429
            assert answer.headers["content-type"] == "application/problem+json"
            assert int(answer.headers["retry-after"]) >= 1
        assert (await other.get("/api/v1/sectors")).status_code == 200
        for path in ("/", "/healthz"):
            assert (await client.get(path)).status_code == 200


@pytest.mark.parametrize(
    ("host", "headers", "caller"),
    [
        ("203.0.113.9", {}, "203.0.113.9"),
        ("203.0.113.9", {"X-Forwarded-For": "192.0.2.1"}, "203.0.113.9"),
        ("127.0.0.1", {}, None),
        ("::1", {}, None),
        ("127.0.0.1", {"X-Forwarded-For": "192.0.2.1, 203.0.113.9"}, "203.0.113.9"),
        ("127.0.0.1", {"X-Forwarded-For": "127.0.0.1"}, "127.0.0.1"),
        ("127.0.0.1", {"Forwarded": "for=127.0.0.1"}, "a proxy that does not tell"),
        ("/run/keng.sock", {}, "/run/keng.sock"),
    ],
)
def test_a_caller_is_who_connects_unless_a_proxy_on_this_machine_says_otherwise(
    host: str, headers: dict[str, str], caller: str | None
) -> None:
    lines = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    assert caller_of(Request({"type": "http", "client": (host, 1), "headers": lines})) == caller


def test_an_allowance_fills_again_and_forgets_whom_it_has_not_seen_longest() -> None:
    now = 0.0
    allowance = Allowance(60, clock=lambda: now)
    assert [allowance.wait("192.0.2.1") for _ in range(60)] == [0] * 60
    assert allowance.wait("192.0.2.1") == pytest.approx(1)
    now += 1
    assert allowance.wait("192.0.2.1") == 0
    assert allowance.wait("192.0.2.1") > 0
    for number in range(MOST_CALLERS):
        allowance.wait(f"caller {number}")
    assert allowance.wait("192.0.2.1") == 0


def test_the_addresses_of_one_ipv6_network_share_an_allowance() -> None:
    allowance = Allowance(2, clock=lambda: 0.0)
    assert [allowance.wait(f"2001:db8:0:1::{number}") > 0 for number in range(3)] == [False, False, True]
    assert allowance.wait("2001:db8:0:2::1") == 0


@on_sqlite_only
async def test_a_long_body_is_refused_whether_it_is_announced_or_not(client: httpx.AsyncClient) -> None:
    body = b'{"email": "' + b"x" * LONGEST_BODY + b'"}'

    async def unannounced() -> object:
        for start in range(0, len(body), 65_536):
            yield body[start : start + 65_536]

    for path in ("/api/v1/subscriptions", "/manage/x/stop"):
        for content in (body, unannounced()):
            answer = await client.post(path, content=content, headers={"Content-Type": "application/json"})  # type: ignore[arg-type]  # bytes or a stream of bytes
            assert answer.status_code in {413, 404}, path
            if path.startswith("/api"):
                assert (answer.status_code, answer.headers["content-type"]) == (413, "application/problem+json")


@on_sqlite_only
async def test_what_is_hostile_in_a_notice_is_inert_in_json(database: Database, client: httpx.AsyncClient) -> None:
    script = "<script>alert(1)</script>"
    content = regular(
        "G/TBT/N/USA/1",
        titles=(("en", script),),
        products=script,
        notice_link="javascript:alert(1)",
        text_links=("data:text/html,x", "https://docs.wto.org/a.pdf", "vbscript:x", "//evil.example/x"),
    )
    await keep(database, content)
    answer = await client.get("/api/v1/notices/G/TBT/N/USA/1", headers={"Accept": "text/html"})
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["x-content-type-options"] == "nosniff"
    said = json.loads(answer.text)
    assert said["title"] == script
    assert said["links"] == {"notice": None, "text": ["https://docs.wto.org/a.pdf"]}
