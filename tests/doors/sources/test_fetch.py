import asyncio
import gzip
import logging
import resource
import zlib
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta

import httpx
import pytest
import stamina
from stamina.instrumentation import RetryDetails, get_on_retry_hooks, set_on_retry_hooks

from app.domain.visits import Fault, FaultKind
from app.sources.fetch import Answer, Fetcher, Limits, fault_of_status, open_client, retry_after
from tests.peers.http_peer import HttpPeer, Reply, Request

pytestmark = pytest.mark.sockets

JSON = "application/json"
KEY = "a-very-secret-subscription-key"
NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


async def ask(fetcher: Fetcher, peer: HttpPeer, path: str = "/") -> Answer | Fault:
    return await fetcher.get(peer.url + path, accept=JSON, secrets={"Ocp-Apim-Subscription-Key": KEY})


@pytest.fixture
async def hasty() -> AsyncIterator[Fetcher]:
    """A fetcher with short limits of time."""
    limits = Limits(connect=0.3, silence=0.3, total=0.6, spacing=0.0)
    async with open_client(limits) as client:
        yield Fetcher(client, limits=limits)


@pytest.fixture
def waits() -> Iterator[list[float]]:
    """The pauses that stamina would have made."""
    seen: list[float] = []

    def remember(details: RetryDetails) -> None:
        seen.append(details.wait_for)

    stamina.set_testing(False)
    before = get_on_retry_hooks()
    set_on_retry_hooks([remember])
    yield seen
    set_on_retry_hooks(before)


async def test_an_answer_carries_status_headers_and_body(fetcher: Fetcher) -> None:
    async with HttpPeer(
        [Reply(headers={"Content-Type": "application/json; charset=UTF-8", "ETag": "x"}, body=b"{}")]
    ) as peer:
        answer = await ask(fetcher, peer)
    assert isinstance(answer, Answer)
    assert (answer.status, answer.body, answer.media_type, answer.charset) == (200, b"{}", JSON, "utf-8")
    assert answer.headers["etag"] == "x"
    assert answer.payload().hash == "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"


async def test_accept_is_sent_exactly_as_asked_and_the_key_only_in_its_header(fetcher: Fetcher) -> None:
    async with HttpPeer([Reply()]) as peer:
        await fetcher.get(peer.url, accept=JSON, secrets={"Ocp-Apim-Subscription-Key": KEY}, params={"page": "1"})
    (request,) = peer.requests
    assert request.headers["accept"] == JSON
    assert request.headers["accept-encoding"] == "gzip"
    assert request.headers["ocp-apim-subscription-key"] == KEY
    assert request.target == "/?page=1"


async def test_connections_are_kept(fetcher: Fetcher) -> None:
    async with HttpPeer([Reply(body=b"1")]) as peer:
        for _ in range(3):
            await ask(fetcher, peer)
    assert (len(peer.requests), peer.connections) == (3, 1)


async def test_calls_to_one_host_are_spaced(client: httpx.AsyncClient) -> None:
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    fetcher = Fetcher(client, limits=Limits(spacing=0.1), sleep=sleep)
    async with HttpPeer([Reply()]) as peer:
        for _ in range(3):
            await ask(fetcher, peer)
    assert len(slept) == 2
    assert all(0 < wait <= 0.2 for wait in slept)


@pytest.mark.parametrize("status", [500, 502, 504])
async def test_f50_server_errors_are_tried_twice_and_end_as_a_fault(fetcher: Fetcher, status: int) -> None:
    async with HttpPeer([Reply(status=status, body=b"<h1>Bad</h1> gateway")]) as peer:
        fault = await ask(fetcher, peer)
    assert isinstance(fault, Fault)
    assert (fault.kind, len(peer.requests)) == (FaultKind.UNREACHABLE, 2)
    assert f"answered {status}: Bad gateway" in fault.reason


async def test_f50_a_server_that_recovers_is_heard(fetcher: Fetcher) -> None:
    async with HttpPeer([Reply(status=502), Reply(body=b"ok")]) as peer:
        answer = await ask(fetcher, peer)
    assert isinstance(answer, Answer)
    assert answer.body == b"ok"


async def test_f50_429_with_a_long_wish_is_not_asked_again(fetcher: Fetcher) -> None:
    async with HttpPeer([Reply(status=429, headers={"Retry-After": "60"}, body=b"Try again in 60 seconds.")]) as peer:
        fault = await ask(fetcher, peer)
    assert fault == Fault(
        kind=FaultKind.BUSY,
        reason="127.0.0.1 is busy and answered 429: Try again in 60 seconds.",
        retry_after=timedelta(seconds=60),
    )
    assert len(peer.requests) == 1


async def test_f50_429_without_a_wish_is_not_asked_again(fetcher: Fetcher) -> None:
    async with HttpPeer([Reply(status=429)]) as peer:
        fault = await ask(fetcher, peer)
    assert isinstance(fault, Fault)
    assert (fault.kind, fault.retry_after, len(peer.requests)) == (FaultKind.BUSY, None, 1)


@pytest.mark.parametrize("status", [429, 503])
async def test_f50_a_short_wish_is_granted_within_the_visit(fetcher: Fetcher, waits: list[float], status: int) -> None:
    async with HttpPeer([Reply(status=status, headers={"Retry-After": "1"}), Reply(body=b"ok")]) as peer:
        answer = await ask(fetcher, peer)
    assert isinstance(answer, Answer)
    assert waits == [1.0]


async def test_f50_503_without_a_wish_is_tried_twice(fetcher: Fetcher) -> None:
    async with HttpPeer([Reply(status=503)]) as peer:
        fault = await ask(fetcher, peer)
    assert isinstance(fault, Fault)
    assert (fault.kind, len(peer.requests)) == (FaultKind.BUSY, 2)


async def test_f50_403_is_an_answer_whose_status_is_a_fault(fetcher: Fetcher) -> None:
    async with HttpPeer([Reply(status=403, body=b'{"message": "no"}')]) as peer:
        answer = await ask(fetcher, peer)
    assert isinstance(answer, Answer)
    fault = fault_of_status(answer)
    assert fault == Fault(kind=FaultKind.REFUSED, reason='The source answered 403: {"message": "no"}')
    assert len(peer.requests) == 1


async def test_f50_a_redirect_to_another_host_is_not_followed(fetcher: Fetcher) -> None:
    async with HttpPeer([Reply()]) as other:
        elsewhere = f"http://localhost:{other.port}/"
        async with HttpPeer([Reply(status=301, headers={"Location": elsewhere})]) as peer:
            fault = await ask(fetcher, peer)
    assert isinstance(fault, Fault)
    assert fault.kind is FaultKind.REFUSED
    assert "redirected to another place: http://localhost" in fault.reason
    assert other.requests == []


async def test_f50_a_redirect_to_another_port_or_scheme_is_not_followed(fetcher: Fetcher) -> None:
    async with HttpPeer([Reply()]) as other:
        for location in (other.url, "file:///etc/passwd", "ftp://127.0.0.1/", ""):
            async with HttpPeer([Reply(status=302, headers={"Location": location})]) as peer:
                fault = await ask(fetcher, peer)
            assert isinstance(fault, Fault)
            assert fault.kind is FaultKind.REFUSED
    assert other.requests == []


async def test_redirects_on_the_same_host_are_followed_five_times(fetcher: Fetcher) -> None:
    def script(request: Request) -> Reply:
        step = int(request.path.removeprefix("/"))
        return Reply(body=b"there") if step == 0 else Reply(status=307, headers={"Location": f"/{step - 1}"})

    async with HttpPeer(script) as peer:
        answer = await ask(fetcher, peer, "/5")
        fault = await ask(fetcher, peer, "/6")
    assert isinstance(answer, Answer)
    assert answer.body == b"there"
    assert isinstance(fault, Fault)
    assert "more than 5 times" in fault.reason


async def test_f50_a_tls_error_is_a_fault(fetcher: Fetcher) -> None:
    async with HttpPeer([Reply()]) as peer:
        fault = await fetcher.get(peer.url.replace("http:", "https:"), accept=JSON)
    assert isinstance(fault, Fault)
    assert fault.kind is FaultKind.UNREACHABLE
    assert fault.reason.startswith("127.0.0.1 did not answer: ConnectError")


async def test_f50_nobody_listening_is_a_fault(fetcher: Fetcher) -> None:
    async with HttpPeer([Reply()]) as peer:
        gone = peer.url
    fault = await fetcher.get(gone, accept=JSON)
    assert isinstance(fault, Fault)
    assert fault.kind is FaultKind.UNREACHABLE


async def test_f50_a_server_that_hangs_is_given_up(hasty: Fetcher) -> None:
    async with HttpPeer([Reply(hang=True)]) as peer:
        fault = await ask(hasty, peer)
        assert isinstance(fault, Fault)
        assert (fault.kind, len(peer.requests)) == (FaultKind.UNREACHABLE, 2)


async def test_f50_a_server_that_drips_is_given_up_after_the_total_time_and_not_asked_again(hasty: Fetcher) -> None:
    async with HttpPeer([Reply(body=b"x" * 1_000, drip=(1, 0.05))]) as peer:
        fault = await ask(hasty, peer)
        assert isinstance(fault, Fault)
        assert fault.reason == "127.0.0.1 took longer than 0.6 seconds."
        assert len(peer.requests) == 1


@pytest.mark.parametrize(
    "reply",
    [
        Reply(body=b'{"items": [1, 2, 3]}', cut_after=8),
        Reply(body=b'{"items": [1, 2, 3]}', length=500),
        Reply(body=b'{"items": [1, 2, 3]}', chunked=True, cut_after=8),
        Reply(body=gzip.compress(b'{"items": [1, 2, 3]}')[:-4], headers={"Content-Encoding": "gzip"}),
        Reply(raw=b"220 smtp.example ESMTP\r\n"),
        Reply(raw=b""),
    ],
    ids=["cut", "length", "chunk", "gzip", "protocol", "nothing"],
)
async def test_f52_a_cut_answer_is_rejected_and_tried_again(fetcher: Fetcher, reply: Reply) -> None:
    async with HttpPeer([reply]) as peer:
        fault = await ask(fetcher, peer)
    assert isinstance(fault, Fault)
    assert len(peer.requests) == 2
    async with HttpPeer([reply, Reply(body=b"whole")]) as peer:
        answer = await ask(fetcher, peer)
    assert isinstance(answer, Answer)
    assert answer.body == b"whole"


async def test_gzip_is_inflated_even_in_several_members(fetcher: Fetcher) -> None:
    body = gzip.compress(b"one ") + gzip.compress(b"two")
    async with HttpPeer([Reply(body=body, headers={"Content-Encoding": "gzip"}, drip=(3, 0.0))]) as peer:
        answer = await ask(fetcher, peer)
    assert isinstance(answer, Answer)
    assert answer.body == b"one two"


async def test_f57_a_body_over_the_limit_is_rejected(client: httpx.AsyncClient) -> None:
    fetcher = Fetcher(client, limits=Limits(body=1_000, spacing=0.0))
    for headers, body in (({}, b"x" * 1_001), ({"Content-Encoding": "gzip"}, gzip.compress(b"x" * 1_001))):
        async with HttpPeer([Reply(body=body, headers=headers, chunked=True)]) as peer:
            fault = await ask(fetcher, peer)
        assert isinstance(fault, Fault)
        assert (fault.kind, len(peer.requests)) == (FaultKind.UNSOUND, 1)
    async with HttpPeer([Reply(body=gzip.compress(b"x" * 1_000), headers={"Content-Encoding": "gzip"})]) as peer:
        assert isinstance(await ask(fetcher, peer), Answer)


async def test_f58_a_gzip_bomb_costs_no_more_memory_than_the_limit(fetcher: Fetcher) -> None:
    packer = zlib.compressobj(9, zlib.DEFLATED, zlib.MAX_WBITS | 16)
    bomb = b"".join(packer.compress(b"\0" * 1_000_000) for _ in range(200)) + packer.flush()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    async with HttpPeer([Reply(body=bomb, headers={"Content-Encoding": "gzip"})]) as peer:
        fault = await ask(fetcher, peer)
    assert isinstance(fault, Fault)
    assert (fault.kind, len(peer.requests)) == (FaultKind.UNSOUND, 1)
    assert "once it is unpacked" in fault.reason
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100 * 1024


@pytest.mark.parametrize("encoding", ["br", "deflate", "zstd", "gzip, gzip", "gzip, deflate", "compress"])
async def test_f58_encodings_that_were_not_asked_for_are_refused(fetcher: Fetcher, encoding: str) -> None:
    async with HttpPeer([Reply(body=b"\0" * 100, headers={"Content-Encoding": encoding})]) as peer:
        fault = await ask(fetcher, peer)
    assert isinstance(fault, Fault)
    assert fault.kind is FaultKind.UNSOUND
    assert encoding in fault.reason


async def test_bytes_that_are_no_gzip_are_refused(fetcher: Fetcher) -> None:
    async with HttpPeer([Reply(body=b"plain", headers={"Content-Encoding": "gzip"})]) as peer:
        fault = await ask(fetcher, peer)
    assert isinstance(fault, Fault)
    assert fault.reason == "The packed answer cannot be unpacked."


async def test_the_key_is_in_no_reason_and_no_log(
    fetcher: Fetcher, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    for status in (503, 403):
        async with HttpPeer([Reply(status=status, body=f"You sent {KEY}".encode())]) as peer:
            found = await ask(fetcher, peer)
        fault = fault_of_status(found) if isinstance(found, Answer) else found
        assert fault is not None
        assert "You sent [hidden]" in fault.reason
    assert KEY not in caplog.text + "".join(capsys.readouterr())


@pytest.mark.parametrize("key", ["line\r\nbreak", "khóa"])
async def test_a_key_that_no_header_may_carry_is_a_fault_without_the_key(fetcher: Fetcher, key: str) -> None:
    async with HttpPeer([Reply()]) as peer:
        fault = await fetcher.get(peer.url, accept=JSON, secrets={"Ocp-Apim-Subscription-Key": key})
    assert isinstance(fault, Fault)
    assert fault.kind is FaultKind.REFUSED
    assert key not in fault.reason
    assert peer.requests == []


@pytest.mark.parametrize("url", ["eping", "ftp://127.0.0.1/", "http://[::1", "http://a:b", "file:///etc/passwd", ""])
async def test_what_is_no_web_address_is_refused(fetcher: Fetcher, url: str) -> None:
    fault = await fetcher.get(url, accept=JSON)
    assert isinstance(fault, Fault)
    assert fault.kind is FaultKind.REFUSED


async def test_what_is_posted_arrives_once_with_its_type_and_a_secret_in_its_header_only(fetcher: Fetcher) -> None:
    async with HttpPeer([Reply(status=400, body=KEY.encode())]) as peer:
        secrets = {"Authorization": KEY}
        answer = await fetcher.post_once(peer.url, media_type="text/plain", body=b"a=b", secrets=secrets)
    (request,) = peer.requests
    assert (request.method, request.body, request.headers["content-type"]) == ("POST", b"a=b", "text/plain")
    assert request.headers["authorization"] == KEY
    assert isinstance(answer, Answer)
    assert (answer.status, answer.excerpt) == (400, "[hidden]")


@pytest.mark.parametrize(
    "reply",
    [Reply(status=500), Reply(status=503), Reply(status=302, headers={"Location": "/elsewhere"}), Reply(hang=True)],
    ids=["broken", "busy", "redirect", "silent"],
)
async def test_what_is_posted_is_never_sent_again(hasty: Fetcher, reply: Reply) -> None:
    async with HttpPeer([reply]) as peer:
        answer = await hasty.post_once(peer.url, media_type="text/plain", body=b"a=b")
    assert len(peer.requests) == 1
    assert isinstance(answer, Fault)


async def test_a_cancelled_visit_stays_cancelled(fetcher: Fetcher) -> None:
    async with HttpPeer([Reply(hang=True)]) as peer:
        visit = asyncio.create_task(ask(fetcher, peer))
        await asyncio.sleep(0.05)
        visit.cancel()
        with pytest.raises(asyncio.CancelledError):
            await visit


@pytest.mark.parametrize(
    ("value", "wish"),
    [
        ("60", timedelta(seconds=60)),
        ("0", timedelta(0)),
        ("Sat, 21 Nov 2026 12:10:00 GMT", timedelta(minutes=10)),
        ("Sat, 21 Nov 2026 11:00:00 GMT", timedelta(0)),
        ("99999999", timedelta(hours=6)),
        ("Sat, 28 Nov 2026 12:00:00 GMT", timedelta(hours=6)),
        ("", None),
        ("soon", None),
        ("-5", None),
        ("1.5", None),
    ],
)
def test_retry_after_is_seconds_or_a_date_and_at_most_six_hours(value: str, wish: timedelta | None) -> None:
    assert retry_after(value, NOW) == wish
