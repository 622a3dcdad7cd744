"""Reading addresses: strictly where people type them, and once more where they go on the wire."""

import re
import unicodedata

import idna
from email_validator import EmailNotValidError, validate_email

from app.domain.addresses import Address
from app.domain.errors import invalid

_ONE_MAILBOX = re.compile(r'[^\s()<>\[\]:;@\\,"]+@[^\s()<>\[\]:;@\\,"]+')  # RFC 5322 3.2.3: no specials but one @
_LONGEST = 254  # octets, RFC 5321 4.5.3.1.3 without the angle brackets


def parse_address(text: str, *, smtputf8: bool = False) -> Address:
    """Read one address that somebody typed (EM-24): RFC 5321 lengths, domain to IDNA 2008 A-labels, NFC.

    Blanks around it are dropped. Refused, with the reason: anything but exactly one addr-spec, display names, quoted
    local parts, address literals, and reserved names to which no mail can go; names under `.test` are taken, for
    rehearsals. Letters beyond ASCII before the @-sign are taken only with `smtputf8`, for most relays cannot carry
    them. Raises AppError `address-invalid` on field `email`.
    """
    typed = text.strip(" \t\u00a0")
    try:
        # `test_environment` is the library's word for taking names under .test; without it nothing else changes here.
        found = validate_email(
            typed, allow_smtputf8=smtputf8, check_deliverability=False, strict=True, test_environment=True
        )
    except EmailNotValidError as error:
        raise invalid("address-invalid", str(error), field="email") from error
    # The library lowers the case of some local parts (`Postmaster`); mail goes to what was typed.
    local = unicodedata.normalize("NFC", typed.rpartition("@")[0])
    return Address(typed=typed, local=local, domain=found.ascii_domain)


def wire_address(text: str) -> str | None:
    """Return the one mailbox that a text names, as it goes on the wire; None when it is anything else.

    This is the last look before MAIL and RCPT: it keeps a text with two addresses, or with a command in it, off the
    line, and it takes local names such as `root@localhost`, which an operator may well use.
    """
    if not _ONE_MAILBOX.fullmatch(text) or not text.isprintable() or len(text.encode()) > _LONGEST:
        return None
    local, _, domain = text.partition("@")
    try:
        return f"{local}@{domain if domain.isascii() else idna.encode(domain, uts46=True).decode('ascii')}"
    except idna.IDNAError:
        return None
