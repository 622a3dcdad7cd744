"""Days that nobody could read are named, a week of silence is proven, quiet hours are kept: the commands as people run them."""

from collections import Counter
from datetime import UTC, datetime, time, timedelta

import pytest
from sqlalchemy import insert, update

from app.i18n.dates import VIETNAM, short_date
from app.store.database import Database
from app.store.tables import pulls, subscriptions
from tests.peers.http_peer import Reply
from tests.peers.smtp_peer import SmtpPeer
from tests.stories.commands import Keng
from tests.stories.town import Eping, a_notice, letters, recipients, symbol, today, told
from tests.surfaces.conftest import on_sqlite_only

pytestmark = [pytest.mark.sockets, on_sqlite_only]

DAY = timedelta(days=1)


async def set_back(database: Database, days: int) -> None:
    """Let the last visit have been so many days ago."""
    async with database.writing() as connection:
        began = datetime.now(UTC) - DAY * days
        last = pulls.c.started_at >= datetime.now(UTC) - timedelta(hours=12)
        await connection.execute(update(pulls).where(last).values(started_at=began))


async def test_after_an_outage_one_digest_names_the_days_and_holds_what_was_missed(
    keng: Keng, eping: Eping, relay: SmtpPeer, database: Database
) -> None:
    await keng("subscribe", "daily@example.org", "--sector", "textiles", "--frequency", "daily", "--confirmed")
    await keng("pull", "eping")
    await set_back(database, 3)
    await keng("digest", "close", "--as-of", f"{today() - DAY * 3}T08:30")
    eping.reply = Reply(status=503)
    await keng("pull", "eping", exits=1)
    await set_back(database, 2)

    eping.reply, eping.items = None, [a_notice(1, days_ago=2)]
    for _ in range(2):
        await keng("pull", "eping")
        await keng("digest", "close", "--as-of", f"{today() + DAY}T08:30")
        await keng("deliver", "--once")
    (letter,) = letters(relay)
    assert told(relay) == Counter([("daily@example.org", symbol(1))])
    first, last = (short_date(today() - DAY * number, "vi") for number in (2, 1))
    assert f"Từ ngày {first} đến ngày {last} không đọc được ePing (WTO); các thông báo của thời gian đó" in letter.text
    assert "Thư gửi bù" in letter.text


async def test_a_week_of_silence_is_proven_once(keng: Keng, relay: SmtpPeer, database: Database) -> None:
    await keng("subscribe", "vitas@example.org", "--sector", "textiles", "--confirmed")
    monday = today() - DAY * today().weekday() - DAY * 7
    async with database.writing() as connection:
        long_ago = datetime.now(UTC) - DAY * 60
        await connection.execute(update(subscriptions).values(confirmed_at=long_ago))
        for day in [monday - DAY * 7 + DAY * number for number in range(7)]:
            noon = datetime.combine(day, time(12), VIETNAM)
            window = {"window_first": day - DAY * 7, "window_last": day + DAY}
            visit = {"started_at": noon, "finished_at": noon, "result": "sound", "remarks": []}
            await connection.execute(insert(pulls).values(source="eping", **window, **visit))
    await keng("pull", "eping")

    for _ in range(2):
        await keng("digest", "close", "--as-of", f"{monday}T09:00")
        await keng("deliver", "--once")
    (letter,) = letters(relay)
    assert "không có gì mới cho bạn" in letter.text
    assert "7/7 ngày" in letter.text
    assert letter.message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


async def test_alerts_wait_in_quiet_hours_until_their_reader_says_otherwise(
    keng: Keng, eping: Eping, relay: SmtpPeer
) -> None:
    now = datetime.now(VIETNAM)
    quiet = f"{now - timedelta(hours=2):%H:%M}-{now + timedelta(hours=6):%H:%M}"
    keng = keng.with_settings(quiet_hours=quiet)
    for name in ("vitas", "vcci"):
        await keng("subscribe", f"{name}@example.org", "--sector", "textiles", "--confirmed")
    assert quiet in (await keng("quiet-hours", "vcci@example.org")).out
    eping.items = [a_notice(1)]
    await keng("pull", "eping")
    assert "nothing was due" in (await keng("deliver", "--once")).out

    assert (await keng("quiet-hours", "vcci@example.org", "none")).out == "none\n"
    await keng("deliver", "--once")
    assert recipients(relay) == ["vcci@example.org"]
    assert "two times of day" in (await keng("quiet-hours", "vcci@example.org", "21-7", exits=2)).err
    assert "no subscriber" in (await keng("quiet-hours", "nobody@example.org", "none", exits=2)).err
