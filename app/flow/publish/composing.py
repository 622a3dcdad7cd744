"""A text as it would leave today: what a person wrote, composed with everything that the fields say, and its faults."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Final

from app.domain.articles import Article, Letter, Subject, Vietnamese, read_period
from app.domain.articles.bulletin import Bulletin
from app.domain.errors import conflict, missing
from app.domain.house_forms import Finding, Text, check_text
from app.domain.publishing import TextKind
from app.domain.release import Waiting
from app.store import subjects
from app.store.database import Connection, Database
from app.store.texts import WITHDRAWS, TextRow
from app.texts.article.compose import article_of
from app.texts.article.naming import Desk
from app.texts.bulletin.compose import bulletin_of
from app.texts.composed import Composed, notes_of, of_article, of_bulletin, of_letter, of_withdrawal
from app.texts.house_tables import findings_in, house_tables
from app.texts.letter import letter_of

CORRECTION: Final = "correction"
BECAUSE: Final = "because"
ROWS: Final = "rows"
LONGEST_FIELD: Final = 20_000
"""Characters that one field may have."""
_OWN: Final = frozenset({CORRECTION, WITHDRAWS, BECAUSE})
"""Fields of a version that are no field of the notice in Vietnamese."""


@dataclass(frozen=True, slots=True)
class TextDesk:
    """What texts are written with: the database, what all texts of a day have in common, when a reporting month begins.

    `mail_domain` is the domain of the Message-IDs of letters.
    """

    database: Database
    desk_on: Callable[[date], Desk]
    month_begins: int
    mail_domain: str


@dataclass(frozen=True, slots=True)
class Made:
    """A text as it would leave: composed, and as the document that files are made of; None for a withdrawal.

    `subject` is the notice that it is about; None for a bulletin.
    """

    composed: Composed
    document: Article | Letter | Bulletin | None
    subject: Subject | None = None


async def compose(connection: Connection, desk: TextDesk, text: TextRow, body: Mapping[str, Any], today: date) -> Made:
    """Return a text with these words of a person, as of a day. AppError where its notice is gone or was withdrawn."""
    common = desk.desk_on(today)
    notes = notes_of(body.get(CORRECTION, ""), body.get(WITHDRAWS, ""), common)
    if text.kind is TextKind.BULLETIN:
        period = read_period(text.period or "", desk.month_begins)
        bulletin = bulletin_of(await subjects.of_period(connection, period), period, common)
        return Made(of_bulletin(bulletin, notes), bulletin)
    if text.ref is None:
        raise missing("notice-missing", "the text is about no notice")
    subject = await subjects.one(connection, text.ref, vietnamese_of(body))
    if text.kind is TextKind.WITHDRAWAL:
        return Made(of_withdrawal(subject, body.get(BECAUSE, ""), common), None, subject)
    if text.kind is TextKind.LETTER:
        letter = letter_of(subject, common, text.addressee or "")
        return Made(of_letter(letter), letter, subject)
    article = replace(article_of(subject, common), notes=notes)
    return Made(of_article(article), article, subject)


def vietnamese_of(body: Mapping[str, Any]) -> Vietnamese:
    """Return the fields of the notice that a person wrote in Vietnamese."""
    return Vietnamese.read({name: value for name, value in body.items() if name not in _OWN})


def faults_of(composed: Composed, body: Mapping[str, Any], today: date) -> tuple[Finding, ...]:
    """Return every fault: of a person's words by their field, so that the proposal can be put there, then of the rest."""
    own = [
        finding
        for name, value in body.items()
        if isinstance(value, str)
        for finding in check_text(Text(field=name, text=value, today=today), house_tables())
    ]
    told = {finding.found for finding in own}
    rest = [finding for finding in findings_in(composed.sentences(), today) if finding.found not in told]
    return (*own, *rest)


async def doubts_of(connection: Connection, text: TextRow) -> tuple[Waiting, ...]:
    """Return what is uncertain about the notice of a text; what is wrongly sorted may still be withdrawn."""
    if text.ref is None or text.kind is TextKind.WITHDRAWAL:
        return ()
    return tuple(await subjects.doubts(connection, text.ref))


async def demand_sound(
    connection: Connection, text: TextRow, composed: Composed, body: Mapping[str, Any], today: date
) -> None:
    """Raise AppError (conflict) while a text has faults, or its notice is uncertain."""
    faults = faults_of(composed, body, today)
    if faults:
        raise conflict("findings", f"{len(faults)} faults, the first in {faults[0].field}: {faults[0].found}")
    doubts = await doubts_of(connection, text)
    if doubts:
        raise conflict("doubts", f"{text.ref}: {', '.join(doubts)}; correct or release the notice first")
