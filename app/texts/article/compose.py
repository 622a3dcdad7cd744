"""From a notice to the article: every sentence from a field, by the kit; nothing translated that no table knows."""

import re
from collections.abc import Iterator
from itertools import product

from app.domain.articles import Article, Comments, Link, Sentence, Shape, Subject
from app.domain.measures import thread_order
from app.domain.notices import Content
from app.i18n.sentences import sentence
from app.i18n.terms import code_name, source_name
from app.texts.article.body import comments, regions, sections_of
from app.texts.article.box import rows_of
from app.texts.article.naming import (
    LANGUAGE,
    Desk,
    Phrase,
    abouts,
    day,
    did,
    kind_of,
    member_codes,
    members_of,
    sector_names,
    symbols_of,
)
from app.texts.article.sentences import kit, person
from app.texts.cleaning import one_line
from app.texts.links import linkable, printable
from app.texts.wording import capitalised, joined, label_name

LONGEST_TITLE = 130
_FILE = re.compile(r"[^=&]+\.[A-Za-z]{2,5}")


def article_of(subject: Subject, desk: Desk) -> Article:
    """Return the article on a notice as it stands on the day of the desk."""
    return Article(
        ref=subject.ref,
        title=_title(subject, desk),
        sapo=tuple(_sapo(subject, desk)),
        box=rows_of(subject, desk),
        sections=sections_of(subject, desk),
        contact=tuple(contact(desk)),
        source=tuple(_source(subject, desk)),
        category=_category(subject, desk),
        unit=desk.unit.name,
        written_on=desk.today,
        shape=subject.shape,
        comments=subject.comments(desk.today),
        attachments=tuple(_attachments(subject)),
        related=tuple(_related(subject, desk)),
        themes=tuple(capitalised(label_name(one.id, desk.names)) for one in subject.themes),
    )


def contact(desk: Desk) -> Iterator[Sentence]:
    """Say whom to turn to, as far as the installation is told."""
    unit = desk.unit
    yield kit("contact.unit", "unit.name", "unit.parent", unit=unit.name, parent=unit.parent)
    for field in ("address", "phone", "email"):
        value = getattr(unit, field)
        if value:
            yield kit(f"contact.{field}", f"unit.{field}", **{field: value})


def _title(subject: Subject, desk: Desk) -> Sentence:
    """Return the longest title of at most 130 characters: goods by name, else by sector, else the symbol alone."""
    written = person("title", subject.vietnamese.title)
    if written:
        return written[0]
    many = kit("members.many", "members", number=str(len(member_codes(subject))))
    members = (members_of(subject), Phrase(many.text, many.fields))
    made = [_titled(subject, one, about) for one, about in product(members, abouts(subject, desk))]
    fitting = [one for one in made if len(one.text) <= LONGEST_TITLE]
    return fitting[0] if fitting else min(made, key=lambda one: len(one.text))


def _titled(subject: Subject, members: Phrase, about: Phrase) -> Sentence:
    shape = subject.shape
    if shape in {Shape.EMERGENCY, Shape.WARNING}:
        return kit(f"title.{shape}", "type", members=members, about=about)
    if shape is Shape.FINAL and subject.content.in_force_on is not None:
        fields, force = ("type", "in_force_on"), day(subject.content.in_force_on)
        return kit("title.final_from", *fields, members=members, kind=kind_of(subject), about=about, day=force)
    pattern = "title.extended" if shape is Shape.DEADLINE and _extended(subject) else f"title.{shape}"
    return kit(pattern, "type", members=members, kind=kind_of(subject), about=about)


def _extended(subject: Subject) -> bool:
    moved = [one for one in subject.changes if one.field == "comment_deadline"]
    return any(one.before and one.after > one.before for one in moved)


def _sapo(subject: Subject, desk: Desk) -> Iterator[Sentence]:
    if subject.content.symbols:
        symbols = symbols_of(subject)
        done = did(subject, desk, symbols_told=True)
        yield kit("sapo.did", "symbols", members=members_of(subject), did=done, symbols=symbols)
    else:
        yield kit("sapo.warning", members=members_of(subject), did=did(subject, desk))
    if subject.shape is Shape.EMERGENCY:
        yield from (one for one in regions(subject) if one.kit == "scope.regions")
    deadline = subject.deadline
    if deadline is not None and not deadline.computed and subject.comments(desk.today) is Comments.OPEN:
        yield kit("sapo.open", "comment_deadline", day=day(deadline.day))
    else:
        yield from comments(subject, desk)
    sectors = sector_names(subject, desk)
    if sectors:
        yield kit("sapo.sectors", "sectors", sectors=joined(sectors))


def _source(subject: Subject, desk: Desk) -> Iterator[Sentence]:
    if subject.content.symbols:
        yield kit("source.wto", "symbols", "unit.name", symbols=symbols_of(subject), unit=desk.unit.name)
    else:
        name = source_name(subject.source, LANGUAGE)
        yield kit("source.other", "source", "unit.name", source=name, unit=desk.unit.name)
    yield kit("source.reference", "titles", "description")
    if not subject.reviewed and (subject.sectors or subject.facets):
        yield kit("source.sorted", "sectors", "measure_type")


def _category(subject: Subject, desk: Desk) -> Sentence:
    area = subject.content.area
    if area is None:
        return kit("category.other", "source")
    sectors = sector_names(subject, desk)
    if not sectors:
        return kit("category.area", "area", area=area)
    return kit("category.sector", "area", "sectors", area=area, sectors=joined(sectors))


def _attachments(subject: Subject) -> Iterator[Link]:
    for url in (*subject.content.text_links, subject.content.notice_link):
        shown = printable(url)
        if shown is not None:
            leads, name = linkable(url), one_line(shown.rsplit("/", 1)[-1].rsplit("?", 1)[-1])
            # What may not be a link is of use only as a whole address.
            yield Link(name if leads and _FILE.fullmatch(name) else shown, leads or "")


def _related(subject: Subject, desk: Desk) -> Iterator[Link]:
    for other in sorted(subject.others, key=thread_order):
        if other.symbols:
            yield Link(_relation(other), desk.links.notice(other.symbols[0], LANGUAGE))


def _relation(other: Content) -> str:
    kind, symbols = capitalised(code_name("notice-type", other.type, LANGUAGE)), ", ".join(map(one_line, other.symbols))
    if other.distributed_on is None:
        return sentence("related.document_undated", kind=kind, symbols=symbols)
    return sentence("related.document", kind=kind, symbols=symbols, day=day(other.distributed_on))
