"""The form of KENG_BOUNCES: the box that bounces come to, a Maildir or a mailbox on an IMAP server."""

from pathlib import PurePosixPath
from typing import Any, Final, NamedTuple
from urllib.parse import unquote

from pydantic import SecretStr

from app.settings.values import is_loopback, split_address

IMAPS_PORT: Final = 993
IMAP_PORT: Final = 143


class MaildirBox(NamedTuple):
    """A Maildir by its absolute path."""

    folder: str


class ImapBox(NamedTuple):
    """A mailbox on an IMAP server; `tls` may be off on this machine only."""

    host: str
    port: int
    user: str
    password: SecretStr
    mailbox: str
    tls: bool


def read_mailbox(value: Any) -> Any:
    """Read `maildir:/path` or `imaps://user:password@host/INBOX`; no reason repeats a piece that may be a password."""
    if not isinstance(value, str):
        return value
    scheme, _, rest = value.strip().partition(":")
    if scheme == "maildir":
        if not PurePosixPath(rest).is_absolute():
            raise ValueError("must name a Maildir by its absolute path, such as maildir:/var/mail/bounces")
        return MaildirBox(rest)
    return _imap(value.strip())


def _imap(value: str) -> ImapBox:
    parts, host, port = split_address(value, "maildir:/path or imaps://user:password@mail.example.vn/INBOX")
    if parts.scheme not in {"imaps", "imap"}:
        raise ValueError("must begin with maildir:/, imaps:// or, on loopback, imap://")
    tls = parts.scheme == "imaps"
    if not tls and not is_loopback(host):
        raise ValueError("would send the password over the network in the clear; use imaps://")
    if not parts.username or parts.password is None:
        raise ValueError("must hold user and password (write reserved characters as %XX)")
    password = SecretStr(unquote(parts.password))
    mailbox = unquote(parts.path.strip("/")) or "INBOX"
    return ImapBox(host, port or (IMAPS_PORT if tls else IMAP_PORT), unquote(parts.username), password, mailbox, tls)
