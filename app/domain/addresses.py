"""E-mail addresses: what they are compared by, what goes on the wire, and how they look in a log."""

import re
import unicodedata
from dataclasses import dataclass

_GMAIL = frozenset({"gmail.com", "googlemail.com"})
_TOKEN = re.compile(r"[^\s<>()\[\],;:\"']+")


@dataclass(frozen=True, slots=True)
class Address:
    """One valid address (RFC 5321 addr-spec).

    `typed` is what the person wrote and what is printed in `To:`; `local` is its part before the @-sign in NFC, case
    kept; `domain` is the domain as A-labels (RFC 5890) in lower case.
    """

    typed: str
    local: str
    domain: str

    @property
    def wire(self) -> str:
        """The form that is handed to a relay: the local part as it was typed, the domain as A-labels."""
        return f"{self.local}@{self.domain}"

    @property
    def identity(self) -> str:
        """What two spellings of one subscriber have in common (EM-25): case is ignored; tags and dots are not."""
        return f"{unicodedata.normalize('NFC', self.local.lower())}@{self.domain}"

    @property
    def abuse_key(self) -> str:
        """What one person's many spellings have in common (EM-25): the identity without tag and Gmail's dots.

        Only for counting requests: two addresses with one key are still two subscribers.
        """
        folded, _, domain = self.identity.rpartition("@")
        local = folded.partition("+")[0] or folded
        if domain in _GMAIL:
            return f"{local.replace('.', '')}@gmail.com"
        return f"{local}@{domain}"

    @property
    def international(self) -> bool:
        """Whether the local part can only travel over relays that offer SMTPUTF8 (RFC 6531)."""
        return not self.local.isascii()


def mask_address(text: str) -> str:
    """Return an address as it may stand in a log (SE-16): `nga@x.vn` becomes `n***@x.vn`.

    Takes any text: what has no @-sign is masked whole, and what cannot be printed is shown as `?`.
    """
    local, sign, domain = text.rpartition("@")
    if not sign:
        return "***"
    shown = "".join(character if character.isprintable() else "?" for character in domain)
    first = local[:1] if local[:1].isprintable() else "?"
    return f"{first}***@{shown}"


def mask_addresses(text: str) -> str:
    """Return a sentence, such as a server's reply, with every address in it masked."""
    return _TOKEN.sub(lambda found: mask_address(found[0]) if "@" in found[0] else found[0], text)
