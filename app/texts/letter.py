"""The letter to one association about one notice: what it says, as sentences of the kit with their sources."""

from collections.abc import Iterator

from app.domain.articles import Letter, Link, Sentence, Shape, Subject
from app.domain.internal_deadlines import InternalDeadline
from app.i18n.sentences import sentence
from app.texts.article.body import base_cited, changes, comments, planned, purpose, regions
from app.texts.article.naming import (
    DRAFTS,
    Desk,
    Phrase,
    abouts,
    day,
    did,
    goods_in_words,
    goods_lines,
    is_open,
    kind_of,
    members_of,
    original_name,
    symbols_of,
    what,
)
from app.texts.article.sentences import kit, original, person
from app.texts.cleaning import cut, one_line
from app.texts.links import linkable
from app.texts.wording import inside_sentence

LONGEST_ORIGINAL = 600
_ASSOCIATIONS = ("Hiệp hội", "Liên đoàn", "Hội", "Câu lạc bộ", "Liên minh")
_OTHERS = (
    "Hội đồng",
    "Viện",
    "Trung tâm",
    "Trường",
    "Công ty",
    "Tổng công ty",
    "Tập đoàn",
    "Thương vụ",
    "Doanh nghiệp",
)


def letter_of(subject: Subject, desk: Desk, addressee: str) -> Letter:
    """Return the letter to the organisation of that name; it asks for comments only while they are taken."""
    internal = subject.internal(desk.today, desk.calendar)
    return Letter(
        ref=subject.ref,
        addressee=one_line(addressee),
        subject=_subject(subject, desk),
        opening=(_opening(subject, desk),),
        points=tuple(_points(subject, desk)),
        request=(_request(desk, addressee, internal),),
        form=tuple(_form(subject, desk, internal)) if internal is not None else (),
        enclosed=tuple(_enclosed(subject)),
        urgent=internal is not None and internal.urgent,
        written_on=desk.today,
    )


def address(organisation: str) -> str:
    """Return how a letter speaks to an organisation: `Quý Hiệp hội`, `Quý Viện`, else `Quý Cơ quan`."""
    name = one_line(organisation).casefold()
    kinds = (*_OTHERS, *_ASSOCIATIONS)
    return "Quý " + next((one for one in kinds if name.startswith(f"{one.casefold()} ")), "Cơ quan")


def whom(organisation: str) -> str:
    """Return to whom an organisation passes a letter on: an association to its members, any other to those concerned."""
    has_members = address(organisation).removeprefix("Quý ") in _ASSOCIATIONS
    return sentence("letter.whom_association" if has_members else "letter.whom_other")


def _subject(subject: Subject, desk: Desk) -> Sentence:
    pattern, about = "letter.subject_inform", abouts(subject, desk)[0]
    if is_open(subject, desk):
        pattern = "letter.subject_comment" if subject.shape in DRAFTS else "letter.subject_comment_other"
    elif subject.shape is Shape.EMERGENCY:
        return kit("letter.subject_emergency", "type", about=about, members=members_of(subject))
    return kit(pattern, "type", kind=kind_of(subject), about=about, members=members_of(subject))


def _opening(subject: Subject, desk: Desk) -> Sentence:
    on = subject.content.distributed_on
    plain = subject.shape is Shape.PLAIN
    pattern = ("letter.opening_plain" if plain else "letter.opening") + ("" if on is not None else "_undated")
    values: dict[str, str | Phrase] = {"unit": desk.unit.name, "symbols": symbols_of(subject)}
    told = what if plain else did
    values["what" if plain else "did"] = told(subject, desk, symbols_told=True)
    values["enclosed"] = sentence("letter.enclosed") if any(_enclosed(subject)) else ""
    if on is not None:
        values["day"] = day(on)
    fields = ("unit.name", "symbols", *(() if on is None else ("distributed_on",)))
    return kit(pattern, *fields, members=members_of(subject), **values)


def _points(subject: Subject, desk: Desk) -> Iterator[Sentence]:
    yield from base_cited(subject)
    yield from changes(subject)
    yield from _goods(subject)
    written = person("description", subject.vietnamese.description)
    yield from written
    title = one_line(subject.content.title)
    if title and not written:
        words = cut(title, LONGEST_ORIGINAL)
        yield kit("letter.content_original", "titles", language=original_name(subject), words=words)
    yield from purpose(subject)
    yield from regions(subject)
    yield from planned(subject, desk)
    yield from _deadline(subject, desk)


def _goods(subject: Subject) -> Iterator[Sentence]:
    lines = [f"{code} ({inside_sentence(name)})" if name else code for code, name in goods_lines(subject)]
    written = one_line(subject.vietnamese.products)
    words = cut(goods_in_words(subject), LONGEST_ORIGINAL)
    if written:
        yield kit("letter.products", "vietnamese.products", goods=written.rstrip("."))
    elif words:
        yield kit("letter.products_original", "products", language=original_name(subject, words), words=words)
    if lines:
        yield kit("scope.hs", "hs", goods="; ".join(lines))


def _deadline(subject: Subject, desk: Desk) -> Iterator[Sentence]:
    deadline = subject.deadline
    if deadline is None or not is_open(subject, desk):
        yield from comments(subject, desk)
    elif deadline.computed:
        fields = ("comment_deadline_text", "distributed_on")
        yield kit("letter.deadline_computed", *fields, days=str(deadline.days), day=day(deadline.day))
    else:
        yield kit("letter.deadline", "comment_deadline", day=day(deadline.day))


def _request(desk: Desk, addressee: str, internal: InternalDeadline | None) -> Sentence:
    fields = ("unit.name", "addressee")
    values = {"unit": desk.unit.name, "addressee": address(addressee), "whom": whom(addressee)}
    if internal is None:
        return kit("letter.inform", *fields, **values)
    pattern = "letter.ask_urgent" if internal.urgent else "letter.ask"
    pattern = "letter.ask_today" if internal.day == desk.today else pattern
    return kit(pattern, *fields, "comment_deadline", "unit.email", **values, email=_email(desk), day=day(internal.day))


def _email(desk: Desk) -> str:
    return sentence("letter.email", email=desk.unit.email) if desk.unit.email else ""


def _form(subject: Subject, desk: Desk, internal: InternalDeadline) -> Iterator[Sentence]:
    yield kit("form.about", "symbols", symbols=symbols_of(subject), members=members_of(subject))
    title = cut(one_line(subject.content.title), LONGEST_ORIGINAL)
    if subject.vietnamese.title:
        yield from person("title", subject.vietnamese.title)
    elif title:
        made = original(subject, "titles", title)
        yield kit("form.title", *made.fields, language=original_name(subject), words=made.text)
    pattern = "form.return_today" if internal.day == desk.today else "form.return"
    fields = ("comment_deadline", "unit.name", "unit.email")
    yield kit(pattern, *fields, unit=desk.unit.name, email=_email(desk), day=day(internal.day))


def _enclosed(subject: Subject) -> Iterator[Link]:
    for url in (subject.content.notice_link, *subject.content.text_links):
        leads = linkable(url)
        if leads is not None:
            yield Link(leads.rsplit("/", 1)[-1], leads)
