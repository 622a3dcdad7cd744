"""Documents behind links: from listed hosts only, wherever redirects and name servers lead."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace

import httpx
import pytest

from app.domain.attachments import AttachmentState, Document
from app.domain.networks import is_public
from app.domain.visits import Fault, FaultKind
from app.sources.allowed_hosts import AllowedHosts, ForbiddenAddressError
from app.sources.attachments import LIMITS, AttachmentSource
from app.sources.fetch import Fetcher, Limits, open_client
from tests.documents import pdf, word_file
from tests.peers.http_peer import HttpPeer, Reply, Request

pytestmark = pytest.mark.sockets

NOTICE = "https://docs.wto.org/imrd/directdoc.asp?DDFDocuments/T/G/TBTN26/ARE703.docx"
PATIENT = replace(LIMITS, spacing=0.0, body=5_000)
HASTY = replace(PATIENT, total=0.5, silence=0.3)


@asynccontextmanager
async def source(*peers: HttpPeer, limits: Limits = PATIENT) -> AsyncIterator[AttachmentSource]:
    hosts = AllowedHosts([("127.0.0.1", peer.port) for peer in peers])
    async with open_client(limits, keep_connections=False) as client:
        yield AttachmentSource(Fetcher(client, limits=limits, gate=hosts), hosts)


async def brought(
    script: Callable[[Request], Reply] | list[Reply], *others: HttpPeer, limits: Limits = PATIENT
) -> Document | Fault:
    async with HttpPeer(script) as peer, source(peer, *others, limits=limits) as door:
        return await door.bring(f"{peer.url}/text.pdf")


async def test_a_document_comes_with_its_bytes_and_its_text() -> None:
    body = word_file("Cashew nuts")
    found = await brought([Reply(body=body)])
    assert isinstance(found, Document)
    assert (found.payload.body, found.reading.state, found.reading.text) == (body, AttachmentState.READ, "Cashew nuts")


async def test_a_redirect_may_lead_to_another_listed_host() -> None:
    async with HttpPeer([Reply(body=pdf("Cashew nuts"))]) as other:
        found = await brought([Reply(status=302, headers={"Location": f"{other.url}/real.pdf"})], other)
    assert isinstance(found, Document)
    assert found.reading.text == "Cashew nuts"


async def test_a_redirect_out_of_the_list_is_not_followed() -> None:
    async with HttpPeer([Reply(body=pdf("Cashew nuts"))]) as canary:
        for location in (
            *(f"http://{host}:{canary.port}/" for host in ("127.0.0.1", "localhost", "127.1", "0x7f000001", "[::1]")),
            f"http://[::ffff:127.0.0.1]:{canary.port}/",
            f"http://docs.wto.org@127.0.0.1:{canary.port}/",
            "https://evil.example/text.pdf",
            "http://docs.wto.org/plain.pdf",
            "https://docs.wto.org:8443/other-port.pdf",
            "https://docs.wto.org.evil.example/text.pdf",
            "file:///etc/passwd",
        ):
            found = await brought([Reply(status=302, headers={"Location": location})])
            assert isinstance(found, Fault), location
            assert found.kind is FaultKind.REFUSED, location
    assert canary.connections == 0


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (Reply(body=pdf("Cashew nuts"), cut_after=100), FaultKind.UNREACHABLE),
        (Reply(status=503, headers={"Retry-After": "120"}), FaultKind.BUSY),
        (Reply(status=500), FaultKind.UNREACHABLE),
        (Reply(status=404), FaultKind.UNSOUND),
        (Reply(body=b""), FaultKind.UNSOUND),
        (Reply(body=b"\xef\xbb\xbf\r\n<!DOCTYPE html><p>Not yet"), FaultKind.UNSOUND),
    ],
    ids=["cut", "busy", "fails", "missing", "empty", "web page"],
)
async def test_what_is_no_document_is_told_apart(reply: Reply, kind: FaultKind) -> None:
    found = await brought([reply])
    assert isinstance(found, Fault)
    assert (found.kind, found.oversize) == (kind, False)


@pytest.mark.parametrize(
    "reply", [Reply(hang=True), Reply(body=b"%PDF-1.4" * 100, drip=(1, 0.05))], ids=["hangs", "drips"]
)
async def test_a_host_that_hangs_is_not_waited_for(reply: Reply) -> None:
    found = await brought([reply], limits=HASTY)
    assert isinstance(found, Fault)
    assert (found.kind, found.oversize) == (FaultKind.UNREACHABLE, False)


async def test_a_document_that_is_too_large_is_not_asked_for_again() -> None:
    found = await brought([Reply(body=b"%PDF-1.4" * 1000)])
    assert isinstance(found, Fault)
    assert found.oversize


async def test_links_outside_the_list_are_not_asked_for() -> None:
    async with HttpPeer([Reply()]) as peer, source() as door:
        for link in (f"{peer.url}/text.pdf", "https://evil.example/x.pdf", "ftp://docs.wto.org/x.pdf", "not a link"):
            found = await door.bring(link)
            assert isinstance(found, Fault)
            assert found.kind is FaultKind.REFUSED
    assert peer.connections == 0


def test_old_links_of_listed_hosts_are_asked_by_https() -> None:
    hosts = AllowedHosts([("documents.example.org", 443)])
    assert hosts.address_of(NOTICE) == NOTICE
    assert hosts.address_of("http://members.wto.org/x_e.pdf#page=2") == "https://members.wto.org/x_e.pdf"
    assert hosts.address_of("https://documents.example.org/a b.pdf") == "https://documents.example.org/a%20b.pdf"
    for link in ("https://docs.wto.org@evil.example/", "https://me:pw@docs.wto.org/", "https://docs.wto.org:8443/x"):
        assert hosts.address_of(link) is None


@pytest.mark.parametrize(
    "address",
    [
        *(
            "127.0.0.1",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",
            "224.0.0.1",
        ),
        *("::1", "::", "fe80::1", "fc00::1", "fec0::1", "ff02::1", "::ffff:10.0.0.1", "::127.0.0.1", "2002:7f00:1::"),
        *("64:ff9b::a9fe:a9fe", "2001:0:4136:e378:8000:63bf:80ff:fffe", "2001:db8::1", "240.0.0.1", "nonsense"),
    ],
)
async def test_a_listed_name_that_leads_inside_is_not_asked(address: str) -> None:
    async def resolver(host: str, port: int) -> list[str]:
        assert (host, port) == ("docs.wto.org", 443)
        return ["93.184.216.34", address]

    assert not is_public(address)
    with pytest.raises(ForbiddenAddressError):
        await AllowedHosts(resolver=resolver).admit("https", "docs.wto.org", None)


@pytest.mark.parametrize("address", ["93.184.216.34", "2606:2800:220:1:248:1893:25c8:1946", "64:ff9b::5db8:d822"])
def test_public_addresses_are_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize("address", ["93.184.216.34", "2606:2800:220:1:248:1893:25c8:1946"])
async def test_the_address_that_was_looked_at_is_the_one_that_is_asked(address: str) -> None:
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(200, stream=httpx.ByteStream(pdf("Cashew nuts")))

    async def resolver(_host: str, _port: int) -> list[str]:
        return [address]

    hosts = AllowedHosts(resolver=resolver)
    async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as client:
        found = await AttachmentSource(Fetcher(client, limits=PATIENT, gate=hosts), hosts).bring(NOTICE)
    assert isinstance(found, Document)
    (request,) = asked
    assert (request.url.host, request.headers["host"]) == (address, "docs.wto.org")
    assert request.extensions["sni_hostname"] == "docs.wto.org"


async def test_an_address_that_every_machine_reaches_is_preferred() -> None:
    async def resolver(_host: str, _port: int) -> list[str]:
        return ["2606:2800:220:1:248:1893:25c8:1946", "93.184.216.34"]

    assert await AllowedHosts(resolver=resolver).admit("https", "docs.wto.org", None) == "93.184.216.34"


async def test_a_name_server_that_leads_inside_for_an_hour_loses_no_document_for_good() -> None:
    async def resolver(_host: str, _port: int) -> list[str]:
        return ["10.0.0.1"]

    hosts = AllowedHosts(resolver=resolver)
    async with open_client(PATIENT, keep_connections=False) as client:
        found = await AttachmentSource(Fetcher(client, limits=PATIENT, gate=hosts), hosts).bring(NOTICE)
    assert isinstance(found, Fault)
    assert (found.kind, found.reason) == (
        FaultKind.UNREACHABLE,
        "docs.wto.org leads to an address that is not public.",
    )


async def test_a_name_without_an_address_is_a_host_that_does_not_answer() -> None:
    async def resolver(_host: str, _port: int) -> list[str]:
        raise OSError(-2, "Name or service not known")

    hosts = AllowedHosts(resolver=resolver)
    async with open_client() as client:
        found = await AttachmentSource(Fetcher(client, limits=PATIENT, gate=hosts), hosts).bring(NOTICE)
    assert isinstance(found, Fault)
    assert found.kind is FaultKind.UNREACHABLE


async def test_a_host_is_asked_politely() -> None:
    waited: list[float] = []

    async def sleep(seconds: float) -> None:
        waited.append(seconds)

    async with HttpPeer([Reply(body=pdf("Cashew nuts"))]) as peer:
        hosts = AllowedHosts([("127.0.0.1", peer.port)])
        slow = replace(LIMITS, spacing=1000.0)
        async with open_client(slow) as client:
            door = AttachmentSource(Fetcher(client, limits=slow, gate=hosts, sleep=sleep), hosts)
            for _ in range(2):
                await door.bring(f"{peer.url}/text.pdf")
    (pause,) = waited
    assert pause > 900
    assert LIMITS.spacing >= 2
    assert LIMITS.tries == 1
