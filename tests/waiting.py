"""A queue for tests: notices that wait for a person, each for a reason of its own."""

from datetime import date, timedelta
from typing import Any

from app.domain.organisations import Organisation, OrganisationKind
from app.domain.queue import Holder
from app.domain.sectors import Label, Role
from app.flow import queue as flow
from app.store import organisations
from app.store.database import Database
from tests.surfaces.rows import STORED_AT, happen, keep, label, regular

TODAY = date(2026, 3, 2)
UNIT = "xnk"


async def wait(database: Database, number: int, because: str = "unsure", left: int | None = 30, **fields: Any) -> str:
    """Let a notice wait with so many days left to comment; `fields` are of its content or, as `columns`, of its row."""
    columns = {"sorted_at": STORED_AT} | fields.pop("columns", {})
    since = fields.pop("since", STORED_AT)
    symbol = str(fields.pop("symbol", f"G/TBT/N/USA/{number}"))
    deadline = None if left is None else TODAY + timedelta(days=left)
    kept = await keep(database, regular(symbol, comment_deadline=deadline, **fields), **columns)
    await happen(database, kept, "notified", waiting=because, judged_at=since, created_at=since)
    return symbol


async def unmatched(database: Database, number: int, left: int | None = 30) -> str:
    """Let an alert have gone out that concerned nobody."""
    symbol = f"G/SPS/N/CHN/{number}"
    deadline = None if left is None else TODAY + timedelta(days=left)
    kept = await keep(database, regular(symbol, comment_deadline=deadline), sorted_at=STORED_AT)
    await happen(
        database, kept, "notified", released_at=STORED_AT, released_by="rule", fanned_out_at=STORED_AT, matched=0
    )
    return symbol


async def orphan(database: Database, number: int) -> str:
    """Let an addendum be here whose base is not; it was here before anybody was told of anything."""
    symbol = f"G/TBT/N/EU/{number}/Add.1"
    kept = await keep(database, regular(symbol), sorted_at=STORED_AT, orphan=True)
    await happen(database, kept, "notified", silence="baseline")
    return symbol


async def sorted_into(database: Database, number: int, sector: str, confidence: float = 0.5) -> None:
    """Give a notice, by its number in the database, a sector."""
    await label(database, number, [Label(sector, Role.PRIMARY, confidence, ())])


async def add_unit(database: Database, key: str = UNIT, kind: OrganisationKind = OrganisationKind.MINISTRY_UNIT) -> str:
    """Add a unit of the ministry."""
    async with database.writing() as connection:
        one = Organisation(key=key, name_vi=f"Cục {key}", name_en=f"Department {key}", kind=kind)
        await organisations.save(connection, one, STORED_AT)
    return key


async def furnish_desk(database: Database) -> None:
    """Let a dozen notices wait in every way: urgent, late, closed, without a deadline, assigned, with long titles."""
    long_title = (
        "Draft Regulation on the labelling, packaging and fibre composition of textile and leather products " * 2
    )
    for number, (because, left) in enumerate(
        (("unsure", 3), ("unlabelled", 20), ("staff", 45), ("manual", None), ("contradictory", -4), ("unsure", 0)),
        start=1,
    ):
        flags = {"contradictory": because == "contradictory"}
        titles = (("en", long_title),) if number % 2 else (("en", "Tea"), ("vi", "Mức dư lượng tối đa trong chè"))
        since = STORED_AT - timedelta(days=9 * (number % 2), hours=number)
        await wait(database, number, because, left, titles=titles, columns=flags, since=since)
    await sorted_into(database, 1, "textiles", 0.62)
    await unmatched(database, 7)
    await orphan(database, 8)
    await add_unit(database)
    await flow.assign(database, ["G/TBT/N/USA/2"], Holder(unit=UNIT), "account:1")
