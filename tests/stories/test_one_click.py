"""Unsubscribing by one click (RFC 8058) on the real server, with the very address that stood in a mail that arrived."""

from collections import Counter
from urllib.parse import urlsplit

import pytest

from app.store.database import Database
from app.store.tables import subscriptions
from tests.office import Office
from tests.peers.smtp_peer import SmtpPeer
from tests.stories.commands import Keng
from tests.stories.serving import Server, served
from tests.stories.town import Eping, a_notice, letters, symbol, told

pytestmark = pytest.mark.sockets

FIELD = b"List-Unsubscribe=One-Click"
MULTIPART = b"\r\n".join(
    (b"--part", b'Content-Disposition: form-data; name="List-Unsubscribe"', b"", b"One-Click", b"--part--", b"")
)
BODIES = {
    "urlencoded": (b"application/x-www-form-urlencoded", FIELD),
    "multipart": (b"multipart/form-data; boundary=part", MULTIPART),
}


async def test_a_mailed_address_stops_the_mail_by_post_in_either_form_and_not_by_get(
    keng: Keng, eping: Eping, relay: SmtpPeer, database: Database
) -> None:
    for name in BODIES:
        await keng("subscribe", f"{name}@example.org", "--sector", "textiles", "--confirmed")
    eping.items = [a_notice(1)]
    await keng("pull", "eping")
    await keng("deliver", "--once")
    arrived = {letter.recipient.partition("@")[0]: letter for letter in letters(relay)}
    office = Office(database)
    before = await office.snapshot(subscriptions)

    async with served(keng, "--no-worker") as server:
        for name, letter in arrived.items():
            assert letter.message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
            for method in (b"GET", b"HEAD"):
                assert b" 200 " in (await click(server, method, letter.one_click)).splitlines()[0]
            assert await office.snapshot(subscriptions) == before, name
        for name, letter in arrived.items():
            for _ in range(2):
                answer = await click(server, b"POST", letter.one_click, *BODIES[name])
                assert b" 200 " in answer.splitlines()[0]

    eping.items.append(a_notice(2))
    await keng("pull", "eping")
    await keng("deliver", "--once")
    assert told(relay) == Counter((f"{name}@example.org", symbol(1)) for name in BODIES)


async def click(server: Server, method: bytes, address: str, form: bytes = b"", body: bytes = b"") -> bytes:
    """Ask as the oldest client would: HTTP/1.0, no cookie, no host that the server knows, no line kept open."""
    head = [method + b" " + urlsplit(address).path.encode("ascii") + b" HTTP/1.0"]
    if form:
        head += [b"Content-Type: " + form, b"Content-Length: %d" % len(body)]
    return await server.send(b"\r\n".join([*head, b"", b""]) + body)
