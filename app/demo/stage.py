"""Everything that stands while the demo runs, opened in order and closed in the opposite one."""

import secrets
import socket
import tempfile
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Final

from app.demo.catcher import Catcher, catching
from app.demo.house import House, Places, opened, settings_for
from app.demo.mail_pages import MailPages
from app.demo.notices import sample_notices
from app.demo.serving import address_of, listen, port_of, serving
from app.demo.staff import Colleague
from app.demo.stand_in import StandIn
from app.i18n.dates import VIETNAM, today_in_vietnam
from app.main import create_app

NOTICE: Final = "Bản trình diễn: dữ liệu mẫu, ngày đã dời"
"""What every page and mail of the demo says."""

_UNTIL_DIGEST = timedelta(minutes=2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """The stand-in, the catcher and the house between them; `digest_at` is the moment of today's digests.

    `staff` can sign in at `site`; the page at `accounts` tells how.
    """

    today: date
    digest_at: datetime
    stand_in: StandIn
    catcher: Catcher
    house: House
    staff: tuple[Colleague, ...]
    site: str
    eping: str
    mails: str
    accounts: str


@asynccontextmanager
async def set_up(port: int) -> AsyncIterator[Stage]:
    """Open everything on loopback, the pages at `port` or the next free one; NoPortError when there is none.

    What is circulated today is withheld at first, so that a second visit finds something new.
    """
    async with AsyncExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="keng-demo-"))
        site, mails, eping, smtp = _listeners(stack, port)
        now, key, catcher = datetime.now(UTC), secrets.token_urlsafe(24), Catcher()
        digest_at = (now + _UNTIL_DIGEST).astimezone(VIETNAM).replace(second=0, microsecond=0)
        today = today_in_vietnam(now)
        stand_in = StandIn(sample_notices(), today, key, withheld=lambda notice: notice.workdays_ago == 0)
        places = Places(base_url=address_of(site), eping_url=address_of(eping), eping_key=key, smtp_port=port_of(smtp))
        await stack.enter_async_context(serving(stand_in.app, eping))
        await stack.enter_async_context(catching(catcher, smtp))
        settings = settings_for(Path(folder), places, f"{digest_at:%H:%M}")
        house = await stack.enter_async_context(opened(settings, NOTICE))
        # The windows before today's count as closed, as they are where Kẻng has been running.
        await house.close_digests(now)
        staff = await house.hire()
        pages = MailPages(catcher, NOTICE, places.base_url, staff)
        await stack.enter_async_context(serving(pages.app, mails))
        await stack.enter_async_context(serving(create_app(house.installation), site))
        yield Stage(
            today=today,
            digest_at=digest_at,
            stand_in=stand_in,
            catcher=catcher,
            house=house,
            staff=staff,
            site=f"{address_of(site)}/",
            eping=address_of(eping),
            mails=f"{address_of(mails)}/mail",
            accounts=f"{address_of(mails)}/staff",
        )


def _listeners(stack: AsyncExitStack, port: int) -> list[socket.socket]:
    """Return four listening sockets, one after the other from `port` on."""
    listeners: list[socket.socket] = []
    for _ in range(4):
        listener = listen(port_of(listeners[-1]) + 1 if listeners else port)
        stack.callback(listener.close)
        listeners.append(listener)
    return listeners
