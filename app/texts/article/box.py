"""The information box: what the fields of a notice say, line by line."""

import re
from collections.abc import Iterator
from datetime import date

from app.domain.articles import Comments, Row, Sentence, Subject
from app.domain.sectors import Facet
from app.i18n.facets import value_name
from app.i18n.sentences import sentence
from app.i18n.terms import code_name, field_name, language_name, term
from app.texts.article.naming import (
    LANGUAGE,
    Desk,
    day,
    goods_in_words,
    goods_lines,
    is_settled,
    member_codes,
    members_of,
    symbols_of,
)
from app.texts.article.sentences import kit, original, person
from app.texts.cleaning import one_line
from app.texts.links import linkable, printable
from app.texts.wording import capitalised, inside_sentence, joined

MOST_GOODS_LINES = 15
_FILE_LANGUAGE = re.compile(r"_\d{2}_([efs])\.(?:pdf|docx?)$", re.IGNORECASE)
_FILE_LANGUAGES = {"e": "en", "f": "fr", "s": "es"}
"""The WTO ends the names of members' texts with their language; `x` is any other."""


def rows_of(subject: Subject, desk: Desk) -> tuple[Row, ...]:
    """Return the rows that have something to say, in the order of the ministry's own box."""
    content = subject.content
    rows = [
        Row("symbols", _label("symbols"), (kit("box.value", "symbols", value=symbols_of(subject)),)),
        Row("distributed_on", _label("distributed_on"), tuple(_date("distributed_on", content.distributed_on))),
        Row("type", _label("type"), (_kind(subject),)),
        _notifier(subject),
        Row("agency", sentence("heading.agency"), person("agency", subject.vietnamese.agency)),
        Row("products", _label("products"), tuple(_products(subject))),
        Row("hs", _label("hs"), tuple(_goods(subject))),
        Row("ics", _label("ics"), tuple(_ics(subject))),
        Row("objectives", _label("objectives"), tuple(_terms(subject, "objectives", content.objectives))),
        Row("comment_deadline", _label("comment_deadline"), tuple(_deadline(subject, desk))),
        Row("adoption_on", _stage(subject, desk, "adoption"), tuple(_planned(subject, "adoption"))),
        Row("in_force_on", _stage(subject, desk, "in_force"), tuple(_planned(subject, "in_force"))),
        Row("agreement", sentence("heading.agreements"), tuple(_agreements(subject))),
        Row("text_links", sentence("heading.documents"), tuple(_links("text_links", content.text_links))),
        Row("notice_link", sentence("heading.notice"), tuple(_links("notice_link", (content.notice_link,)))),
    ]
    return tuple(row for row in rows if row.values)


def _notifier(subject: Subject) -> Row:
    """Name who notified; what comes from outside the WTO has a source and no member."""
    field = "members" if member_codes(subject) else "source"
    label = _label("members") if field == "members" else sentence("heading.source")
    return Row(field, label, (kit("box.value", value=members_of(subject)),))


def _label(field: str) -> str:
    return capitalised(field_name(field, LANGUAGE))


def _stage(subject: Subject, desk: Desk, stage: str) -> str:
    """Return the label of a stage: planned, or a fact once it has come."""
    stated: date | None = getattr(subject.content, f"{stage}_on")
    if stated is None or not is_settled(subject, stated, desk.today):
        return _label(f"{stage}_on")
    return sentence("heading.adopted" if stage == "adoption" else "heading.in_force")


def _kind(subject: Subject) -> Sentence:
    content = subject.content
    kind = capitalised(code_name("notice-type", content.type, LANGUAGE))
    if content.area is None:
        return kit("box.value", "type", value=kind)
    return kit("box.value", "type", "area", value=f"{kind}, {content.area}")


def _date(field: str, value: date | None) -> Iterator[Sentence]:
    if value is not None:
        yield kit("box.value", field, value=day(value))


def _products(subject: Subject) -> Iterator[Sentence]:
    written = person("products", subject.vietnamese.products)
    yield from written
    words = goods_in_words(subject)
    if words and not written:
        yield original(subject, "products", words)


def _goods(subject: Subject) -> Iterator[Sentence]:
    for code, name in goods_lines(subject)[:MOST_GOODS_LINES]:
        if name:
            yield kit("box.goods", "hs", code=code, goods=inside_sentence(name))
        else:
            yield kit("box.unnamed_goods", "hs", code=code)
    rest = goods_lines(subject)[MOST_GOODS_LINES:]
    if rest:
        yield kit("box.value", "hs", value=", ".join(code for code, _ in rest))


def _ics(subject: Subject) -> Iterator[Sentence]:
    if subject.content.ics:
        yield kit("box.value", "ics", value=", ".join(map(one_line, subject.content.ics)))


def _terms(subject: Subject, field: str, labels: tuple[str, ...]) -> Iterator[Sentence]:
    for label in labels:
        found = term(one_line(label), LANGUAGE)
        if found.original:
            yield original(subject, field, found.text, "en")
        else:
            yield kit("box.value", field, value=capitalised(found.text))


def _deadline(subject: Subject, desk: Desk) -> Iterator[Sentence]:
    deadline, standing = subject.deadline, subject.comments(desk.today)
    if deadline is None:
        yield from _words(subject, "comment_deadline_text")
    elif deadline.computed:
        fields = ("comment_deadline_text", "distributed_on")
        yield kit("box.computed", *fields, day=day(deadline.day), days=str(deadline.days))
    else:
        pattern = "box.passed" if standing is Comments.PASSED else "box.value"
        name = "day" if pattern == "box.passed" else "value"
        yield kit(pattern, "comment_deadline", **{name: day(deadline.day)})


def _planned(subject: Subject, field: str) -> Iterator[Sentence]:
    stated: date | None = getattr(subject.content, f"{field}_on")
    yield from _date(f"{field}_on", stated) if stated is not None else _words(subject, f"{field}_text")


def _words(subject: Subject, field: str) -> Iterator[Sentence]:
    """Say what the member gave in words instead of a date: in Vietnamese where it is a known phrase, else as it is."""
    words = one_line(getattr(subject.content, field))
    if words:
        found = term(words.rstrip("."), LANGUAGE)
        if found.original:
            yield original(subject, field, words)
        else:
            yield kit("box.value", field, value=capitalised(found.text))


def _agreements(subject: Subject) -> Iterator[Sentence]:
    names = [value_name(Facet.AGREEMENT, one.id, LANGUAGE) for one in subject.facets.get(Facet.AGREEMENT, ())]
    if names:
        yield kit("box.value", "members", "distributed_on", value=joined(names))


def _links(field: str, urls: tuple[str, ...]) -> Iterator[Sentence]:
    for url in urls:
        shown = printable(url)
        if shown is not None:
            found = _FILE_LANGUAGE.search(shown)
            if found is None:
                made = kit("box.value", field, value=shown)
            else:
                language = language_name(_FILE_LANGUAGES[found[1].lower()], LANGUAGE)
                made = kit("box.document", field, url=shown, language=language)
            yield Sentence(text=made.text, fields=made.fields, kit=made.kit, link=linkable(url) or "")
