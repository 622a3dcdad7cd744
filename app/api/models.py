"""What the machine surface answers, member by member; nothing that is not listed here leaves the house."""

from collections.abc import Iterable
from datetime import date, datetime

from pydantic import BaseModel

from app.api.attachments import AttachmentModel, attachment_models
from app.api.labels import ReadLabelsModel, SectorLabelModel, read_labels
from app.api.versions import VersionModel
from app.domain.alerts import days_left
from app.domain.events import EventKind
from app.domain.measures import is_open
from app.domain.notices import Content, NoticeType
from app.domain.subscriptions import Frequency, Language
from app.domain.symbols import Area
from app.i18n.members import member_name
from app.store.catalogue import CataloguedEvent, CataloguedNotice, Thread
from app.store.timeline import LaterVersion
from app.texts.links import printable


class MemberModel(BaseModel):
    """A WTO member by the code in its symbols, with its house names."""

    code: str
    name_en: str
    name_vi: str

    @classmethod
    def of(cls, code: str) -> "MemberModel":
        """Return the member of a code."""
        return cls(code=code, name_en=member_name(code, "en"), name_vi=member_name(code, "vi"))


class LinksModel(BaseModel):
    """Web addresses as the source gave them: the notice's own, and those of the notified texts."""

    notice: str | None
    text: list[str]


class NoticeFieldsModel(BaseModel):
    """What a notice says and what became of it."""

    ref: str
    symbol: str | None
    symbols: list[str]
    area: Area | None
    type: NoticeType
    member: MemberModel | None
    members: list[MemberModel]
    title: str
    title_vi: str | None
    description: str
    products: str
    hs: list[str]
    ics: list[str]
    objectives: list[str]
    keywords: list[str]
    distributed_on: date | None
    comment_deadline: date | None
    days_left: int | None
    open: bool
    adoption_on: date | None
    in_force_on: date | None
    links: LinksModel
    attachments: list[AttachmentModel]
    measure: str
    version: int
    sectors: list[SectorLabelModel]
    themes: list[str]
    theme_labels: list[SectorLabelModel]
    inherited_from: str | None
    released_at: datetime | None
    updated_at: datetime
    source: str


class NoticeModel(ReadLabelsModel, NoticeFieldsModel):
    """One notice. Texts are the source's own words; `title_vi` is null until its translation was reviewed.

    `days_left` counts from today in Viet Nam: 0 on the last day, negative after it, null without a deadline.
    `inherited_from` names the parent that lent products and codes to an addendum without its own. `theme_labels` gives
    the evidence of `themes`. `released_at` null says that no alert went out.
    """

    @classmethod
    def of(cls, notice: CataloguedNotice, today: date) -> "NoticeModel":
        """Return a notice as of a day in Viet Nam."""
        content = notice.content
        members = [MemberModel.of(code) for code in content.members]
        return cls(
            ref=notice.ref,
            symbol=content.symbols[0] if content.symbols else None,
            symbols=list(content.symbols),
            area=content.area,
            type=content.type,
            member=members[0] if members else None,
            members=members,
            title=content.title,
            title_vi=_vietnamese_title(notice),
            description=content.description,
            products=content.products,
            hs=list(content.hs),
            ics=list(content.ics),
            objectives=list(content.objectives),
            keywords=list(content.keywords),
            distributed_on=content.distributed_on,
            comment_deadline=content.comment_deadline,
            days_left=days_left(content.comment_deadline, today),
            open=notice.withdrawn_at is None and is_open(notice.measure_state, content.comment_deadline, today),
            adoption_on=content.adoption_on,
            in_force_on=content.in_force_on,
            links=_links(content),
            attachments=attachment_models(notice.attachments),
            measure=notice.measure_ref,
            version=notice.version,
            sectors=[SectorLabelModel.of(label) for label in notice.sectors],
            themes=[label.id for label in notice.themes],
            theme_labels=[SectorLabelModel.of(label) for label in notice.themes],
            **dict(read_labels(notice.facets)),
            inherited_from=notice.inherits_from,
            released_at=notice.released_at,
            updated_at=notice.updated_at,
            source=notice.source,
        )


class NoticePage(BaseModel):
    """A page of notices; `next_cursor` is null on the last one.

    `also_searched` are names that were looked for besides what `q` says.
    """

    items: list[NoticeModel]
    next_cursor: str | None
    also_searched: list[str] = []


class SortingModel(BaseModel):
    """How a notice was sorted into sectors and themes."""

    ref: str
    version: int
    taxonomy_version: str | None
    sorted_at: datetime | None
    sure: bool
    contradictory: bool
    reviewed: bool
    inherited_from: str | None
    sectors: list[SectorLabelModel]
    themes: list[SectorLabelModel]


class ExplanationModel(ReadLabelsModel, SortingModel):
    """How a notice was sorted: by which version of the taxonomy, into what, and on what grounds.

    `sure` says that every primary label rests on strong evidence, `contradictory` that title and codes point to
    different sectors, `reviewed` that a person corrected or released it. `taxonomy_version` is null before it is sorted.
    """

    @classmethod
    def of(cls, notice: CataloguedNotice) -> "ExplanationModel":
        """Return the grounds of a notice's labels."""
        return cls(
            ref=notice.ref,
            version=notice.version,
            taxonomy_version=notice.taxonomy_version,
            sorted_at=notice.sorted_at,
            sure=notice.sure,
            contradictory=notice.contradictory,
            reviewed=notice.reviewed,
            inherited_from=notice.inherits_from,
            sectors=[SectorLabelModel.of(label) for label in notice.sectors],
            themes=[SectorLabelModel.of(label) for label in notice.themes],
            **dict(read_labels(notice.facets)),
        )


class ChangeModel(BaseModel):
    """A field that says something else than before, as printed; empty where there was nothing."""

    field: str
    before: str
    after: str


class EventModel(BaseModel):
    """One entry of the log of what happened to measures; ids only grow.

    `material` says whether it is worth an alert at once or waits for the weekly digest; null until that was judged.
    """

    id: int
    kind: EventKind
    ref: str
    measure: str
    version: int
    changes: list[ChangeModel]
    because: str
    happened_on: date | None
    created_at: datetime
    released_at: datetime | None
    material: bool | None

    @classmethod
    def of(cls, event: CataloguedEvent) -> "EventModel":
        """Return an entry of the log."""
        changes = [ChangeModel(field=one.field, before=one.before, after=one.after) for one in event.changes]
        return cls(
            id=event.id,
            kind=event.kind,
            ref=event.ref,
            measure=event.measure_ref,
            version=event.version,
            changes=changes,
            because=event.because,
            happened_on=event.happened_on,
            created_at=event.created_at,
            released_at=event.released_at,
            material=event.material,
        )


class EventPage(BaseModel):
    """A page of the log; `next_cursor` is what to pass as `after`, null when there is nothing more for now."""

    items: list[EventModel]
    next_cursor: str | None


class MeasureModel(BaseModel):
    """A thread: everything that was notified about one measure, in order, and what happened to it.

    `state` is `open` or `closed` for comments, `proposed` where no deadline was stated, else what is lasting. `versions`
    are what its notices said otherwise later, the newest first.
    """

    ref: str
    symbols: list[str]
    state: str
    comment_deadline: date | None
    days_left: int | None
    open: bool
    adoption_on: date | None
    in_force_on: date | None
    notices: list[NoticeModel]
    events: list[EventModel]
    versions: list[VersionModel]

    @classmethod
    def of(cls, thread: Thread, versions: Iterable[LaterVersion], today: date) -> "MeasureModel":
        """Return a thread as of a day in Viet Nam."""
        return cls(
            ref=thread.ref,
            symbols=list(thread.symbols),
            state=thread.standing_on(today),
            comment_deadline=thread.comment_deadline,
            days_left=days_left(thread.comment_deadline, today),
            open=is_open(thread.state, thread.comment_deadline, today),
            adoption_on=thread.adoption_on,
            in_force_on=thread.in_force_on,
            notices=[NoticeModel.of(notice, today) for notice in thread.notices],
            events=[EventModel.of(event) for event in thread.events],
            versions=[VersionModel.of(version) for version in versions],
        )


class SectorModel(BaseModel):
    """A sector of the taxonomy in force; `parent` is null for one that stands at the top."""

    id: str
    name_vi: str
    name_en: str
    parent: str | None


class SectorPage(BaseModel):
    """All sectors."""

    items: list[SectorModel]
    next_cursor: None = None


class ThemeModel(BaseModel):
    """A theme of the taxonomy in force."""

    id: str
    name_vi: str
    name_en: str


class ThemePage(BaseModel):
    """All themes."""

    items: list[ThemeModel]
    next_cursor: None = None


class MemberPage(BaseModel):
    """All members and observers of the WTO."""

    items: list[MemberModel]
    next_cursor: None = None


class SourceModel(BaseModel):
    """A source and when it last answered soundly."""

    name: str
    last_success_at: datetime | None


class StatsModel(BaseModel):
    """How much there is to read, as of a day in Viet Nam; sectors count by primary label."""

    as_of: date
    notices: int
    open: int
    measures: int
    newest_on: date | None
    by_area: dict[str, int]
    by_sector: dict[str, int]
    by_member: dict[str, int]
    sources: list[SourceModel]


class SubscriptionModel(BaseModel):
    """One subscription as its owner sees it; what asks nothing is empty."""

    id: int
    sectors: list[str]
    themes: list[str]
    measure_types: list[str]
    standards: list[str]
    substances: list[str]
    agreements: list[str]
    origin: list[str]
    affected: list[str]
    importance: list[str]
    members: list[str]
    hs: list[str]
    keywords: list[str]
    excluded: list[str]
    area: Area | None
    additions: bool
    updates: bool
    related: bool
    frequency: Frequency
    created_at: datetime
    confirmed_at: datetime | None
    paused_at: datetime | None
    paused_until: datetime | None


class SubscriptionPage(BaseModel):
    """All living subscriptions of the bearer."""

    items: list[SubscriptionModel]
    next_cursor: None = None


class AcceptedModel(BaseModel):
    """The same answer whoever asks: whether an address is known is nobody's business (SE-03)."""

    status: str
    language: Language
    message: str


class StoppedModel(BaseModel):
    """How many subscriptions ended; 0 when they had ended already."""

    stopped: int


def _vietnamese_title(notice: CataloguedNotice) -> str | None:
    """Return the title that two people stand behind, else the one that its source gave in Vietnamese."""
    return notice.vietnamese.title or dict(notice.content.titles).get("vi")


def _links(content: Content) -> LinksModel:
    """Hand on web addresses only: whoever makes links of them must not be handed a `javascript:`."""
    return LinksModel(notice=printable(content.notice_link), text=_web(content.text_links))


def _web(addresses: Iterable[str]) -> list[str]:
    return [address for address in map(printable, addresses) if address is not None]
