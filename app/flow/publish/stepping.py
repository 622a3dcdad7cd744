"""The steps of a text. The rules are asked first, so that a refusal says why; the database has the last word."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.domain.errors import AppError, conflict, invalid, missing
from app.domain.folding import fold
from app.domain.publishing import SHORTEST_REASON, Life, Step, TextKind, TextState, Why, why_not, why_not_close
from app.flow.publish.composing import BECAUSE, CORRECTION, TextDesk, compose, demand_sound
from app.flow.publish.sending import send
from app.i18n.dates import today_in_vietnam
from app.store import audit, ledger, notices, subjects, texts, withdrawing
from app.store.database import Connection
from app.store.texts import WITHDRAWS, TextRow
from app.texts.composed import Composed
from app.texts.house_tables import findings_in

_LONGEST_SLUG = 80
_SEPARATORS = re.compile(r"[^a-z0-9]+")
_FIELD_AT_FAULT = {Why.REASON_SHORT: "because"}


@dataclass(frozen=True, slots=True)
class By:
    """Who acts: the number of their account, and how the audit names them."""

    account_id: int
    actor: str


async def submit(desk: TextDesk, number: int, seen: int, by: By) -> None:
    """Ask for a second pair of eyes. AppError while it has faults, its notice is uncertain, or its reason is missing."""
    async with desk.database.writing() as connection:
        now = await desk.database.now(connection)
        text, life = await held(connection, number)
        step = Step(to=TextState.IN_REVIEW, version=seen, by=by.account_id)
        _demand_allowed(life, step)
        body = await _body(connection, text)
        _demand_reason(text, life, body)
        made = await compose(connection, desk, text, body, today_in_vietnam(now))
        await demand_sound(connection, text, made.composed, body, today_in_vietnam(now))
        await _take(connection, text, step, by, now)


async def send_back(desk: TextDesk, number: int, seen: int, because: str, by: By) -> None:
    """Give a text back to who writes it, with the reason."""
    await _move(desk, number, Step(to=TextState.DRAFT, version=seen, by=by.account_id, because=because.strip()), by)


async def drop(desk: TextDesk, number: int, seen: int, because: str, by: By) -> None:
    """Give a draft up that was never published."""
    await _move(desk, number, Step(to=TextState.WITHDRAWN, version=seen, by=by.account_id, because=because.strip()), by)


async def approve(
    desk: TextDesk, number: int, seen: int, by: By, *, because: str = "", break_glass: bool = False
) -> None:
    """Approve the newest version and keep the whole text as it stands now, which is what will be published.

    `break_glass` lets its own writer do so, with a reason; somebody else looks at it within 24 hours.
    """
    async with desk.database.writing() as connection:
        now = await desk.database.now(connection)
        text, life = await held(connection, number)
        step = Step(
            to=TextState.APPROVED,
            version=seen,
            by=by.account_id,
            because=because.strip(),
            break_glass=break_glass,
        )
        _demand_allowed(life, step)
        body = await _body(connection, text)
        if not break_glass:
            await _demand_seen(connection, text, body, by)
        made = await compose(connection, desk, text, body, today_in_vietnam(now))
        await demand_sound(connection, text, made.composed, body, today_in_vietnam(now))
        await _take(connection, text, step, by, now, made.composed)


async def publish(desk: TextDesk, number: int, seen: int, by: By, *, withdraws: bool = False) -> None:
    """Publish what was approved, as it was approved: a letter goes to its organisation; a withdrawal tells who was told.

    `withdraws` says that who asks knows it for a withdrawal, of a notice's alert or of the text itself. AppError: conflict
    when it is not approved, or on this day something in it is wrong, such as a deadline that passed.
    """
    async with desk.database.writing() as connection:
        # What is gathered while an alert is withdrawn would be overlooked.
        await ledger.in_turn(connection, "telling")
        now = await desk.database.now(connection)
        text, life = await held(connection, number)
        step = Step(to=life.goal, version=seen, by=by.account_id)
        _demand_allowed(life, step)
        if withdraws is not (text.kind is TextKind.WITHDRAWAL or step.to is TextState.WITHDRAWN):
            raise conflict(Why.NOT_FROM_HERE, f"text {number}: {step.to} is another act")
        kept = await texts.composition(connection, text)
        if kept is None or kept.number != seen:
            raise conflict(Why.NO_APPROVAL, f"text {number}: version {seen} was not approved")
        composed = Composed.read(kept.body)
        faults = findings_in(composed.sentences(), today_in_vietnam(now))
        if faults:
            raise conflict("findings", f"{len(faults)} faults, the first in {faults[0].field}: {faults[0].found}")
        await _take(connection, text, step, by, now, kept.hash)
        if text.kind is TextKind.ARTICLE:
            await texts.name(connection, number, _slug(text, composed.title))
        if text.kind is TextKind.LETTER:
            await send(connection, desk, text, kept, by.actor, now)
        if text.kind is TextKind.WITHDRAWAL:
            await _withdraw(connection, text, (await _body(connection, text))[BECAUSE], by, now)


async def reopen(desk: TextDesk, number: int, seen: int, because: str, by: By, *, withdraws: bool = False) -> None:
    """Open a published text again, to correct it or with `withdraws` to take it back.

    Its readers see it as it was until the new version has gone the whole way. The reason is what will stand at its top.
    """
    async with desk.database.writing() as connection:
        now = await desk.database.now(connection)
        text, life = await held(connection, number)
        if not life.was_public:
            raise conflict(Why.NOT_FROM_HERE, f"text {number}: it was never published")
        step = Step(to=TextState.DRAFT, version=seen, by=by.account_id, because=because.strip())
        _demand_allowed(life, step)
        body = {name: value for name, value in (await _body(connection, text)).items() if name != CORRECTION}
        await _take(connection, text, step, by, now)
        body[WITHDRAWS if withdraws else CORRECTION] = step.because
        await texts.add_version(connection, number, seen + 1, body, by.account_id, now)


async def close_review(desk: TextDesk, number: int, finding: str, by: By) -> None:
    """Say what the second look found at what its own writer approved; only another person may."""
    async with desk.database.writing() as connection:
        now = await desk.database.now(connection)
        waiting = await texts.open_tasks(connection, number)
        if not waiting:
            raise missing("no-task", f"text {number}: nothing waits for a second look")
        if len(finding.strip()) < SHORTEST_REASON:
            raise invalid(Why.REASON_SHORT, "say what the second look found", field="finding")
        for one in waiting:
            task = await texts.task(connection, one.id)
            refused = why_not_close(one.by, by.account_id, closed=task is None or task.closed_at is not None)
            if refused is not None:
                raise conflict(refused, f"task {one.id}: {refused}")
            await texts.close_task(connection, one.id, by.account_id, finding.strip(), now)
            details = {"task": one.id, "finding": finding.strip(), "overdue": now > one.due_at}
            await audit.write_audit(connection, by.actor, "close_review", f"text:{number}", details, now)


async def held(connection: Connection, number: int) -> tuple[TextRow, Life]:
    """Return a text and its life, which nobody else changes until the transaction ends. AppError: missing."""
    await texts.hold(connection, number)
    text = await texts.one(connection, number)
    if text is None:
        raise missing("no-such-text", f"text {number}: there is none")
    return text, await texts.life(connection, text)


async def _move(desk: TextDesk, number: int, step: Step, by: By) -> None:
    async with desk.database.writing() as connection:
        now = await desk.database.now(connection)
        text, life = await held(connection, number)
        if text.state in {TextState.PUBLISHED, TextState.CORRECTED}:
            raise conflict(Why.NOT_FROM_HERE, f"text {number}: what is public is corrected or withdrawn")
        _demand_allowed(life, step)
        await _take(connection, text, step, by, now)


async def _take(
    connection: Connection,
    text: TextRow,
    step: Step,
    by: By,
    now: datetime,
    whole: Composed | str = "",
) -> None:
    """Take a step and write it down; `whole` is what is to be kept with it, or the hash of what is kept already."""
    number = await texts.add_step(connection, text, step, now)
    if isinstance(whole, Composed):
        whole = await texts.keep_composition(connection, number, whole.as_json())
    details = {
        "kind": text.kind,
        "ref": text.ref,
        "from": text.state,
        "to": step.to,
        "version": step.version,
        "because": step.because,
        "break_glass": step.break_glass,
        "hash": whole,
    }
    await audit.write_audit(connection, by.actor, "step_text", f"text:{text.id}", details, now)


async def _withdraw(connection: Connection, text: TextRow, because: str, by: By, now: datetime) -> None:
    await notices.serialise_intake(connection)
    number = await notices.notice_id_of(connection, text.ref or "")
    if number is None:
        raise missing("no-such-notice", f"{text.ref}: no such notice")
    notice = (await notices.load(connection, [number]))[number]
    count = await withdrawing.withdraw(connection, notice, because, by.actor, now)
    details = {"because": because, "told": count, "text": text.id}
    await audit.write_audit(connection, by.actor, "withdraw", notice.ref, details, now)


async def _body(connection: Connection, text: TextRow) -> dict[str, Any]:
    return dict((await texts.versions(connection, text))[-1].body)


async def _demand_seen(connection: Connection, text: TextRow, body: dict[str, Any], by: By) -> None:
    """Refuse to who wrote a box of the notice an approval that would publish it; a box may be newer than the text."""
    if text.ref is None or text.kind is TextKind.WITHDRAWAL:
        return
    if by.account_id in await subjects.unseen_writers(connection, text.ref, body):
        raise conflict(Why.OWN_TEXT, f"text {text.id}: takes words of a box that nobody else confirmed")


def _demand_allowed(life: Life, step: Step) -> None:
    refused = why_not(life, step)
    if refused is not None:
        said = f"{life.state} to {step.to}, version {step.version}: {refused}"
        field = _FIELD_AT_FAULT.get(refused)
        raise invalid(refused, said, field=field) if field else conflict(refused, said)


def _demand_reason(text: TextRow, life: Life, body: dict[str, Any]) -> None:
    """Ask for the words that readers are told: why an alert is withdrawn, what a correction corrects."""
    if text.kind is TextKind.WITHDRAWAL:
        field, said = BECAUSE, body.get(BECAUSE, "")
    elif life.was_public:
        field, said = CORRECTION, body.get(WITHDRAWS) or body.get(CORRECTION, "")
    else:
        return
    if len(said) < SHORTEST_REASON:
        raise _short(field)


def _short(field: str) -> AppError:
    return invalid(Why.REASON_SHORT, f"{field}: at least {SHORTEST_REASON} characters", field=field)


def _slug(text: TextRow, title: str) -> str:
    """Return the address of an article: its title without marks, and its number. A bulletin is found by its period."""
    words = _SEPARATORS.sub("-", fold(title)).strip("-")[:_LONGEST_SLUG].rstrip("-")
    return f"{words}-{text.id}" if words else str(text.id)
