"""An alert: a released event as people are told it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from app.domain.articles.documents import UNWRITTEN, Vietnamese
from app.domain.events import EventKind
from app.domain.notices import Content, FieldChange
from app.domain.sectors import Facet, Label


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """Everything that a mail or a page says about one released event.

    `content` is the version that was released, with products and codes inherited from its parent where it has none of
    its own (`inherited_from` then names the parent). `measure` is the ref of the measure, so that alerts of one thread
    are known as such. `update` says that it is told as an update of a measure already told; `changes` holds what
    changed, old and new. `source` is the name of the source that brought it. `reviewed` is true once a person released or corrected it. `facets` holds the labels of every
    facet but sectors and themes. `vietnamese` is what two people of the ministry stand behind (four eyes).
    """

    event_id: int
    ref: str
    kind: EventKind
    update: bool
    content: Content
    sectors: tuple[Label, ...]
    themes: tuple[Label, ...]
    facets: Mapping[Facet, tuple[Label, ...]] = field(default_factory=dict)
    changes: tuple[FieldChange, ...] = ()
    measure: str = ""
    source: str = ""
    inherited_from: str = ""
    parent_ref: str = ""
    because: str = ""
    reviewed: bool = False
    vietnamese: Vietnamese = UNWRITTEN


def days_left(deadline: date | None, today: date) -> int | None:
    """Return the days left to comment: deadline minus today in Viet Nam, 0 on the last day, None without a deadline."""
    return None if deadline is None else (deadline - today).days
