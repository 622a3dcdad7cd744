"""A notice box by box, as the WTO's forms number them: the stored words, and what tables and glossary make of them.

The Vietnamese stands on no guess: a word that no table knows is left to a person.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from app.domain.boxes import Box, MarkedPiece, Span, marked_pieces
from app.domain.notices import Content
from app.domain.sectors import Label
from app.domain.sectors.passages import field_text
from app.domain.symbols import Area
from app.i18n.dates import short_date
from app.i18n.members import member_name, member_of_name
from app.i18n.products import hs_lines
from app.i18n.terms import code_name, field_name, language_name, term
from app.texts.cleaning import one_line
from app.texts.links import printable
from app.texts.wording import capitalised, stated_value

VIETNAMESE: Final = "vi"


@dataclass(frozen=True, slots=True, kw_only=True)
class BoxForm:
    """One box: its number on the forms of both agreements, the fields that it holds, and the box that people fill."""

    id: str
    fields: tuple[str, ...]
    tbt: str = ""
    sps: str = ""
    box: Box | None = None


FORM: Final = (
    BoxForm(id="symbols", fields=("symbols", "type", "distributed_on")),
    BoxForm(id="members", fields=("members",), tbt="1", sps="1"),
    BoxForm(id="articles", fields=("articles",), tbt="3"),
    BoxForm(id="products", fields=("products", "hs", "ics"), tbt="4", sps="3", box=Box.PRODUCTS),
    BoxForm(id="regions", fields=("regions", "all_partners"), sps="4"),
    BoxForm(id="title", fields=("title",), tbt="5", sps="5", box=Box.TITLE),
    BoxForm(id="description", fields=("description",), tbt="6", sps="6", box=Box.DESCRIPTION),
    BoxForm(id="objectives", fields=("objectives",), tbt="7", sps="7", box=Box.OBJECTIVES),
    BoxForm(id="keywords", fields=("keywords",)),
    BoxForm(id="international_standards", fields=("international_standards", "conforms_to_standard"), sps="8"),
    BoxForm(id="adoption_on", fields=("adoption_on", "adoption_text"), tbt="9", sps="10"),
    BoxForm(id="in_force_on", fields=("in_force_on", "in_force_text", "facilitates_trade"), tbt="9", sps="11"),
    BoxForm(id="comment_deadline", fields=("comment_deadline", "comment_deadline_text"), tbt="10", sps="12"),
    BoxForm(id="text_links", fields=("notice_link", "text_links"), tbt="11", sps="13"),
)
"""The boxes in the order of the forms (G/TBT/1/Rev.15 annex 3.3, G/SPS/7/Rev.5 annex A); ours for both agreements."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredText:
    """The words of one field as they are stored, cut where evidence stands; `name` is empty where the box says it."""

    name: str
    tongue: str
    pieces: tuple[MarkedPiece, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownBox:
    """One box side by side: the stored words, and the lines that tables and glossary make of them.

    `unknown` are values that no table knows; they stand in the original only.
    """

    id: str
    number: str
    name: str
    box: Box | None
    stored: tuple[StoredText, ...]
    rendered: tuple[str, ...]
    unknown: tuple[str, ...]


def shown_boxes(content: Content, labels: Iterable[Label], language: str) -> tuple[ShownBox, ...]:
    """Return the boxes of a notice that hold anything, and those that a person fills where they are empty too.

    Marks are the places of `labels`, counted from 1. `language` is that of the names of boxes; what is rendered is
    Vietnamese.
    """
    spans = _spans(labels)
    boxes = (_shown(form, content, spans, language) for form in FORM)
    return tuple(one for one in boxes if one.stored or one.box is not None)


def _spans(labels: Iterable[Label]) -> Mapping[str, list[Span]]:
    found: dict[str, list[Span]] = {}
    for mark, label in enumerate(labels, start=1):
        for one in label.evidence:
            found.setdefault(one.field, []).append(Span(one.start, one.end, one.quote, mark))
    return found


def _shown(form: BoxForm, content: Content, spans: Mapping[str, list[Span]], language: str) -> ShownBox:
    number = form.tbt if content.area is Area.TBT else form.sps if content.area is Area.SPS else ""
    lines = [line for field in form.fields for line in _rendered(field, content)]
    return ShownBox(
        id=form.id,
        number=number,
        name=capitalised(field_name(form.id, language)),
        box=form.box,
        stored=tuple(_stored(form, content, spans, language)),
        rendered=tuple(line for line, known in lines if known),
        unknown=tuple(line for line, known in lines if not known),
    )


def _stored(form: BoxForm, content: Content, spans: Mapping[str, list[Span]], language: str) -> Iterator[StoredText]:
    own = content.titles[0][0] if content.titles else "en"
    for field in form.fields:
        if _is_stated(content, field):
            name = "" if field == form.id else capitalised(field_name(field, language))
            text = field_text(content, field)
            tongue = own if field in {"title", "products", "description"} else ""
            yield StoredText(name=name, tongue=tongue, pieces=marked_pieces(text, spans.get(field, ())))
    for code, title in content.titles[1:] if form.box is Box.TITLE else ():
        pieces = marked_pieces(title, spans.get(f"title:{code}", ()))
        yield StoredText(name=capitalised(language_name(code, language)), tongue=code, pieces=pieces)


def _is_stated(content: Content, field: str) -> bool:
    return getattr(content, field) not in (None, "", ())


def _rendered(field: str, content: Content) -> Iterator[tuple[str, bool]]:
    """Yield lines in Vietnamese and whether a table knows them; free text is nobody's but a person's."""
    render = _RENDERED.get(field)
    if render is not None and _is_stated(content, field):
        yield from render(content)


def _terms(values: Iterable[str]) -> Iterator[tuple[str, bool]]:
    for value in values:
        found = term(one_line(value).rstrip("."), VIETNAMESE)
        if found.text:
            yield capitalised(found.text), not found.original


def _hs(content: Content) -> Iterator[tuple[str, bool]]:
    for line in hs_lines(content.hs, VIETNAMESE):
        yield f"{line.printed}: {line.name}" if line.name else line.printed, True


def _regions(content: Content) -> Iterator[tuple[str, bool]]:
    for region in map(one_line, content.regions):
        code = member_of_name(region)
        yield (region, False) if code is None else (member_name(code, VIETNAMESE), True)


def _day(field: str) -> Callable[[Content], Iterator[tuple[str, bool]]]:
    def render(content: Content) -> Iterator[tuple[str, bool]]:
        day: date = getattr(content, field)
        yield short_date(day, VIETNAMESE), True

    return render


def _words(field: str) -> Callable[[Content], Iterator[tuple[str, bool]]]:
    return lambda content: _terms([getattr(content, field)])


def _ticked(field: str) -> Callable[[Content], Iterator[tuple[str, bool]]]:
    def render(content: Content) -> Iterator[tuple[str, bool]]:
        said = stated_value(field, str(getattr(content, field)), VIETNAMESE)
        yield f"{capitalised(field_name(field, VIETNAMESE))}: {said}", True

    return render


def _links(content: Content) -> Iterator[tuple[str, bool]]:
    for url in (content.notice_link, *content.text_links):
        if printed := printable(url):
            yield printed, True


_RENDERED: Final[Mapping[str, Callable[[Content], Iterable[tuple[str, bool]]]]] = {
    "symbols": lambda content: ((one_line(one), True) for one in content.symbols),
    "type": lambda content: ((capitalised(code_name("notice-type", content.type, VIETNAMESE)), True),),
    "distributed_on": _day("distributed_on"),
    "members": lambda content: ((one_line(member_name(one, VIETNAMESE)), True) for one in content.members),
    "articles": lambda content: (
        (f"Điều {one_line(one)}" if one != "other" else "Khác", True) for one in content.articles
    ),
    "hs": _hs,
    "ics": lambda content: ((f"ICS {one_line(one)}", True) for one in content.ics),
    "regions": _regions,
    "all_partners": _ticked("all_partners"),
    "objectives": lambda content: _terms(content.objectives),
    "keywords": lambda content: _terms(content.keywords),
    "international_standards": lambda content: _terms(content.international_standards),
    "conforms_to_standard": _ticked("conforms_to_standard"),
    "facilitates_trade": _ticked("facilitates_trade"),
    "adoption_on": _day("adoption_on"),
    "adoption_text": _words("adoption_text"),
    "in_force_on": _day("in_force_on"),
    "in_force_text": _words("in_force_text"),
    "comment_deadline": _day("comment_deadline"),
    "comment_deadline_text": _words("comment_deadline_text"),
    "text_links": _links,
}
