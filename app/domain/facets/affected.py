"""Whom a measure concerns: Viet Nam by name, all trading partners, or others only; nothing where nothing is said."""

import re
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import replace

from app.domain.facets.vocabulary import Hit, Kind
from app.domain.notices import Content
from app.domain.sectors.labels import Evidence, Label, Role
from app.domain.sectors.passages import Passage, Place, name_of
from app.domain.text import phrase_form, searchable

VIET_NAM, ALL_PARTNERS, OTHERS = "viet_nam", "all_partners", "others"
HOME = "VNM"

_STATED, _NAMED, _TITLED = 0.95, 0.8, 0.75
# Where a region is named instead of members, these hold Viet Nam.
_REGIONS_OF_VIET_NAM = frozenset(map(phrase_form, ("ASEAN", "Asia", "South-East Asia", "Southeast Asia", "Mekong")))
_ALL = frozenset(
    map(phrase_form, ("all countries", "all members", "all WTO members", "all", "todos los países", "tous les pays"))
)
_UNKNOWN = "unknown"
"""Stands for a region that no table names: it may hold Viet Nam, so that nothing is said to be about others only."""
_FROM = re.compile(
    r"(?:\bfrom|\boriginating (?:in|from)|\bproduced in|\ben provenance d(?:e la|e l['’]|es|u|e|['’])"
    r"|\boriginaires? d(?:e la|e l['’]|es|u|e|['’])"
    r"|\b(?:procedentes?|procedencia|originari[oa]s?|provenientes?|origen) de(?:l| la| las| los)?"
    r"|\borigen y procedencia|\btừ)"
    r"(?:\s+(?:the|nước))?\s*$",
    re.IGNORECASE,
)
_FROM_LENGTH = 32
_MOST_EVIDENCE = 8
_LISTED = re.compile(r"\s*(?:,|;|and|et|y|và|or|/)\s*(?:(?:and|the|from|de)\s+){0,3}", re.IGNORECASE)
_LIST_GOES_ON = re.compile(
    r"\s*(?:,\s*)?(?:and|or|et|ou|y|e|o|và|hoặc)\s+(?:(?:the|from|de|del|la|las|los|les|des|từ)\s+){0,3}"
    r"(other|others|certain|some|any|several|third|otros?|otras?|autres?|certains|các|một số|[^\W\d_])"
)

Located = tuple[Passage, Hit]


def affected(
    content: Content, parent: Content | None, found: Sequence[Located], members: Mapping[str, str]
) -> tuple[Label, ...]:
    """Return the one label of a notice. The form speaks before the texts, and Viet Nam's name before everything.

    The `parent` lends its boxes where the notice leaves them empty. `members` gives codes by searchable name, `found`
    are the words of the vocabulary in the texts. A region or country that is not known may be Viet Nam or hold it:
    beside such a one the notice is never said to be about others.
    """
    ticked, said = list(_regions(content, members)), list(_texts(content, found))
    if parent is not None and not content.regions and not content.all_partners:
        ticked = [replace(one, inherited_from=name_of(parent)) for one in _regions(parent, members)]
    if any(_label_of(one) == _UNKNOWN for one in (*ticked, *said)):
        ticked, said = _without_others(ticked), _without_others(said)
    for label, witnesses in (
        (VIET_NAM, (*ticked, *said)),
        (ALL_PARTNERS, ticked),
        (OTHERS, ticked),
        (ALL_PARTNERS, said),
        (OTHERS, said),
    ):
        evidence = [one for one in witnesses if _label_of(one) == label]
        if evidence:
            return (_labelled(label, evidence),)
    return ()


def _regions(content: Content, members: Mapping[str, str]) -> Iterable[Evidence]:
    """Yield what the boxes of the form say, one evidence for each region."""
    if content.all_partners:
        yield Evidence("all_partners", 0, len("True"), "True", f"{ALL_PARTNERS}/form/all_partners", _STATED)
    start = 0
    for region in content.regions:
        if quote := region.strip():
            rule = f"{_region_label(phrase_form(region), members)}/form/regions"
            quoted = start + region.index(quote)
            yield Evidence("regions", quoted, quoted + len(quote), quote, rule, _STATED)
        start += len(region) + len(", ")


def _region_label(form: str, members: Mapping[str, str]) -> str:
    """Tell by its searchable form whom a region of the form stands for."""
    if members.get(form, HOME) != HOME:
        return OTHERS
    if form in _ALL:
        return ALL_PARTNERS
    names_home = any(name in form for name, member in members.items() if member == HOME)
    return VIET_NAM if names_home or form in _REGIONS_OF_VIET_NAM else _UNKNOWN


def _without_others(witnesses: Iterable[Evidence]) -> list[Evidence]:
    return [one for one in witnesses if _label_of(one) != OTHERS]


def _texts(content: Content, found: Sequence[Located]) -> Iterable[Evidence]:
    """Yield what the texts say. A notice's own member is not affected by being named."""
    own = set(content.members)
    last: Located | None = None
    named = {(passage.inherited_from, passage.field, hit.start) for passage, hit in found}
    for passage, hit in found:
        for word in hit.words:
            if word.kind is Kind.PHRASE and word.label:
                if word.label != VIET_NAM or HOME not in own:
                    yield _evidence(passage, hit, word.rule, _NAMED)
            elif word.kind is Kind.COUNTRY and word.label not in own and _is_source(passage, hit, last):
                last = (passage, hit)
                label = VIET_NAM if word.label == HOME else OTHERS
                yield _evidence(passage, hit, f"{label}/{word.rule}", _TITLED)
                if _goes_on_unknown(passage, hit, named) or _names_a_region(passage):
                    yield _evidence(passage, hit, f"{_UNKNOWN}/{word.rule}", _TITLED)


def _is_source(passage: Passage, hit: Hit, last: Located | None) -> bool:
    """Tell whether goods come from the country named: behind "from" or the like, or next in a list of such."""
    text = passage.text
    if passage.place is not Place.TITLE or not text[hit.start].isupper():
        return False
    if _FROM.search(text, max(0, hit.start - _FROM_LENGTH), hit.start):
        return True
    return (
        last is not None
        and last[0] is passage
        and 0 < hit.start - last[1].end < _FROM_LENGTH
        and _LISTED.fullmatch(text, last[1].end, hit.start) is not None
    )


def _goes_on_unknown(passage: Passage, hit: Hit, named: Container[tuple[str, str, int]]) -> bool:
    """Tell whether behind a country stands another that no table names: "from Brazil and other countries"."""
    goes_on = _LIST_GOES_ON.match(passage.text, hit.end)
    if goes_on is None or (passage.inherited_from, passage.field, goes_on.start(1)) in named:
        return False
    return len(goes_on[1]) > 1 or goes_on[1].isupper()


def _names_a_region(passage: Passage) -> bool:
    """Tell whether a title names a region that holds Viet Nam beside the countries in it."""
    form = (passage.read or searchable(passage.text)).form
    return any(region in form for region in _REGIONS_OF_VIET_NAM)


def _evidence(passage: Passage, hit: Hit, rule: str, weight: float) -> Evidence:
    quote = passage.text[hit.start : hit.end]
    return Evidence(passage.field, hit.start, hit.end, quote, rule, weight, passage.inherited_from)


def _label_of(evidence: Evidence) -> str:
    return evidence.rule.partition("/")[0]


def _labelled(label: str, evidence: Sequence[Evidence]) -> Label:
    ordered = sorted(dict.fromkeys(evidence), key=lambda one: (-one.weight, one.inherited_from, one.field, one.start))
    return Label(label, Role.PRIMARY, ordered[0].weight, tuple(ordered[:_MOST_EVIDENCE]))
