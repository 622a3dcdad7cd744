"""T18: somebody's address or name adds a recipient or a header to a mail (EM-19, EM-20)."""

import re
from email.parser import BytesParser
from email.policy import default

import httpx
import pytest
from fastapi import FastAPI

from app.domain.access import Role
from app.domain.organisations import Organisation
from app.flow import organisations, sign_in
from app.flow.organisations import ContactDesk
from app.flow.sign_in import Post
from app.store import organisations as store
from app.store.tables import accounts, contacts, deliveries, metadata
from app.texts.letterhead import Letterhead
from app.vault.purposes import MANAGE
from app.vault.tokens import sign
from tests.conftest import FrozenClock
from tests.flow.test_readdress import address
from tests.office import KEY, Office
from tests.staff import browser, hire
from tests.surfaces.conftest import on_sqlite_only

EVERYTHING = list(metadata.sorted_tables)
ADDRESSES = (
    "b@y.vn,evil@z.vn",
    "b@y.vn;evil@z.vn",
    "b@y.vn evil@z.vn",
    "b@y.vn, evil@z.vn",
    "b@y.vn\r\nBcc: evil@z.vn",
    "b@y.vn\nBcc: evil@z.vn",
    "b@y.vn\rBcc: evil@z.vn",
    "b@y.vn%0d%0aBcc:evil@z.vn",
    "b@y.vn>\r\nRCPT TO:<evil@z.vn",
    "b@y.vn> <evil@z.vn",
    "<b@y.vn>,<evil@z.vn>",
    "B <b@y.vn>",
    "B <b@y.vn>, E <evil@z.vn>",
    '"b@y.vn,evil"@z.vn',
    '"b\\"@y.vn',
    "b(evil@z.vn)@y.vn",
    "@evil.vn,@z.vn:b@y.vn",
    "b%evil@z.vn@y.vn",
    "b@y.vn\u2028Bcc:evil@z.vn",
    "b@y.vn\u0085evil@z.vn",
    "b@y.vn\x00evil@z.vn",
    "b\u202e@y.vn",
    "b@[127.0.0.1]",
    "b@localhost",
    "b@y.vn.",
    "b@-y.vn",
    "group: b@y.vn, evil@z.vn;",
    "b" * 300 + "@y.vn",
    "",
)
NAMES = (
    "Hiệp hội\r\nBcc: evil@z.vn",
    "Hiệp hội\nTo: evil@z.vn\n\nThân thư giả",
    "Hiệp hội\r\n.\r\nMAIL FROM:<evil@z.vn>",
    "Hiệp hội\u2028Bcc: evil@z.vn",
    "Hiệp hội\u0085Bcc: evil@z.vn",
    'Hiệp hội" <evil@z.vn>, "',
    "=?utf-8?q?Hi=0D=0ABcc:_evil=40z.vn?=",
    "x" * 500,
)


@on_sqlite_only
@pytest.mark.parametrize("typed", ADDRESSES)
async def test_t18_no_door_takes_what_is_not_one_address(
    application: FastAPI, client: httpx.AsyncClient, office: Office, frozen: FrozenClock, typed: str
) -> None:
    await office.enrol("nga@hiephoi.vn", sectors=("textiles",))
    await organisations.save(office.database, Organisation(key="one", name_vi="Hiệp hội"), "clerk", ())
    chief, clerk = browser(application, frozen), browser(application, frozen)
    await chief.sign_in(await hire(office.database, frozen, Role.ADMINISTRATOR, "chief@moit.gov.vn"))
    await clerk.sign_in(await hire(office.database, frozen))
    before = await office.snapshot(*EVERYTHING)
    asked = await client.post("/api/v1/subscriptions", json={"email": typed, "sectors": ["footwear"]})
    assert asked.status_code == 422
    for path in ("/manage", f"/manage/{sign(MANAGE, 1, KEY)}/address"):
        assert (await client.post(path, data={"email": typed})).status_code in {400, 422}, path
    forgotten = await clerk.post("/sign-in/forgotten", page="/sign-in/forgotten", email=typed)
    assert forgotten.status_code in {200, 400}
    invited = await chief.post("/desk/people", page="/desk/people", email=typed, role="reader", language="vi")
    assert invited.status_code in {400, 422}
    added = await clerk.post("/desk/recipients/one/contacts", page="/desk", email=typed, role="")
    assert added.status_code in {400, 422}
    await sign_in.send_due(office.database, Post(office.mailer, "keng@keng.example"))
    await office.drain()
    assert await office.snapshot(*EVERYTHING) == before
    assert office.recipients == []


@pytest.mark.parametrize("name", NAMES)
async def test_t18_a_name_adds_no_recipient_and_no_header(
    application: FastAPI, office: Office, frozen: FrozenClock, letterhead: Letterhead, name: str
) -> None:
    own = browser(application, frozen)
    await own.sign_in(await hire(office.database, frozen))
    form = {"key": "hiep-hoi", "kind": "association", "level": "national", "name_vi": name, "name_en": name}
    taken = await own.post("/desk/recipients", page="/desk/recipients/_new", **form)
    assert taken.status_code in {303, 400, 422}
    async with office.database.writing() as connection:
        known = Organisation(key="hiep-hoi", name_vi=name, name_en=name, abbreviation=name)
        await store.save(connection, known, await office.database.now(connection))
    mailbox = address("vanphong@hiephoi.vn")
    await organisations.add_contact(office.database, "hiep-hoi", mailbox, "", "clerk", [KEY])
    desk = ContactDesk(office.database, letterhead, [KEY])
    await organisations.mail_link(desk, "hiep-hoi", mailbox, "clerk")
    await office.drain()
    assert office.recipients == ["vanphong@hiephoi.vn"]
    head, _, _ = office.mailer.received[0].body.partition(b"\r\n\r\n")
    names = [line.partition(b":")[0].lower() for line in re.split(rb"\r\n(?![ \t])", head)]
    assert len(names) == len(set(names))
    assert {b"bcc", b"cc"}.isdisjoint(names)
    assert not re.search(rb"(?<!\r)\n|\r(?!\n)|\x00", head)
    mail = BytesParser(policy=default).parsebytes(office.mailer.received[0].body)
    assert str(mail["To"]) == "vanphong@hiephoi.vn"
    assert len(str(mail["Subject"])) <= 200
    assert await office.count(deliveries) == await office.count(contacts) == 1
    assert await office.count(accounts) == 1
