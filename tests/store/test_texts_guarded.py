"""What the database itself refuses of texts, to whoever speaks to it directly."""
# ruff: noqa: S608 - the statements are our own words

import random
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from app.domain.access import Role
from app.domain.publishing import Life, Step, TextKind, TextState, Written, why_not, why_not_write
from app.store import accounts, tables
from app.store.database import Database
from tests.conftest import FrozenClock
from tests.staff import hire

AN, BINH, CHI = 1, 2, 3
REASON = "một lý do đủ dài để ai cũng hiểu được"


@pytest.fixture
async def staffed(database: Database, frozen: FrozenClock) -> Database:
    """A database with three people and one article: a draft with a version of An's."""
    for name in ("an", "binh", "chi"):
        await hire(database, frozen, Role.APPROVER, f"{name}@moit.gov.vn")
    await said(database, f"INSERT INTO texts (id, kind, created_at) VALUES (1, 'article', {at(database)})")
    await wrote(database, 1, AN)
    return database


def at(database: Database) -> str:
    return "'2026-03-02 01:30:00.000000'" if database.dialect == "sqlite" else "'2026-03-02 01:30:00+00'"


async def said(database: Database, *statements: str) -> None:
    """Say something to the database in its own shell."""
    async with database.writing() as connection:
        for statement in statements:
            await connection.exec_driver_sql(statement)


async def wrote(database: Database, number: int, by: int, about: int = 1) -> None:
    await said(
        database,
        "INSERT INTO text_versions (text_id, number, body, hash, written_by, written_at)"
        f" VALUES ({about}, {number}, '{{}}', '', {by}, {at(database)})",
    )


async def stepped(
    database: Database, source: str, to: str, by: int, *, version: int = 1, because: str = REASON, glass: bool = False
) -> None:
    await said(
        database,
        'INSERT INTO text_steps (text_id, version_id, from_state, to_state, "by", at, because, break_glass) VALUES'
        f" (1, (SELECT id FROM text_versions WHERE text_id = 1 AND number = {version}), '{source}', '{to}', {by},"
        f" {at(database)}, '{because}', {str(glass).upper()})",
    )


async def published(database: Database) -> None:
    await stepped(database, "draft", "in_review", AN)
    await stepped(database, "in_review", "approved", BINH)
    await stepped(database, "approved", "published", BINH)


async def rows(database: Database, table: Any) -> list[Any]:
    async with database.reading() as connection:
        return list(await connection.execute(select(table).order_by(*table.primary_key)))


async def test_nobody_approves_their_own_edit(staffed: Database) -> None:
    await stepped(staffed, "draft", "in_review", AN)
    with pytest.raises(DBAPIError, match="nobody approves what they wrote"):
        await stepped(staffed, "in_review", "approved", AN)
    await stepped(staffed, "in_review", "draft", BINH)
    await wrote(staffed, 2, BINH)
    await stepped(staffed, "draft", "in_review", BINH, version=2)
    for editor in (AN, BINH):
        with pytest.raises(DBAPIError, match="nobody approves what they wrote"):
            await stepped(staffed, "in_review", "approved", editor, version=2)
    await stepped(staffed, "in_review", "approved", CHI, version=2)
    assert [one.state for one in await rows(staffed, tables.texts)] == ["approved"]


@pytest.mark.parametrize(
    ("source", "to"),
    [("draft", "approved"), ("draft", "published"), ("in_review", "published"), ("draft", "corrected")],
)
async def test_no_state_is_skipped(staffed: Database, source: str, to: str) -> None:
    if source == "in_review":
        await stepped(staffed, "draft", "in_review", AN)
    with pytest.raises(DBAPIError, match="no such step"):
        await stepped(staffed, source, to, BINH)


async def test_a_step_begins_where_the_text_stands(staffed: Database) -> None:
    with pytest.raises(DBAPIError, match="begins in the state"):
        await stepped(staffed, "in_review", "approved", BINH)
    with pytest.raises(DBAPIError, match="begins in the state"):
        await stepped(staffed, "approved", "published", BINH)


async def test_only_the_newest_version_goes_on_and_only_a_draft_is_written(staffed: Database) -> None:
    await wrote(staffed, 2, AN)
    with pytest.raises(DBAPIError, match="only the newest version"):
        await stepped(staffed, "draft", "in_review", AN, version=1)
    with pytest.raises(DBAPIError, match="numbered upwards"):
        await wrote(staffed, 0, AN)
    await stepped(staffed, "draft", "in_review", AN, version=2)
    with pytest.raises(DBAPIError, match="only a draft"):
        await wrote(staffed, 3, AN)


async def test_breaking_the_glass_needs_a_reason_and_opens_a_task_that_another_person_closes(staffed: Database) -> None:
    await stepped(staffed, "draft", "in_review", AN)
    with pytest.raises(DBAPIError, match="needs a reason"):
        await stepped(staffed, "in_review", "approved", AN, because="gấp", glass=True)
    await stepped(staffed, "in_review", "approved", AN, glass=True)
    (task,) = await rows(staffed, tables.text_tasks)
    assert (task.due_at - task.opened_at).total_seconds() == 24 * 3600
    closing = f"UPDATE text_tasks SET closed_at = {at(staffed)}, closed_by = "
    with pytest.raises(DBAPIError, match="somebody else"):
        await said(staffed, f"{closing} {AN}")
    await said(staffed, f"{closing} {BINH}")
    with pytest.raises(DBAPIError, match="closed once"):
        await said(staffed, f"{closing} {CHI}")


async def test_sending_back_needs_a_reason(staffed: Database) -> None:
    await stepped(staffed, "draft", "in_review", AN)
    with pytest.raises(DBAPIError, match="needs a reason"):
        await stepped(staffed, "in_review", "draft", BINH, because="ngắn")


async def test_what_people_were_told_by_is_not_opened_again(staffed: Database) -> None:
    await said(staffed, f"INSERT INTO texts (id, kind, created_at) VALUES (2, 'letter', {at(staffed)})")
    await wrote(staffed, 1, AN, about=2)
    step = (
        'INSERT INTO text_steps (text_id, version_id, from_state, to_state, "by", at, because) VALUES'
        " (2, (SELECT id FROM text_versions WHERE text_id = 2), '{}', '{}', {}, " + at(staffed) + f", '{REASON}')"
    )
    for source, to in (("draft", "in_review"), ("in_review", "approved"), ("approved", "published")):
        await said(staffed, step.format(source, to, BINH))
    with pytest.raises(DBAPIError, match="what was told"):
        await said(staffed, step.format("published", "draft", BINH))


EITHER = ("UPDATE THESE SET KEY = KEY + 100", "DELETE FROM THESE")
ONLY = {
    "sqlite": ("REPLACE INTO THESE SELECT * FROM THESE",),
    "postgresql": ("TRUNCATE THESE CASCADE", "SET LOCAL session_replication_role = replica; DELETE FROM THESE"),
}


@pytest.mark.parametrize("table", ["texts", "text_versions", "text_steps", "text_compositions", "text_tasks"])
async def test_history_is_not_rewritten(staffed: Database, table: str) -> None:
    await stepped(staffed, "draft", "in_review", AN)
    await stepped(staffed, "in_review", "approved", AN, glass=True)
    await said(
        staffed,
        "INSERT INTO text_compositions (step_id, hash, body) SELECT id, '', '{}' FROM text_steps WHERE break_glass",
    )
    rewritten = tables.metadata.tables[table]
    before = await rows(staffed, rewritten)
    key = "step_id" if table == "text_compositions" else "id"
    for statement in (*EITHER, *ONLY[staffed.dialect]):
        meant = statement.replace("THESE", table).replace("KEY", key)
        with pytest.raises(DBAPIError, match=r"texts?(_\w+)?: "):
            await said(staffed, *meant.split(";"))
    assert await rows(staffed, rewritten) == before != []


@pytest.mark.parametrize(
    "change", ["state = 'published'", "kind = 'letter'", "period = '2026-03'", "created_at = created_at || ''"]
)
async def test_what_a_text_is_and_where_it_stands_is_not_set_by_hand(staffed: Database, change: str) -> None:
    if "created_at" in change:
        change = f"created_at = {at(staffed).replace('2026-03-02', '2026-03-03')}"
    with pytest.raises(DBAPIError, match="texts: "):
        await said(staffed, f"UPDATE texts SET {change}")
    with pytest.raises(DBAPIError, match="begins as a draft"):
        await said(
            staffed, f"INSERT INTO texts (kind, state, created_at) VALUES ('article', 'approved', {at(staffed)})"
        )


async def test_a_published_text_stays_public_until_its_correction_went_the_whole_way(staffed: Database) -> None:
    await published(staffed)
    for to in ("withdrawn", "corrected", "in_review"):
        with pytest.raises(DBAPIError, match="no such step"):
            await stepped(staffed, "published", to, BINH)
    await stepped(staffed, "published", "draft", BINH)
    await wrote(staffed, 2, BINH)
    await stepped(staffed, "draft", "in_review", BINH, version=2)
    await stepped(staffed, "in_review", "approved", AN, version=2)
    with pytest.raises(DBAPIError, match="no such step"):
        await stepped(staffed, "approved", "published", AN, version=2)
    await stepped(staffed, "approved", "corrected", AN, version=2)


async def test_the_database_and_the_rules_give_the_same_answer(staffed: Database) -> None:
    draw = random.Random(36)
    life = Life(TextKind.ARTICLE, (Written(1, AN),))
    agreed = 0
    for _ in range(150):
        if draw.random() < 0.2:
            by = draw.choice((AN, BINH, CHI))
            allowed = why_not_write(life) is None
            written = Written(life.newest + 1, by)
            assert await taken(wrote(staffed, written.number, by)) is allowed
            life = Life(life.kind, (*life.versions, written), life.steps) if allowed else life
            continue
        step = Step(
            to=draw.choice([one for one in TextState if one is not TextState.WITHDRAWN]),
            version=life.newest if draw.random() < 0.9 else max(1, life.newest - 1),
            by=draw.choice((AN, BINH, CHI)),
            because=draw.choice(("", REASON)),
            break_glass=draw.random() < 0.2,
        )
        allowed = why_not(life, step) is None
        trying = stepped(
            staffed,
            life.state,
            step.to,
            step.by,
            version=step.version,
            because=step.because,
            glass=step.break_glass,
        )
        assert await taken(trying) is allowed, (life.state, step)
        life = Life(life.kind, life.versions, (*life.steps, step)) if allowed else life
        agreed += allowed
    assert agreed > 10


async def taken(trying: Any) -> bool:
    try:
        await trying
    except DBAPIError:
        return False
    return True


async def test_who_wrote_and_approved_is_named_by_number_after_their_account_was_erased(staffed: Database) -> None:

    await published(staffed)
    async with staffed.writing() as connection:
        await accounts.erase(connection, AN)
        kept = await connection.execute(text("SELECT written_by FROM text_versions"))
        assert list(kept.scalars()) == [AN]
