"""A replay: what readers would be told of the past, now that notices are sorted by other rules."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from app.domain.matching import Reason

MANY_PEOPLE = 100
"""People from which on a replay is sent only when staff say once more that they mean it."""
MOST_EXAMPLES = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class PastEvent:
    """An event of the past in a report: its notice, and whether that still takes comments."""

    id: int
    notice_id: int
    ref: str
    open: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class NewMatch:
    """A question that an event answers by the rules in force and did not answer when it went out."""

    event: PastEvent
    criteria: int
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """What falls to one sector or theme; `examples` are refs, those that are open first."""

    facet: str
    value: str
    subscriptions: int
    past: int
    open: int
    examples: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriptionShare:
    """What falls to one subscription."""

    subscription: int
    past: int
    open: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """What a replay tells: past notices that now match somebody who was never told, and what goes out of them.

    Only what is open is mailed, one mail to each of `people`, in parts where it is long. `unsorted` notices were not
    yet sorted by the rules in force, and `stopped` says that staff stopped replays.
    """

    version: str
    unsorted: int
    stopped: bool
    past: int
    open: int
    people: int
    mails: int
    shares: tuple[Share, ...]
    subscriptions: tuple[SubscriptionShare, ...]

    @property
    def many(self) -> bool:
        """Whether so many people are mailed that staff should look twice."""
        return self.people >= MANY_PEOPLE


@dataclass(slots=True)
class _Tally:
    past: dict[int, str] = field(default_factory=dict)
    open: dict[int, str] = field(default_factory=dict)
    subscriptions: dict[int, int] = field(default_factory=dict)

    def add(self, match: NewMatch, subscriptions: int) -> None:
        self.past[match.event.notice_id] = match.event.ref
        if match.event.open:
            self.open[match.event.notice_id] = match.event.ref
        self.subscriptions[match.criteria] = max(subscriptions, self.subscriptions.get(match.criteria, 0))

    @property
    def examples(self) -> tuple[str, ...]:
        refs = dict.fromkeys([*sorted(self.open.values()), *sorted(self.past.values())])
        return tuple(refs)[:MOST_EXAMPLES]


def shares_of(matches: Iterable[NewMatch], reached: Mapping[tuple[int, int], int]) -> tuple[Share, ...]:
    """Return what falls to each sector and theme, the largest first.

    `reached` counts the subscriptions by event and question; of a question, the event that reaches most counts.
    A match for other reasons only, such as a code that a parent lends, stands under its first reason.
    """
    tallies: dict[Reason, _Tally] = {}
    for match in matches:
        sorted_as = [reason for reason in match.reasons if reason.facet in ("sector", "theme")]
        for reason in sorted_as or match.reasons[:1]:
            tallies.setdefault(reason, _Tally()).add(match, reached[match.event.id, match.criteria])
    shares = [
        Share(
            facet=reason.facet,
            value=reason.value,
            subscriptions=sum(tally.subscriptions.values()),
            past=len(tally.past),
            open=len(tally.open),
            examples=tally.examples,
        )
        for reason, tally in tallies.items()
    ]
    return tuple(sorted(shares, key=lambda share: (-share.open, -share.past, share.facet, share.value)))
