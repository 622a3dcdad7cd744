"""Why a subscription was told of a notice, or was not, member by member; and what a question would have brought in."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated

from pydantic import BaseModel, Field

from app.api.models import ExplanationModel
from app.domain.events import EventKind
from app.domain.matching import Condition, Refusal
from app.domain.preview import MANY_A_WEEK, Preview, PreviewedAlert
from app.flow.explain import Explained, Told, Verdict
from app.texts.refusals import refusal_sentence
from app.texts.wording import LabelName

Names = Mapping[str, Mapping[str, LabelName]]
"""The names of sectors and themes, by language and id."""

MOST_LISTED = 200
"""Alerts in the answer to a preview; the counts are of all."""


class ReasonModel(BaseModel):
    """One value of the question that was met."""

    facet: str
    value: str


class RefusalModel(BaseModel):
    """The first condition that failed: what it asked for, what there was instead, and both in words."""

    condition: Condition
    asked: list[str]
    found: list[str]
    message_vi: str
    message_en: str

    @classmethod
    def of(cls, refusal: Refusal, names: Names) -> "RefusalModel":
        """Return a refusal in both languages."""
        return cls(
            condition=refusal.condition,
            asked=list(refusal.asked),
            found=list(refusal.found),
            message_vi=refusal_sentence(refusal, "vi", names["vi"]),
            message_en=refusal_sentence(refusal, "en", names["en"]),
        )


class ToldModel(BaseModel):
    """What was really done: the state of the delivery, `gathering` before there is one, or `skipped`."""

    state: str
    reason: str | None
    frequency: str
    accepted_at: datetime | None

    @classmethod
    def of(cls, told: Told) -> "ToldModel":
        """Return what was done for a subscriber."""
        return cls(state=told.state, reason=told.reason, frequency=told.frequency, accepted_at=told.accepted_at)


class VerdictModel(BaseModel):
    """What the rules say today of one event: `refusal` is null exactly when it answers the subscription.

    `told` is null where nothing was to be sent to the subscriber.
    """

    event: int
    kind: EventKind
    refusal: RefusalModel | None
    reasons: list[ReasonModel]
    told: ToldModel | None

    @classmethod
    def of(cls, verdict: Verdict, names: Names) -> "VerdictModel":
        """Return a verdict in both languages."""
        return cls(
            event=verdict.event_id,
            kind=verdict.kind,
            refusal=None if verdict.refusal is None else RefusalModel.of(verdict.refusal, names),
            reasons=[ReasonModel(facet=reason.facet, value=reason.value) for reason in verdict.reasons],
            told=None if verdict.told is None else ToldModel.of(verdict.told),
        )


class SubscriptionExplanationModel(BaseModel):
    """A subscription, and what the rules say of each event of the notice for it, oldest first."""

    id: int
    confirmed_at: datetime | None
    ended_at: datetime | None
    events: list[VerdictModel]

    @classmethod
    def of(cls, explained: Explained, names: Names) -> "SubscriptionExplanationModel":
        """Return an explanation in both languages."""
        return cls(
            id=explained.subscription,
            confirmed_at=explained.confirmed_at,
            ended_at=explained.ended_at,
            events=[VerdictModel.of(verdict, names) for verdict in explained.verdicts],
        )


class NoticeExplanationModel(ExplanationModel):
    """How a notice was sorted and on what grounds; with `subscription`, also why that one was told or not."""

    subscription: SubscriptionExplanationModel | None = None


class PreviewedModel(BaseModel):
    """One alert that would have been told. Without any of the values in `depends_on` it would not have been."""

    ref: str
    title: str
    event: EventKind
    happened_on: date
    days_left: int | None
    reasons: list[ReasonModel]
    depends_on: list[ReasonModel]

    @classmethod
    def of(cls, alert: PreviewedAlert) -> "PreviewedModel":
        """Return one alert."""
        return cls(
            ref=alert.ref,
            title=alert.title,
            event=alert.kind,
            happened_on=alert.happened_on,
            days_left=alert.days_left,
            reasons=[ReasonModel(facet=reason.facet, value=reason.value) for reason in alert.reasons],
            depends_on=[ReasonModel(facet=reason.facet, value=reason.value) for reason in alert.sole],
        )


class WeekModel(BaseModel):
    """How many alerts fell in the week that begins on this Monday."""

    begins_on: date
    count: int


class LossModel(BaseModel):
    """What leaving one value out of the question would lose."""

    facet: str
    value: str
    count: int
    refs: Annotated[list[str], Field(description=f"At most {MOST_LISTED}.")]


class PreviewModel(BaseModel):
    """What a question would have brought in from `first` to `last`, both included, by the matcher that alerts go by.

    `count` is of all alerts, `items` holds the newest. `waiting` counts what answers the question but waits for staff.
    With `complete` false there was more than `read` events, and the oldest were left out.
    """

    first: date
    last: date
    read: int
    complete: bool
    count: int
    waiting: int
    a_week: float
    too_many: Annotated[bool, Field(description=f"More than {MANY_A_WEEK} a week in the mean.")]
    weeks: list[WeekModel]
    losses: list[LossModel]
    items: Annotated[list[PreviewedModel], Field(description=f"At most {MOST_LISTED}, the newest first.")]

    @classmethod
    def of(cls, preview: Preview) -> "PreviewModel":
        """Return a preview, cut to what a page can show."""
        return cls(
            first=preview.first,
            last=preview.last,
            read=preview.read,
            complete=preview.complete,
            count=len(preview.alerts),
            waiting=preview.waiting,
            a_week=preview.a_week,
            too_many=preview.too_many,
            weeks=[WeekModel(begins_on=day, count=count) for day, count in preview.weeks],
            losses=[
                LossModel(
                    facet=loss.value.facet,
                    value=loss.value.value,
                    count=len(loss.refs),
                    refs=list(loss.refs[:MOST_LISTED]),
                )
                for loss in preview.losses
            ],
            items=[PreviewedModel.of(alert) for alert in preview.alerts[:MOST_LISTED]],
        )
