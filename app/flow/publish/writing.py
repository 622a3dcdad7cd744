"""Beginning a text, and writing its versions; what others look at does not change under their eyes."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from app.domain.articles import read_period
from app.domain.errors import conflict, invalid, missing
from app.domain.house_forms import Text, check_text, corrected
from app.domain.publishing import TextKind, why_not_write
from app.flow.publish.composing import BECAUSE, CORRECTION, LONGEST_FIELD, ROWS, TextDesk, vietnamese_of
from app.flow.publish.stepping import By, held
from app.i18n.dates import today_in_vietnam
from app.store import audit, ledger, notices, organisations, recipients, texts
from app.store.database import Connection
from app.store.texts import WITHDRAWS, Draft
from app.texts.house_tables import house_tables

FIELDS: Final[Mapping[TextKind, tuple[str, ...]]] = {
    TextKind.ARTICLE: ("title", "description", "products", "agency", "impact", "recommendation", ROWS),
    TextKind.LETTER: ("title", "description", "products"),
    TextKind.BULLETIN: (),
    TextKind.WITHDRAWAL: (BECAUSE,),
}
"""What a person writes of each kind; all else is composed of fields."""

_AGAIN = (CORRECTION, WITHDRAWS)
"""What a person writes besides once the text was published."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A text that somebody wants to write: about a notice, to an organisation by its key, of a period."""

    kind: TextKind
    ref: str = ""
    organisation: str = ""
    period: str = ""


async def begin(desk: TextDesk, wanted: Wanted, by: By) -> int:
    """Begin a text with an empty version, or find the one that is about the same; return its number.

    AppError: missing or invalid, with the field, for what it cannot be about.
    """
    async with desk.database.writing() as connection:
        await ledger.in_turn(connection, "texts")  # two who begin the same at once meet in one text
        now = await desk.database.now(connection)
        draft = await _draft(connection, desk, wanted)
        known = await texts.alive(connection, draft)
        if known is not None:
            return known
        number = await texts.add(connection, draft, now)
        await texts.add_version(connection, number, 1, {}, by.account_id, now)
        details = {"kind": wanted.kind, "ref": wanted.ref, "organisation": wanted.organisation, "period": wanted.period}
        await audit.write_audit(connection, by.actor, "begin_text", f"text:{number}", details, now)
        return number


async def write(desk: TextDesk, number: int, seen: int, body: Mapping[str, Any], by: By, *, mend: bool = False) -> int:
    """Write the next version of a draft; return its number, or that of the newest when nothing changed.

    With `mend` every proposal of the validators is put in its place. AppError: conflict when it is no draft or somebody
    else wrote after the version that was `seen`, invalid with the field for what cannot be taken.
    """
    async with desk.database.writing() as connection:
        now = await desk.database.now(connection)
        text, life = await held(connection, number)
        refused = why_not_write(life)
        if refused is not None:
            raise conflict(refused, f"text {number}: {refused}")
        if life.newest != seen:
            raise conflict("not-newest", f"text {number}: version {life.newest} came after {seen}")
        before = (await texts.versions(connection, text))[-1].body
        fields = (*FIELDS[text.kind], *(_AGAIN if life.was_public else ()))
        wrote = _taken(body, fields)
        if mend:
            wrote = {name: _mended(name, value, today_in_vietnam(now)) for name, value in wrote.items()}
        if wrote == before:
            return seen
        await texts.add_version(connection, number, seen + 1, wrote, by.account_id, now)
        details = {"kind": text.kind, "version": seen + 1, "hash": texts.hash_of(wrote)}
        await audit.write_audit(connection, by.actor, "write_text", f"text:{number}", details, now)
        return seen + 1


async def _draft(connection: Connection, desk: TextDesk, wanted: Wanted) -> Draft:
    if wanted.kind is TextKind.BULLETIN:
        try:
            name = read_period(wanted.period, desk.month_begins).name
        except ValueError as error:
            raise invalid("period", f"{wanted.period}: {error}", field="period") from error
        return Draft(kind=wanted.kind, period=name)
    notice = await notices.notice_id_of(connection, wanted.ref) if "\0" not in wanted.ref else None
    if notice is None:
        raise missing("no-such-notice", f"{wanted.ref}: no such notice")
    if wanted.kind is not TextKind.LETTER:
        return Draft(kind=wanted.kind, notice_id=notice)
    known = await organisations.numbers_of(connection, [wanted.organisation])
    standing = await recipients.standing(connection, wanted.organisation)
    if standing is None or standing.ended_at is not None:
        raise invalid("no-such-organisation", f"{wanted.organisation}: no such organisation", field="organisation")
    return Draft(kind=wanted.kind, notice_id=notice, organisation_id=known[wanted.organisation])


def _taken(body: Mapping[str, Any], fields: tuple[str, ...]) -> dict[str, Any]:
    """Return the fields that say something, in one form; AppError (invalid) names the one that cannot be taken."""
    strange = sorted(set(body) - set(fields))
    if strange:
        raise invalid("no-such-field", f"{', '.join(strange)}: no field of this text", field=strange[0])
    said = {name: _clean(name, body[name]) for name in fields if body.get(name)}
    try:
        vietnamese_of(said)
    except ValueError as error:
        raise invalid("rows", str(error), field=ROWS) from error
    return {name: value for name, value in said.items() if value}


def _clean(name: str, value: Any) -> Any:
    if not isinstance(value, str):
        return [[_clean(name, cell) for cell in row] for row in value]
    text = value.replace("\0", "").replace("\r\n", "\n").strip()
    if len(text) > LONGEST_FIELD:
        raise invalid("field-long", f"{name}: {len(text)} characters, at most {LONGEST_FIELD}", field=name)
    return text


def _mended(name: str, value: Any, today: date) -> Any:
    if not isinstance(value, str):
        return value
    return corrected(value, check_text(Text(field=name, text=value, today=today), house_tables()))
