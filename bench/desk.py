"""How long the register and the health of the desk take over many notices and deliveries, and the sealing of the audit."""

import argparse
import random
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import text

from app.domain.scopes import EVERYTHING
from app.flow import audit as chain
from app.flow import register
from app.store import figures
from app.store.database import Database
from app.store.register import Question
from app.web.desk import health_view
from bench.report import line, measured, percentiles

_ASKED = 100
_EACH = 10
"""Readers of a notice; the last one has 5,000."""
_PEOPLE = 20_000
_WIDE = 5000
_NEWEST = date(2026, 3, 1)
_AT = "'2026-03-02 01:30:00+00:00'"
_NUMBERS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {last})"
_FILL = (
    (
        "people",
        (
            "INSERT INTO subscribers (id, address, wire, identity, language, created_at) {numbers}"
            " SELECT i, 'p' || i || '@x.vn', 'p' || i || '@x.vn', 'p' || i || '@x.vn', 'vi', {at} FROM n"
        ),
    ),
    (
        "notices",
        (
            "INSERT INTO measures (id, ref, state, created_at, updated_at) {numbers}"
            " SELECT i, 'm' || i, 'proposed', {at}, {at} FROM n"
        ),
    ),
    (
        "notices",
        (
            "INSERT INTO notices (id, ref, measure_id, source, type, emergency, title, distributed_on, comment_deadline,"
            " content, fingerprint, version, flags, orphan, sure, contradictory, stored_at, updated_at) {numbers}"
            " SELECT i, 'G/TBT/N/USA/' || i, i, 'eping', 'regular', {no}, 'Draft measure', {day}, {deadline}, '{{}}', '', 1,"
            " '[]', {no}, {no}, {no}, {at}, {at} FROM n"
        ),
    ),
    (
        "notices",
        "INSERT INTO notice_symbols (symbol, notice_id, position) {numbers} SELECT 'G/TBT/N/USA/' || i, i, 0 FROM n",
    ),
    (
        "notices",
        (
            "INSERT INTO labels (notice_id, facet, label, role, confidence, given_by, evidence) {numbers}"
            " SELECT i, 'sector', CASE i % 3 WHEN 0 THEN 'textiles' WHEN 1 THEN 'food' ELSE 'footwear' END, 'primary', 1,"
            " 'rule', '[]' FROM n"
        ),
    ),
    (
        "notices",
        (
            "INSERT INTO events (id, key, measure_id, notice_id, version, kind, changes, released_at, fanned_out_at, created_at)"
            " {numbers} SELECT i, 'e' || i, i, i, 1, 'notified', '[]', {at}, {at}, {at} FROM n"
        ),
    ),
    (
        "deliveries",
        (
            "INSERT INTO deliveries (id, key, kind, priority, subscriber_id, message_id, state, due_at, created_at,"
            " handed_over_at, accepted_at) {numbers} SELECT i, 'd' || i, 'instant', 2, {reader}, i || '@x',"
            " CASE WHEN i % 5000 = 0 THEN 'needs_human' WHEN i % 500 = 0 THEN 'rejected' WHEN i % 1000 = 1 THEN 'pending'"
            " ELSE 'accepted' END, {at}, {at}, {at}, {at} FROM n"
        ),
    ),
    (
        "deliveries",
        (
            "INSERT INTO attempts (delivery_id, number, message_hash, started_at, ended_at, outcome) {numbers}"
            " SELECT i, 1, '', {at}, {at}, 'accepted' FROM n"
        ),
    ),
    (
        "deliveries",
        (
            "INSERT INTO items (event_id, subscriber_id, frequency, delivery_id, created_at) {numbers}"
            " SELECT {event}, {reader}, 'instant', i, {at} FROM n"
        ),
    ),
    (
        "one",
        (
            "INSERT INTO organisations (id, key, kind, level, name_vi, name_en, abbreviation, hs, website, note, created_at,"
            " updated_at) VALUES (1, 'o', 'association', 'national', 'o', '', '', '[]', '', '', {at}, {at})"
        ),
    ),
    ("one", "INSERT INTO contacts (organisation_id, subscriber_id, role, created_at) VALUES (1, 7, '', {at})"),
    (
        "one",
        "INSERT INTO sources (name, last_visit_at, last_success_at) VALUES ('eping', {at}, {at})",
    ),
    (
        "visits",
        (
            "INSERT INTO pulls (id, source, window_first, window_last, started_at, finished_at, result, remarks) {numbers}"
            " SELECT i, 'eping', {day}, {day}, {at}, {at}, 'sound', '[]' FROM n"
        ),
    ),
    (
        "audit",
        (
            "INSERT INTO audit (at, actor, origin, verb, subject, details) {numbers}"
            " SELECT {at}, 'account:1', 'page', 'release', 'G/TBT/N/USA/' || i, '{{\"because\": \"sure\"}}' FROM n"
        ),
    ),
)


async def measure(database: Database, asked: argparse.Namespace) -> None:
    """Ask the register a hundred times each way, look at health, count a quarter, then seal and verify 100,000 rows."""
    with measured() as filling:
        await _fill(database, asked.notices)
    line("rows for the desk", asked.notices * _EACH, "deliveries", filling.seconds)
    lots = random.Random(64)  # noqa: S311 - the same questions in every run
    numbers = [lots.randrange(1, asked.notices) for _ in range(_ASKED)]
    people = [lots.randrange(1, _PEOPLE) for _ in range(_ASKED)]

    async def answer(question: Question) -> None:
        await register.answer(EVERYTHING, database, question, 50)

    await _timed("register: a notice", [Question(notice_id=one) for one in numbers], answer)
    await _timed("register: a person", [Question(subscriber_id=one) for one in people], answer)
    pairs = [Question(notice_id=one, subscriber_id=who) for one, who in zip(numbers, people, strict=True)]
    await _timed("register: did X get Y", pairs, answer)
    await _timed("register: an organisation", [Question(organisation_id=1)] * 20, answer)
    await _timed("register: a notice of 5,000 readers", [Question(notice_id=asked.notices)] * 20, answer)

    async def look(_: Question) -> None:
        await health_view.overview(database, "vi")

    await _timed("health", [Question()] * 20, look)

    async def count(_: Question) -> None:
        async with database.reading() as connection:
            await figures.days_left(connection, _NEWEST - timedelta(days=92), _NEWEST)

    await _timed("figures of a quarter", [Question()] * 3, count)
    await _audit(database)


async def _audit(database: Database) -> None:
    with measured() as sealing:
        head = await chain.seal(database, everything=True)
    line(f"audit sealed by {chain.BATCH}", head.number, "rows", sealing.seconds)
    with measured() as verifying:
        await chain.verify(database)
    line("audit verified", head.number, "rows", verifying.seconds)
    with measured() as round_of_nothing:
        await chain.seal(database)
    line("audit: a round that finds nothing", 1, "rounds", round_of_nothing.seconds)


async def _timed(what: str, asked: list[Question], ask: Callable[[Question], Awaitable[None]]) -> None:
    spent = []
    for one in asked:
        began = time.perf_counter()
        await ask(one)
        spent.append(time.perf_counter() - began)
    percentiles(what, spent)


async def _fill(database: Database, notices: int) -> None:
    counts = {
        "people": _PEOPLE,
        "notices": notices,
        "deliveries": notices * _EACH,
        "one": 1,
        "visits": 100_000,
        "audit": 100_500,
    }
    words: dict[str, Any] = _words(database.dialect, notices)
    for what, statement in _FILL:
        async with database.writing() as connection:
            numbers = _NUMBERS.format(last=counts[what])
            await connection.execute(text(statement.format(numbers=numbers, at=_AT, **words)))
    async with database.writing() as connection:
        await connection.execute(text("ANALYZE"))


def _words(dialect: str, notices: int) -> dict[str, str]:
    """Return what the two databases say differently, and who reads what: the last notice has 5,000 readers."""
    first_of_wide = notices * _EACH - _WIDE
    reader = f"(CASE WHEN i > {first_of_wide} THEN i - {first_of_wide} ELSE 1 + (i * 7) % {_PEOPLE} END)"
    event = f"(CASE WHEN i > {first_of_wide} THEN {notices} ELSE 1 + (i - 1) / {_EACH} END)"
    newest = datetime(_NEWEST.year, _NEWEST.month, _NEWEST.day, tzinfo=UTC).date().isoformat()
    if dialect == "sqlite":
        day, deadline = (
            f"date('{newest}', '-' || (i % 3000) || ' days')",
            f"date('{newest}', '+' || (60 - i % 3000) || ' days')",
        )
        return {"no": "0", "day": day, "deadline": deadline, "reader": reader, "event": event}
    day, deadline = f"date '{newest}' - (i % 3000)", f"date '{newest}' + (60 - i % 3000)"
    return {"no": "false", "day": day, "deadline": deadline, "reader": reader, "event": event}
