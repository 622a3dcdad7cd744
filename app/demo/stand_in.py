"""A stand-in for ePing's keyed API that answers as the contract says, with its quirks.

Contract: the example and the parameters printed on the WTO's API portal for `GET /eping/notifications/search`. The
gateway in front (Azure API Management) answers 404 where a required parameter is missing, before it looks at the key,
and lets parameters that it does not know pass without a word.
"""

import hmac
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from starlette.applications import Starlette
from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from app.demo.notices import LANGUAGES, ApiItem, SampleNotice, api_items
from app.i18n.members import all_members

KEY_HEADER: Final = "Ocp-Apim-Subscription-Key"
DEFAULT_PAGE_SIZE: Final = 20
LARGEST_PAGE: Final = 100

_DOMAINS = {"1": "TBT", "2": "SPS"}
_NO_OPERATION = "Resource not found"
_NO_KEY = "Access denied due to missing subscription key. Make sure to include subscription key when making requests to an API."
_WRONG_KEY = (
    "Access denied due to invalid subscription key. Make sure to provide a valid key for an active subscription."
)


class InvalidParametersError(ValueError):
    """A parameter whose value the API does not take."""


@dataclass(frozen=True, slots=True)
class Search:
    """One question to `/notifications/search`; what is empty asks nothing. Dates are inclusive ISO dates."""

    areas: tuple[str, ...] = ()
    symbol: str = ""
    first_day: str = ""
    last_day: str = ""
    members: tuple[str, ...] = ()
    hs: tuple[str, ...] = ()
    ics: tuple[str, ...] = ()
    words: tuple[str, ...] = ()

    def finds(self, item: ApiItem) -> bool:
        """Say whether the item answers the question."""
        day = item["distributionDate"][:10]
        return (
            (not self.areas or item["area"] in self.areas)
            and self.symbol.casefold() in item["documentSymbol"].casefold()
            and (not self.first_day or self.first_day <= day)
            and (not self.last_day or day <= self.last_day)
            and (not self.members or item["notifyingMemberCode"] in self.members)
            and self._finds_code(item)
            and self._finds_words(item)
        )

    def _finds_code(self, item: ApiItem) -> bool:
        """HS and ICS codes are joined by *or*; each is a prefix."""
        if not self.hs and not self.ics:
            return True
        return _begins(item["hsCodes"], self.hs) or _begins(item["icsCodes"], self.ics)

    def _finds_words(self, item: ApiItem) -> bool:
        """As in Azure's search: words with a plus must occur, of the others one."""
        text = " ".join(str(item[field] or "") for field in _SEARCHED).casefold()
        needed = [word[1:] for word in self.words if word.startswith("+")]
        wished = [word for word in self.words if not word.startswith("+")]
        return all(word in text for word in needed) and (not wished or bool(needed) or any(w in text for w in wished))


_SEARCHED = ("documentSymbol", "title", "description", "productsFreeText", "hsCodeText", "icsCodeText")


class StandIn:
    """ePing for one day: what it holds, who may ask, and the ASGI application that answers.

    `today` is the day on which the newest notices are circulated. What `withheld` picks is not listed until
    `circulate` is called, so that a second visit finds something new.
    """

    def __init__(
        self,
        notices: Sequence[SampleNotice],
        today: date,
        key: str,
        withheld: Callable[[SampleNotice], bool] = lambda _: False,
    ) -> None:
        self._items = {language: api_items(notices, today, language) for language in LANGUAGES}
        self._key = key
        self._withheld = {" " + ", ".join(notice.symbols) for notice in notices if withheld(notice)}
        self.app = Starlette(
            routes=[Route("/notifications/search", self._search), Route("/members", _members_for(self._refusal))],
            exception_handlers={404: _no_operation},
        )

    def circulate(self) -> int:
        """List what was withheld from now on; return how many items that are."""
        fresh = sum(item["documentSymbol"] in self._withheld for item in self._items[1])
        self._withheld = set()
        return fresh

    async def _search(self, request: Request) -> JSONResponse:
        refusal = self._refusal(request)
        if refusal is not None:
            return refusal
        try:
            language = _language(request.query_params)
            search = _search_of(request.query_params)
            page = _whole_number(request.query_params, "page", 1, 1, None)
            size = _whole_number(request.query_params, "pageSize", DEFAULT_PAGE_SIZE, 1, LARGEST_PAGE)
        except InvalidParametersError as error:
            return _answer(400, f"Invalid parameters: {error}")
        found = [item for item in self._items[language] if self._listed(item) and search.finds(item)]
        shown = found[(page - 1) * size : page * size]
        return JSONResponse({"items": shown, "currentPage": page, "pageSize": size, "totalCount": len(found)})

    def _listed(self, item: ApiItem) -> bool:
        return item["documentSymbol"] not in self._withheld

    def _refusal(self, request: Request) -> JSONResponse | None:
        """Return what the gateway answers instead of the API, if anything."""
        if "language" not in request.query_params:
            return _answer(404, _NO_OPERATION)
        key = request.headers.get(KEY_HEADER)
        if key is None:
            return _answer(401, _NO_KEY)
        return None if hmac.compare_digest(key.encode(), self._key.encode()) else _answer(401, _WRONG_KEY)


def _members_for(refusal_of: Callable[[Request], JSONResponse | None]) -> Callable[[Request], JSONResponse]:
    def members(request: Request) -> JSONResponse:
        refusal = refusal_of(request)
        if refusal is not None:
            return refusal
        rows = [{"code": member.eping_code, "name": member.name_en} for member in all_members() if not member.observer]
        return JSONResponse(rows)

    return members


def _search_of(query: QueryParams) -> Search:
    return Search(
        areas=_areas(_pieces(query, "domainIds")),
        symbol=query.get("documentSymbol", "").strip(),
        first_day=_day(query, "distributionDateFrom"),
        last_day=_day(query, "distributionDateTo"),
        members=tuple(code.upper() for code in _pieces(query, "countryIds")),
        hs=tuple(code.replace(".", "") for code in _pieces(query, "hs")),
        ics=_pieces(query, "ics"),
        words=tuple(query.get("freeText", "").casefold().split()),
    )


def _areas(numbers: Iterable[str]) -> tuple[str, ...]:
    unknown = sorted(set(numbers) - set(_DOMAINS))
    if unknown:
        raise InvalidParametersError(f"domainIds {', '.join(unknown)}")
    return tuple(_DOMAINS[number] for number in numbers)


def _pieces(query: QueryParams, name: str) -> tuple[str, ...]:
    """Return the values of a list, which may be joined by commas, repeated, or both."""
    joined = ",".join(query.getlist(name))
    return tuple(piece.strip() for piece in joined.split(",") if piece.strip())


def _language(query: QueryParams) -> int:
    return _whole_number(query, "language", 1, min(LANGUAGES), max(LANGUAGES))


def _whole_number(query: QueryParams, name: str, default: int, least: int, most: int | None) -> int:
    text = query.get(name, str(default))
    if not (text.isascii() and text.isdigit()) or int(text) < least or (most is not None and int(text) > most):
        raise InvalidParametersError(f"{name} {text!r}")
    return int(text)


def _day(query: QueryParams, name: str) -> str:
    text = query.get(name, "")
    try:
        return date.fromisoformat(text).isoformat() if text else ""
    except ValueError:
        raise InvalidParametersError(f"{name} {text!r}") from None


def _begins(codes: Iterable[Mapping[str, str]], prefixes: tuple[str, ...]) -> bool:
    return any(code["code"].startswith(prefixes) for code in codes) if prefixes else False


def _answer(status: int, message: str) -> JSONResponse:
    return JSONResponse({"statusCode": status, "message": message}, status_code=status)


async def _no_operation(request: Request, error: Exception) -> JSONResponse:
    del request, error
    return _answer(404, _NO_OPERATION)
