"""The life of the ministry's texts: which step may follow, and that four eyes saw what is published.

The database holds the same rules in triggers and has the last word; here they say why something is refused.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Final


class TextKind(StrEnum):
    """What the ministry writes."""

    ARTICLE = "article"
    LETTER = "letter"
    BULLETIN = "bulletin"
    WITHDRAWAL = "withdrawal"
    """Of the alert of a released notice."""


class TextState(StrEnum):
    """Where a text stands."""

    DRAFT = "draft"
    IN_REVIEW = "in_review"
    APPROVED = "approved"
    PUBLISHED = "published"
    CORRECTED = "corrected"
    """Published again after a correction."""
    WITHDRAWN = "withdrawn"


class Why(StrEnum):
    """Why a step is refused."""

    NOT_FROM_HERE = "not-from-here"
    NOT_NEWEST = "not-newest"
    OWN_TEXT = "own-text"
    REASON_SHORT = "reason-short"
    TOLD_ALREADY = "told-already"
    NOT_A_DRAFT = "not-a-draft"
    NO_APPROVAL = "no-approval"
    OWN_GLASS = "own-glass"
    CLOSED_ALREADY = "closed-already"


SHORTEST_REASON: Final = 10
"""Characters of a reason for sending back, correcting, dropping or withdrawing."""
SHORTEST_EMERGENCY: Final = 30
"""Characters of a reason for approving one's own text."""
REVIEWED_WITHIN: Final = timedelta(hours=24)
"""How soon somebody else looks at what its own author approved."""

PUBLIC: Final = frozenset({TextState.PUBLISHED, TextState.CORRECTED})
MOVES: Final[Mapping[TextState, frozenset[TextState]]] = {
    TextState.DRAFT: frozenset({TextState.IN_REVIEW, TextState.WITHDRAWN}),
    TextState.IN_REVIEW: frozenset({TextState.DRAFT, TextState.APPROVED}),
    TextState.APPROVED: frozenset({TextState.DRAFT, TextState.PUBLISHED, TextState.CORRECTED, TextState.WITHDRAWN}),
    TextState.PUBLISHED: frozenset({TextState.DRAFT}),
    TextState.CORRECTED: frozenset({TextState.DRAFT}),
    TextState.WITHDRAWN: frozenset(),
}
"""Where a text may go from where it stands. What is public changes only by a new version that takes the whole way."""

_SENT_ONCE = frozenset({TextKind.LETTER, TextKind.WITHDRAWAL})
"""What people were told by cannot be told otherwise later; another text can."""
_EXPLAINED = frozenset({TextState.DRAFT, TextState.WITHDRAWN})


@dataclass(frozen=True, slots=True)
class Written:
    """One version: its number, who wrote it, and whether it takes a published text back instead of changing it."""

    number: int
    by: int
    withdraws: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step of a text: where to, with which version, by whom and why."""

    to: TextState
    version: int
    by: int
    because: str = ""
    break_glass: bool = False


@dataclass(frozen=True, slots=True)
class Life:
    """A text so far: its kind, its versions and its steps, oldest first."""

    kind: TextKind
    versions: Sequence[Written] = ()
    steps: Sequence[Step] = ()

    @property
    def state(self) -> TextState:
        """Where it stands."""
        return self.steps[-1].to if self.steps else TextState.DRAFT

    @property
    def newest(self) -> int:
        """The number of its newest version; 0 before the first."""
        return self.versions[-1].number if self.versions else 0

    @property
    def was_public(self) -> bool:
        """Whether it was published once."""
        return any(step.to in PUBLIC for step in self.steps)

    @property
    def approved(self) -> int:
        """The version that was last approved by another person than its writers; 0 if none was."""
        sound = [step.version for step in self.steps if step.to is TextState.APPROVED and not step.break_glass]
        return max(sound, default=0)

    @property
    def writers(self) -> frozenset[int]:
        """Who wrote since that approval, and so may not approve."""
        return frozenset(one.by for one in self.versions if one.number > self.approved)

    @property
    def goal(self) -> TextState:
        """What publishing its newest version makes of it."""
        if not self.was_public:
            return TextState.PUBLISHED
        return TextState.WITHDRAWN if self.versions[-1].withdraws else TextState.CORRECTED


def why_not(life: Life, step: Step) -> Why | None:
    """Return why a step may not be taken; None when it may."""
    if step.to not in MOVES[life.state]:
        return Why.NO_APPROVAL if step.to in PUBLIC else Why.NOT_FROM_HERE
    if step.version != life.newest or not life.newest:
        return Why.NOT_NEWEST
    if life.state in PUBLIC and life.kind in _SENT_ONCE:
        return Why.TOLD_ALREADY
    if not _fits(life, step) or (step.break_glass and step.to is not TextState.APPROVED):
        return Why.NOT_FROM_HERE
    if step.to is TextState.APPROVED and step.by in life.writers and not step.break_glass:
        return Why.OWN_TEXT
    return None if len(step.because.strip()) >= _shortest(life, step) else Why.REASON_SHORT


def why_not_write(life: Life) -> Why | None:
    """Return why no version may be written now: what others look at, or looked at, does not change under their eyes."""
    return None if life.state is TextState.DRAFT else Why.NOT_A_DRAFT


def why_not_close(broken_by: int, by: int, *, closed: bool) -> Why | None:
    """Return why somebody may not close the review of what its author approved; only another person may, and once."""
    if closed:
        return Why.CLOSED_ALREADY
    return Why.OWN_GLASS if by == broken_by else None


def _fits(life: Life, step: Step) -> bool:
    """Whether what is public is changed, and what is not yet is published or dropped."""
    if life.state is TextState.APPROVED and step.to is not TextState.DRAFT:
        return step.to is life.goal
    return step.to is not TextState.WITHDRAWN or not life.was_public


def _shortest(life: Life, step: Step) -> int:
    if step.break_glass:
        return SHORTEST_EMERGENCY
    # What a withdrawal is for stands in its version, which was approved.
    explained = step.to in _EXPLAINED and not (life.state is TextState.APPROVED and step.to is TextState.WITHDRAWN)
    return SHORTEST_REASON if explained else 0
