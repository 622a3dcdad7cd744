"""Signing in while somebody else changes the same account, and mails to staff while workers die or oversleep."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import pytest
from sqlalchemy import func, select, text

from app.domain.access import Role
from app.domain.deliveries import Accepted, Envelope, HostDown, Outcome
from app.domain.errors import AppError
from app.flow import sign_in
from app.flow.sign_in import AccountDesk, Entry, Post, Session, passwords
from app.senders.addresses import parse_address
from app.store import accounts, holds, sessions
from app.store.database import Connection, Database
from app.store.tables import account_links, account_mails
from app.vault.tokens import new_token, token_hash
from tests.conftest import FrozenClock
from tests.fakes import FakeMailer, Killed
from tests.office import KEY, Office
from tests.staff import OTHER_PASSWORD, Colleague, hire

CHI = "chi@moit.gov.vn"
SENDER = "keng@keng.example"

on_postgresql_only = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
"""For what happens only where two transactions write at once."""


@pytest.fixture
async def lan(database: Database, frozen: FrozenClock) -> Colleague:
    return await hire(database, frozen)


@pytest.fixture
def desk(office: Office) -> AccountDesk:
    return AccountDesk(office.database, office.stationery.letterhead, [KEY])


async def begin(database: Database, who: Colleague) -> Session:
    token = new_token()
    async with database.writing() as connection:
        await sessions.begin(connection, who.number, token_hash(token), await database.now(connection))
    return Session(account_id=who.number, address=who.address, role=Role.EDITOR, token=token)


async def row_of(database: Database, number: int) -> tuple[str | None, str | None]:
    async with database.reading() as connection:
        found = await accounts.of_number(connection, number)
    assert found is not None
    return found.password_hash, found.factor_seed


async def until_somebody_waits(connection: Connection) -> None:
    """Go on when another transaction waits for a row of this one.

    The table of locks, for that of activity shows one transaction the same picture until its end.
    """
    waiting = text("SELECT count(*) FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY (pg_blocking_pids(pid))")
    while not (await connection.execute(waiting)).scalar_one():  # noqa: ASYNC110 - the server tells nobody when it waits
        await asyncio.sleep(0.02)


Meanwhile = Callable[[Database, Session], Awaitable[object]]


async def shut_out(database: Database, session: Session) -> None:
    await sign_in.disable(database, session.account_id, "left", "staff")


async def sign_out(database: Database, session: Session) -> None:
    await sign_in.sign_out(database, session.token)


async def other_factor(database: Database, session: Session) -> None:
    async with database.writing() as connection:
        await accounts.set_factor(connection, session.account_id, "another seed", 0, ())


@pytest.mark.parametrize("meanwhile", [shut_out, sign_out, other_factor])
async def test_a_password_is_not_changed_for_an_account_that_was_changed_meanwhile(
    desk: AccountDesk, lan: Colleague, monkeypatch: pytest.MonkeyPatch, meanwhile: Meanwhile
) -> None:
    session = await begin(desk.database, lan)
    before, _ = await row_of(desk.database, lan.number)

    async def slowly(_password: str, _address: str) -> str:
        await meanwhile(desk.database, session)
        return "another hash"

    monkeypatch.setattr(passwords, "new_password_hash", slowly)
    with pytest.raises(AppError) as refused:
        await sign_in.change_password(desk, session, lan.password, OTHER_PASSWORD)
    assert refused.value.code == "account-changed"
    assert (await row_of(desk.database, lan.number))[0] == before


@on_postgresql_only
async def test_a_recovery_code_brings_no_former_password_back(desk: AccountDesk, lan: Colleague) -> None:
    entry = Entry(identity=lan.address, password=lan.password, code=lan.recovery_codes[0])
    async with desk.database.writing() as connection:
        await accounts.hold(connection, lan.number)
        entering = asyncio.create_task(sign_in.sign_in(desk, entry))
        await until_somebody_waits(connection)
        await accounts.change(connection, lan.number, password_hash="another hash")
    assert await entering is None
    assert (await row_of(desk.database, lan.number))[0] == "another hash"


async def test_of_links_that_are_sent_again_at_once_one_holds(desk: AccountDesk, frozen: FrozenClock) -> None:
    number = await sign_in.invite(desk, parse_address(CHI), Role.EDITOR, "vi", "staff")
    for _ in range(3):
        frozen.advance(seconds=1)
        await asyncio.gather(*(sign_in.send_again(desk, number, "staff") for _ in range(4)))
        async with desk.database.reading() as connection:
            living = await connection.execute(select(func.count()).select_from(account_links))
            assert living.scalar_one() == 1


async def test_an_administrator_who_cannot_sign_in_yet_is_not_the_one_that_stays(
    desk: AccountDesk, frozen: FrozenClock
) -> None:
    chief = await hire(desk.database, frozen, Role.ADMINISTRATOR, "chief@moit.gov.vn")
    await sign_in.invite(desk, parse_address(CHI), Role.ADMINISTRATOR, "vi", "staff")
    with pytest.raises(AppError, match="the last administrator"):
        await sign_in.disable(desk.database, chief.number, "left", "staff")
    with pytest.raises(AppError, match="the last administrator"):
        await sign_in.set_role(desk.database, chief.number, Role.READER, "staff")


@dataclass
class Oversleeping:
    """A relay that is so slow before DATA that another worker takes the mail over."""

    meanwhile: Callable[[], Awaitable[object]]
    handed_over: list[Envelope] = field(default_factory=list)

    async def send(self, envelope: Envelope, before_data: Callable[[], Awaitable[bool]]) -> Outcome | None:
        await self.meanwhile()
        if not await before_data():
            return None
        self.handed_over.append(envelope)
        return Accepted("250 2.0.0 ok")


async def mails(database: Database) -> list[tuple[str, bool]]:
    """The state of every mail, and whether its bytes are kept."""
    async with database.reading() as connection:
        rows = await connection.execute(select(account_mails).order_by(account_mails.c.id))
        return [(row.state, row.body is not None) for row in rows]


async def test_a_worker_that_overslept_hands_no_second_copy_over(
    desk: AccountDesk, office: Office, frozen: FrozenClock
) -> None:
    await sign_in.invite(desk, parse_address(CHI), Role.EDITOR, "vi", "staff")

    async def another_worker() -> None:
        frozen.advance(minutes=6)
        assert await sign_in.send_due(office.database, Post(office.mailer, SENDER)) == 1

    slow = Oversleeping(another_worker)
    assert await sign_in.send_due(office.database, Post(slow, SENDER)) == 0
    assert (slow.handed_over, office.recipients) == ([], [CHI])
    assert await mails(office.database) == [("accepted", False)]


async def test_a_mail_whose_worker_died_after_data_is_unknown_and_goes_no_second_time(
    desk: AccountDesk, office: Office, frozen: FrozenClock
) -> None:
    await sign_in.invite(desk, parse_address(CHI), Role.EDITOR, "vi", "staff")
    with pytest.raises(Killed):
        await sign_in.send_due(office.database, Post(FakeMailer(dies=True), SENDER))
    assert await mails(office.database) == [("handing_over", True)]
    for _ in range(3):
        frozen.advance(minutes=20)
        assert await sign_in.send_due(office.database, Post(office.mailer, SENDER)) == 0
    assert await mails(office.database) == [("unknown", False)]


async def test_a_relay_that_is_down_is_asked_once_for_all_mails(desk: AccountDesk, office: Office) -> None:
    for address in (CHI, "binh@moit.gov.vn"):
        await sign_in.invite(desk, parse_address(address), Role.EDITOR, "vi", "staff")
    office.mailer.answers = [HostDown("no route")]
    assert await sign_in.send_due(office.database, Post(office.mailer, SENDER)) == 0
    assert await mails(office.database) == [("pending", True), ("pending", True)]


async def test_no_mail_to_staff_leaves_a_restored_database_before_its_hold_is_lifted(
    desk: AccountDesk, office: Office, frozen: FrozenClock
) -> None:
    await sign_in.invite(desk, parse_address(CHI), Role.EDITOR, "vi", "staff")
    async with office.database.writing() as connection:
        await holds.hold(connection, holds.RESTORED, "restored", "staff", frozen())
    assert await sign_in.send_due(office.database, Post(office.mailer, SENDER)) == 0
    async with office.database.writing() as connection:
        await holds.lift(connection, holds.RESTORED, frozen())
    assert await sign_in.send_due(office.database, Post(office.mailer, SENDER)) == 1
