"""One alert as a block of text and of HTML: rendered once for each event, language and day, whoever receives it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from markupsafe import Markup

from app.domain.alerts import Alert, days_left
from app.domain.events import EventKind
from app.domain.matching import matchable
from app.domain.notices import NoticeType
from app.i18n.catalogue import translator
from app.i18n.dates import days_left_phrase, short_date
from app.i18n.terms import code_name, field_name, language_name
from app.texts.cleaning import cut, one_line
from app.texts.facts import (
    brief_facts,
    changes,
    full_facts,
    sorting_mark,
    symbols_in_full,
    titles,
    translated_title,
    update_facts,
)
from app.texts.links import Links, linkable, printable
from app.texts.templating import render
from app.texts.wording import (
    LabelName,
    event_named,
    goods_named,
    headline,
    is_emergency,
    is_retraction,
    label_name,
    main_sectors,
    members_named,
    stated_value,
    what_happened,
)

URGENT_DAYS = 7
MOST_TEXT_LINKS = 4
MOST_EVIDENCE = 2
LONGEST_QUOTE = 80
LONGEST_SHORTENED = 150

_LANGUAGE_OF_FILE = re.compile(r"_([efs])\.(?:pdf|docx?)$", re.IGNORECASE)
_LANGUAGES = {"e": "en", "f": "fr", "s": "es"}
_LASTING = {EventKind.ADOPTED, EventKind.IN_FORCE}


@dataclass(frozen=True, slots=True)
class Rendering:
    """The same facts twice: as plain text, and as HTML that our own template has escaped.

    `html_size` is the size of the HTML in bytes of UTF-8.
    """

    text: str
    html: Markup
    html_size: int


@dataclass(frozen=True, slots=True)
class SpokenEvidence:
    """What the sorting of one label rests on, in words; `parent` is the sector that the label is a child of."""

    phrase: str
    parent: str


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Block:
    """One alert, ready to be put into any number of mails in one language on one day. Equal only to itself.

    `full` says everything, `brief` what a long digest has room for, `short` the least that still tells. `days_left` is
    None where nothing counts down. `evidence` is by label id, after the facet and a colon where it was read out of the
    notice; `words` pairs the name of each searched field with its words as the matcher sees them.
    """

    event_id: int
    language: str
    update: bool
    emergency: bool
    headline: str
    members: str
    what: str
    title: str
    first_symbol: str
    symbols: int
    sectors: tuple[str, ...]
    days_left: int | None
    full: Rendering
    brief: Rendering
    short: Rendering
    names: Mapping[str, LabelName]
    evidence: Mapping[str, SpokenEvidence]
    hs: tuple[str, ...]
    words: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Badge:
    """The days left as the eye's anchor: a number with its unit, what it means, and the date. Never colour alone."""

    number: str
    unit: str
    sentence: str
    day: str
    tone: str


@dataclass(frozen=True, slots=True)
class Link:
    """One address of the block; without `href` it is printed as text only."""

    label: str
    printed: str
    href: str


def alert_block(alert: Alert, language: str, today: date, links: Links, names: Mapping[str, LabelName]) -> Block:
    """Return the block of one alert as of `today` in Viet Nam.

    `names` holds the names of sectors and themes in the language, by id.
    """
    left = _counted_days(alert, today)
    content = alert.content
    return Block(
        event_id=alert.event_id,
        language=language,
        update=alert.update,
        emergency=is_emergency(alert),
        headline=headline(alert, names, language),
        members=members_named(alert, language),
        what=what_happened(alert, goods_named(alert, names, language), language),
        title=translated_title(alert.vietnamese, language) or titles(content, language)[0][1],
        first_symbol=one_line(content.symbols[0] if content.symbols else alert.ref),
        symbols=max(len(content.symbols), 1),
        sectors=tuple(label_name(label, names) for label in main_sectors(alert.sectors, names)),
        days_left=left,
        **_renderings(alert, language, today, links, names),
        names=names,
        evidence=_evidence(alert, names, language),
        hs=content.hs,
        words=tuple((field_name(field, language), matchable(words)) for field, words in _searched(alert)),
    )


def _renderings(
    alert: Alert, language: str, today: date, links: Links, names: Mapping[str, LabelName]
) -> dict[str, Rendering]:
    values = {
        "headline": headline(alert, names, language),
        "badge": _badge(alert, today, language),
        "kind": event_named(alert, language) if alert.update else "",
        "translated": translated_title(alert.vietnamese, language),
        "titles": [(code, language_name(code, language), title) for code, title in titles(alert.content, language)],
        "changes": changes(alert.changes, language) if alert.update else (),
        "advice": _advice(alert, today, language) if alert.update else "",
        "page": links.notice(alert.ref, language),
        "links": _outer_links(alert, language),
    }
    every = update_facts(alert, names, language) if alert.update else full_facts(alert, names, today, language)
    full = {**values, "facts": every}
    brief = {**values, "facts": brief_facts(alert, names, language)}
    return {
        "full": _rendering("block", language, full),
        "brief": _rendering("brief", language, brief),
        "short": _rendering("short", language, _shortened(alert, values, language)),
    }


def _shortened(alert: Alert, values: dict[str, Any], language: str) -> dict[str, Any]:
    return {
        **values,
        "headline": cut(values["headline"], LONGEST_SHORTENED),
        "translated": cut(values["translated"], LONGEST_SHORTENED),
        "titles": [(code, name, cut(title, LONGEST_SHORTENED)) for code, name, title in values["titles"]],
        "symbols": symbols_in_full(alert),
        "mark": sorting_mark(alert, language),
    }


def _rendering(name: str, language: str, values: dict[str, Any]) -> Rendering:
    html = Markup(render(f"{name}.html", language, **values))  # noqa: S704 - every value was escaped by the template
    return Rendering(render(f"{name}.txt", language, **values), html, len(html.encode()))


def _counted_days(alert: Alert, today: date) -> int | None:
    """Nothing counts down on a withdrawn measure, nor on a finished text whose comments are over."""
    left = days_left(alert.content.comment_deadline, today)
    if alert.kind is EventKind.WITHDRAWN or (alert.kind in _LASTING and (left is None or left < 0)):
        return None
    return left


def _badge(alert: Alert, today: date, language: str) -> Badge:
    messages = translator(language)
    left = _counted_days(alert, today)
    deadline = alert.content.comment_deadline
    if alert.kind is EventKind.WITHDRAWN:
        return Badge("", "", event_named(alert, language), "", "done")
    if left is None and alert.kind in _LASTING:
        return Badge("", "", event_named(alert, language), _in_force(alert, language), "done")
    if deadline is not None and left is not None and left >= 0:
        day = messages.gettext("Hạn góp ý: %(day)s") % {"day": short_date(deadline, language)}
        unit = messages.ngettext("ngày", "ngày", left)
        tone = "urgent" if left <= URGENT_DAYS else "open"
        return Badge(str(left), unit, days_left_phrase(deadline, today, language), day, tone)
    if is_emergency(alert):
        sentence = code_name("notice-type", NoticeType.EMERGENCY, language)
        return Badge("", "", sentence, _in_force(alert, language), "urgent")
    return Badge("", "", days_left_phrase(deadline, today, language), "", "done")


def _in_force(alert: Alert, language: str) -> str:
    day = alert.content.in_force_on
    if day is None:
        return ""
    return translator(language).gettext("Có hiệu lực: %(day)s") % {"day": short_date(day, language)}


def _advice(alert: Alert, today: date, language: str) -> str:
    """Say in one line what an update asks of its reader; only what follows from the event itself."""
    messages = translator(language)
    deadline = alert.content.comment_deadline
    if is_retraction(alert):
        return messages.gettext("Bỏ qua cảnh báo mà bạn đã nhận về thông báo này.")
    if alert.kind is EventKind.WITHDRAWN:
        return messages.gettext("Không cần góp ý nữa; biện pháp đã được rút lại.")
    if alert.kind is EventKind.SCOPE_CHANGED:
        return messages.gettext("Đối chiếu lại sản phẩm và mã HS của doanh nghiệp với phạm vi mới.")
    if alert.kind in _LASTING:
        return messages.gettext("Xem văn bản cuối cùng và ngày có hiệu lực trước khi giao hàng.")
    if deadline is not None and deadline >= today:
        day = short_date(deadline, language)
        return messages.gettext("Gửi ý kiến góp ý chậm nhất ngày %(day)s.") % {"day": day}
    return messages.gettext("Đọc lại văn bản gốc ở phần đã thay đổi.")


def _outer_links(alert: Alert, language: str) -> list[Link]:
    messages = translator(language)
    content = alert.content
    named = [
        (
            messages.gettext("Thông báo tại WTO") if content.symbols else messages.gettext("Nguồn tin"),
            content.notice_link,
        )
    ]
    for url in content.text_links[:MOST_TEXT_LINKS]:
        found = _LANGUAGE_OF_FILE.search(url)
        label = messages.gettext("Văn bản được thông báo")
        if found is not None:
            label = f"{label} ({language_name(_LANGUAGES[found[1].lower()], language)})"
        named.append((label, url))
    links = (Link(label, printable(url) or "", linkable(url) or "") for label, url in named)
    return [link for link in links if link.href or link.printed]


def _evidence(alert: Alert, names: Mapping[str, LabelName], language: str) -> dict[str, SpokenEvidence]:
    """Put into words, for each label, the strongest of what it rests on."""
    messages = translator(language)
    by_label = {}
    read = ((f"{facet}:{label.id}", label) for facet, labels in alert.facets.items() for label in labels)
    for key, label in (*((label.id, label) for label in (*alert.sectors, *alert.themes)), *read):
        strongest = sorted(label.evidence, key=lambda evidence: -evidence.weight)
        quoted: dict[str, None] = {}
        for evidence in strongest:
            said = stated_value(evidence.field, one_line(evidence.quote), language)
            phrase = f"{one_line(field_name(evidence.field, language))} “{cut(said, LONGEST_QUOTE)}”"
            if evidence.inherited_from:
                phrase += " " + messages.gettext("(theo %(symbol)s)") % {"symbol": one_line(evidence.inherited_from)}
            quoted[phrase] = None
        parent = names[key].parent if key in names else ""
        spoken = "; ".join(list(quoted)[:MOST_EVIDENCE])
        if label.only_in_annex:
            only_there = messages.gettext("chỉ nêu trong phụ lục")
            spoken += f" ({only_there})"
        by_label[key] = SpokenEvidence(spoken, parent)
    return by_label


def _searched(alert: Alert) -> tuple[tuple[str, str], ...]:
    content = alert.content
    return (
        ("title", " | ".join(title for _, title in content.titles)),
        ("products", content.products),
        ("description", content.description),
        ("keywords", " | ".join(content.keywords)),
    )
