"""After an incident: whom the relay refused is told again by one command, and deadlines are said again by another."""

from collections import Counter
from datetime import timedelta

import pytest
from sqlalchemy import select

from app.sources.holidays import calendar_of
from app.store.database import Database
from app.store.tables import audit
from tests.peers.smtp_peer import SmtpPeer
from tests.stories.commands import Keng
from tests.stories.town import Eping, a_notice, letters, symbol, today, told
from tests.surfaces.conftest import on_sqlite_only

pytestmark = pytest.mark.sockets


@on_sqlite_only
async def test_who_was_refused_by_policy_is_told_again_once(
    keng: Keng, eping: Eping, relay: SmtpPeer, database: Database
) -> None:
    for name in ("vitas", "vcci"):
        await keng("subscribe", f"{name}@example.org", "--sector", "textiles", "--confirmed")
    eping.items = [a_notice(1)]
    await keng("pull", "eping")
    relay.plan["RCPT"] = ["250 2.1.5 Ok", "554 5.7.1 refused by policy"]
    await keng("deliver", "--once")
    assert len(letters(relay)) == 1

    queue = (await keng("queue", "--json")).value
    assert queue["refused"] == [{"kind": "instant", "reason": "refused (554)", "messages": 1}]
    (listed,) = queue["refused_lately"]
    assert (listed["kind"], listed["refs"], listed["address"]) == ("instant", [symbol(1)], "v***@example.org")
    assert "refused by policy" in listed["reply"]
    assert f"instant  {symbol(1)}  v***@example.org  refused (554)" in (await keng("queue")).out

    ask = ("resend", "--notice", symbol(1))
    planned = (await keng(*ask, "--dry-run", "--json")).value
    counts = {"alerts": 1, "people": 1, "resent": {"rejected": 1}, "left": {"accepted": 1}}
    assert planned == counts | {"dry_run": True}
    said = (await keng(*ask, "--because", "the relay's policy was wrong", "--by", "operator")).out
    assert "1 people are told again, of 1 alerts looked at" in said
    assert "rejected: refused by the relay" in said
    await keng("deliver", "--once")
    everybody = Counter([("vitas@example.org", symbol(1)), ("vcci@example.org", symbol(1))])
    assert told(relay) == everybody

    span = ("--from", str(today() - timedelta(days=1)), "--to", str(today()))
    refused = await keng("resend", *span, exits=2)
    assert (refused.out, "--because" in refused.err) == ("", True), "a resend leaves its reason in the record"
    assert (await keng("resend", *span, "--because", "to be sure", "--json")).value["people"] == 0
    assert (await keng("resend", exits=2)).out == ""
    await keng("deliver", "--once")
    assert told(relay) == everybody
    async with database.reading() as connection:
        rows = (await connection.execute(select(audit.c.actor, audit.c.subject).where(audit.c.verb == "resend"))).all()
    assert tuple(rows[0]) == ("operator", symbol(1))


@on_sqlite_only
async def test_closing_the_digests_of_a_day_writes_its_reminders(keng: Keng, eping: Eping, relay: SmtpPeer) -> None:
    await keng("subscribe", "vitas@example.org", "--sector", "textiles", "--confirmed")
    eping.items = [a_notice(1)]
    await keng("pull", "eping")
    await keng("deliver", "--once")
    deadline = today() + timedelta(days=59)
    stage = calendar_of(None).working_days_before(deadline, 14)
    for _ in range(2):
        await keng("digest", "close", "--as-of", f"{stage}T08:30")
        await keng("deliver", "--once")
    reminding = letters(relay)[1:]
    assert [letter.recipient for letter in reminding] == ["vitas@example.org"]
    assert f"Hạn góp ý: {deadline:%d/%m/%Y}" in reminding[0].text
