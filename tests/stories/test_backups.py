"""An operator takes a backup, loses the database, and brings it back: nobody is mailed before staff say so."""

from pathlib import Path

import pytest

from tests import postgres
from tests.peers.smtp_peer import SmtpPeer
from tests.stories.commands import Keng
from tests.stories.conftest import PATH
from tests.stories.town import Eping, a_notice, recipients

pytestmark = pytest.mark.sockets


async def test_a_lost_database_comes_back_on_hold_and_tells_nobody_twice(
    keng: Keng, eping: Eping, relay: SmtpPeer, empty_url: str, tmp_path: Path
) -> None:
    programs = postgres.client_programs()
    keng.environment["PATH"] = f"{programs}:{PATH}" if programs else PATH
    file = str(tmp_path / "keng.backup")
    await keng("subscribe", "vitas@example.org", "--sector", "textiles", "--confirmed")
    eping.items = [a_notice(1, days_ago=3)]
    await keng("pull", "eping")
    assert "MB" in (await keng("backup", file)).out
    await keng("deliver", "--once")
    assert recipients(relay) == ["vitas@example.org"]

    back = keng.with_settings(database_url=empty_url)
    assert (await back("restore", file, "--json")).value == {
        "hold": "restored",
        "waiting": 0,
        "doubtful": 0,
        "accounts": 0,
    }
    eping.items.append(a_notice(2, days_ago=1))
    await back("pull", "eping")
    await back("deliver", "--once")
    assert recipients(relay) == ["vitas@example.org"]

    assert "exists" in (await back("backup", file, exits=2)).err
    assert "holds notices or subscribers" in (await back("restore", file, exits=2)).err
