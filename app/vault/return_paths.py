"""Return paths that carry which delivery came back: `b+<delivery>.<tag>@domain` (VERP, EM-12).

Only who has seen the mail on its way knows its return path. The tag is 120 bits, so that nobody makes one up, in
characters that a relay may turn into capitals and back.
"""

import base64
import hmac
import re
from collections.abc import Sequence

_TAG_OCTETS = 15  # 24 characters of base32, which need no padding
_LOCAL_PART = re.compile(r"b\+([1-9][0-9]{0,18})\.([a-z2-7]{24})")


def return_path(delivery: int, domain: str, key: bytes) -> str:
    """Return the address that bounces of a delivery go to; its local part has at most 46 characters and names nobody."""
    return f"b+{delivery}.{_tag(delivery, key)}@{domain}"


def delivery_of(address: str, keys: Sequence[bytes]) -> int | None:
    """Return the delivery of a return path signed with any key of the ring; None when it is anything else.

    The domain does not count: it may have changed since, and the tag alone proves whose address it is.
    """
    match = _LOCAL_PART.fullmatch(address.strip().strip("<>").rpartition("@")[0].lower())
    if match is None:
        return None
    delivery = int(match[1])
    signed = [hmac.compare_digest(match[2], _tag(delivery, key)) for key in keys]
    return delivery if any(signed) else None


def _tag(delivery: int, key: bytes) -> str:
    octets = hmac.digest(key, b"keng return path\0" + str(delivery).encode(), "sha256")[:_TAG_OCTETS]
    return base64.b32encode(octets).decode("ascii").lower()
