"""T23: somebody on the staff reads all addresses, changes the audit, approves their own (MO-08, SE-20, PV-06)."""

import re

import pytest
from fastapi import FastAPI
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError

from app.domain.access import Role
from app.domain.deliveries import Refused, Unknown
from app.domain.organisations import Organisation
from app.flow import audit as chain
from app.flow import feedback, organisations
from app.store import tables
from tests.builders import a_page, a_record
from tests.conftest import FrozenClock
from tests.flow.test_readdress import address
from tests.office import KEY, Office
from tests.permissions import rows
from tests.staff import Browser, browser, hire
from tests.surfaces.test_texts_pages import REASON, begun, did, notice

__all__ = ["notice"]

READERS = [f"doc-gia-{number}@hiephoi.vn" for number in range(6)]
KINDS = tuple(Role)
QUERIES = {
    "/desk": (f"?q={READERS[0]}", "?tab=all"),
    "/desk/recipients": (f"?q={READERS[0]}", "?unreachable=yes"),
    "/desk/register": ("?organisation=hiep-hoi", "?notice=G/TBT/N/USA/1", "?look=1"),
}


async def peopled(office: Office, frozen: FrozenClock) -> None:
    """Let several subscribe, be told, be refused and suppressed, and let one stand in the organisations' table."""
    await office.settled_baseline()
    for one in READERS:
        await office.enrol(one, sectors=("textiles",))
    await office.pull(a_page(a_record("G/TBT/N/USA/1")))
    office.mailer.answers = [Refused(550, f"550 5.1.1 <{READERS[0]}> unknown"), Unknown(f"line of {READERS[1]}")]
    await office.deliver()
    frozen.advance(hours=1)
    await office.deliver()
    await feedback.suppress(office.database, READERS[2], f"{READERS[2]} asked", "clerk")
    known = Organisation(key="hiep-hoi", name_vi="Hiệp hội Dệt may")
    await organisations.save(office.database, known, "clerk", ())
    await organisations.add_contact(office.database, known.key, address(READERS[3]), "", "clerk", [KEY])


async def who_is(application: FastAPI, office: Office, frozen: FrozenClock, role: Role) -> Browser:
    opened = browser(application, frozen)
    await opened.sign_in(await hire(office.database, frozen, role, f"{role}@moit.gov.vn"))
    return opened


async def verbs(office: Office) -> list[str]:
    async with office.database.reading() as connection:
        statement = select(tables.audit.c.verb).order_by(tables.audit.c.id)
        return list((await connection.execute(statement)).scalars())


def named(text: str) -> list[str]:
    return [one for one in READERS if one in text]


@pytest.mark.parametrize("role", KINDS)
async def test_t23_no_page_that_is_only_opened_shows_an_address_in_clear(
    application: FastAPI, office: Office, frozen: FrozenClock, role: Role
) -> None:
    await peopled(office, frozen)
    own = await who_is(application, office, frozen, role)
    for row in rows(application):
        if row.method != "GET" or role not in row.roles:
            continue
        values = ("1", "hiep-hoi", "G/TBT/N/USA/1") if "{" in row.path else ("",)
        for path in (re.sub(r"\{[a-z:]+\}", value, row.path) for value in values):
            for query in ("", *QUERIES.get(path, ())):
                shown = await own.get(path + query)
                assert named(shown.text.replace(f'value="{READERS[0]}"', "")) == [], path


@pytest.mark.parametrize("role", KINDS)
async def test_t23_whoever_reads_addresses_or_takes_them_along_stands_in_the_audit(
    application: FastAPI, office: Office, frozen: FrozenClock, role: Role
) -> None:
    await peopled(office, frozen)
    own = await who_is(application, office, frozen, role)
    may = role is not Role.READER
    for path, fields in (
        ("/desk/recipients/hiep-hoi/addresses", {}),
        ("/desk/register/addresses", {"notice": "G/TBT/N/USA/1"}),
        ("/desk/register/export", {"notice": "G/TBT/N/USA/1"}),
        ("/desk/register", {"who": READERS[0]}),
    ):
        before = await verbs(office)
        answer = await own.post(path, page="/desk", **fields)
        text = answer.text
        if answer.status_code == 303:
            text += (await own.get(answer.headers["location"])).text
        written = (await verbs(office))[len(before) :]
        assert written or answer.status_code == 403, path
        shown = named(text.replace(f'value="{READERS[0]}"', ""))
        assert not shown or (may and written), (path, role)
    assert not named(str(await office.snapshot(tables.audit))), "the audit itself holds no address"


@pytest.mark.usefixtures("notice")
async def test_t23_nobody_approves_what_they_wrote_by_any_way_through_the_pages(
    application: FastAPI, office: Office, frozen: FrozenClock
) -> None:
    own = await who_is(application, office, frozen, Role.APPROVER)
    page = await begun(own)
    assert (await did(own, page, "submit", 1))[0] == 303
    for step, fields in (
        ("approve", {}),
        ("approve", {"by": "2", "written_by": "2", "because": REASON, "break_glass": "true"}),
        ("publish", {}),
        ("withdraw", {}),
        ("review", {"finding": REASON}),
    ):
        assert (await did(own, page, step, 1, **fields))[0] in {404, 409, 422}, step
    warning = {"source": "rasff", "key": "2026.9", "language": "vi", "title": "Túi vải", "members": "EU"}
    more = {"published": "2026-03-01", "link": "https://webgate.ec.europa.eu/rasff-window/screen/notification/1"}
    await own.post("/desk/warnings", page="/desk/warnings/new", **(warning | more))
    refused = await own.post("/desk/warnings/2/release", page="/desk/warnings")
    assert (refused.status_code, "Người khác phải phát hành" in refused.text) == (422, True)
    async with office.database.reading() as connection:
        states = (await connection.execute(select(tables.text_steps.c.to_state))).scalars().all()
    assert states == ["in_review"]


FORBIDDEN = (
    "UPDATE audit SET actor = 'account:2'",
    "UPDATE audit SET verb = 'sign_in' WHERE id = 1",
    "DELETE FROM audit WHERE id = (SELECT max(id) FROM audit)",
    "DELETE FROM audit",
    "UPDATE audit_seals SET number = number + 1",
    "DELETE FROM audit_seals",
    "UPDATE audit_heads SET id = id + 1",
    "DELETE FROM audit_heads",
)


async def test_t23_the_application_s_own_role_changes_no_row_of_the_audit(
    application: FastAPI, office: Office, frozen: FrozenClock
) -> None:
    await who_is(application, office, frozen, Role.ADMINISTRATOR)
    await chain.verify(office.database)
    before = await office.snapshot(tables.audit, tables.audit_seals, tables.audit_heads)
    more = (
        ("TRUNCATE audit CASCADE",)
        if office.database.dialect == "postgresql"
        else ("REPLACE INTO audit SELECT * FROM audit",)
    )
    for statement in (*FORBIDDEN, *more):
        with pytest.raises(DBAPIError, match="only appended"):
            async with office.database.writing() as connection:
                await connection.exec_driver_sql(statement)
    assert await office.snapshot(tables.audit, tables.audit_seals, tables.audit_heads) == before


async def test_t23_whoever_takes_the_guard_away_and_changes_a_row_is_found_by_the_night(
    application: FastAPI, office: Office, frozen: FrozenClock
) -> None:
    await who_is(application, office, frozen, Role.ADMINISTRATOR)
    assert (await chain.verify(office.database)).broken is None
    async with office.database.writing() as connection:
        if office.database.dialect == "postgresql":
            await connection.exec_driver_sql("ALTER TABLE audit DISABLE TRIGGER USER")
        else:
            guards = "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'audit'"
            for name in (await connection.exec_driver_sql(guards)).scalars().all():
                await connection.exec_driver_sql(f"DROP TRIGGER {name}")
        await connection.exec_driver_sql("UPDATE audit SET actor = 'account:99' WHERE id = 1")
    assert (await chain.verify(office.database)).broken is not None
