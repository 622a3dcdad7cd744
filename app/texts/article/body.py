"""The body of the article: what the notice says, in sentences of the kit, and its own words beside them."""

from collections.abc import Iterator
from datetime import date

from app.domain.articles import Comments, Origin, Section, Sentence, Shape, Subject, Table, exclusions
from app.domain.notices import NoticeType
from app.domain.sectors import Facet
from app.domain.symbols import OWN_MEMBER
from app.i18n.facets import value_name
from app.i18n.members import member_name, member_of_name
from app.i18n.sentences import sentence
from app.i18n.terms import language_name, term
from app.texts.article.naming import (
    LANGUAGE,
    Desk,
    Phrase,
    day,
    did,
    document_of,
    goods_in_words,
    goods_lines,
    is_settled,
    members_of,
    original_name,
    symbols_of,
    what,
)
from app.texts.article.sentences import kit, original, person
from app.texts.cleaning import one_line
from app.texts.facts import LIMIT
from app.texts.links import linkable, printable
from app.texts.wording import inside_sentence, joined

MOST_LIMITS = 20
_AIMS = ("bảo vệ", "ngăn ngừa", "hài hòa", "giảm", "tiết kiệm")
_PASSED_OVER = {"mục tiêu khác", "không nêu"}
_LASTING = {Shape.FINAL, Shape.EMERGENCY}


def sections_of(subject: Subject, desk: Desk) -> tuple[Section, ...]:
    """Return the parts of the body that say something; what only a person may say is there only if one did."""
    written = subject.vietnamese
    sections = [
        Section("content", sentence("heading.content"), tuple(_content(subject, desk))),
        Section(
            "original",
            sentence("heading.original", language=original_name(subject)),
            _own_words(subject),
            original=True,
        ),
        Section(
            "exclusions",
            sentence("heading.exclusions", language=original_name(subject)),
            tuple(original(subject, "description", one) for one in exclusions(one_line(subject.content.description))),
            original=True,
        ),
        Section("limits", sentence("heading.limits"), table=_limits(subject)),
        Section("impact", sentence("heading.impact"), person("impact", written.impact)),
        Section("recommendation", sentence("heading.recommendation"), tuple(_recommendation(subject, desk))),
    ]
    return tuple(one for one in sections if one.sentences or one.table is not None)


def opening(subject: Subject, desk: Desk) -> Sentence:
    """Say who notified what on which day."""
    on = subject.content.distributed_on
    members = members_of(subject)
    dated = {} if on is None else {"day": day(on)}
    fields = ("distributed_on",) if on is not None else ()
    suffix = "on" if on is not None else "undated"
    if subject.shape is Shape.WARNING:
        return kit(f"opening.warning_{suffix}", *fields, members=members, did=did(subject, desk), **dated)
    if subject.shape is Shape.PLAIN:
        return kit(f"opening.plain_{suffix}", *fields, members=members, what=what(subject, desk), **dated)
    done, cited = did(subject, desk), _cited(subject)
    if cited is not None:
        done = Phrase(f"{done.text} {cited.text}", (*done.fields, *cited.fields))
    return kit(f"opening.{suffix}", *fields, members=members, did=done, **dated)


def _cited(subject: Subject) -> Sentence | None:
    """Return the notice that a follow-up follows as the opening cites it, in brackets."""
    return next(_base("cited", subject), None)


def comments(subject: Subject, desk: Desk) -> Iterator[Sentence]:
    """Say how the deadline stands on the day of the text: a call for comments only while they are taken."""
    deadline, standing = subject.deadline, subject.comments(desk.today)
    if standing is Comments.WITHDRAWN:
        yield kit("comments.withdrawn", "type", "keywords")
    elif deadline is not None and deadline.computed:
        pattern = "comments.computed" if standing is Comments.OPEN else "comments.passed_computed"
        fields = ("comment_deadline_text", "distributed_on")
        yield kit(pattern, *fields, days=str(deadline.days), day=day(deadline.day))
    elif deadline is not None:
        pattern = "comments.open" if standing is Comments.OPEN else "comments.passed"
        yield kit(pattern, "comment_deadline", day=day(deadline.day))


def base_cited(subject: Subject) -> Iterator[Sentence]:
    """Name the notice that a follow-up follows, with its day where it is stored, in a sentence of its own."""
    yield from _base("base", subject)


def _base(pattern: str, subject: Subject) -> Iterator[Sentence]:
    relation = subject.shape if subject.shape is Shape.CANCELLED else subject.content.type
    base = subject.base
    if not subject.base_symbol or subject.content.type not in set(NoticeType) - {NoticeType.REGULAR}:
        return
    symbol = subject.base_symbol if base is None else ", ".join(base.symbols)
    if base is None or base.distributed_on is None:
        yield kit(f"{pattern}.{relation}_undated", "symbols", symbol=symbol)
    else:
        on = day(base.distributed_on)
        yield kit(f"{pattern}.{relation}", "symbols", "thread", symbol=symbol, day=on)


def changes(subject: Subject) -> Iterator[Sentence]:
    """Say which dates a follow-up moves, old and new, and the reason that it ticks."""
    for change in subject.changes:
        after = day(date.fromisoformat(change.after))
        fields = (change.field, "thread")
        if change.before:
            before = day(date.fromisoformat(change.before))
            yield kit(f"changed.{change.field}", *fields, before=before, after=after)
        else:
            yield kit(f"changed.{change.field}_set", *fields, after=after)
    if subject.content.type is NoticeType.ADDENDUM:
        known = [term(one_line(one), LANGUAGE) for one in subject.content.keywords if _is_reason(one)]
        if known:
            yield kit("changed.reasons", "keywords", reasons="; ".join(one.text.replace(" / ", ", ") for one in known))


def _is_reason(keyword: str) -> bool:
    return keyword.casefold().startswith(("adoption/", "modification of", "withdrawal of"))


def _content(subject: Subject, desk: Desk) -> Iterator[Sentence]:
    content = subject.content
    yield opening(subject, desk)
    if len(content.symbols) > 1:
        number = str(len(content.symbols))
        yield kit("opening.joint", "symbols", number=number, members=members_of(subject), symbols=symbols_of(subject))
    if subject.shape is Shape.EMERGENCY and content.area is not None:
        yield kit("opening.emergency", "type", "area", area=content.area)
    yield from changes(subject)
    yield from person("description", subject.vietnamese.description)
    yield from _scope(subject)
    yield from purpose(subject)
    yield from _standards(subject)
    yield from planned(subject, desk)
    yield from comments(subject, desk)
    yield from _details(subject)


def _scope(subject: Subject) -> Iterator[Sentence]:
    if subject.inherited_from:
        yield kit("scope.inherited", "products", "hs", symbol=one_line(subject.inherited_from))
    named = [f"{code} ({inside_sentence(name)})" if name else code for code, name in goods_lines(subject)]
    if named:
        yield kit("scope.hs", "hs", goods="; ".join(named))
    yield from regions(subject)


def regions(subject: Subject) -> Iterator[Sentence]:
    """Say who is affected: members by their house names, any other region in the notice's own words."""
    found = [(member_of_name(one_line(one)), one_line(one)) for one in subject.content.regions]
    members = [member_name(code, LANGUAGE) for code, _ in found if code is not None]
    others = "; ".join(one for code, one in found if code is None)
    if members:
        yield kit("scope.regions", "regions", regions="; ".join(members))
    if others:
        language = original_name(subject, others)
        yield kit("scope.regions_original", "regions", language=language, regions=others)
    if not found and subject.content.all_partners:
        yield kit("scope.all_partners", "all_partners")


def purpose(subject: Subject) -> Iterator[Sentence]:
    """Say what the measure is for, as far as its objectives are known terms."""
    found = [term(one_line(one), LANGUAGE) for one in subject.content.objectives]
    known = [inside_sentence(one.text) for one in found if not one.original and one.text.casefold() not in _PASSED_OVER]
    if subject.vietnamese.objectives:
        yield from person("objectives", subject.vietnamese.objectives)
    elif known:
        pattern = "purpose.aim" if all(one.startswith(_AIMS) for one in known) else "purpose.subject"
        yield kit(pattern, "objectives", document=document_of(subject), objectives="; ".join(known))


def _standards(subject: Subject) -> Iterator[Sentence]:
    content = subject.content
    if content.international_standards:
        found = [term(one_line(one), LANGUAGE) for one in content.international_standards]
        for pattern, foreign in (("standards.named", False), ("standards.named_original", True)):
            names = "; ".join(one.text for one in found if one.original is foreign)
            if names:
                language = {"language": original_name(subject, names)} if foreign else {}
                yield kit(pattern, "international_standards", standards=names, **language)
    if content.conforms_to_standard is not None:
        pattern = "standards.conform" if content.conforms_to_standard else "standards.deviate"
        yield kit(pattern, "conforms_to_standard")


def planned(subject: Subject, desk: Desk) -> Iterator[Sentence]:
    """Say when the measure is adopted and in force, by date or by a known phrase."""
    content = subject.content
    words = {one: _known_words(getattr(content, f"{one}_text")) for one in ("adoption", "in_force")}
    unknown = "chưa xác định"
    if content.adoption_on is None and content.in_force_on is None and set(words.values()) == {unknown}:
        yield kit("dates.undetermined", "adoption_text", "in_force_text")
        return
    for field in ("adoption", "in_force"):
        stated: date | None = getattr(content, f"{field}_on")
        if stated is not None:
            past = is_settled(subject, stated, desk.today) or (subject.shape in _LASTING and field == "in_force")
            yield kit(f"dates.{field}_{'was' if past else 'on'}", f"{field}_on", day=day(stated))
        elif words[field]:
            yield kit(f"dates.{field}_words", f"{field}_text", words=words[field])


def _known_words(text: str) -> str:
    found = term(one_line(text).rstrip("."), LANGUAGE)
    return "" if found.original else found.text


def _details(subject: Subject) -> Iterator[Sentence]:
    for url in subject.content.text_links[:1] or (
        (subject.content.notice_link,) if subject.content.notice_link else ()
    ):
        shown = printable(url)
        if shown is not None:
            field = "text_links" if subject.content.text_links else "notice_link"
            made = kit("details.text", field, url=shown)
            yield Sentence(text=made.text, fields=made.fields, kit=made.kit, link=linkable(url) or "")
    if subject.content.symbols:
        yield kit("details.symbols", "symbols", symbols=symbols_of(subject))


def _own_words(subject: Subject) -> tuple[Sentence, ...]:
    content = subject.content
    language = original_name(subject)
    pattern = "original.beside" if subject.vietnamese.description else "original.untranslated"
    words = [original(subject, f"title:{code}", title, code) for code, title in content.titles]
    words += [original(subject, "products", content.products if goods_in_words(subject) else ""), *_paragraphs(subject)]
    said = tuple(one for one in words if one.text)
    return (kit(pattern, "titles", "products", "description", language=language), *said) if said else ()


def _paragraphs(subject: Subject) -> list[Sentence]:
    return [original(subject, "description", one) for one in subject.content.description.splitlines() if one.strip()]


def _limits(subject: Subject) -> Table | None:
    heads = tuple(sentence(f"heading.limits_{name}") for name in ("substance", "goods", "proposed", "present", "own"))
    rows = tuple(_limits_by_person(subject)) or tuple(_limits_as_stated(subject))
    return Table(heads, rows) if rows else None


def _limits_by_person(subject: Subject) -> Iterator[tuple[Sentence, ...]]:
    for row in subject.vietnamese.rows:
        yield tuple(
            Sentence(text=one_line(cell), fields=("vietnamese.rows",), origin=Origin.PERSON)
            if cell.strip()
            else kit("limits.unstated", "vietnamese.rows")
            for cell in row
        )


def _limits_as_stated(subject: Subject) -> Iterator[tuple[Sentence, ...]]:
    """Write a row for each substance that the notice states an amount for: the amount in the notice's own words."""
    for label in subject.facets.get(Facet.SUBSTANCE, ())[:MOST_LIMITS]:
        stated = next((one for one in label.evidence if one.rule.endswith(LIMIT)), None)
        if stated is None:
            continue
        goods = [name for _, name in goods_lines(subject) if name]
        unstated = kit("limits.unstated", "substance")
        yield (
            kit("limits.substance", "substance", substance=value_name(Facet.SUBSTANCE, label.id, LANGUAGE)),
            kit("limits.goods", "hs", goods=joined(goods)) if goods else kit("limits.see_text", "products"),
            original(subject, stated.field, f"“{one_line(stated.quote)}”"),
            unstated,
            unstated,
        )


def _recommendation(subject: Subject, desk: Desk) -> Iterator[Sentence]:
    written = person("recommendation", subject.vietnamese.recommendation)
    if written or subject.shape in {Shape.WITHDRAWN, Shape.CANCELLED}:
        yield from written
    elif not _names_us(subject):
        yield kit("recommend.not_named", "regions")
    else:
        yield _look_up(subject)
        yield kit("recommend.compare", document=document_of(subject))
        if any(one.id == "conformity_assessment" for one in subject.facets.get(Facet.MEASURE_TYPE, ())):
            yield kit("recommend.certify", "measure_type")
        yield from _send(subject, desk)
        yield from _be_ready(subject, desk)


def _names_us(subject: Subject) -> bool:
    """Whether Viet Nam is among those affected: where regions are named, it must be one of them."""
    content = subject.content
    named = {member_of_name(one_line(one)) for one in content.regions}
    return bool(content.all_partners) or not named or OWN_MEMBER in named


def _look_up(subject: Subject) -> Sentence:
    if subject.content.hs:
        return kit("recommend.scope_hs", "hs")
    if goods_in_words(subject) or subject.vietnamese.products:
        return kit("recommend.scope_words", "products")
    return kit("recommend.scope_text", "text_links", "notice_link")


def _be_ready(subject: Subject, desk: Desk) -> Iterator[Sentence]:
    force = subject.content.in_force_on
    if force is not None and subject.comments(desk.today) is not Comments.OPEN:
        sure = "recommend.meet_by" if subject.shape in _LASTING else "recommend.meet_by_planned"
        pattern = "recommend.in_force" if is_settled(subject, force, desk.today) else sure
        if force > desk.today or pattern == "recommend.in_force":
            yield kit(pattern, "in_force_on", day=day(force))


def _send(subject: Subject, desk: Desk) -> Iterator[Sentence]:
    internal = subject.internal(desk.today, desk.calendar)
    if internal is not None:
        pattern = "recommend.send_urgent" if internal.urgent else "recommend.send"
        pattern = "recommend.send_today" if internal.day == desk.today else pattern
        fields = ("comment_deadline", "unit.name")
        yield kit(pattern, *fields, unit=desk.unit.name, day=day(internal.day))


def language_of(one: Sentence, section: Section | None = None) -> str:
    """Return the Vietnamese name of the language of words that are not Vietnamese, empty otherwise.

    In a box with the notice's own words, whose heading names their language, only another one is named.
    """
    told = {LANGUAGE}
    if section is not None and section.original:
        told |= {next((said.language for said in section.sentences if said.origin is Origin.ORIGINAL), LANGUAGE)}
    return "" if one.language in told else language_name(one.language, LANGUAGE)
