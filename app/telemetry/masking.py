"""What a log line may show: no addresses, no tokens, no keys, and nothing that could forge a line or move a cursor.

Requirement SE-16 (OWASP ASVS 5.0, 16.2.5 and 16.4.1). Every pattern can begin only where a run of its characters
begins, so that a hostile text costs time in proportion to its length.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

LONGEST_VALUE: Final = 4_000
"""Characters of one value that are shown: a log is no place for bodies."""

SHORTEST_SECRET: Final = 6
"""A shorter word would blank out half of every line, and protects nothing."""

HIDDEN: Final = "***"

_SECRET_NAMES = re.compile(
    r"(?i)(?:^|[_-])(?:password|secret|token|authorization|cookie|signature|(?:api|secret|eping)_key)$"
)
_PATTERNS: tuple[tuple[re.Pattern[str], str], ...] = (
    # user:password@ of a URL
    (re.compile(r"://[^\s/@]*+(?:@[^\s/@]*+)*@"), "://***@"),
    # Authorization headers, and the keys that we issue ourselves
    (re.compile(r"(?i)\b(authorization\W{1,4}\w++\s++|bearer\s++)\S++"), r"\1***"),
    (re.compile(r"\bkeng_[\w-]{20,}+"), "keng_***"),
    # links in mails: what follows these words in a path opens a door
    (re.compile(r"(/(?:u|manage|confirm|move|contact|sign-in/link)/)[^\s/?#\"']++"), r"\1***"),
    # key=…, token: …, "password": "…", in queries, headers and printed objects
    (
        re.compile(
            r"(?i)((?:subscription[-_]key|api[-_]?key|secret(?:[-_]key)?|password|token)[\"']?\s?[=:]\s?[\"']?)[^\s\"',;&]++"
        ),
        r"\1***",
    ),
    # what an issuer sends a browser back with (RFC 6749 section 4.1.2), and what leaves with it
    (re.compile(r"(?i)([?&](?:code|state|nonce|id_token|code_challenge|session_state)=)[^\s\"'&#]++"), r"\1***"),
    # mail addresses, also with the @ of a query
    (
        re.compile(
            r"(?<![^\s<>@\"'(),:;\[\]\\/=&?*])([^\s<>@\"'(),:;\[\]\\/=&?*])[^\s<>@\"'(),:;\[\]\\/=&?*]*+@([\w.-]++)"
        ),
        r"\1***@\2",
    ),
    (re.compile(r"(?<![\w.+-])([\w+-])[\w.+-]*+%40([\w.-]++)"), r"\1***@\2"),
)
_UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]")


class Mask:
    """Makes values fit to be logged. `secrets` are blanked out wherever they occur, whatever they look like."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        worth_hiding = sorted({secret for secret in secrets if len(secret) >= SHORTEST_SECRET}, key=len, reverse=True)
        self._secrets = re.compile("|".join(map(re.escape, worth_hiding))) if worth_hiding else None

    def text(self, text: str) -> str:
        """Return one line of the text, masked, with everything that is not to be seen escaped."""
        whole = text if self._secrets is None else self._secrets.sub(HIDDEN, text)
        shown, cut = whole[:LONGEST_VALUE], len(whole) - LONGEST_VALUE
        for pattern, replacement in _PATTERNS:
            shown = pattern.sub(replacement, shown)
        return _UNSEEN.sub(_escaped, shown) + (f"… ({cut} characters more)" if cut > 0 else "")

    def value(self, value: Any, name: str = "") -> Any:
        """Return a JSON value that says what `value` says, masked through and through."""
        if _SECRET_NAMES.search(name) and value is not None:
            return HIDDEN
        if value is None or isinstance(value, bool | int | float):
            return value
        if isinstance(value, Mapping):
            return {self.text(str(key)): self.value(item, str(key)) for key, item in value.items()}
        if isinstance(value, list | tuple | set | frozenset):
            return [self.value(item) for item in value]
        return self.text(value.decode(errors="replace") if isinstance(value, bytes) else str(value))


def _escaped(match: re.Match[str]) -> str:
    return match[0].encode("unicode_escape").decode()
