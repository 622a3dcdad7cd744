"""An operator asks whether the installation is sound, before and after mending it."""

import pytest

from tests.flow.test_examine import GOOD
from tests.peers.dns_peer import DnsPeer
from tests.stories.commands import Keng

pytestmark = pytest.mark.sockets


async def test_doctor_ends_with_1_until_every_fault_is_mended(keng: Keng) -> None:
    keng = keng.with_settings(dkim_selector="k1")
    records = {name: values for name, values in GOOD.items() if name[0] != "_dmarc.keng.example"}
    async with DnsPeer(records) as names:
        asked = ("doctor", "--resolver", f"{names.host}:{names.port}")
        said = (await keng(*asked, exits=1)).out
        assert "FAULT    DMARC of keng.example: no record\n" in said
        assert "→ publish one TXT record at _dmarc.keng.example" in said

        names.records = dict(GOOD)
        levels = {one["subject"]: one["level"] for one in (await keng(*asked, "--json")).value}
    assert levels["DMARC of keng.example"] == levels["relay"] == levels["database"] == "sound"
    assert levels["KENG_OPERATORS"] == "warning"
    assert levels["PTR"] == "unseen"
