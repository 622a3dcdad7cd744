"""How long a search takes over many notices, beside a plain full-text query of the same database."""

import argparse
import random
import re
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import text

from app.bootstrap import open_taxonomy
from app.demo.notices import SampleNotice, sample_notices
from app.domain.folding import fold
from app.domain.notices import Content, content_to_json
from app.domain.queries import searchable
from app.flow import search
from app.store.database import Database
from app.store.filters import Filters
from app.store.search import place_among_all
from app.store.tables import measures, notice_codes, notice_members, notice_symbols, notice_texts, notices
from bench.report import line, measured, percentiles

_STORED_AT = datetime(2026, 3, 1, tzinfo=UTC)
_NEWEST = date(2026, 3, 1)
_PAGE = 20
_BATCH = 5000
_MEAN_LENGTH = 551
"""Characters of title, products and description of real notices, in the mean."""
_FREQUENT = 0.11
"""Share of the notices that a frequent word occurs in: over 10,000 of 100,000."""
_SUBSTANCES = ("chlorpyrifos", "2,4-D", "glyphosate", "bisphenol A", "formaldehyde", "aflatoxin", "lambda-cyhalothrin")
_PLAIN = {
    "sqlite": "SELECT rowid FROM notice_search WHERE notice_search MATCH :asked ORDER BY rowid DESC LIMIT 20",
    "postgresql": """SELECT notice_id FROM notice_texts WHERE vector @@ plainto_tsquery('simple', :asked)
                     ORDER BY notice_id DESC LIMIT 20""",
}


@dataclass(frozen=True)
class _Asked:
    kind: str
    query: str


async def measure(database: Database, asked: argparse.Namespace) -> None:
    """Ask two hundred questions of `--notices` notices made of the sample's words, and read the first page of each."""
    lots = random.Random(64)  # noqa: S311 - the same notices and questions in every run
    contents = made_up(asked.notices, lots)
    with measured() as filling:
        await fill(database, contents)
    line("notices stored, for the search", len(contents), "notices", filling.seconds)
    questions = _questions(contents, lots)
    taxonomy = open_taxonomy()

    async def page(one: _Asked) -> None:
        async with database.reading() as connection:
            filters = Filters(query=search.understood(one.query, taxonomy))
            await search.newest(connection, filters, None, _PAGE)

    async def plain(one: _Asked) -> None:
        async with database.reading() as connection:
            await connection.execute(text(_PLAIN[database.dialect]), {"asked": fold(one.query)})

    await _timed("search, a page of 20 notices in whole", questions, page)
    worded = [one for one in questions if one.kind != "HS prefix"]
    await _timed("plain full-text query, 20 numbers of notices", worded, plain)


async def _timed(what: str, questions: Sequence[_Asked], ask: Callable[[_Asked], Awaitable[None]]) -> None:
    await ask(questions[0])
    spent: dict[str, list[float]] = {}
    for one in questions:
        began = time.perf_counter()
        await ask(one)
        spent.setdefault(one.kind, []).append(time.perf_counter() - began)
    percentiles(what, [seconds for kind in spent.values() for seconds in kind])
    for kind, seconds in spent.items():
        percentiles(f"  {kind}", seconds)


def _questions(contents: Sequence[Content], lots: random.Random) -> list[_Asked]:
    """Return 60 symbols, 40 HS prefixes, 60 products and 20 substances of some notices, and 20 frequent words."""
    chosen = lots.sample(contents, 60)
    symbols = [content.symbols[0] for content in chosen]
    partly = [symbol.partition("/N/")[2] if at % 3 else symbol.lower() for at, symbol in enumerate(symbols)]
    codes = sorted({code for content in contents[:5000] for code in content.hs})
    products = [" ".join(lots.sample(_goods(content), 2)) for content in chosen]
    frequent = _frequent(contents)
    made = [
        *(_Asked("symbol", symbol) for symbol in partly),
        *(_Asked("HS prefix", f"HS {code[: lots.choice((2, 4))]}") for code in lots.choices(codes, k=40)),
        *(_Asked("product", words) for words in products),
        *(_Asked("substance", lots.choice(_SUBSTANCES)) for _ in range(20)),
        *(_Asked("frequent", frequent[at % len(frequent)]) for at in range(20)),
    ]
    lots.shuffle(made)
    return made


def _goods(content: Content) -> list[str]:
    words = sorted({word for word in fold(content.title).split() if len(word) > 4})  # noqa: PLR2004 - no little words
    return words if len(words) > 1 else ["footwear", "labelling"]


def _frequent(contents: Sequence[Content]) -> list[str]:
    """Return the words of four letters and more that over 10,000 of 100,000 notices hold."""
    sampled = contents[:2000]
    held = Counter(word for content in sampled for word in set(searchable(content).split()))
    return [
        word for word, count in held.most_common() if count > _FREQUENT * len(sampled) and re.match(r"[a-z]{4}", word)
    ][:20]


def _content(number: int, lots: random.Random) -> Content:
    """Make a notice of the title of one of the sample and the words of others, at the length of real ones."""
    sample = sample_notices()
    own = lots.choice(sample)
    area, member = lots.choice(sample).symbols[0].split("/")[1:4:2]
    described = " ".join(filter(None, (own.description or "", *(_said(lots.choice(sample)) for _ in range(6)))))
    if not lots.randrange(50):
        described = f"{lots.choice(_SUBSTANCES)} {described}"
    return Content(
        symbols=(f"G/{area}/N/{member}/{number + 1}",),
        titles=(("en", own.title.in_language("en") or ""),),
        products=own.products or "",
        description=described[:_MEAN_LENGTH],
        hs=own.hs,
        distributed_on=_NEWEST - timedelta(days=lots.randrange(6000)),
    )


def _said(notice: SampleNotice) -> str:
    words = (notice.title.in_language("en") or "").split()
    return " ".join(words[:8])


def made_up(count: int, lots: random.Random) -> list[Content]:
    """Return so many notices made of the sample's words."""
    return [_content(number, lots) for number in range(count)]


def _nothing(_number: int, _content: Content) -> dict[str, Any]:
    return {}


async def fill(
    database: Database, contents: Sequence[Content], also: Callable[[int, Content], dict[str, Any]] = _nothing
) -> None:
    """Store notices as a pull would have left them before sorting, numbered from 1; `also` says what else of a row."""
    for start in range(0, len(contents), _BATCH):
        batch = list(enumerate(contents[start : start + _BATCH], start + 1))
        async with database.writing() as connection:
            await connection.execute(measures.insert(), [_measure(number, one) for number, one in batch])
            await connection.execute(
                notices.insert(), [_notice(number, one) | also(number, one) for number, one in batch]
            )
            named = [{"symbol": one.symbols[0], "notice_id": number, "position": 0} for number, one in batch]
            await connection.execute(notice_symbols.insert(), named)
            told = [
                {"notice_id": number, "code": code, "position": at}
                for number, one in batch
                for at, code in enumerate(one.members)
            ]
            if told:
                await connection.execute(notice_members.insert(), told)
            coded = [
                {"notice_id": number, "nomenclature": "hs", "code": code}
                for number, one in batch
                for code in set(one.hs)
            ]
            await connection.execute(notice_codes.insert(), coded)
            texts = [
                {"notice_id": number, "folded": searchable(one), "place": place_among_all(one.distributed_on, number)}
                for number, one in batch
            ]
            await connection.execute(notice_texts.insert(), texts)
    async with database.writing() as connection:
        await connection.execute(text("ANALYZE"))


def _measure(number: int, content: Content) -> dict[str, Any]:
    return {
        "id": number,
        "ref": content.symbols[0],
        "state": "proposed",
        "comment_deadline": content.comment_deadline,
        "created_at": _STORED_AT,
        "updated_at": _STORED_AT,
    }


def _notice(number: int, content: Content) -> dict[str, Any]:
    return {
        "id": number,
        "ref": content.symbols[0],
        "measure_id": number,
        "source": "eping",
        "area": content.symbols[0].split("/")[1],
        "type": "regular",
        "emergency": False,
        "title": content.title,
        "distributed_on": content.distributed_on,
        "content": content_to_json(content),
        "fingerprint": str(number),
        "version": 1,
        "flags": [],
        "orphan": False,
        "sure": False,
        "contradictory": False,
        "stored_at": _STORED_AT,
        "updated_at": _STORED_AT,
    }
