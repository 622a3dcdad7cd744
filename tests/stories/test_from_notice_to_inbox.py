"""`keng pull` and `keng deliver --once` on real sockets: everybody who confirmed is told, once, and nobody else."""

import pytest

from tests.peers.smtp_peer import SmtpPeer
from tests.stories.commands import Keng
from tests.stories.town import Eping, a_notice, recipients, symbol, told

pytestmark = pytest.mark.sockets


async def test_every_confirmed_matching_subscriber_is_mailed_exactly_once(
    keng: Keng, eping: Eping, relay: SmtpPeer
) -> None:
    eping.items = [a_notice(1), a_notice(2, "footwear"), a_notice(3, "seafood"), a_notice(4, "nothing")]
    wishes = {"vitas": ("textiles",), "lefaso": ("footwear",), "vasep": ("food",), "all": ("textiles", "footwear")}
    for name, sectors in wishes.items():
        asked = [word for sector in sectors for word in ("--sector", sector)]
        await keng("subscribe", f"{name}@example.org", *asked, "--confirmed")
    await keng("subscribe", "stranger@example.org", "--sector", "textiles")

    for _ in range(3):
        await keng("pull", "eping")
        d = await keng("deliver", "--once")
        print(d)

    print(recipients(relay))
    print(told(relay))
    print((await keng("queue")).out)
    assert 0
