"""What stands out in a machine's draft: what it lost or invented, whose terms it left, what is not in the house form."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from app.domain.fidelity import Slip, slips
from app.domain.folding import accented
from app.domain.house_forms import Finding, Text, check_text
from app.i18n.terms import terms_in
from app.texts.house_tables import house_tables


@dataclass(frozen=True, slots=True)
class Doubts:
    """What a person should look at before they take a draft over; `terms` are pairs of a term and its rendering."""

    slips: tuple[Slip, ...]
    terms: tuple[tuple[str, str], ...]
    findings: tuple[Finding, ...]


def doubts_of(original: str, tongue: str, draft: str, today: date) -> Doubts:
    """Return what stands out in a draft of an original; `tongue` is the original's language."""
    terms = _left_out(terms_in(original), draft) if tongue == "en" else ()
    findings = check_text(Text(field="text", text=draft, today=today), house_tables())
    return Doubts(slips(original, draft), tuple(terms), findings)


def _left_out(terms: Iterable[tuple[str, str]], draft: str) -> Iterable[tuple[str, str]]:
    """Yield the terms whose rendering a draft has not. Those of one word are words of every day too, and left alone."""
    words = _spelled(draft)
    for english, vietnamese in terms:
        known = (_spelled(one.partition("(")[0]) for one in vietnamese.split(" / "))
        if " " in english and not any(one in words for one in known):
            yield english, vietnamese


def _spelled(text: str) -> str:
    return f" {' '.join(accented(text))} "
