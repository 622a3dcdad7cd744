"""What pages say of notices and measures: values in the reader's language, ready to be printed."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date

from app.domain.alerts import Alert, days_left
from app.domain.attachments import Attachment
from app.domain.events import EventKind
from app.domain.measures import MeasureState
from app.domain.notices import NoticeType
from app.domain.sectors import Evidence, Facet, Label, Role
from app.domain.subscriptions import READ_FACETS
from app.domain.symbols import parse_symbol
from app.i18n.catalogue import translator
from app.i18n.dates import days_left_phrase, short_date
from app.i18n.products import hs_lines
from app.i18n.terms import code_name, field_name, language_name, source_name
from app.store.catalogue import CataloguedNotice, Thread
from app.texts.blocks import URGENT_DAYS
from app.texts.cleaning import one_line
from app.texts.facts import (
    VIETNAMESE,
    Fact,
    full_facts,
    own_words,
    read_line,
    titles,
    translated_label,
    translated_title,
)
from app.texts.links import linkable, printable
from app.texts.wording import LabelName, capitalised, headline, label_name, read_label_name, stated_value

_ENDINGS = ".:;!?)"

Names = Mapping[str, LabelName]


@dataclass(frozen=True, slots=True)
class Badge:
    """The days left as the eye's anchor: a number with its unit, the same in a sentence, and the date."""

    number: str
    unit: str
    sentence: str
    day: str
    tone: str


@dataclass(frozen=True, slots=True)
class Ground:
    """One piece of evidence: what was read where, and by which rule it counts."""

    field: str
    quote: str
    origin: str
    rule: str
    percent: int


@dataclass(frozen=True, slots=True)
class Sorting:
    """One label with its grounds; `kind` says whether it is the main one or a related one."""

    name: str
    kind: str
    percent: int
    grounds: tuple[Ground, ...]


@dataclass(frozen=True, slots=True)
class OuterLink:
    """An address outside; without `href` it is printed and leads nowhere. `note` says how far the document was read."""

    label: str
    printed: str
    href: str
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A notice as one entry of a list."""

    ref: str
    headline: str
    title: str
    title_language: str
    symbols: str
    kind: str
    day: str
    badge: Badge


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """A notice as a page of its own."""

    ref: str
    headline: str
    badge: Badge
    overtaken: str
    translated: str
    titles: tuple[tuple[str, str, str], ...]
    facts: tuple[Fact, ...]
    sectors: tuple[Sorting, ...]
    themes: tuple[Sorting, ...]
    read: tuple[Sorting, ...]
    reviewed: bool
    corrected_at: str
    is_sorted: bool
    withdrawn: str
    links: tuple[OuterLink, ...]


def line(notice: CataloguedNotice, names: Names, today: date, language: str) -> Line:
    """Return a notice as one entry of a list."""
    alert = _alert(notice)
    code, title = _spoken_title(notice, language)
    day = notice.content.distributed_on
    return Line(
        ref=notice.ref,
        headline=headline(alert, names, language),
        title=title,
        title_language=code,
        symbols=_symbols(notice),
        kind=_type(notice, language),
        day="" if day is None else short_date(day, language),
        badge=_own_badge(notice, today, language),
    )


def sheet(notice: CataloguedNotice, thread: Thread, names: Names, today: date, language: str) -> Sheet:
    """Return a notice as a page of its own. Its days left are those of the measure: a later document may extend them."""
    alert = _alert(notice, _arrival(thread, notice))
    withdrawn = notice.withdrawn_at is not None or thread.state is MeasureState.WITHDRAWN
    overtaken = _overtaken(notice.content.comment_deadline, thread.comment_deadline, language)
    return Sheet(
        ref=notice.ref,
        headline=headline(alert, names, language),
        badge=badge(thread.comment_deadline, today, language, withdrawn=withdrawn),
        overtaken=overtaken,
        translated=translated_title(notice.vietnamese, language),
        titles=tuple((code, language_name(code, language), title) for code, title in titles(notice.content, language)),
        facts=_facts(alert, names, today, language, counting=not overtaken),
        sectors=tuple(_sorting(label, names, language) for label in notice.sectors),
        themes=tuple(_sorting(label, names, language) for label in notice.themes),
        read=tuple(_read(facet, label, language) for facet in READ_FACETS for label in notice.facets.get(facet, ())),
        reviewed=notice.reviewed,
        corrected_at=notice.corrected_at or "",
        is_sorted=notice.sorted_at is not None,
        withdrawn=one_line(notice.withdrawn_because or "") if notice.withdrawn_at is not None else "",
        links=_outer_links(notice, language),
    )


def _spoken_title(notice: CataloguedNotice, language: str) -> tuple[str, str]:
    """Return the title that a list shows with its language: the reviewed Vietnamese one, else the original."""
    translated = translated_title(notice.vietnamese, language)
    return (VIETNAMESE, translated) if translated else titles(notice.content, language)[0]


def _own_badge(notice: CataloguedNotice, today: date, language: str) -> Badge:
    """Return the days left to comment on a notice; nothing counts down once it is withdrawn."""
    withdrawn = notice.withdrawn_at is not None or notice.measure_state is MeasureState.WITHDRAWN
    return badge(notice.content.comment_deadline, today, language, withdrawn=withdrawn)


def _alert(notice: CataloguedNotice, kind: EventKind = EventKind.NOTIFIED) -> Alert:
    """Return the alert that the wording of mails is made from, so that page and mail say the same."""
    first = parse_symbol(notice.content.symbols[0]) if notice.content.symbols else None
    return Alert(
        event_id=0,
        ref=notice.ref,
        source=notice.source,
        kind=kind,
        update=False,
        content=notice.content,
        sectors=notice.sectors,
        themes=notice.themes,
        facets=notice.facets,
        inherited_from=notice.inherits_from or "",
        parent_ref="" if first is None or first.parent is None else str(first.parent),
        reviewed=notice.reviewed,
        vietnamese=notice.vietnamese,
    )


def _arrival(thread: Thread, notice: CataloguedNotice) -> EventKind:
    """Return what the arrival of a notice meant for its measure: the first event that the log has of it."""
    return next((event.kind for event in thread.events if event.ref == notice.ref), EventKind.NOTIFIED)


def _overtaken(stated: date | None, current: date | None, language: str) -> str:
    if stated is None or current is None or stated == current:
        return ""
    days = {"stated": short_date(stated, language), "current": short_date(current, language)}
    messages = translator(language)
    return (
        messages.gettext("Hạn nêu trong thông báo này là %(stated)s; hạn hiện nay của biện pháp là %(current)s.") % days
    )


def badge(deadline: date | None, today: date, language: str, *, withdrawn: bool) -> Badge:
    """Return the days left to comment as the eye's anchor; nothing counts down on what is withdrawn."""
    messages = translator(language)
    if withdrawn:
        return Badge("", "", code_name("measure-state", MeasureState.WITHDRAWN, language), "", "done")
    left = days_left(deadline, today)
    sentence = days_left_phrase(deadline, today, language)
    if deadline is None or left is None or left < 0:
        return Badge("", "", sentence, "", "done")
    day = messages.gettext("Hạn góp ý: %(day)s") % {"day": short_date(deadline, language)}
    tone = "urgent" if left <= URGENT_DAYS else "open"
    return Badge(str(left), messages.ngettext("ngày", "ngày", left), sentence, day, tone)


def _facts(alert: Alert, names: Names, today: date, language: str, *, counting: bool) -> tuple[Fact, ...]:
    """Return the facts of the mail without what the page shows elsewhere, and whole where the mail cuts them.

    Unless `counting`, nothing is said of the days left to a deadline that no longer holds.
    """
    messages = translator(language)
    content = alert.content
    whole = {
        "products": _paragraphs(own_words(content.products)),
        "description": _paragraphs(content.description),
        "ics": (", ".join(map(one_line, content.ics)),),
        "hs": tuple(_goods(content.hs, language)),
        **{
            facet.value: (read_line(facet, alert.facets.get(facet, ()), language),)
            for facet in (Facet.STANDARD, Facet.SUBSTANCE)
        },
    }
    uncut = {capitalised(field_name(field, language)): values for field, values in whole.items()}
    uncut |= {
        translated_label(field, language): _paragraphs(getattr(alert.vietnamese, field))
        for field in ("products", "description")
    }
    outdated = "" if counting else capitalised(field_name("comment_deadline", language))
    elsewhere = {messages.gettext("Lĩnh vực"), messages.gettext("Chủ đề")}
    return tuple(
        replace(
            fact,
            values=uncut.get(fact.label, fact.values),
            note="" if fact.label == outdated else fact.note,
            more=False,
        )
        for fact in full_facts(alert, names, today, language)
        if fact.label not in elsewhere
    )


def _paragraphs(text: str) -> tuple[str, ...]:
    """Cut a text into paragraphs; forms also break lines in the middle of a sentence, and those are joined again."""
    paragraphs: list[str] = []
    for piece in filter(None, map(one_line, text.splitlines())):
        if paragraphs and paragraphs[-1][-1] not in _ENDINGS:
            paragraphs[-1] += f" {piece}"
        else:
            paragraphs.append(piece)
    return tuple(paragraphs)


def _goods(codes: Iterable[str], language: str) -> Iterable[str]:
    for found in hs_lines(codes, language):
        yield f"{found.printed}: {found.name}" if found.name else found.printed


def _type(notice: CataloguedNotice, language: str) -> str:
    named = code_name("notice-type", notice.content.type, language)
    if notice.content.type is not NoticeType.WARNING:
        return named
    return f"{named}, {one_line(source_name(notice.source, language))}"


def _symbols(notice: CataloguedNotice) -> str:
    return ", ".join(map(one_line, notice.content.symbols)) or one_line(notice.ref)


def _sorting(label: Label, names: Names, language: str) -> Sorting:
    return Sorting(
        name=label_name(label.id, names),
        kind=_kind(label, language),
        percent=round(label.confidence * 100),
        grounds=tuple(dict.fromkeys(_ground(evidence, language) for evidence in label.evidence)),
    )


def _read(facet: Facet, label: Label, language: str) -> Sorting:
    name = f"{capitalised(field_name(facet, language))}: {read_label_name(facet, label.id, language)}"
    return replace(_sorting(label, {}, language), name=name)


def _kind(label: Label, language: str) -> str:
    if label.role is Role.PRIMARY:
        return ""
    named = code_name("role", label.role, language)
    if not label.only_in_annex:
        return named
    only_there = translator(language).gettext("chỉ nêu trong phụ lục")
    return f"{named}; {only_there}"


def _ground(evidence: Evidence, language: str) -> Ground:
    return Ground(
        field=field_name(evidence.field, language),
        quote=stated_value(evidence.field, one_line(evidence.quote), language),
        origin=one_line(evidence.inherited_from),
        rule=evidence.rule,
        percent=round(evidence.weight * 100),
    )


def _outer_links(notice: CataloguedNotice, language: str) -> tuple[OuterLink, ...]:
    """Return the notice's own address and those of its texts; only hosts that are known to be the WTO's become links."""
    messages = translator(language)
    content = notice.content
    own = messages.gettext("Thông báo tại WTO") if content.symbols else messages.gettext("Nguồn tin")
    texts = [(messages.gettext("Văn bản được thông báo"), url) for url in content.text_links]
    named = [(own, content.notice_link), *texts]
    read = {one.url: one for one in notice.attachments}
    links = (
        OuterLink(label, printable(url) or "", linkable(url) or "", _read_so_far(read.get(url), language))
        for label, url in named
    )
    return tuple(link for link in links if link.printed)


def _read_so_far(attachment: Attachment | None, language: str) -> str:
    return "" if attachment is None else code_name("attachment-state", attachment.state, language)
