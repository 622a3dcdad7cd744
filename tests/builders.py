"""Values with sensible defaults, so that a test says only what it is about."""

import hashlib
from collections.abc import Sequence
from datetime import date
from typing import Any

from app.domain.notices import Content, NoticeType, Record, type_of
from app.domain.sectors import Classification, Label, Role
from app.domain.symbols import parse_symbol
from app.domain.visits import Page, Payload


def a_content(*symbols: str, **values: Any) -> Content:
    """A notice circulated on Monday 2 March 2026, with sixty days to comment."""
    first = parse_symbol(symbols[0]) if symbols else None
    defaults: dict[str, Any] = {
        "symbols": symbols,
        "area": first.area if first else None,
        "type": type_of(first),
        "members": (first.member,) if first else (),
        "titles": (("en", "Draft regulation on the labelling of textile products"),),
        "description": "Fibre composition and care labels.",
        "distributed_on": date(2026, 3, 2),
        "comment_deadline": date(2026, 5, 1),
    }
    if defaults["type"] in {NoticeType.REGULAR, NoticeType.EMERGENCY}:
        defaults |= {"products": "Textile products", "hs": ("61",)}
    return Content(**(defaults | values))


def a_record(
    *symbols: str, key: str = "", source: str = "eping", revision: int = 1, language: str = "en", **values: Any
) -> Record:
    """What the API says of one notice."""
    content = a_content(*symbols, **values)
    return Record(
        source=source,
        key=key or "+".join(symbols),
        language=language,
        revision=revision,
        content=content,
        position="page 1, item 1",
        payload_hash="0" * 64,
    )


def a_page(*records: Record, body: bytes = b"{}", **values: Any) -> Page:
    """One sound page."""
    payload = Payload(hash=hashlib.sha256(body).hexdigest(), media_type="application/json", body=body)
    return Page(payload=payload, records=records, **values)


def labels(
    *sectors: str, sure: bool = True, related: Sequence[str] = (), contradictory: bool = False
) -> Classification:
    """What a sorter answers: the given sectors as primary labels."""
    primary = [Label(sector, Role.PRIMARY, 1.0 if sure else 0.5, ()) for sector in sectors]
    copies = [Label(sector, Role.RELATED, 0.5, ()) for sector in related]
    return Classification("test", tuple(primary + copies), (), sure=sure and bool(sectors), contradictory=contradictory)
