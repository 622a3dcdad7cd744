"""`keng pull` and `keng deliver --once` on real sockets: everybody who confirmed is told, once, and nobody else."""

import re
from collections import Counter
from datetime import date

import pytest
from sqlalchemy import select

from app.bootstrap import open_taxonomy
from app.demo.notices import sample_notices
from app.demo.serving import address_of, listen, serving
from app.demo.stand_in import StandIn
from app.store.database import Database
from app.store.tables import events, labels, notice_symbols, notices, versions
from tests.peers.smtp_peer import SmtpPeer
from tests.stories.commands import Keng
from tests.stories.town import EPING_KEY, Eping, a_notice, day, letters, recipients, symbol, today, told
from tests.surfaces.conftest import on_sqlite_only

pytestmark = pytest.mark.sockets

READERS = {
    "vitas@example.org": ("textiles",),
    "lefaso@example.org": ("footwear",),
    "vasep@example.org": ("food",),
    "vcci@example.org": ("textiles", "footwear"),
}


async def subscribe(keng: Keng, address: str, *sectors: str, confirmed: bool = True) -> None:
    asked = [word for sector in sectors for word in ("--sector", sector)]
    await keng("subscribe", address, *asked, *(["--confirmed"] if confirmed else []))


async def pull_and_deliver(keng: Keng) -> None:
    await keng("pull", "eping")
    await keng("deliver", "--once")


async def test_who_confirmed_is_told_once_however_often_it_is_pulled_and_nobody_else_is(
    keng: Keng, eping: Eping, relay: SmtpPeer
) -> None:
    for address, sectors in READERS.items():
        await subscribe(keng, address, *sectors)
    await subscribe(keng, "stranger@example.org", "textiles", confirmed=False)
    eping.items = [a_notice(1), a_notice(2, "footwear"), a_notice(3, "seafood"), a_notice(4, "nothing")]

    for _ in range(3):
        await pull_and_deliver(keng)

    assert told(relay) == Counter(
        [
            ("vitas@example.org", symbol(1)),
            ("lefaso@example.org", symbol(2)),
            ("vasep@example.org", symbol(3)),
            ("vcci@example.org", symbol(1)),
            ("vcci@example.org", symbol(2)),
        ]
    )
    assert recipients(relay) == sorted([*READERS, "stranger@example.org"])
    (to_the_stranger,) = [letter for letter in letters(relay) if letter.recipient == "stranger@example.org"]
    assert "/confirm/" in to_the_stranger.text


async def test_the_first_pull_tells_what_is_recent_and_later_ones_all_that_is_new(
    keng: Keng, eping: Eping, relay: SmtpPeer
) -> None:
    await subscribe(keng, "vitas@example.org", "textiles")
    eping.items = [a_notice(1, days_ago=9), a_notice(2, days_ago=6), a_notice(3, days_ago=40)]
    await pull_and_deliver(keng)
    assert told(relay) == Counter([("vitas@example.org", symbol(2))])

    keng = keng.with_settings(baseline_days="2")
    eping.items += [a_notice(4, days_ago=0), a_notice(5, days_ago=5)]
    await pull_and_deliver(keng)
    assert told(relay) == Counter([("vitas@example.org", symbol(number)) for number in (2, 4, 5)])

    eping.items += [a_notice(6, days_ago=1), a_notice(7, days_ago=60)]
    await keng("pull", "eping", "--from", str(today().replace(day=1).replace(year=today().year - 1)))
    await keng("deliver", "--once")
    assert told(relay) == Counter([("vitas@example.org", symbol(number)) for number in (2, 4, 5, 6)])


async def test_a_changed_deadline_is_told_once_and_other_words_are_told_to_nobody(
    keng: Keng, eping: Eping, relay: SmtpPeer, database: Database
) -> None:
    await subscribe(keng, "vitas@example.org", "textiles")
    eping.items = [a_notice(1), a_notice(2)]
    await pull_and_deliver(keng)

    eping.change(1, commentDeadlineDate=day(-90))
    eping.change(2, description="The draft sets other requirements, in other words.")
    for _ in range(3):
        await pull_and_deliver(keng)

    assert told(relay) == Counter({("vitas@example.org", symbol(1)): 2, ("vitas@example.org", symbol(2)): 1})
    _, update = letters(relay)
    before, after = (date.fromisoformat(day(ago)[:10]) for ago in (-59, -90))
    assert f"{before:%d/%m/%Y}" in update.text
    assert f"{after:%d/%m/%Y}" in update.text
    async with database.reading() as connection:
        kept = await connection.execute(select(versions.c.number).order_by(versions.c.number))
        assert list(kept.scalars()) == [1, 1, 2, 2]


@on_sqlite_only
async def test_a_mail_with_a_notice_and_its_extension_names_the_later_deadline_for_both(
    keng: Keng, eping: Eping, relay: SmtpPeer
) -> None:
    await subscribe(keng, "vitas@example.org", "textiles")
    extension = {"documentSymbol": f" {symbol(1)}/Add.1", "id": "100009", "commentDeadlineDate": day(-80)}
    eping.items = [a_notice(9, days_ago=1, **extension), a_notice(1, days_ago=3)]
    await pull_and_deliver(keng)

    (letter,) = letters(relay)
    assert sorted(letter.symbols) == [symbol(1), f"{symbol(1)}/Add.1"]
    later, earlier = (date.fromisoformat(day(ago)[:10]) for ago in (-80, -57))
    headings = re.findall(r"^CÒN .* \| Hạn góp ý: (.+)$", letter.text, re.MULTILINE)
    assert headings == [f"{later:%d/%m/%Y}"] * 2, f"not {earlier:%d/%m/%Y}"


async def test_every_notice_of_a_whole_eping_is_told_or_accounted_for(
    keng: Keng, relay: SmtpPeer, database: Database
) -> None:
    for address, sectors in READERS.items():
        await subscribe(keng, address, *sectors)
    listener = listen(0)
    async with serving(StandIn(sample_notices(), today(), EPING_KEY).app, listener):
        keng = keng.with_settings(eping_url=address_of(listener), release="auto")
        for _ in range(2):
            await pull_and_deliver(keng)

    assert set(told(relay)) == await expected(database)
    assert set(told(relay).values()) == {1}
    assert recipients(relay) == sorted(READERS)


async def expected(database: Database) -> set[tuple[str, str]]:
    """Who must be told of which symbol, by the labels of what was released: a plain loop over everything.

    What changes nothing that matters is left for the digest of the week.
    """
    at_once = (events.c.released_at.is_not(None), events.c.silence.is_(None), events.c.material)
    released = select(events.c.notice_id).where(*at_once)
    statement = (
        select(notice_symbols.c.symbol, labels.c.label)
        .join(notices, notices.c.id == notice_symbols.c.notice_id)
        .join(labels, labels.c.notice_id == notices.c.id)
        .where(notices.c.id.in_(released), labels.c.facet == "sector", labels.c.role == "primary")
    )
    async with database.reading() as connection:
        labelled = {(row.symbol, row.label) for row in await connection.execute(statement)}
    above = {sector.id: sector.parent for sector in open_taxonomy().sectors}
    return {
        (address, one)
        for one, sector in labelled
        for address, asked in READERS.items()
        if not {sector, above[sector]}.isdisjoint(asked)
    }
