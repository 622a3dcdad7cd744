"""Who works at the desk of the demo: two who see every text together, and one who looks after the others.

They live in the demo's temporary database and nowhere else. Their addresses are nobody's (RFC 2606), their passwords and
second factors are made anew each time, and the catcher's page shows them with the codes that hold now.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime

from app.domain.access import Role
from app.domain.subscriptions import Language
from app.flow import sign_in
from app.flow.publish import By
from app.flow.sign_in import AccountDesk
from app.senders.addresses import parse_address
from app.vault.second_factor import STEP, code_at

HIRED = (
    (Role.EDITOR, "bien-tap@mau.example"),
    (Role.APPROVER, "nguoi-duyet@mau.example"),
    (Role.ADMINISTRATOR, "quan-tri@mau.example"),
)
"""`mau` is Vietnamese for sample."""

_PASSWORD_OCTETS = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Colleague:
    """One account of the demo's desk with everything that signing in takes."""

    role: Role
    address: str
    password: str
    secret: str
    by: By

    def code(self, now: datetime) -> str:
        """Return the six digits that an authenticator program would show at a moment."""
        return code_at(self.secret, now)


def seconds_left(now: datetime) -> int:
    """Return for how many seconds, 1 to 30, the digits of a moment stay the newest."""
    return STEP - int(now.timestamp()) % STEP


async def hire(desk: AccountDesk) -> tuple[Colleague, ...]:
    """Make the accounts, in the order of `HIRED`."""
    hired = []
    for role, address in HIRED:
        password = secrets.token_urlsafe(_PASSWORD_OCTETS)
        made = await sign_in.add(desk, parse_address(address), role, Language.VI, password, "demo")
        by = By(made.account_id, f"account:{made.account_id}")
        hired.append(Colleague(role=role, address=address, password=password, secret=made.secret, by=by))
    return tuple(hired)
