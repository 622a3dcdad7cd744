"""What every test of the relay needs: a relay that talks to a peer, envelopes, and somebody who lets them go."""

import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from app.domain.deliveries import Envelope
from app.senders.smtp import Relay, RelayAddress, Security, Timeouts
from tests.peers.smtp_peer import SmtpPeer

SENDER = "Bounce+7.MAC@keng.example"
RECIPIENT = "nga@hiephoi.example"
BODY = b"Subject: Canh bao\r\n\r\nNoi dung.\r\n"
QUICK = Timeouts(connect=8, command=8, data=8, final=8, parting=0.2)


def envelope(number: int = 1, *, recipient: str = RECIPIENT, sender: str = SENDER, body: bytes = BODY) -> Envelope:
    return Envelope(
        delivery_id=number, sender=sender, recipient=recipient, message_id=f"<{number}@keng.example>", body=body
    )


@asynccontextmanager
async def relay_to(  # noqa: PLR0913 - each is one thing that a test may set
    peer: SmtpPeer,
    *,
    security: Security = Security.PLAIN,
    host: str = "127.0.0.1",
    user: str = "",
    password: str = "",
    connections: int = 1,
    timeouts: Timeouts = QUICK,
    trust: ssl.SSLContext | None = None,
) -> AsyncIterator[Relay]:
    address = RelayAddress(host=host, port=peer.port, security=security, user=user, password=password)
    relay = Relay(address, hostname="keng.test", connections=connections, timeouts=timeouts, tls_context=trust)
    try:
        yield relay
    finally:
        await relay.close()


class Permission:
    """Stands for the commit of "handing over": counts how often it was asked for and answers as it is told."""

    def __init__(self, *, given: bool = True) -> None:
        self.given = given
        self.asked = 0

    async def __call__(self) -> bool:
        self.asked += 1
        return self.given
