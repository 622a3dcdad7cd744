"""Who may do what on the desk: roles, permissions and the one table between them; and how long a session lives.

Reader, editor and approver each include the one before. The administrator looks after people and the installation and
sees everything, but the role neither writes nor approves, and nobody changes their own. It does not keep an administrator
from a second account with another role: the audit tells who gave it.
"""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from app.domain.errors import AppError, Kind


class Role(StrEnum):
    """What somebody on the staff is here for."""

    READER = "reader"
    EDITOR = "editor"
    APPROVER = "approver"
    ADMINISTRATOR = "administrator"


class Permission(StrEnum):
    """One thing that a route of the desk, or of its API, may ask for."""

    KEEP_ACCOUNT = "keep_account"
    SEE_DESK = "see_desk"
    CORRECT_SORTING = "correct_sorting"
    RELEASE_ALERTS = "release_alerts"
    WRITE_TEXTS = "write_texts"
    APPROVE_TEXTS = "approve_texts"
    WITHDRAW = "withdraw"
    KEEP_RECIPIENTS = "keep_recipients"
    KEEP_TAXONOMY = "keep_taxonomy"
    KEEP_PEOPLE = "keep_people"


_READER: Final = frozenset({Permission.KEEP_ACCOUNT, Permission.SEE_DESK})
_EDITOR: Final = _READER | {
    Permission.CORRECT_SORTING,
    Permission.RELEASE_ALERTS,
    Permission.WRITE_TEXTS,
    Permission.KEEP_RECIPIENTS,
}
_APPROVER: Final = _EDITOR | {Permission.APPROVE_TEXTS, Permission.WITHDRAW}
_ADMINISTRATOR: Final = _READER | {Permission.KEEP_TAXONOMY, Permission.KEEP_RECIPIENTS, Permission.KEEP_PEOPLE}

PERMISSIONS: Final[Mapping[Role, frozenset[Permission]]] = {
    Role.READER: _READER,
    Role.EDITOR: _EDITOR,
    Role.APPROVER: _APPROVER,
    Role.ADMINISTRATOR: _ADMINISTRATOR,
}
"""What each role may do. Nothing else in Kẻng knows a role; everything asks for a permission."""


def permits(role: Role, permission: Permission) -> bool:
    """Say whether a role includes a permission."""
    return permission in PERMISSIONS[role]


def forbidden(permission: Permission) -> AppError:
    """Return the refusal for somebody whose role lacks a permission."""
    return AppError(Kind.FORBIDDEN, "not-permitted", f"your role does not include {permission}")


IDLE: Final = timedelta(minutes=30)
"""A session that asked for nothing for so long is over (SE-06)."""
LONGEST_SESSION: Final = timedelta(hours=12)
"""A session is over so long after its sign-in, whatever it does (SE-06)."""
SEEN_EVERY: Final = timedelta(minutes=1)
"""How often it is written that a session is in use; within it no page causes a write."""


def session_is_alive(began_at: datetime, seen_at: datetime, now: datetime) -> bool:
    """Say whether a session that began and was last seen at these moments still holds."""
    return now - began_at < LONGEST_SESSION and now - seen_at < IDLE


class LinkPurpose(StrEnum):
    """What a link that was mailed to somebody on the staff lets them do, once (SE-04)."""

    INVITATION = "invitation"
    PASSWORD = "password"  # noqa: S105 - a purpose, no password
    SECOND_FACTOR = "second_factor"


LINK_HOLDS: Final[Mapping[LinkPurpose, timedelta]] = {
    LinkPurpose.INVITATION: timedelta(hours=48),
    LinkPurpose.PASSWORD: timedelta(minutes=60),
    LinkPurpose.SECOND_FACTOR: timedelta(hours=48),
}
"""How long such a link holds (SE-04)."""

OPENID_HOLDS: Final = timedelta(minutes=10)
"""So long somebody may be away at the issuer of their account, and then so long owe a code of their own."""

_HOLDING: Final = frozenset({"otp", "hwk", "swk", "sc"})
_KNOWING_OR_BEING: Final = frozenset({"pwd", "pin", "kba", "fpt", "face", "iris", "retina", "vbm"})
_MULTIPLE: Final = frozenset(
    {"https://refeds.org/profile/mfa", "http://schemas.openid.net/pape/policies/2007/06/multi-factor"}
)


def two_factors(methods: AbstractSet[str], context: str) -> bool:
    """Say whether an issuer asserts that somebody proved two factors (SE-02).

    `methods` are those of RFC 8176: `mfa`, or something held (one-time code, key, card) with something known or of the
    body; a code by telephone is none. `context` is the authentication context class, of which two name it outright.
    """
    return "mfa" in methods or context in _MULTIPLE or bool(methods & _HOLDING and methods & _KNOWING_OR_BEING)


class WayIn(StrEnum):
    """What an account that the issuer proved needs to come in."""

    OPEN = "open"
    CODE = "code"
    CLOSED = "closed"


def way_in(*, linked: bool, asserted: bool, has_factor: bool, taken_up: bool) -> WayIn:
    """Say what is needed of somebody whom the issuer proved, two factors `asserted` or not.

    An account in use is linked only by who gives a code of its standing second factor, whatever the issuer asserts: an
    address may have come to somebody else there. One that waits for its invitation to be taken up is linked by two
    asserted factors. Nobody comes in with one factor.
    """
    if has_factor and not (linked and asserted):
        return WayIn.CODE
    return WayIn.OPEN if asserted and (linked or not taken_up) else WayIn.CLOSED


FREE_FAILURES: Final = 10
STRANGERS_FAILURES: Final = 100
MOST_OF_A_NETWORK: Final = 30
COUNTED_OVER: Final = timedelta(hours=1)
_FIRST_DELAY = timedelta(seconds=30)
_LONGEST_DELAY = timedelta(minutes=15)


def next_try(failures: int, last: datetime, free: int = FREE_FAILURES) -> datetime:
    """Return when a sign-in may be tried again after so many failures in the last hour, the last at `last` (SE-03).

    The first `free` cost nothing; from there the delay doubles from half a minute to a quarter of an hour, and no further.
    No account is shut by it; but strangers who go on trying can hold somebody up who comes with a browser not known yet.
    """
    if failures < free:
        return last
    wait: timedelta = min(_FIRST_DELAY * 2.0 ** min(failures - free, 10), _LONGEST_DELAY)
    return last + wait
