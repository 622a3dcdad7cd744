"""A real Postfix that signs: what it took is never sent again, what it never had is, and stopping it loses nothing."""

import os
import re
from collections.abc import Iterator
from datetime import timedelta

import dkim
import pytest
from sqlalchemy import select, update

from app.bootstrap import RELAY_CONNECTIONS
from app.store import tables
from app.store.database import Database
from tests.peers.postfix import Postfix, recipients
from tests.peers.tcp_proxy import Cut, Rule, TcpProxy
from tests.stories.commands import Keng, until
from tests.stories.test_workers import enrol, states
from tests.stories.town import Eping, a_notice

pytestmark = pytest.mark.sockets

MAILS = int(os.environ.get("RELAY_MAILS", "200"))
"""How many readers there are; all of them, with RELAY_MAILS=1000, takes a minute on each database."""

LOST_ANSWERS = 12


@pytest.fixture
def postfix() -> Iterator[Postfix]:
    with Postfix() as relay:
        yield relay


async def test_a_relay_that_stops_in_mid_run_loses_nothing_and_its_log_resolves_every_answer_that_was_lost(
    keng: Keng, eping: Eping, postfix: Postfix, database: Database
) -> None:
    readers = [f"reader{number}@example.org" for number in range(MAILS)]
    lost = Rule("server", Cut(), pattern=rb"250 2\.0\.0 Ok: queued as", through=False, times=LOST_ANSWERS, skip=3)
    async with TcpProxy(postfix.host, postfix.port, [lost]) as line:
        keng = keng.with_settings(smtp_url=f"smtp://127.0.0.1:{line.port}", relay_log=str(postfix.log))
        await enrol(keng, readers)
        eping.items = [a_notice(1)]
        await keng("pull", "eping")

        first = keng.start("deliver", "--once")
        await until(lambda: postfix.delivered >= MAILS // 3)
        postfix.stop()
        keng.judged(await first.ended(), first.words, 1)
        assert postfix.delivered < MAILS, "it was stopped in the middle"
        postfix.start()
        await keng("deliver", "--once")
        assert line.happened["server", "Cut"] == LOST_ANSWERS
        await until(lambda: not postfix.queued)

        # What broke before the relay had it whole waits for the log's silence, what it turned away for its next try.
        await keng("deliver", "--once")
        assert set(await states(database)) <= {"accepted", "unknown", "deferred"}
        left = await waiting(database)
        assert len(left) <= RELAY_CONNECTIONS
        assert not left & message_ids(postfix.mails), "what the relay queued is resolved without a repeat"
        await let_time_pass(database, timedelta(minutes=11))
        await keng("deliver", "--once")
        await keng("deliver", "--once")
        await until(lambda: not postfix.queued)

    assert await states(database) == {"accepted": MAILS}
    assert recipients(postfix.mails) == sorted(readers), "everybody has it once"
    assert len(message_ids(postfix.mails)) == MAILS
    assert await by_the_log(database) >= LOST_ANSWERS
    assert all(is_signed(mail, postfix) for mail in postfix.mails)


async def waiting(database: Database) -> set[str]:
    """The Message-IDs of what is not accepted."""
    statement = select(tables.deliveries.c.message_id).where(tables.deliveries.c.state != "accepted")
    async with database.reading() as connection:
        return set((await connection.execute(statement)).scalars())


async def by_the_log(database: Database) -> int:
    """How many deliveries count as accepted because the log said so."""
    statement = select(tables.deliveries.c.reply).where(
        tables.deliveries.c.reply.like("in the relay's log: queued as %")
    )
    async with database.reading() as connection:
        return len((await connection.execute(statement)).all())


async def let_time_pass(database: Database, length: timedelta) -> None:
    """Let it be that long ago that the fate of mails became unclear, others were deferred and the relay was started."""
    open_rows = update(tables.deliveries).where(tables.deliveries.c.state != "accepted")
    async with database.writing() as connection:
        earlier = await database.now(connection) - length
        await connection.execute(open_rows.values(due_at=earlier))
        await connection.execute(open_rows.where(tables.deliveries.c.state == "unknown").values(unclear_since=earlier))
        await connection.execute(update(tables.relay_logs).values(started_at=earlier))


def message_ids(mails: list[bytes]) -> set[str]:
    return {re.findall(rb"^Message-ID: <(.+)>", mail, re.MULTILINE)[0].decode() for mail in mails}


def is_signed(mail: bytes, postfix: Postfix) -> bool:
    return bool(dkim.DKIM(mail, minkey=2048).verify(dnsfunc=lambda _name, **_: postfix.public_key))
