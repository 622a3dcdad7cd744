"""What a text is written about: one notice with its thread, as the desk knows it on that day."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from app.domain.articles.documents import Vietnamese
from app.domain.articles.standing import (
    Comments,
    Deadline,
    Shape,
    comments_on,
    deadline_of,
    shape_of,
)
from app.domain.changes import changes_of
from app.domain.internal_deadlines import InternalDeadline, internal_deadline
from app.domain.measures import MeasureState
from app.domain.notices import Content, FieldChange, first_symbol
from app.domain.sectors import Facet, Label
from app.domain.working_days import WorkingCalendar

_DATES = frozenset({"comment_deadline", "adoption_on", "in_force_on"})
"""The fields of which the sentence kit can say that a follow-up moves them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """A notice and what is said about it.

    `content` has products and codes lent by `inherited_from` where it has none of its own. `thread` holds all notices of
    the measure, this one among them, in the order of the thread. `reviewed` is true once a person looked at its labels.
    """

    ref: str
    source: str
    content: Content
    state: MeasureState
    sectors: tuple[Label, ...] = ()
    themes: tuple[Label, ...] = ()
    facets: Mapping[Facet, tuple[Label, ...]] = field(default_factory=dict)
    reviewed: bool = False
    inherited_from: str = ""
    thread: tuple[Content, ...] = ()
    vietnamese: Vietnamese = field(default_factory=Vietnamese)

    @property
    def shape(self) -> Shape:
        """What kind of text it makes."""
        return shape_of(self.content, self.state)

    @property
    def deadline(self) -> Deadline | None:
        """The final date for comments, stated or computed."""
        return deadline_of(self.content)

    def comments(self, today: date) -> Comments:
        """Say whether comments are taken on a day in Viet Nam."""
        return comments_on(today, self.deadline, self.shape)

    def internal(self, today: date, calendar: WorkingCalendar) -> InternalDeadline | None:
        """Return until when the ministry takes answers; None when comments are not taken."""
        deadline = self.deadline
        if deadline is None or self.comments(today) is not Comments.OPEN:
            return None
        return internal_deadline(deadline.day, today, calendar)

    @property
    def changes(self) -> tuple[FieldChange, ...]:
        """The dates that a follow-up moves, old and new."""
        return tuple(one for one in changes_of(self.content, self.thread) if one.field in _DATES)

    @property
    def base(self) -> Content | None:
        """The notice that this one follows, as far as it is stored; None for a base notice."""
        symbol = first_symbol(self.content)
        forebears = [] if symbol is None else [str(one) for one in symbol.ancestors]
        found = {name: one for one in self.thread for name in one.symbols}
        return next((found[name] for name in forebears if name in found), None)

    @property
    def base_symbol(self) -> str:
        """The symbol that this notice follows, stored or not; empty for a base notice."""
        symbol = first_symbol(self.content)
        return "" if symbol is None or symbol.parent is None else str(symbol.parent)

    @property
    def others(self) -> tuple[Content, ...]:
        """The other notices of the measure."""
        return tuple(one for one in self.thread if one.symbols != self.content.symbols)
