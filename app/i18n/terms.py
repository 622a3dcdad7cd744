"""The house's words: the WTO's own labels in Vietnamese, and names for the codes that the programme uses itself.

A label that is not in the glossary is shown as it came, marked as original; nothing is guessed.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from app.i18n.tables import table_rows

_BRACKETS = re.compile(r"\s*\([^()]*\)$")
_AGREEMENTS = (" (tbt)", " (sps)")


@dataclass(frozen=True, slots=True)
class Term:
    """A word to print. `original` says that it is still in the source's language, for want of a known rendering."""

    text: str
    original: bool = False


def term(label: str, language: str) -> Term:
    """Return a label of ePing (objective, keyword, type, reason) or a term of the glossary in `vi` or `en`.

    Case and spacing do not matter, and the suffix ` (TBT)` or ` (SPS)` may be missing or superfluous. In English the
    label speaks for itself and only loses the suffix.
    """
    printed = " ".join(label.split())
    if language != "vi":
        return Term(_without_agreement(printed))
    folded = printed.casefold()
    known = _glossary().get(folded) or _glossary().get(_without_agreement(folded))
    return Term(printed, original=True) if known is None else Term(known)


def terms_in(text: str) -> tuple[tuple[str, str], ...]:
    """Return the terms of the glossary that an English text holds, each with its Vietnamese, in the order of the text.

    Each stands as it is printed first. Of two terms on the same words the longer one counts; a plural counts as its
    singular.
    """
    pattern, vietnamese = _phrases()
    printed: dict[str, str] = {}
    for one in pattern.finditer(text):
        words = " ".join(one[1].split())
        printed.setdefault(words.casefold(), words)
    return tuple((words, vietnamese[folded]) for folded, words in printed.items())


def code_name(kind: str, code: str, language: str) -> str:
    """Return the name of one of our own codes, such as `event`, `adopted`; KeyError for a code that has none.

    Kinds: area, notice-type, event, measure-state, delivery-state, attachment-state, role, frequency.
    """
    vietnamese, english = _codes()[kind, code]
    return vietnamese if language == "vi" else english


def field_name(field: str, language: str) -> str:
    """Return the name of a field of a notice; a field that has none stands for itself.

    `title:es`, a title in one language, is a title.
    """
    known = _codes().get(("field", field.partition(":")[0]))
    return field if known is None else known[language != "vi"]


def source_name(name: str, language: str) -> str:
    """Return the name of a source that notices come from; one that the operator named stands for itself."""
    known = _codes().get(("source", name))
    return name if known is None else known[language != "vi"]


def language_name(code: str, language: str) -> str:
    """Return the name of the language of a text (`en`, `fr`, `es`, `vi`); another code stands for itself."""
    known = _codes().get(("language", code))
    return code if known is None else known[language != "vi"]


def _without_agreement(label: str) -> str:
    return label[: -len(_AGREEMENTS[0])] if label.casefold().endswith(_AGREEMENTS) else label


@cache
def _glossary() -> dict[str, str]:
    exact = {row["en"].casefold(): row["vi"] for row in table_rows("glossary.csv")}
    return {_without_agreement(label): vietnamese for label, vietnamese in exact.items()} | exact


@cache
def _phrases() -> tuple[re.Pattern[str], dict[str, str]]:
    rows = ((row["en"], row["vi"]) for row in table_rows("glossary.csv") if row["kind"] not in {"date", "form"})
    known = {form: vietnamese for english, vietnamese in rows for form in _forms(english)}
    listed = "|".join(re.escape(one).replace(r"\ ", r"\s+") for one in sorted(known, key=len, reverse=True))
    return re.compile(rf"(?<!\w)({listed})s?(?!\w)", re.IGNORECASE), known


def _forms(english: str) -> Iterator[str]:
    """Yield a term as texts have it: each of its alternatives, without the short form in brackets behind it."""
    for one in english.split(" / "):
        yield one.casefold()
        yield _BRACKETS.sub("", one).casefold()


@cache
def _codes() -> dict[tuple[str, str], tuple[str, str]]:
    return {(row["kind"], row["code"]): (row["vi"], row["en"]) for row in table_rows("codes.csv")}
