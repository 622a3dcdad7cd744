"""What one alert states, as labelled lines: the one list from which its text and its HTML are both written."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import takewhile

from app.domain.alerts import Alert
from app.domain.articles.documents import Vietnamese
from app.domain.notices import Content, FieldChange, NoticeType
from app.domain.sectors import Facet, Label, Role
from app.i18n.catalogue import translator
from app.i18n.dates import days_left_phrase, short_date
from app.i18n.facets import short_name
from app.i18n.members import member_name, member_of_name
from app.i18n.products import dotted, hs_lines
from app.i18n.terms import Term, code_name, field_name, source_name, term
from app.texts.cleaning import cut, is_cut, one_line
from app.texts.wording import LabelName, capitalised, joined, label_name, stated_value

VIETNAMESE = "vi"
"""The language in which staff write; readers of another are given the original alone."""
LONGEST_TITLE = 1000
LONGEST_PRODUCTS = 500
LONGEST_DESCRIPTION = 600
LONGEST_CHANGE = 160
FEWEST_SHARED = 8
"""Long texts that begin or end with so many equal words are printed from where they begin to where they end to differ."""
WORDS_AFTER = 3
"""Equal words that are printed behind the last difference of a long text."""
MOST_GOODS_LINES = 12
LONGEST_LIMIT = 60
LIMIT = "/limit"
"""How the rule ends that read a limit beside a substance."""
MOST_READ = 8
"""Standards or substances in one line; the page shows them all with their evidence."""

_READ = (Facet.IMPORTANCE, Facet.MEASURE_TYPE, Facet.SUBSTANCE, Facet.STANDARD, Facet.AGREEMENT)
_JUDGED = frozenset({Facet.IMPORTANCE, Facet.MEASURE_TYPE})

_CODES = re.compile(r"\(\s*(?:HS code|ICS code|Código|Code)\(s\)[^():]*:[^()]*\)", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One labelled line, or several under one label. `note` says where the value is from; `more` that it was cut.

    `original` is the language of a value that stands in the source's own words, empty otherwise.
    """

    label: str
    values: tuple[str, ...]
    note: str = ""
    original: str = ""
    more: bool = False


@dataclass(frozen=True, slots=True)
class Change:
    """One field of an update: what it said and what it says now."""

    label: str
    before: str
    after: str
    note: str = ""


def full_facts(alert: Alert, names: Mapping[str, LabelName], today: date, language: str) -> tuple[Fact, ...]:
    """Return everything that a new alert states about its notice, in reading order; empty fields are left out."""
    facts = [
        *_identity(alert, language),
        *_sorting(alert, names, language),
        *(_read(alert, facet, language) for facet in _READ),
        _translated("products", alert.vietnamese.products, language, LONGEST_PRODUCTS),
        _products(alert, language),
        _goods(alert, language),
        _ics(alert, language),
        _objectives(alert.content, language),
        _regions(alert.content, language),
        *_dates(alert.content, today, language),
        _translated("description", alert.vietnamese.description, language, LONGEST_DESCRIPTION),
        _description(alert.content, language, LONGEST_DESCRIPTION),
    ]
    return _stated(facts)


def update_facts(alert: Alert, names: Mapping[str, LabelName], language: str) -> tuple[Fact, ...]:
    """Return what an update states beside its changes: only what is needed to know which measure it is about.

    Its own words are printed where no field of it says what changed.
    """
    facts = [*brief_facts(alert, names, language)]
    if not alert.changes:
        said = alert.vietnamese.description
        facts.append(_translated("description", said, language, LONGEST_DESCRIPTION // 2))
        facts.append(_description(alert.content, language, LONGEST_DESCRIPTION // 2))
    return _stated(facts)


def brief_facts(alert: Alert, names: Mapping[str, LabelName], language: str) -> tuple[Fact, ...]:
    """Return the least that an alert states in a long digest: which document it is and how it was sorted."""
    return _stated([*_identity(alert, language), *_sorting(alert, names, language)])


def _stated(facts: Iterable[Fact]) -> tuple[Fact, ...]:
    return tuple(fact for fact in facts if any(fact.values))


def _identity(alert: Alert, language: str) -> tuple[Fact, ...]:
    """Name the document: all of its symbols, who notified it, its type, the measure it belongs to, and why it came."""
    messages = translator(language)
    content = alert.content
    members = joined([one_line(member_name(code, language)) for code in content.members])
    kind = capitalised(code_name("notice-type", content.type, language))
    if content.area is not None:
        kind = f"{kind}, {code_name('area', content.area, language)}"
    return (
        Fact(label=_label("symbols", language), values=(symbols_in_full(alert),)),
        Fact(label=_label("members", language), values=(members,)),
        Fact(label=_label("type", language), values=(kind,)),
        _source(alert, language),
        Fact(label=messages.gettext("Thuộc biện pháp"), values=(one_line(alert.parent_ref),)),
        Fact(label=messages.gettext("Lý do"), values=(cut(one_line(alert.because), LONGEST_PRODUCTS),)),
    )


def _source(alert: Alert, language: str) -> Fact:
    """Name the source of a warning; a notification's symbol says whose it is."""
    is_warning = alert.content.type is NoticeType.WARNING and alert.source != ""
    return Fact(
        label=translator(language).gettext("Nguồn"),
        values=(one_line(source_name(alert.source, language)),) if is_warning else (),
    )


def symbols_in_full(alert: Alert) -> str:
    """Return every symbol of the notice, or the ref of a warning that has none."""
    return ", ".join(map(one_line, alert.content.symbols)) or one_line(alert.ref)


def sorting_mark(alert: Alert, language: str) -> str:
    """Return the mark that every alert carries until a person has reviewed how it was sorted."""
    return "" if alert.reviewed else translator(language).gettext("máy phân loại, chưa hiệu đính")


def translated_title(words: Vietnamese, language: str) -> str:
    """Return the reviewed Vietnamese title for who reads Vietnamese, else nothing."""
    return cut(one_line(words.title), LONGEST_TITLE) if language == VIETNAMESE else ""


def translated_label(field: str, language: str) -> str:
    """Return the label of a box in Vietnamese, which stands beside the original."""
    return translator(language).gettext("%(field)s (bản dịch)") % {"field": _label(field, language)}


def titles(content: Content, language: str) -> tuple[tuple[str, str], ...]:
    """Return the original titles worth printing, as (language, title): that of the record and the English one."""
    first = content.titles[:1]
    english = tuple(pair for pair in content.titles[1:] if pair[0] == "en")
    printed = tuple((code, cut(one_line(title), LONGEST_TITLE)) for code, title in (*first, *english))
    return tuple(pair for pair in printed if pair[1]) or (("", translator(language).gettext("không có tiêu đề")),)


def changes(found: Iterable[FieldChange], language: str) -> tuple[Change, ...]:
    """Return what changed, old and new, in the reader's words where there are any."""
    return tuple(_change(change, language) for change in found)


def _change(change: FieldChange, language: str) -> Change:
    values = _where_they_differ(one_line(change.before), one_line(change.after))
    before, after = (_changed_value(change.field, value, language) for value in values)
    return Change(_label(change.field, language), before, after, _codes_moved(change, language))


def _where_they_differ(before: str, after: str) -> tuple[str, str]:
    old, new = before.split(" "), after.split(" ")
    shared = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(old, new, strict=False)))
    shared = min(shared, len(old) - 1, len(new) - 1)
    if max(len(before), len(after)) <= LONGEST_CHANGE:
        return before, after
    head = shared if shared >= FEWEST_SHARED else 0
    backwards = zip(reversed(old[head:-1]), reversed(new[head:-1]), strict=False)
    tail = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], backwards)) if old[-1] == new[-1] else 0
    around = ("… " if head else "", " …" if tail >= FEWEST_SHARED else "")
    old, new = (words[head : len(words) - (tail - WORDS_AFTER if around[1] else 0)] for words in (old, new))
    return f"{around[0]}{' '.join(old)}{around[1]}", f"{around[0]}{' '.join(new)}{around[1]}"


def _changed_value(field: str, value: str, language: str) -> str:
    if not value:
        return translator(language).gettext("không nêu")
    return cut(stated_value(field, value, language), LONGEST_CHANGE)


def _codes_moved(change: FieldChange, language: str) -> str:
    if change.field not in {"hs", "ics"}:
        return ""
    messages = translator(language)
    before, after = (set(value.split(", ")) - {""} for value in (change.before, change.after))
    moved = {messages.gettext("thêm"): after - before, messages.gettext("bỏ"): before - after}
    show = dotted if change.field == "hs" else str
    said = (f"{verb} {', '.join(map(show, sorted(codes)))}" for verb, codes in moved.items() if codes)
    return cut(one_line("; ".join(said)), LONGEST_CHANGE)


def _label(field: str, language: str) -> str:
    return capitalised(one_line(field_name(field, language)))


def _original_note(language: str) -> str:
    return translator(language).gettext("nguyên văn")


def _inherited_note(alert: Alert, language: str) -> str:
    if not alert.inherited_from:
        return ""
    return translator(language).gettext("kế thừa từ %(symbol)s") % {"symbol": one_line(alert.inherited_from)}


def _sorting(alert: Alert, names: Mapping[str, LabelName], language: str) -> tuple[Fact, ...]:
    messages = translator(language)
    note = sorting_mark(alert, language)
    return (
        Fact(label=messages.gettext("Lĩnh vực"), values=(_labels(alert.sectors, names, language),), note=note),
        Fact(label=messages.gettext("Chủ đề"), values=(_labels(alert.themes, names, language),), note=note),
    )


def _with_limit(facet: Facet, label: Label, language: str) -> str:
    """Name a value, and behind a substance the first limit that is stated for it, in the notice's own words."""
    name = one_line(short_name(facet, label.id, language))
    limits = (one.quote for one in label.evidence if facet is Facet.SUBSTANCE and one.rule.endswith(LIMIT))
    stated = next(limits, None)
    return name if stated is None else f"{name} (“{cut(one_line(stated), LONGEST_LIMIT)}”)"


def _labels(labels: Iterable[Label], names: Mapping[str, LabelName], language: str) -> str:
    related = code_name("role", Role.RELATED, language)
    return "; ".join(
        label_name(label.id, names) + (f" – {related}" if label.role is Role.RELATED else "") for label in labels
    )


def _read(alert: Alert, facet: Facet, language: str) -> Fact:
    """Say in one line what was read out of a notice; what is judged rather than quoted or looked up bears the mark."""
    labels = alert.facets.get(facet, ())
    return Fact(
        label=_label(facet, language),
        values=(read_line(facet, labels[:MOST_READ], language),),
        note=sorting_mark(alert, language) if facet in _JUDGED else "",
        more=len(labels) > MOST_READ,
    )


def read_line(facet: Facet, labels: Iterable[Label], language: str) -> str:
    """Name values of a facet in one line, each substance with the limit that is stated for it."""
    return capitalised(joined([_with_limit(facet, label, language) for label in labels]))


def own_words(products: str) -> str:
    """Return the products box, or nothing when all it holds is codes, which are told by name elsewhere."""
    return products if any(character.isalnum() for character in _CODES.sub("", products)) else ""


def _translated(field: str, words: str, language: str, longest: int) -> Fact:
    """Return what was reviewed of a box, for who reads Vietnamese; the original follows under its own label."""
    printed = cut(one_line(words), longest) if language == VIETNAMESE else ""
    reviewed = translator(language).gettext("đã hiệu đính")
    label = translated_label(field, language)
    return Fact(label=label, values=(printed,), note=reviewed, more=is_cut(printed))


def _products(alert: Alert, language: str) -> Fact:
    notes = (_original_note(language), _inherited_note(alert, language))
    printed = cut(one_line(own_words(alert.content.products)), LONGEST_PRODUCTS)
    return Fact(
        label=_label("products", language),
        values=(printed,),
        note=", ".join(filter(None, notes)),
        original=_language_of(alert.content),
        more=is_cut(printed),
    )


def _goods(alert: Alert, language: str) -> Fact:
    lines = hs_lines(alert.content.hs, language)
    codes = [cut(line.printed, LONGEST_CHANGE) for line in lines[:MOST_GOODS_LINES]]
    return Fact(
        label=_label("hs", language),
        values=tuple(f"{code}: {line.name}" if line.name else code for code, line in zip(codes, lines, strict=False)),
        note=_inherited_note(alert, language),
        more=len(lines) > MOST_GOODS_LINES or any(map(is_cut, codes)),
    )


def _ics(alert: Alert, language: str) -> Fact:
    printed = cut(one_line(", ".join(alert.content.ics)), LONGEST_CHANGE)
    note = _inherited_note(alert, language)
    return Fact(label=_label("ics", language), values=(printed,), note=note, more=is_cut(printed))


def _objectives(content: Content, language: str) -> Fact:
    terms = [term(one_line(objective), language) for objective in content.objectives]
    return Fact(
        label=_label("objectives", language),
        values=(cut("; ".join(_marked(found, language) for found in terms), LONGEST_DESCRIPTION),),
    )


def _marked(found: Term, language: str) -> str:
    text = cut(capitalised(found.text), LONGEST_CHANGE)
    return f"{text} ({_original_note(language)})" if found.original else text


def _regions(content: Content, language: str) -> Fact:
    messages = translator(language)
    if content.regions:
        named = [one_line(region) for region in content.regions]
        codes = [(member_of_name(region), region) for region in named]
        printed = "; ".join(region if code is None else member_name(code, language) for code, region in codes)
    else:
        printed = capitalised(messages.gettext("mọi đối tác thương mại")) if content.all_partners else ""
    return Fact(label=_label("regions", language), values=(cut(printed, LONGEST_PRODUCTS),))


def _dates(content: Content, today: date, language: str) -> tuple[Fact, ...]:
    deadline = _date_fact("comment_deadline", content.comment_deadline, content.comment_deadline_text, language)
    left = days_left_phrase(content.comment_deadline, today, language)
    stated = Fact(
        label=deadline.label,
        values=deadline.values if any(deadline.values) else (capitalised(left),),
        note=left if content.comment_deadline is not None else deadline.note,
        original=deadline.original,
    )
    return (
        _date_fact("distributed_on", content.distributed_on, "", language),
        stated,
        _date_fact("adoption_on", content.adoption_on, content.adoption_text, language),
        _date_fact("in_force_on", content.in_force_on, content.in_force_text, language),
    )


def _date_fact(field: str, day: date | None, words: str, language: str) -> Fact:
    """Print the date, else the member's own words for it, in Vietnamese where they are a known phrase."""
    label = _label(field, language)
    if day is not None:
        return Fact(label=label, values=(short_date(day, language),))
    found = term(one_line(words), language)
    note = _original_note(language) if found.original and found.text else ""
    return Fact(label=label, values=(cut(capitalised(found.text), LONGEST_CHANGE),), note=note)


def _description(content: Content, language: str, longest: int) -> Fact:
    printed = cut(one_line(content.description), longest)
    return Fact(
        label=_label("description", language),
        values=(printed,),
        note=_original_note(language),
        original=_language_of(content),
        more=is_cut(printed),
    )


def _language_of(content: Content) -> str:
    return content.titles[0][0] if content.titles else "en"
