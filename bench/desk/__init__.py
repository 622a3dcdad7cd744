"""How soon the pages of the desk answer, over many notices and deliveries, asked from another process at a steady rate."""

import argparse
import os
import random
from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import quote, urlencode

import psycopg
from sqlalchemy import select, text

from app.store import tables
from app.store.database import Database
from app.store.register import Place
from app.web.places import written
from bench.desk.calendar import Scale
from bench.desk.ledger import READERS, fill_ledger
from bench.desk.notices import fill_notices
from bench.desk.papers import fill_papers
from bench.report import heading, line, measured, percentiles
from bench.serving import RATE, Answered, hired, served, signed_in, steadily

_TENTH = 10
"""Other pages are asked for a tenth as often as those of which the speed is promised."""
_FEWER = 4.0
"""Requests a second for pages that few people open, and not many at once."""
_COUNTED_ON = "SELECT setval(pg_get_serial_sequence('{table}', 'id'), max(id)) FROM {table}"
"""Rows were given their numbers; the next one that the server writes follows them."""

Pages = dict[str, list[str]]


@dataclass(frozen=True)
class _Known:
    """What the questions are made of: refs of notices, cursors in the middle of long lists, keys, numbers."""

    every: Sequence[str]
    told: Sequence[str]
    hot: Sequence[str]
    deep: Sequence[str]
    keys: Sequence[str]
    texts: Sequence[int]


async def measure(database: Database, asked: argparse.Namespace) -> None:
    """Ask for every list of the desk, and for notices, beside pages of the same server that read next to nothing."""
    scale = Scale(asked.notices, asked.deliveries)
    with measured() as filling:
        secret = await hired(database)
        await fill_notices(database, scale)
        mails = await fill_ledger(database, scale)
        await fill_papers(database, scale)
        await _settle(database)
    line("notices and deliveries stored, for the desk", asked.notices + mails, "rows", filling.seconds)
    known, lots = await _known(database, scale), random.Random(65)  # noqa: S311 - the same questions in every run
    async with served(database) as client:
        await signed_in(client, secret)
        for title, pages, count, rate in (
            ("ceiling: pages of the same server that read next to nothing", _bare(), asked.requests, RATE),
            ("promised to be under 200 ms at p95", _promised(known, lots), asked.requests, RATE),
            ("beside these", _beside(known, lots), max(1, asked.requests // _TENTH), _FEWER),
        ):
            heading(f"  {title}, {rate:.0f} requests a second, at a load of {os.getloadavg()[0]:.1f}")
            for name, addresses in pages.items():
                _said(name, await steadily(client, lots.choices(addresses, k=count), rate))


def _said(name: str, answers: Sequence[Answered]) -> None:
    percentiles(name, [one.seconds for one in answers])
    wrong = [one for one in answers if one.status != HTTPStatus.OK]
    if wrong:
        heading(f"  NOT ANSWERED: {len(wrong)} of {len(answers)}, as {wrong[0].status} {wrong[0].address}")


async def _settle(database: Database) -> None:
    """Let PostgreSQL know what autovacuum would have told it by now, for the server of the tests has none.

    SQLite has no statistics but those that a migration or an operator made, and gets none here.
    """
    if database.dialect == "sqlite":
        async with database.writing() as connection:
            await connection.execute(text("DELETE FROM sqlite_stat1"))
        return
    address = database.url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(address, autocommit=True) as connection:
        for table in tables.metadata.sorted_tables:
            if "id" in table.columns:
                connection.execute(_COUNTED_ON.format(table=table.name))
        connection.execute("VACUUM ANALYZE")


async def _known(database: Database, scale: Scale) -> _Known:
    async with database.reading() as connection:
        every = (
            await connection.execute(select(tables.notices.c.id, tables.notices.c.ref).order_by(tables.notices.c.id))
        ).all()
        keys = (
            await connection.execute(select(tables.organisations.c.key).order_by(tables.organisations.c.id))
        ).scalars()
        numbers = (
            await connection.execute(select(tables.texts.c.id).order_by(tables.texts.c.id.desc()).limit(1000))
        ).scalars()
        return _Known(
            every=[row.ref for row in every if not scale.is_by_hand(row.id)],
            told=[row.ref for row in every if scale.is_told(row.id)],
            hot=[row.ref for row in every if scale.is_hot(row.id)],
            deep=[
                f"notice={quote(row.ref)}&after={written(Place(scale.told_at(row.id), row.id, READERS // 2))}"
                for row in every
                if scale.is_hot(row.id)
            ],
            keys=list(keys),
            texts=list(numbers),
        )


def _bare() -> Pages:
    return {"/healthz, no page and no database": ["/healthz"], "/desk/account, signed in, no list": ["/desk/account"]}


def _promised(known: _Known, lots: random.Random) -> Pages:
    """Return addresses of queue, notice and register, so many that none is asked for often enough to be remembered."""
    filters = ("", "area=SPS", "sector=food", "within=30", "q=labelling", "member=USA", "sort=age", "unit=vu-1")
    tabs = ("", "new", "unsure", "contradictory", "orphan", "unmatched", "mine")
    views = ("", "", "?view=measure", "?view=alert")
    mostly = [*lots.choices(known.told, k=300), *lots.choices(known.every, k=100)]
    return {
        "queue, all its tabs, filters and orders": [
            "/desk" + (f"?{asked}" if (asked := "&".join(filter(None, (tab and f"tab={tab}", one)))) else "")
            for tab in tabs
            for one in filters
        ],
        "notice, all its views": [f"/desk/notices/{ref}{lots.choice(views)}" for ref in mostly],
        "register, of a notice": [f"/desk/register?notice={quote(ref)}" for ref in mostly],
        "register, did an organisation get a notice": [_did(lots.choice(known.keys), ref) for ref in mostly],
        "register, of an organisation": [
            f"/desk/register?organisation={key}" for key in lots.choices(known.keys, k=400)
        ],
        "all three by turns": [
            page for ref in mostly for page in ("/desk", f"/desk/notices/{ref}", _did(lots.choice(known.keys), ref))
        ],
    }


def _did(key: str, ref: str) -> str:
    return f"/desk/register?{urlencode({'organisation': key, 'notice': ref})}"


def _beside(known: _Known, lots: random.Random) -> Pages:
    hot = [f"/desk/register?notice={quote(ref)}" for ref in known.hot]
    return {
        "register, of a notice with very many readers": hot,
        "register, a page in the middle of these": [f"/desk/register?{asked}" for asked in known.deep],
        "register, of the largest organisation": [f"/desk/register?organisation={known.keys[0]}"],
        "register, what was asked for before": ["/desk/register"],
        "notice, its alert": [f"/desk/notices/{ref}?view=alert" for ref in lots.choices(known.told, k=200)],
        "notice, of very many readers": [f"/desk/notices/{ref}?view=alert" for ref in known.hot],
        "notice, entered or waiting": [f"/desk/notices/{ref}" for ref in known.every[-200:]],
        "texts": [
            f"/desk/texts?state={state}" for state in ("draft", "in_review", "approved", "published", "withdrawn")
        ],
        "a text": [f"/desk/texts/{number}" for number in known.texts],
        "recipients": ["/desk/recipients", "/desk/recipients?q=hiep+hoi", "/desk/recipients?unreachable=yes"],
        "a recipient": [f"/desk/recipients/{key}" for key in known.keys],
        "warnings": ["/desk/warnings"],
        "figures, a quarter": ["/desk/figures"],
        "health": ["/desk/health"],
        "health, its lists": [f"/desk/health/{one}" for one in ("visits", "undecided", "suppressions")],
        "taxonomy": ["/desk/taxonomy"],
    }
