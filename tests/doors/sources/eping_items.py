"""Answers of the ePing search for tests, in the shape of the portal's example but with words of our own."""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

from tests.peers.http_peer import Reply, Request

WINDOW = (date(2026, 6, 1), date(2026, 6, 30))
JSON_HEADERS = {"Content-Type": "application/json; charset=utf-8"}

_EMPTY: dict[str, object] = {
    "commentDeadlineDate": None,
    "title": None,
    "description": None,
    "productsFreeText": None,
    "hsCodes": [],
    "icsCodes": [],
    "keywords": [],
    "spsKeywords": [],
    "objectives": [],
    "hsCodeText": "",
    "icsCodeText": "",
    "countriesAffected": [],
    "specificRegionsOrCountries": None,
    "allTradingPartners": None,
    "dolLink": None,
    "notifiedDocumentLink": "",
    "version": None,
    "affectedRegionsOrCountries": None,
}


def item(number: int = 1, **fields: object) -> dict[str, Any]:
    """One record as the API gives it: a leading blank in the symbol, an id as text, nulls where nothing was said."""
    return {
        "id": str(100_000 + number),
        "area": "TBT",
        "notificationType": "Regular notification",
        "distributionDate": "2026-06-02T00:00:00Z",
        "documentSymbol": f" G/TBT/N/USA/{2000 + number}",
        "notifyingMember": "United States of America",
        "notifyingMemberCode": "C840",
        **_EMPTY,
        "title": f"Safety of widget number {number}",
        **fields,
    }


def items(count: int, first: int = 1) -> list[dict[str, Any]]:
    return [item(number) for number in range(first, first + count)]


def envelope(found: Sequence[object], total: object = None, **fields: object) -> dict[str, object]:
    return {
        "items": list(found),
        "currentPage": 1,
        "pageSize": 100,
        "totalCount": len(found) if total is None else total,
    } | fields


def json_reply(value: object, **headers: str) -> Reply:
    return Reply(headers=JSON_HEADERS | headers, body=json.dumps(value).encode())


def page_reply(found: Sequence[object], total: object = None) -> Reply:
    return json_reply(envelope(found, total))


def serving(by_language: Mapping[str, Sequence[Mapping[str, Any]]]) -> Callable[[Request], Reply]:
    """Answer as the API does: windows with both ends, symbols by substring, pages of the size asked for."""

    def answer(request: Request) -> Reply:
        asked = request.query
        first, last = asked.get("distributionDateFrom", ""), asked.get("distributionDateTo", "9999")
        found = [
            one
            for one in by_language.get(asked["language"], ())
            if first <= str(one["distributionDate"])[:10] <= last
            and asked.get("documentSymbol", "") in str(one["documentSymbol"])
        ]
        size, number = int(asked["pageSize"]), int(asked["page"])
        return page_reply(found[size * (number - 1) : size * number], len(found))

    return answer
