"""A town for stories: the command on each database, ePing with what a story puts in it, and a relay that keeps mail."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.peers.smtp_peer import SmtpPeer
from tests.stories.commands import Keng
from tests.stories.town import EPING_KEY, SECRET_KEY, Eping

PATH = "/usr/bin:/bin"


@pytest.fixture
async def eping() -> AsyncIterator[Eping]:
    """ePing, empty."""
    async with Eping() as opened:
        yield opened


@pytest.fixture
async def relay() -> AsyncIterator[SmtpPeer]:
    """A relay that takes everything."""
    async with SmtpPeer() as opened:
        yield opened


@pytest.fixture
def keng(database_url: str, tmp_path: Path, eping: Eping, relay: SmtpPeer) -> Iterator[Keng]:
    """The command, installed soundly; a second instant mail does not wait."""
    folder = tmp_path / "home"
    folder.mkdir()
    command = Keng(folder, {"PATH": PATH}, (EPING_KEY, SECRET_KEY)).with_settings(
        database_url=database_url,
        secret_key=SECRET_KEY,
        base_url="https://keng.example",
        mail_from="Kẻng <keng@keng.example>",
        smtp_url=f"smtp://{relay.host}:{relay.port}",
        eping_url=eping.url,
        eping_key=EPING_KEY,
        group_minutes="0",
    )
    yield command
    for running in command.running:
        running.kill()
