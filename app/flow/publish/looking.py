"""A text as its desk shows it: composed as of today, or as it was approved; what is wrong, what changed, what waits."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from app.domain.articles import Article, Letter
from app.domain.articles.bulletin import Bulletin
from app.domain.errors import AppError, conflict, missing
from app.domain.house_forms import Finding
from app.domain.publishing import Life, TextState
from app.domain.release import Waiting
from app.flow.publish.composing import Made, TextDesk, compose, doubts_of, faults_of
from app.i18n.dates import today_in_vietnam
from app.store import texts
from app.store.database import Connection
from app.store.texts import TextRow
from app.texts.composed import Composed

_OPEN = frozenset({TextState.DRAFT, TextState.IN_REVIEW})


@dataclass(frozen=True, slots=True, kw_only=True)
class Former:
    """What a second person approved last: its version, a person's words, and the whole text."""

    number: int
    body: Mapping[str, Any]
    composed: Composed


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """One text with everything that decides its next step.

    `composed` is None where it cannot be composed any more, and `trouble` says why. `former` is what a second person
    approved last, None before. `versions`, `steps` and `tasks` are rows of `store.texts`.
    """

    text: TextRow
    life: Life
    body: Mapping[str, Any]
    composed: Composed | None
    trouble: str
    former: Former | None
    faults: tuple[Finding, ...]
    doubts: tuple[Waiting, ...]
    versions: Sequence[Any]
    steps: Sequence[Any]
    tasks: Sequence[Any]
    now: datetime

    @property
    def today(self) -> date:
        """The day in Viet Nam on which it stands so."""
        return today_in_vietnam(self.now)


async def look(desk: TextDesk, number: int) -> Sheet:
    """Return a text as it stands; nothing is stored. AppError: missing."""
    async with desk.database.reading() as connection:
        now = await desk.database.now(connection)
        text, life = await _known(connection, number)
        versions = await texts.versions(connection, text)
        body = versions[-1].body
        composed, trouble = await _composed(connection, desk, text, body, today_in_vietnam(now))
        is_open = text.state in _OPEN and composed is not None
        return Sheet(
            text=text,
            life=life,
            body=body,
            composed=composed,
            trouble=trouble,
            former=await _former(connection, text, versions),
            faults=faults_of(composed, body, today_in_vietnam(now)) if is_open and composed is not None else (),
            doubts=await doubts_of(connection, text) if is_open else (),
            versions=versions,
            steps=await texts.steps(connection, text),
            tasks=await texts.open_tasks(connection, number),
            now=now,
        )


async def document(desk: TextDesk, number: int) -> Article | Letter | Bulletin:
    """Return a text as what files are made of: as of today while it is open, else exactly as it was approved.

    AppError: missing where there is none; conflict when the original changed since the approval, so that the same file
    cannot be made again.
    """
    async with desk.database.reading() as connection:
        now = await desk.database.now(connection)
        text, _ = await _known(connection, number)
        body = (await texts.versions(connection, text))[-1].body
        kept = None if text.state in _OPEN else await texts.composition(connection, text)
        day = today_in_vietnam(now) if kept is None else date.fromisoformat(kept.body["written_on"])
        made: Made = await compose(connection, desk, text, body, day)
    if kept is not None and texts.hash_of(made.composed.as_json()) != kept.hash:
        raise conflict("text-changed", f"text {number}: its notice changed since the approval")
    if made.document is None:
        raise missing("no-file", f"text {number}: a withdrawal is no file")
    return made.document


async def _known(connection: Connection, number: int) -> tuple[TextRow, Life]:
    text = await texts.one(connection, number)
    if text is None:
        raise missing("no-such-text", f"text {number}: there is none")
    return text, await texts.life(connection, text)


async def _composed(
    connection: Connection, desk: TextDesk, text: TextRow, body: Mapping[str, Any], today: date
) -> tuple[Composed | None, str]:
    """Return what was approved where it was; else as it would leave today, or why it cannot be composed."""
    if text.state not in _OPEN:
        kept = await texts.composition(connection, text)
        if kept is not None:
            return Composed.read(kept.body), ""
    try:
        return (await compose(connection, desk, text, body, today)).composed, ""
    except AppError as error:
        return None, error.code


async def _former(connection: Connection, text: TextRow, versions: Sequence[Any]) -> Former | None:
    kept = await texts.composition(connection, text, sound=True)
    if kept is None:
        return None
    body = next(row.body for row in versions if row.number == kept.number)
    return Former(number=kept.number, body=body, composed=Composed.read(kept.body))
