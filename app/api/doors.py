"""What the machine surface needs, handed in by the root that builds the application."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Annotated

from fastapi import Depends, Request

from app.api.models import StatsModel
from app.api.recently import Recently
from app.domain.addresses import Address
from app.domain.bounces import ReturnedMail
from app.domain.release import ReleaseMode
from app.domain.taxonomy import Taxonomy
from app.flow.feedback import FeedbackDesk
from app.flow.subscribe import SubscriptionDesk
from app.store.database import Database
from app.telemetry.metrics import Metrics


@dataclass(frozen=True, slots=True)
class FeedbackDoor:
    """What handing in what came back needs: the token of the relay, how a message is read, and who takes it in.

    `read` takes the octets of a message and the address that it was delivered to, empty when that is not known.
    """

    token: str
    read: Callable[[bytes, str], ReturnedMail]
    desk: FeedbackDesk


@dataclass(frozen=True, kw_only=True)
class ApiDoors:
    """The doors of `app.api`.

    `read_address` reads an address that somebody typed. `metrics` are this process's numbers. `worker_expected` says
    that jobs must have run before this is ready; those of `jobs` that ever began must go on in any case. `release_mode` is
    where the operator draws the line for what goes out by rule. `sources` are those that they visit, and `silent_after` is
    how long one may go without a sound visit. `feedback` is None where nothing can be handed in. `stats` keeps what was counted last.
    """

    database: Database
    desk: SubscriptionDesk
    taxonomy: Taxonomy
    read_address: Callable[[str], Address]
    metrics: Metrics
    metrics_token: str | None = None
    worker_expected: bool = False
    sources: tuple[str, ...] = ()
    jobs: tuple[str, ...] = ()
    release_mode: ReleaseMode = ReleaseMode.SURE
    silent_after: timedelta = timedelta(hours=24)
    feedback: FeedbackDoor | None = None
    stats: Recently[StatsModel] = field(init=False, default_factory=Recently)

    @property
    def parents(self) -> Mapping[str, str]:
        """The sector above each child."""
        return self.taxonomy.parents


def doors_of(request: Request) -> ApiDoors:
    """Return the doors that main put into the application's state."""
    doors: ApiDoors = request.app.state.api
    return doors


Doors = Annotated[ApiDoors, Depends(doors_of)]
