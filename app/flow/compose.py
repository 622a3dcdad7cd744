"""What a text of the ministry is written about: one notice in its thread, or the notices of a period."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from app.domain.articles import Period, PeriodKind, Subject, Vietnamese
from app.domain.symbols import Area
from app.i18n.dates import today_in_vietnam
from app.store import subjects
from app.store.database import Database


@dataclass(frozen=True, slots=True)
class OfADay:
    """What was found, and the day in Viet Nam on which it stands so."""

    subjects: Sequence[Subject]
    today: date


async def one_notice(
    database: Database, name: str, vietnamese: Vietnamese | None = None, as_of: date | None = None
) -> OfADay:
    """Return the notice of that ref or symbol with its thread and the Vietnamese that people wrote for its boxes.

    `vietnamese` counts before what is stored; `as_of` is the day of the text, today if left out.

    AppError: missing where there is no such notice, conflict where staff withdrew it.
    """
    async with database.reading() as connection:
        now = await database.now(connection)
        found = await subjects.one(connection, name, vietnamese)
    return OfADay([found], as_of or today_in_vietnam(now))


async def of_period(
    database: Database,
    period: Period,
    *,
    area: Area | None = None,
    sectors: tuple[str, ...] = (),
    as_of: date | None = None,
) -> OfADay:
    """Return the notices circulated in a period, oldest first; for a single day those that take comments on it.

    `sectors` are primary labels, children written out. What staff withdrew is left out.
    """
    async with database.reading() as connection:
        now = await database.now(connection)
        told = await subjects.of_period(connection, period, area=area, sectors=sectors)
    day = period.first if period.kind is PeriodKind.DAY else None
    return OfADay(told, as_of or day or today_in_vietnam(now))
