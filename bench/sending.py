"""Mails a second to a local sink, beside a bare aiosmtplib loop over the same connections."""

import argparse
import asyncio
from collections import deque
from datetime import timedelta

import aiosmtplib
from sqlalchemy import select

from app.domain.release import ReleaseMode
from app.flow.deliver import Outgoing, Stationery, drain
from app.senders.smtp import Relay, parse_smtp_url
from app.store import bodies
from app.store.database import Database
from app.store.tables import deliveries
from bench.report import line, measured, ratio
from bench.sink import sink
from tests.builders import a_page, a_record
from tests.office import KEY, Office

_CONNECTIONS = 8


async def measure(database: Database, asked: argparse.Namespace) -> None:
    """Render and send one alert to many people; then send the same bytes with nothing written down."""
    office = Office(database, mode=ReleaseMode.SURE)
    await office.settled_baseline()
    for number in range(asked.mails):
        await office.enrol(f"reader{number}@example.org", sectors=("textiles",))
    await office.pull(a_page(a_record("G/TBT/N/USA/1")))
    await office.process()
    async with sink() as port:
        relay = Relay(parse_smtp_url(f"smtp://127.0.0.1:{port}"), hostname="keng.example", connections=_CONNECTIONS)
        outgoing = Outgoing(
            mailer=relay,
            stationery=Stationery(office.stationery.letterhead, KEY),
            bounce_address=lambda _: "bounces@keng.example",
            owner="bench",
            lease=timedelta(seconds=15),
        )
        with measured() as ours:
            drained = await drain(database, outgoing)
        await relay.close()
        line(f"render, write down and send ({_CONNECTIONS} connections)", drained.accepted, "mails", ours.seconds)
        async with database.reading() as connection:
            hashes = list((await connection.execute(select(deliveries.c.message_hash).limit(500))).scalars())
            mails_kept = list((await bodies.named(connection, [one for one in hashes if one])).values())
        mails = deque(mails_kept[number % len(mails_kept)] for number in range(asked.mails))
        with measured() as bare:
            await asyncio.gather(*(_bare(port, mails) for _ in range(_CONNECTIONS)))
        line("bare aiosmtplib loop, same bytes and connections", asked.mails, "mails", bare.seconds)
        ratio("ours / bare", ours.seconds, bare.seconds)


async def _bare(port: int, mails: deque[bytes]) -> None:
    client = aiosmtplib.SMTP(hostname="127.0.0.1", port=port, start_tls=False, use_tls=False)
    async with client:
        while mails:
            await client.sendmail("bounces@keng.example", ["reader@example.org"], mails.popleft())
