"""Workers for good: several on one database, told to end in the middle of their work, or killed in it."""

import signal
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select

from app.bootstrap import RELAY_CONNECTIONS
from app.i18n.dates import VIETNAM, today_in_vietnam
from app.store.database import Database
from app.store.tables import attachments, attempts, deliveries, pulls, subscribers, ticks
from tests.peers.http_peer import HttpPeer, Reply
from tests.peers.smtp_peer import HANG, SmtpPeer
from tests.stories.commands import Keng, until
from tests.stories.serving import Server, served
from tests.stories.town import Eping, a_notice, recipients, symbol, told
from tests.surfaces.conftest import on_sqlite_only
from tests.surfaces.rows import keep, regular

pytestmark = pytest.mark.sockets

ON_POSTGRESQL_ONLY = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
READERS = [f"reader{number}@example.org" for number in range(150)]
SOME = 20


async def states(database: Database) -> dict[str, int]:
    """How many deliveries stand where."""
    counted = select(deliveries.c.state, func.count()).group_by(deliveries.c.state)
    async with database.reading() as connection:
        return {row[0]: row[1] for row in await connection.execute(counted)}


async def enrol(keng: Keng, addresses: Sequence[str], frequency: str = "instant") -> None:
    file = keng.folder / f"{frequency}.csv"
    rows = [f"{address},textiles,{frequency},vi" for address in addresses]
    file.write_text("\n".join(["email,sector,frequency,language", *rows]), "utf-8")
    await keng("subscribe", "--from-csv", str(file), "--confirmed")


@on_sqlite_only
async def test_one_server_on_sqlite_does_everything(
    keng: Keng, eping: Eping, relay: SmtpPeer, database: Database
) -> None:
    await enrol(keng, READERS[:3])
    eping.items = [a_notice(1)]
    async with served(keng) as server:
        await until(lambda: len(relay.held) == 3)
        assert (await server.ask("GET", f"/api/v1/notices/{symbol(1)}")).json()["released_at"] is not None
        await until(lambda: is_well(server))

    assert told(relay) == Counter((address, symbol(1)) for address in READERS[:3])
    assert await states(database) == {"accepted": 3}


async def is_well(server: Server) -> bool:
    return (await server.ask("GET", "/readyz")).status_code == 200


@ON_POSTGRESQL_ONLY
async def test_two_workers_pull_once_a_slot_make_each_digest_once_and_mail_nobody_twice(
    keng: Keng, eping: Eping, relay: SmtpPeer, database: Database
) -> None:
    keng = keng.with_settings(digest_at=f"{datetime.now(VIETNAM) + timedelta(hours=12):%H:%M}")
    await enrol(keng, READERS[:40])
    await enrol(keng, ["daily@example.org", "digest@example.org"], "daily")
    await enrol(keng, ["weekly@example.org"], "weekly")
    eping.items = [a_notice(1)]
    await keng("pull", "eping")
    await keng("deliver", "--once")
    assert recipients(relay) == sorted(READERS[:40])

    eping.items.append(a_notice(2))
    asked = visits(eping)
    workers = [keng.start("worker") for _ in range(2)]
    await until(lambda: len(relay.held) >= 83)
    for worker in workers:
        keng.judged(await worker.told_to_stop(within=30), worker.words, 0)
    await keng("deliver", "--once")

    digests = ["daily@example.org", "digest@example.org", "weekly@example.org"]
    assert recipients(relay) == sorted([*READERS[:40], *READERS[:40], *digests])
    assert set(told(relay).values()) == {1}
    assert await states(database) == {"accepted": 83}
    assert visits(eping) - asked == await slots(database)


async def slots(database: Database) -> int:
    """How many slots of the calendar were claimed for visits to ePing."""
    claimed = select(func.count()).select_from(ticks).where(ticks.c.job == "pull:eping")
    async with database.reading() as connection:
        return int((await connection.execute(claimed)).scalar_one())


def visits(eping: Eping) -> int:
    """How often ePing was visited: the first page of each visit in English."""
    return sum(request.query["language"] == "1" and request.query["page"] == "1" for request in eping.requests)


@ON_POSTGRESQL_ONLY
async def test_a_worker_told_to_end_finishes_what_is_in_hand_and_leaves_the_rest(
    keng: Keng, eping: Eping, relay: SmtpPeer, database: Database
) -> None:
    await enrol(keng, READERS)
    eping.items = [a_notice(1)]
    await keng("pull", "eping")
    relay.pause = 0.02

    first = keng.start("worker")
    await until(lambda: len(relay.held) >= SOME)
    keng.judged(await first.told_to_stop(within=30), first.words, 0)
    left = await states(database)
    assert set(left) == {"accepted", "pending"}
    assert left["accepted"] == len(relay.held)

    second = keng.start("worker")
    await until(lambda: len(relay.held) >= len(READERS))
    keng.judged(await second.told_to_stop(within=30), second.words, 0)
    assert told(relay) == Counter((address, symbol(1)) for address in READERS)
    assert await states(database) == {"accepted": len(READERS)}


@pytest.mark.parametrize(
    ("database_url", "words"),
    [("sqlite", ("deliver",)), ("postgresql", ("worker",))],
    indirect=["database_url"],
    ids=["a command on sqlite", "a worker on postgresql"],
)
async def test_whoever_is_told_to_end_breaks_off_what_the_relay_never_answers(
    keng: Keng, eping: Eping, relay: SmtpPeer, database: Database, words: tuple[str, ...]
) -> None:
    keng = keng.with_settings(lease_seconds="3")
    await enrol(keng, READERS[:10])
    eping.items = [a_notice(1)]
    await keng("pull", "eping")
    relay.plan["DOT"] = [HANG] * RELAY_CONNECTIONS

    first = keng.start(*words, grace=timedelta(seconds=1))
    await until(lambda: relay.happened["DOT", "HANG"] == RELAY_CONNECTIONS)
    done = keng.judged(await first.told_to_stop(within=20), words, 0)
    assert await states(database) == {"handing_over": RELAY_CONNECTIONS, "pending": 10 - RELAY_CONNECTIONS}
    if words == ("deliver",):
        assert f"{RELAY_CONNECTIONS} handing_over" in done.out

    await keng("deliver", "--once")
    assert await states(database) == {"accepted": 10}
    copies = Counter(recipients(relay))
    assert sorted(copies.values()) == [1] * (10 - RELAY_CONNECTIONS) + [2] * RELAY_CONNECTIONS
    assert len({mail.body for mail in relay.held}) == 10, "a copy has the same bytes"


async def test_a_delivering_command_that_is_told_to_end_finishes_what_is_in_hand_and_leaves_the_rest(
    keng: Keng, eping: Eping, relay: SmtpPeer, database: Database
) -> None:
    await enrol(keng, READERS)
    eping.items = [a_notice(1)]
    await keng("pull", "eping")
    relay.pause = 0.02

    delivering = keng.start("deliver")
    await until(lambda: len(relay.held) >= SOME)
    done = keng.judged(await delivering.told_to_stop(within=30), delivering.words, 0)
    left = await states(database)
    assert set(left) == {"accepted", "pending"}
    assert left["accepted"] == len(relay.held)
    assert f"{left['accepted']} accepted; {left['pending']} messages wait" in done.out


async def test_commands_beside_a_worker_get_in_nobodys_way(
    keng: Keng, eping: Eping, relay: SmtpPeer, database: Database
) -> None:
    await enrol(keng, READERS[:40])
    worker = keng.start("worker")
    eping.items = [a_notice(1), a_notice(2)]
    beside = [keng.start(*words) for words in (("pull", "eping"), ("deliver", "--once"), ("queue",)) for _ in range(2)]
    for one in beside:
        keng.judged(await one.ended(), one.words, 0)
    await keng("pull", "eping")
    await keng("deliver", "--once")
    keng.judged(await worker.told_to_stop(within=30), worker.words, 0)

    assert told(relay) == Counter((address, symbol(number)) for address in READERS[:40] for number in (1, 2))
    assert set(await states(database)) == {"accepted"}


@pytest.mark.parametrize(
    ("database_url", "heir"),
    [("sqlite", ("deliver", "--once")), ("postgresql", ("worker",))],
    indirect=["database_url"],
    ids=["a command on sqlite", "a worker on postgresql"],
)
async def test_when_a_worker_is_killed_others_deliver_and_only_open_hand_overs_come_twice(
    keng: Keng, eping: Eping, relay: SmtpPeer, database: Database, heir: tuple[str, ...]
) -> None:
    keng = keng.with_settings(lease_seconds="3")
    await enrol(keng, READERS)
    eping.items = [a_notice(1)]
    await keng("pull", "eping")
    relay.pause = 0.02

    first = keng.start("worker")
    await until(lambda: len(relay.held) >= SOME)
    first.kill()
    await first.ended()
    assert len(relay.held) < len(READERS), "it was killed in the middle"
    second = keng.start(*heir)
    await until(lambda: is_delivered(database))
    done = await (second.told_to_stop(within=30) if heir == ("worker",) else second.ended())
    keng.judged(done, heir, 0)

    copies = Counter(recipients(relay))
    tries = await tried(database)
    assert set(copies) == set(READERS)
    for address in READERS:
        assert copies[address] <= tries[address] <= 2, address
    assert len({mail.body for mail in relay.held}) == len(READERS), "a copy has the same bytes"


async def is_delivered(database: Database) -> bool:
    return await states(database) == {"accepted": len(READERS)}


async def tried(database: Database) -> dict[str, int]:
    """How often it was begun to hand a mail over to each reader."""
    statement = (
        select(subscribers.c.identity, func.count())
        .join(deliveries, deliveries.c.subscriber_id == subscribers.c.id)
        .join(attempts, attempts.c.delivery_id == deliveries.c.id)
        .group_by(subscribers.c.identity)
    )
    async with database.reading() as connection:
        return {row[0]: row[1] for row in await connection.execute(statement)}


@pytest.mark.parametrize(
    ("database_url", "words", "code"),
    [("sqlite", ("pull", "eping"), 128 + signal.SIGTERM), ("postgresql", ("worker",), 0)],
    indirect=["database_url"],
    ids=["a command on sqlite", "a worker on postgresql"],
)
async def test_whoever_is_told_to_end_breaks_off_the_visit_to_a_source_that_says_nothing(
    keng: Keng, eping: Eping, database: Database, words: tuple[str, ...], code: int
) -> None:
    eping.reply = Reply(hang=True)
    visiting = keng.start(*words)
    await until(lambda: len(eping.requests) == 1)

    keng.judged(await visiting.told_to_stop(within=30), words, code)
    async with database.reading() as connection:
        assert list((await connection.execute(select(pulls.c.result))).scalars()) == ["broken_off"]


@on_sqlite_only
async def test_a_worker_told_to_end_breaks_off_a_document_whose_host_says_nothing(
    keng: Keng, database: Database
) -> None:
    async with HttpPeer(lambda _request: Reply(hang=True)) as host:
        keng = keng.with_settings(attachments="on", attachment_hosts=f"127.0.0.1:{host.port}")
        today = today_in_vietnam(datetime.now(UTC))
        await keep(database, regular("G/TBT/N/USA/2301", notice_link=f"{host.url}/notice.docx", distributed_on=today))
        worker = keng.start("worker")
        await until(lambda: len(host.requests) == 1)
        keng.judged(await worker.told_to_stop(within=30), worker.words, 0)

    async with database.reading() as connection:
        rows = await connection.execute(select(attachments.c.state, attachments.c.attempts))
        assert [tuple(row) for row in rows] == [("waiting", 1)]
