"""Faults of the notice itself, which no retyping made: dates out of order, codes and words that disagree, filler codes."""

import re
from collections.abc import Iterable, Iterator
from itertools import combinations

from app.domain.articles import Subject, exclusions
from app.domain.folding import fold
from app.domain.house_forms.dates import printed
from app.domain.house_forms.findings import Finding, Rule
from app.domain.sectors import Label, Role

_ORDER = ("distributed_on", "comment_deadline"), ("adoption_on", "in_force_on")
_FILLERS = {"hs": re.compile(r"9[89]"), "ics": re.compile(r"99(?:\.|$)")}
_ONE_NOMENCLATURE = ({"hs"}, {"ics"})
_WORDS = re.compile(r"[^\W\d_]{4,}")
_STEM = 5
_FEWEST_IN_TITLE, _FEWEST_IN_BODY = 3, 12
# Words that every title has, in the languages of the WTO.
_GENERAL = frozenset(
    {
        *(
            "draft",
            "standard",
            "standards",
            "specification",
            "specifications",
            "requirement",
            "requirements",
            "technical",
        ),
        *(
            "regulation",
            "regulations",
            "code",
            "practice",
            "order",
            "resolution",
            "notice",
            "proposed",
            "rule",
            "final",
        ),
        *("amendment", "amendments", "part", "edition", "first", "second", "national", "food", "safety", "general"),
        *("method", "methods", "test", "tests", "guide", "guideline", "guidelines", "with", "from", "that", "this"),
        *(
            "proyecto",
            "resolucion",
            "norma",
            "reglamento",
            "tecnico",
            "requisitos",
            "para",
            "sobre",
            "decreto",
            "projet",
        ),
    }
)
_EXCLUDES = re.compile(
    r"không (?:áp dụng|bao gồm|thuộc|điều chỉnh|gồm)|ngoại trừ|ngoại lệ|loại trừ|trừ (?:các|những|trường hợp|khi)|miễn trừ|được miễn",
    re.IGNORECASE,
)
_ENDS = re.compile(r"(?<=[.!?;])\s+|\n")


def check_notice(subject: Subject) -> tuple[Finding, ...]:
    """Return what a person should look at before a text on this notice is written, in the order of the fields' names."""
    found = [
        *_order(subject),
        *_fillers(subject),
        *_codes_against_words(subject.sectors),
        *_title_against_body(subject),
        *_exclusions(subject),
    ]
    return tuple(sorted(found))


def _order(subject: Subject) -> Iterator[Finding]:
    for earlier, later in _ORDER:
        first, second = getattr(subject.content, earlier), getattr(subject.content, later)
        if first is not None and second is not None and second < first:
            yield Finding(later, 0, Rule.DATE_ORDER, printed(second), about=f"{earlier} {printed(first)}")


def _fillers(subject: Subject) -> Iterator[Finding]:
    for field, pattern in _FILLERS.items():
        start = 0
        for code in getattr(subject.content, field):
            if pattern.match(code):
                yield Finding(field, start, Rule.FILLER_CODE, code)
            start += len(code) + len(", ")


def _codes_against_words(sectors: Iterable[Label]) -> Iterator[Finding]:
    """Find codes of one nomenclature whose sectors neither the other one nor the words know.

    Sorting calls a sector that nothing but a code speaks for related at most, so those count too.
    """
    by_field: dict[str, set[str]] = {}
    quotes: dict[str, tuple[int, str]] = {}
    for label in sectors:
        fields = {one.field for one in label.evidence}
        if label.role is Role.PRIMARY or fields in _ONE_NOMENCLATURE:
            for evidence in label.evidence:
                field = evidence.field if evidence.field in {"hs", "ics"} else "words"
                by_field.setdefault(field, set()).add(label.id)
                quotes.setdefault(field, (evidence.start, evidence.quote))
    for one, other in combinations(sorted(by_field), 2):
        if not by_field[one] & by_field[other]:
            start, quote = quotes[one]
            yield Finding(one, start, Rule.CODES_DISAGREE, quote, about=f"{other} {quotes[other][1]}")


def _title_against_body(subject: Subject) -> Iterator[Finding]:
    """Find a title that shares no word with what is said below it: most likely another document's."""
    content = subject.content
    title, body = _stems(content.title), _stems(f"{content.description} {content.products}")
    if len(title) >= _FEWEST_IN_TITLE and len(body) >= _FEWEST_IN_BODY and not title & body:
        yield Finding("title", 0, Rule.CONTRADICTION, content.title, about="description")


def _stems(text: str) -> set[str]:
    words = (fold(word) for word in _WORDS.findall(text))
    return {word[:_STEM] for word in words if word not in _GENERAL}


def _exclusions(subject: Subject) -> Iterator[Finding]:
    """Set each Vietnamese sentence that excludes something beside the original ones, for a reader of both."""
    originals = exclusions(subject.content.description)
    written = subject.vietnamese.description
    start = 0
    for sentence in _ENDS.split(written):
        at = written.find(sentence, start)
        start = at + len(sentence)
        if _EXCLUDES.search(sentence):
            yield Finding("vietnamese.description", at, Rule.EXCLUSION, sentence, about=" ".join(originals))
    if originals and written and not _EXCLUDES.search(written):
        yield Finding("vietnamese.description", 0, Rule.EXCLUSION, written, about=" ".join(originals))
