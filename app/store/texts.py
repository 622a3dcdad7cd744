"""The ministry's texts: their versions, their steps, what was approved, and what must be looked at again."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Date, Select, case, func, literal, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.audit import canonical
from app.domain.publishing import Life, Step, TextKind, TextState, Written
from app.store.tables import (
    accounts,
    notices,
    organisations,
    text_compositions,
    text_steps,
    text_tasks,
    text_versions,
    texts,
)
from app.store.writes import insert

WITHDRAWS = "withdrawal"
"""The field of a version that takes a published text back: why."""

_NEVER = literal(date.max, Date)
_DEADLINE = func.coalesce(notices.c.comment_deadline, _NEVER)


@dataclass(frozen=True, slots=True, kw_only=True)
class TextRow:
    """A text with what it is about: a notice, an organisation by its key and name, a period."""

    id: int
    kind: TextKind
    state: TextState
    slug: str | None
    ref: str | None
    organisation: str | None
    addressee: str | None
    period: str | None
    deadline: date | None
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What a new text is about, by numbers."""

    kind: TextKind
    notice_id: int | None = None
    organisation_id: int | None = None
    period: str | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page of texts ended: the deadline of the last one and its number."""

    deadline: date
    id: int


_WANTED = (
    select(
        texts,
        notices.c.ref,
        notices.c.comment_deadline.label("deadline"),
        organisations.c.key.label("organisation"),
        organisations.c.name_vi.label("addressee"),
    )
    .outerjoin(notices, notices.c.id == texts.c.notice_id)
    .outerjoin(organisations, organisations.c.id == texts.c.organisation_id)
)


async def add(connection: AsyncConnection, draft: Draft, now: datetime) -> int:
    """Write a new text down, without a version yet; return its number."""
    row = {
        "kind": draft.kind,
        "notice_id": draft.notice_id,
        "organisation_id": draft.organisation_id,
        "period": draft.period,
        "created_at": now,
    }
    return int((await connection.execute(texts.insert().values(row).returning(texts.c.id))).scalar_one())


async def alive(connection: AsyncConnection, draft: Draft) -> int | None:
    """Return the number of a text about the same that was not withdrawn."""
    same = [
        texts.c[name].is_not_distinct_from(getattr(draft, name)) for name in ("notice_id", "organisation_id", "period")
    ]
    mine = texts.c.kind == draft.kind, texts.c.state != TextState.WITHDRAWN, *same
    return (await connection.execute(select(texts.c.id).where(*mine).limit(1))).scalar_one_or_none()


async def one(connection: AsyncConnection, number: int) -> TextRow | None:
    """Return a text; None where there is none of this number."""
    row = (await connection.execute(_WANTED.where(texts.c.id == number))).one_or_none()
    return None if row is None else _text(row)


async def hold(connection: AsyncConnection, number: int) -> None:
    """Let nobody else change a text until the transaction ends."""
    await connection.execute(select(texts.c.id).where(texts.c.id == number).with_for_update())


async def life(connection: AsyncConnection, text: TextRow) -> Life:
    """Return the versions and steps of a text."""
    wrote = [
        Written(row.number, row.written_by, bool(row.body.get(WITHDRAWS))) for row in await versions(connection, text)
    ]
    walked = [
        Step(
            to=TextState(row.to_state),
            version=row.number,
            by=row.by,
            because=row.because,
            break_glass=row.break_glass,
        )
        for row in await steps(connection, text)
    ]
    return Life(text.kind, wrote, walked)


async def versions(connection: AsyncConnection, text: TextRow) -> Sequence[Any]:
    """Return the versions of a text, oldest first, each with the address of who wrote it, empty once erased."""
    statement = (
        select(text_versions, accounts.c.address)
        .join(accounts, accounts.c.id == text_versions.c.written_by)
        .where(text_versions.c.text_id == text.id)
        .order_by(text_versions.c.number)
    )
    return (await connection.execute(statement)).all()


async def steps(connection: AsyncConnection, text: TextRow) -> Sequence[Any]:
    """Return the steps of a text, oldest first, each with the number of its version and the address of who took it."""
    statement = (
        select(text_steps, text_versions.c.number, accounts.c.address, text_compositions.c.hash.label("composed"))
        .join(text_versions, text_versions.c.id == text_steps.c.version_id)
        .join(accounts, accounts.c.id == text_steps.c.by)
        .outerjoin(text_compositions, text_compositions.c.step_id == text_steps.c.id)
        .where(text_steps.c.text_id == text.id)
        .order_by(text_steps.c.id)
    )
    return (await connection.execute(statement)).all()


async def add_version(
    connection: AsyncConnection, number: int, version: int, body: Mapping[str, Any], by: int, now: datetime
) -> int:
    """Write a version down; the database refuses one of a text that is no draft."""
    row = {
        "text_id": number,
        "number": version,
        "body": dict(body),
        "hash": hash_of(body),
        "written_by": by,
        "written_at": now,
    }
    return int(
        (await connection.execute(text_versions.insert().values(row).returning(text_versions.c.id))).scalar_one()
    )


async def add_step(connection: AsyncConnection, text: TextRow, step: Step, now: datetime) -> int:
    """Take a step; the database refuses one that breaks the rules of four eyes."""
    version = select(text_versions.c.id).where(
        text_versions.c.text_id == text.id, text_versions.c.number == step.version
    )
    row = {
        "text_id": text.id,
        "version_id": (await connection.execute(version)).scalar_one(),
        "from_state": text.state,
        "to_state": step.to,
        "by": step.by,
        "at": now,
        "because": step.because,
        "break_glass": step.break_glass,
    }
    return int((await connection.execute(text_steps.insert().values(row).returning(text_steps.c.id))).scalar_one())


async def keep_composition(connection: AsyncConnection, step_id: int, body: Mapping[str, Any]) -> str:
    """Keep the whole text as it was approved; return its hash."""
    made = hash_of(body)
    await insert(connection, text_compositions, [{"step_id": step_id, "hash": made, "body": dict(body)}])
    return made


async def composition(connection: AsyncConnection, text: TextRow, *, sound: bool = False) -> Any | None:
    """Return what was approved last, with its hash and the number of its version; `sound`: not by its own writer."""
    statement = (
        select(text_compositions, text_versions.c.number)
        .join(text_steps, text_steps.c.id == text_compositions.c.step_id)
        .join(text_versions, text_versions.c.id == text_steps.c.version_id)
        .where(text_steps.c.text_id == text.id)
        .order_by(text_steps.c.id.desc())
        .limit(1)
    )
    if sound:
        statement = statement.where(~text_steps.c.break_glass)
    return (await connection.execute(statement)).one_or_none()


async def name(connection: AsyncConnection, number: int, slug: str) -> None:
    """Give a text the address that it keeps from its first publication on."""
    await connection.execute(update(texts).where(texts.c.id == number, texts.c.slug.is_(None)).values(slug=slug))


async def counts(connection: AsyncConnection) -> dict[TextState, int]:
    """Return how many texts stand in each state."""
    rows = await connection.execute(select(texts.c.state, func.count()).group_by(texts.c.state))
    return {TextState(state): number for state, number in rows}


async def listed(
    connection: AsyncConnection, state: TextState, after: Place | None, limit: int
) -> tuple[list[tuple[TextRow, Any]], Place | None]:
    """Return a page of texts in a state, the nearest deadline first, each with its newest version and last step.

    Beside each stand `number`, `written_by`, `address` of the newest version, `stepped_at`, when it came to its state, and
    `subject`, the title of its notice.
    """
    place = (_DEADLINE, texts.c.id)
    page = select(texts.c.id, _DEADLINE.label("due")).outerjoin(notices, notices.c.id == texts.c.notice_id)
    page = page.where(texts.c.state == state).order_by(*place).limit(limit + 1)
    if after is not None:
        page = page.where(tuple_(*place) > tuple_(literal(after.deadline, Date), literal(after.id)))
    chosen = page.subquery()
    told = (chosen.c.due, notices.c.title.label("subject"))
    wanted = _newest(_WANTED.join(chosen, chosen.c.id == texts.c.id)).add_columns(*told)
    rows = (await connection.execute(wanted.order_by(chosen.c.due, texts.c.id))).all()
    shown = rows[:limit]
    ended = Place(_day(shown[-1].due), shown[-1].id) if len(rows) > limit else None
    return [(_text(row), row) for row in shown], ended


async def open_tasks(connection: AsyncConnection, text_id: int | None = None) -> Sequence[Any]:
    """Return what its own writer approved and nobody looked at since, the most urgent first."""
    statement = (
        select(
            text_tasks,
            text_steps.c.text_id,
            text_steps.c.by,
            text_steps.c.because,
            accounts.c.address,
            texts.c.kind,
            texts.c.period,
            notices.c.ref,
        )
        .join(text_steps, text_steps.c.id == text_tasks.c.step_id)
        .join(accounts, accounts.c.id == text_steps.c.by)
        .join(texts, texts.c.id == text_steps.c.text_id)
        .outerjoin(notices, notices.c.id == texts.c.notice_id)
        .where(text_tasks.c.closed_at.is_(None))
        .order_by(text_tasks.c.due_at, text_tasks.c.id)
    )
    if text_id is not None:
        statement = statement.where(text_steps.c.text_id == text_id)
    return (await connection.execute(statement)).all()


async def task(connection: AsyncConnection, number: int) -> Any | None:
    """Return a task with the text and the account that broke the glass; it is held until the transaction ends."""
    statement = (
        select(text_tasks, text_steps.c.by, text_steps.c.text_id)
        .join(text_steps, text_steps.c.id == text_tasks.c.step_id)
        .where(text_tasks.c.id == number)
        .with_for_update(of=text_tasks)
    )
    return (await connection.execute(statement)).one_or_none()


async def close_task(connection: AsyncConnection, number: int, by: int, finding: str, now: datetime) -> None:
    """Close a task; the database refuses who broke the glass."""
    said = {"closed_at": now, "closed_by": by, "finding": finding}
    await connection.execute(update(text_tasks).where(text_tasks.c.id == number).values(**said))


def hash_of(body: Mapping[str, Any]) -> str:
    """Return the SHA-256 of a body in canonical JSON, in hexadecimal."""
    return hashlib.sha256(canonical(body)).hexdigest()


def _newest(wanted: Select[Any]) -> Select[Any]:
    newest = (
        select(func.max(text_versions.c.number))
        .where(text_versions.c.text_id == texts.c.id)
        .correlate(texts)
        .scalar_subquery()
    )
    stepped = (
        select(func.max(text_steps.c.at)).where(text_steps.c.text_id == texts.c.id).correlate(texts).scalar_subquery()
    )
    moment = case((stepped.is_not(None), stepped), else_=texts.c.created_at)
    return (
        wanted.join(text_versions, (text_versions.c.text_id == texts.c.id) & (text_versions.c.number == newest))
        .join(accounts, accounts.c.id == text_versions.c.written_by)
        .add_columns(
            text_versions.c.number,
            text_versions.c.written_by,
            accounts.c.address,
            moment.label("stepped_at"),
        )
    )


def _text(row: Any) -> TextRow:
    return TextRow(
        id=row.id,
        kind=TextKind(row.kind),
        state=TextState(row.state),
        slug=row.slug,
        ref=row.ref,
        organisation=row.organisation,
        addressee=row.addressee,
        period=row.period,
        deadline=row.deadline,
        created_at=row.created_at,
    )


def _day(value: date | str) -> date:
    return date.fromisoformat(value) if isinstance(value, str) else value
