"""What the page of a notice shows of machines: where one may be asked, and what to look at in what it said."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from app.domain.boxes import Box, BoxState, Written, is_draftable, tongue_of
from app.domain.fidelity import Fate, Slip, Trait
from app.domain.house_forms import Finding
from app.i18n.catalogue import translator
from app.i18n.terms import term
from app.store.catalogue import CataloguedNotice
from app.texts.drafting import doubts_of
from app.web.desk.text_words import rule_name

_MOST_DOUBTS = 12


@dataclass(frozen=True, slots=True)
class ShownDraft:
    """Whether a machine may be asked for a box, and the doubts about the draft that stands in it; `more` are not listed."""

    askable: bool
    doubts: tuple[str, ...] = ()
    more: int = 0


def shown_drafts(
    notice: CataloguedNotice, standing: Mapping[Box, Written], today: date, language: str, *, offered: bool
) -> dict[str, ShownDraft]:
    """Return what is shown of each box, by its name; with `offered` a machine can be asked at all."""
    return {
        box.value: _shown(notice, box, standing.get(box), today, language, offered=offered and _is_wanted(notice, box))
        for box in Box
    }


def _is_wanted(notice: CataloguedNotice, box: Box) -> bool:
    """Say whether a box holds words that the glossary does not render: those that it knows need no machine."""
    return box is not Box.OBJECTIVES or any(term(one, "vi").original for one in notice.content.objectives)


def _shown(
    notice: CataloguedNotice, box: Box, standing: Written | None, today: date, language: str, *, offered: bool
) -> ShownDraft:
    askable = offered and is_draftable(standing, notice.content, box)
    if standing is None or standing.state is not BoxState.MACHINE:
        return ShownDraft(askable)
    tongue = tongue_of(notice.content, box)
    doubts = list(_doubts(standing, tongue, today, language))
    return ShownDraft(askable, tuple(doubts[:_MOST_DOUBTS]), max(0, len(doubts) - _MOST_DOUBTS))


def _doubts(draft: Written, tongue: str, today: date, language: str) -> Iterator[str]:
    _ = translator(language).gettext
    found = doubts_of(draft.original, tongue, draft.text, today)
    yield from (_slip(one, language) for one in found.slips)
    for english, vietnamese in found.terms:
        yield _("Thuật ngữ “%(term)s” trong nhà dịch là “%(house)s”.") % {"term": english, "house": vietnamese}
    yield from (_finding(one, language) for one in found.findings)


def _slip(slip: Slip, language: str) -> str:
    _ = translator(language).gettext
    said = {"what": _trait_name(slip.trait, language), "printed": slip.printed}
    if slip.fate is Fate.LOST:
        return _("Bản gốc có %(what)s %(printed)s, bản máy không thấy.") % said
    return _("Bản máy có %(what)s %(printed)s, bản gốc không có.") % said


def _finding(finding: Finding, language: str) -> str:
    _ = translator(language).gettext
    said = {"rule": rule_name(finding.rule, language), "found": finding.found, "proposal": finding.proposal}
    if finding.proposal:
        return _("“%(found)s”: %(rule)s, nên viết “%(proposal)s”.") % said
    return _("“%(found)s”: %(rule)s.") % said


def _trait_name(trait: Trait, language: str) -> str:
    _ = translator(language).gettext
    return {
        Trait.SYMBOL: _("mã thông báo"),
        Trait.LINK: _("liên kết"),
        Trait.DATE: _("thời điểm"),
        Trait.QUANTITY: _("số đo"),
        Trait.NUMBER: _("số"),
    }[trait]
