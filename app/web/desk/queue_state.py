"""What the address of the queue says: tab, order, filters, where the page begins or ends. What none of our pages writes is a 400."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from http import HTTPStatus
from typing import Any, TypeVar
from urllib.parse import urlencode

from starlette.exceptions import HTTPException

from app.domain.queries import Query
from app.domain.queue import Order, Tab
from app.domain.symbols import Area
from app.domain.taxonomy import Taxonomy
from app.i18n.members import member_of_code
from app.store.filters import Filters
from app.store.queue import Place, Wanted
from app.web.forms import LARGEST_NUMBER

DEADLINES = ("3", "7", "14", "30", "60")
"""Days that the filter by deadline offers."""

_LONGEST = 200
_NUL = "\0"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_Word = TypeVar("_Word", bound=StrEnum)


@dataclass(frozen=True, slots=True)
class QueueState:
    """What the address says, word for word; an empty word asks nothing. The names are those of the address."""

    tab: str = Tab.ALL
    sort: str = Order.DEADLINE
    sector: str = ""
    member: str = ""
    area: str = ""
    within: str = ""
    unit: str = ""
    q: str = ""
    after: str = ""
    before: str = ""

    @property
    def narrowed(self) -> bool:
        """Whether a filter leaves something out."""
        return any((self.sector, self.member, self.area, self.within, self.unit, self.q))

    def query(self, **changed: str) -> str:
        """Return this state with changes as the query of an address; a change begins at the first page again."""
        state = replace(self, **({"after": "", "before": ""} | changed))
        plain = QueueState()
        said = {one.name: getattr(state, one.name) for one in fields(state)}
        return urlencode({name: word for name, word in said.items() if word != getattr(plain, name)})


def state_of(asked: Mapping[str, str]) -> QueueState:
    """Read the query of an address."""
    known = {one.name for one in fields(QueueState)}
    if not known >= set(asked) or any(len(word) > _LONGEST or _NUL in word for word in asked.values()):
        raise HTTPException(HTTPStatus.BAD_REQUEST)
    if asked.get("after") and asked.get("before"):
        raise HTTPException(HTTPStatus.BAD_REQUEST)
    # A form sends what was not chosen as an empty word.
    return QueueState(**{name: word for name, word in asked.items() if word})


def wanted_of(state: QueueState, query: Query | None, taxonomy: Taxonomy, today: date, account: int) -> Wanted:
    """Return what a state asks the queue for; `query` is what its words mean."""
    filters = Filters(
        query=query,
        sectors=_sectors(state.sector, taxonomy),
        members=_members(state.member),
        area=_word(Area, state.area) if state.area else None,
    )
    return Wanted(
        today=today,
        account=account,
        tab=_word(Tab, state.tab),
        order=_word(Order, state.sort),
        filters=filters,
        within=_within(state.within, today),
        unit=state.unit,
    )


def place_of(cursor: str, order: str) -> Place | None:
    """Read where a page begins or ends."""
    if not cursor:
        return None
    try:
        day, at, number = cursor.split("~")
        place = Place(_read(at, order), int(number), date.fromisoformat(day))
    except (ValueError, OverflowError):
        raise HTTPException(HTTPStatus.BAD_REQUEST) from None
    if not 0 < place.id <= LARGEST_NUMBER:
        raise HTTPException(HTTPStatus.BAD_REQUEST)
    return place


def cursor_of(place: Place | None) -> str:
    """Write where a page begins or ends; nothing where there is none."""
    if place is None:
        return ""
    at = (place.at - _EPOCH) // _MICROSECOND if isinstance(place.at, datetime) else place.at or ""
    return f"{place.counted_on}~{at}~{place.id}"


def _read(at: str, order: str) -> date | datetime | None:
    if order == Order.AGE:
        return _EPOCH + int(at) * _MICROSECOND
    return date.fromisoformat(at) if at else None


def _sectors(sector: str, taxonomy: Taxonomy) -> tuple[str, ...]:
    if not sector:
        return ()
    if sector not in taxonomy.by_id:
        raise HTTPException(HTTPStatus.BAD_REQUEST)
    return (sector, *taxonomy.children_of(sector))


def _members(code: str) -> tuple[str, ...]:
    if code and member_of_code(code) != code:
        raise HTTPException(HTTPStatus.BAD_REQUEST)
    return (code,) if code else ()


def _within(days: str, today: date) -> date | None:
    if days and days not in DEADLINES:
        raise HTTPException(HTTPStatus.BAD_REQUEST)
    return today + timedelta(days=int(days)) if days else None


def _word(words: type[_Word], written: Any) -> _Word:
    try:
        return words(written)
    except ValueError:
        raise HTTPException(HTTPStatus.BAD_REQUEST) from None
