"""Every link that Kẻng mails, alive: what a scanner opens and a thief tries."""

import re

from app.domain.access import Role
from app.domain.organisations import Organisation
from app.domain.subscriptions import Language
from app.flow import organisations, sign_in
from app.flow.organisations import ContactDesk
from app.flow.sign_in import AccountDesk, Post
from app.senders.addresses import parse_address
from app.vault.purposes import MANAGE, UNSUBSCRIBE
from app.vault.tokens import sign
from tests.conftest import FrozenClock
from tests.flow.test_readdress import address, asked
from tests.office import KEY, Office, plain
from tests.staff import hire
from tests.surfaces.test_mailed_links import awaiting

OWNER = "nga@hiephoi.vn"
CLERK = "chi@moit.gov.vn"
_LINK = re.compile(r"https://keng\.example(/(?:sign-in/link|contact)/[\w-]+)")


async def mailed_links(office: Office, frozen: FrozenClock) -> dict[str, str]:
    """Let somebody of each kind be mailed, and return the path of each link by what it is for."""
    confirm = await awaiting(office.database, frozen, sectors=("footwear",))
    await office.enrol(OWNER, sectors=("textiles",))
    move, undo = await asked(office, "nga@cong-ty.vn")
    manage, stop = sign(MANAGE, 1, KEY), sign(UNSUBSCRIBE, 1, KEY)
    return {
        "confirm": f"/confirm/{confirm}",
        "unsubscribe": f"/u/{stop}",
        "manage": f"/manage/{manage}",
        "data": f"/manage/{manage}/data",
        "move": f"/move/{move}",
        "undo": f"/move/{undo}/undo",
        "contact": await _contact(office),
        "invitation": await _invitation(office),
        "password": await _forgotten(office, frozen),
    }


async def _contact(office: Office) -> str:
    one = Organisation(key="vitas_tea", name_vi="Hiệp hội Chè Việt Nam")
    mailbox = address("vanphong@hiephoi.vn")
    await organisations.save(office.database, one, "clerk", ())
    await organisations.add_contact(office.database, one.key, mailbox, "", "clerk", [KEY])
    desk = ContactDesk(office.database, office.stationery.letterhead, [KEY])
    await organisations.mail_link(desk, one.key, mailbox, "clerk")
    await office.drain()
    return _newest(office)


async def _invitation(office: Office) -> str:
    invited = parse_address("moi@moit.gov.vn")
    await sign_in.invite(staff_desk(office), invited, Role.EDITOR, Language.VI, "account:1")
    return await _sent(office)


async def _forgotten(office: Office, frozen: FrozenClock) -> str:
    await hire(office.database, frozen, address=CLERK)
    await sign_in.ask_password_link(staff_desk(office), CLERK)
    return await _sent(office)


def staff_desk(office: Office) -> AccountDesk:
    """What the use cases of signing in need."""
    return AccountDesk(office.database, office.stationery.letterhead, [KEY])


async def _sent(office: Office) -> str:
    await sign_in.send_due(office.database, Post(office.mailer, "keng@keng.example"))
    return _newest(office)


def _newest(office: Office) -> str:
    found = _LINK.search(plain(office.inbox[-1][1]))
    assert found is not None
    return found[1]
