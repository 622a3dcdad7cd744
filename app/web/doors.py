"""What the pages need, handed in by the root that builds the application."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol

from starlette.requests import Request

from app.domain.addresses import Address
from app.domain.organisations import Organisation
from app.domain.taxonomy import Taxonomy
from app.domain.visits import Page
from app.domain.working_days import WorkingCalendar
from app.flow.classify import Sorter
from app.flow.sign_in import Provider
from app.flow.translate import Drafter
from app.store.database import Database
from app.texts.article.naming import Desk
from app.texts.letterhead import Letterhead


class Complaint(Protocol):
    """What is wrong with a file: the line, 0 for the whole of it, and the reason in English."""

    @property
    def line(self) -> int:
        """The line, from 1."""

    @property
    def reason(self) -> str:
        """What is wrong there."""


@dataclass(frozen=True, kw_only=True)
class RulesDoor:
    """What staff need to change the taxonomy.

    `check` reads a file by its bytes and name: the taxonomy, None where it is refused, its faults and its notes. `sorter`
    makes a sorter of a taxonomy, which takes a while; `bundled` returns the file that comes with Kẻng.
    """

    check: Callable[[bytes, str], tuple[Taxonomy | None, Sequence[Complaint], Sequence[Complaint]]]
    sorter: Callable[[Taxonomy], Sorter]
    bundled: Callable[[], bytes]


@dataclass(frozen=True, kw_only=True)
class WebDoors:
    """The doors of `app.web`.

    The letterhead is that of the mails: pages have the same base address, names and banner. `keys` verify the tokens
    of mailed links, the current one first. `read_address` reads an address that somebody typed. `taxonomy` is that in
    force and names the sectors, `sorter` opens the sorter that goes by it; `calendar` counts Viet Nam's working days.
    `desk_on` returns what the ministry's texts of a day have in common; a reporting month begins on the day `month_begins`
    of the month before. `open_warning` reads a warning that somebody typed, field by field; `bundled_organisations` are
    those that come with Kẻng. `most_per_hour` is how many mails go to unproven addresses, all together. `provider` is the
    issuer whose accounts let staff in, `drafter` the machine that drafts boxes; None of both where none is set.
    """

    database: Database
    letterhead: Letterhead
    keys: Sequence[bytes]
    read_address: Callable[[str], Address]
    taxonomy: Taxonomy
    sorter: Callable[[], Sorter]
    rules: RulesDoor
    calendar: WorkingCalendar
    desk_on: Callable[[date], Desk]
    open_warning: Callable[[Mapping[str, Any]], Page]
    bundled_organisations: Callable[[], Sequence[Organisation]]
    drafter: Drafter | None = None
    month_begins: int = 21
    most_per_hour: int = 200
    provider: Provider | None = None


def doors_of(request: Request) -> WebDoors:
    """Return the doors that main put into the application's state."""
    doors: WebDoors = request.app.state.web
    return doors
