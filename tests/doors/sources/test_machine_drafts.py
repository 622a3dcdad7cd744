"""Machines that draft, on real sockets: both contracts to the letter, and whatever a machine may answer instead."""

import json
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from typing import Any

import pytest

from app.domain.visits import Fault, FaultKind
from app.sources.fetch import Fetcher, open_client
from app.sources.machine_drafts import LIMITS, ChatCompletions, LibreTranslate
from tests.peers.http_peer import HttpPeer, Reply

pytestmark = pytest.mark.sockets

KEY = "a-very-secret-key-of-a-machine"
TEXT = "Draft technical regulation on food safety, 60 days"
DRAFT = "Dự thảo quy chuẩn kỹ thuật về an toàn thực phẩm, 60 ngày"

Machine = LibreTranslate | ChatCompletions
Maker = Callable[[str], Machine]


def reply(document: Any, status: int = 200, **headers: str) -> Reply:
    said = {"Content-Type": "application/json"} | headers
    return Reply(status=status, headers=said, body=json.dumps(document).encode())


def chatted(content: Any, reason: str = "stop") -> dict[str, Any]:
    return {"choices": [{"index": 0, "message": {"role": "assistant", "content": content}, "finish_reason": reason}]}


def translated(text: Any) -> dict[str, Any]:
    return {"translatedText": text}


@pytest.fixture
async def hasty() -> AsyncIterator[Fetcher]:
    """A fetcher that takes little, and waits for nothing but an answer."""
    limits = replace(LIMITS, body=100_000, patience=0.0, spacing=0.0)
    async with open_client(limits) as client:
        yield Fetcher(client, limits=limits)


@pytest.fixture(params=["libretranslate", "openai"])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def machine(kind: str, hasty: Fetcher) -> Maker:
    if kind == "libretranslate":
        return lambda url: LibreTranslate(hasty, url, KEY)
    return lambda url: ChatCompletions(hasty, url, KEY, "a-model")


def said(kind: str, content: Any) -> dict[str, Any]:
    return translated(content) if kind == "libretranslate" else chatted(content)


async def test_libretranslate_is_asked_as_it_wants_to_be(hasty: Fetcher) -> None:
    async with HttpPeer([reply(translated(DRAFT))]) as peer:
        assert await LibreTranslate(hasty, peer.url, KEY).draft(TEXT, "en") == DRAFT
        assert await LibreTranslate(hasty, peer.url, "").draft("Hola", "pt") == DRAFT
    first, second = peer.requests
    assert (first.method, first.target, first.headers["content-type"]) == ("POST", "/translate", "application/json")
    assert json.loads(first.body) == {"q": TEXT, "source": "en", "target": "vi", "format": "text", "api_key": KEY}
    assert json.loads(second.body) == {"q": "Hola", "source": "auto", "target": "vi", "format": "text"}


@pytest.mark.parametrize("end", ["", "/v1"])
async def test_a_chat_is_asked_as_it_wants_to_be(hasty: Fetcher, end: str) -> None:
    async with HttpPeer([reply(chatted(DRAFT))]) as peer:
        assert await ChatCompletions(hasty, peer.url + end, KEY, "a-model").draft(TEXT, "en") == DRAFT
    (asked,) = peer.requests
    document = json.loads(asked.body)
    assert (asked.method, asked.target) == ("POST", "/v1/chat/completions")
    assert asked.headers["authorization"] == f"Bearer {KEY}"
    assert set(document) == {
        "model",
        "messages",
        "temperature",
    }  # no tools: there is nothing that an answer could set off
    assert (document["model"], document["temperature"]) == ("a-model", 0)
    system, user = document["messages"]
    assert (system["role"], user) == ("system", {"role": "user", "content": TEXT})
    assert "from English into Vietnamese" in system["content"]
    assert "Draft technical regulation = dự thảo quy chuẩn kỹ thuật" in system["content"]
    assert TEXT not in system["content"]


async def test_a_machine_without_a_key_is_sent_none(hasty: Fetcher) -> None:
    async with HttpPeer([reply(chatted(DRAFT))]) as peer:
        await ChatCompletions(hasty, peer.url, "", "a-model").draft(TEXT, "fr")
    assert "authorization" not in peer.requests[0].headers
    assert "quy chuẩn" not in json.loads(peer.requests[0].body)["messages"][0]["content"].partition("\n")[2]


REPLIES: dict[str, tuple[list[Reply], FaultKind, int]] = {
    "500": ([Reply(status=500)], FaultKind.UNREACHABLE, 2),
    "429 for long": ([Reply(status=429, headers={"Retry-After": "60"})], FaultKind.BUSY, 1),
    "403": ([reply({"error": f"Invalid API key {KEY}"}, 403)], FaultKind.REFUSED, 1),
    "another host": ([Reply(status=307, headers={"Location": "http://localhost:9/translate"})], FaultKind.REFUSED, 1),
    "its own page": ([Reply(status=302, headers={"Location": "/sign-in"})], FaultKind.REFUSED, 1),
    "HTML": ([Reply(headers={"Content-Type": "text/html"}, body=b"<p>Welcome!</p>")], FaultKind.UNSOUND, 1),
    "no object": ([reply([1])], FaultKind.UNSOUND, 1),
    "another object": ([reply({"choices": "none", "translatedText": 7})], FaultKind.UNSOUND, 1),
    "deep": ([Reply(body=b"[" * 90_000)], FaultKind.UNSOUND, 1),
    "huge": ([Reply(body=b'{"translatedText": "' + b"a" * 200_000 + b'"}')], FaultKind.UNSOUND, 1),
    "cut": ([Reply(body=b'{"translatedText": "abc"}', cut_after=5)], FaultKind.UNREACHABLE, 2),
}


@pytest.mark.parametrize(("replies", "fault", "asked"), REPLIES.values(), ids=REPLIES)
async def test_what_is_no_draft_is_a_fault_with_a_reason(
    machine: Maker, replies: list[Reply], fault: FaultKind, asked: int
) -> None:
    async with HttpPeer(replies) as peer:
        answer = await machine(peer.url).draft(TEXT, "en")
    assert isinstance(answer, Fault)
    assert (answer.kind, len(peer.requests)) == (fault, asked)
    assert answer.reason
    assert KEY not in answer.reason


async def test_a_machine_that_lets_all_the_time_pass_is_not_asked_again() -> None:
    limits = replace(LIMITS, total=0.5)
    async with HttpPeer([Reply(hang=True)]) as peer, open_client(limits) as client:
        answer = await LibreTranslate(Fetcher(client, limits=limits), peer.url, KEY).draft(TEXT, "en")
    assert isinstance(answer, Fault)
    assert (answer.kind, len(peer.requests) <= 1) == (FaultKind.UNREACHABLE, True)
    assert LIMITS.total < LIMITS.silence  # so that silence, after which a machine would be asked again, ends no wait


@pytest.mark.parametrize("content", [None, "", " \n\u200b", 7, ["a"], {"text": "a"}, "a" * 5_000])
async def test_what_holds_no_text_of_a_fitting_length_is_no_draft(machine: Maker, kind: str, content: Any) -> None:
    async with HttpPeer([reply(said(kind, content))]) as peer:
        answer = await machine(peer.url).draft(TEXT, "en")
    assert isinstance(answer, Fault)
    assert answer.kind is FaultKind.UNSOUND


async def test_a_draft_that_stopped_in_the_middle_is_none(hasty: Fetcher) -> None:
    async with HttpPeer([reply(chatted("Dự thảo quy", "length"))]) as peer:
        answer = await ChatCompletions(hasty, peer.url, KEY, "a-model").draft(TEXT, "en")
    assert isinstance(answer, Fault)
    assert "middle" in answer.reason


async def test_a_draft_is_plain_text_whatever_characters_it_came_with(machine: Maker, kind: str) -> None:
    raw = "Dư\u0323 tha\u0309o\u202e \x1b[2J<b>mới</b>\x00\r\nDòng hai\u200b"
    async with HttpPeer([reply(said(kind, raw))]) as peer:
        assert await machine(peer.url).draft(TEXT, "en") == "Dự thảo [2J<b>mới</b>\nDòng hai"


async def test_a_machine_that_is_busy_for_a_moment_is_asked_again(machine: Maker, kind: str) -> None:
    async with HttpPeer([Reply(status=429, headers={"Retry-After": "0"}), reply(said(kind, DRAFT))]) as peer:
        assert await machine(peer.url).draft(TEXT, "en") == DRAFT
    assert len({one.body for one in peer.requests}) == 1


LANGUAGES = [{"code": "en", "targets": ["vi"]}, {"code": "vi"}]


@pytest.mark.parametrize(
    ("languages", "models", "sound"),
    [
        (LANGUAGES, {"data": [{"id": "a-model"}]}, True),
        (LANGUAGES[:1], {"data": [{"id": "another"}]}, False),
        ({"error": "x"}, {"data": [{"id": ["a-model"]}, 7]}, False),
    ],
)
async def test_a_look_at_a_machine_sends_it_no_text(
    machine: Maker, kind: str, languages: Any, models: Any, sound: bool
) -> None:
    async with HttpPeer([reply(languages if kind == "libretranslate" else models)]) as peer:
        assert (await machine(peer.url).look() is None) is sound
    (asked,) = peer.requests
    assert (asked.method, asked.body) == ("GET", b"")
    assert asked.path == ("/languages" if kind == "libretranslate" else "/v1/models")


async def test_a_machine_that_is_not_there_is_unreachable(machine: Maker) -> None:
    async with HttpPeer([Reply()]) as peer:
        url = peer.url
    answer = await machine(url).look()
    assert isinstance(answer, Fault)
    assert answer.kind is FaultKind.UNREACHABLE
