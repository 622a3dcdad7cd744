"""What the desk shows of one notice: its boxes with their Vietnamese, its labels with what may be done to them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from app.domain.articles import deadline_of
from app.domain.boxes import Box, BoxState, Written, is_reopened, original_mark, original_of
from app.domain.differences import word_differences
from app.domain.facets import Importance
from app.domain.internal_deadlines import internal_deadline
from app.domain.sectors import Facet, Label, Role
from app.domain.taxonomy import Taxonomy
from app.domain.working_days import WorkingCalendar
from app.flow.routing import Plan
from app.i18n.dates import moment_in_words
from app.i18n.facets import value_name
from app.store.catalogue import CataloguedNotice
from app.texts.boxes import ShownBox, shown_boxes
from app.texts.wording import label_name
from app.web.desk.notice_words import box_name, rule_name
from app.web.timeline import ShownPiece
from app.web.views import Names, Sorting

MACHINE, TRANSLATOR, REVIEWED = "machine", "translator", "reviewed"
_PROVENANCES = {BoxState.MACHINE: MACHINE, BoxState.TRANSLATED: TRANSLATOR, BoxState.REVIEWED: REVIEWED}
_ORDER_OF_UNSAID = (Box.AGENCY, Box.IMPACT, Box.RECOMMENDATION)


@dataclass(frozen=True, slots=True)
class Clash:
    """What somebody typed into a box and could not save."""

    box: Box
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Vietnamised:
    """The Vietnamese of a box as it stands, and all that a form must know of it.

    `before` and `since` are the words between the original that it was written for and the one of today, while the box is
    open again. `typed` is what could not be saved, with the words between it and the text that stands.
    """

    box: str
    number: int
    original: str
    text: str
    provenance: str
    reopened: tuple[ShownPiece, ...]
    byline: tuple[str, str, str]
    confirmable: bool
    typed: str | None
    apart: tuple[ShownPiece, ...]


@dataclass(frozen=True, slots=True)
class Pair:
    """One box side by side; without `written` nobody fills it."""

    id: str
    number: str
    name: str
    shown: ShownBox | None
    provenance: str
    written: Vietnamised | None


@dataclass(frozen=True, slots=True)
class Given:
    """A label that a notice has, with the number of its marks and the role that one click gives it."""

    mark: int
    facet: str
    label: str
    sorting: Sorting
    other_role: str


@dataclass(frozen=True, slots=True)
class ShownDispatch:
    """An organisation that a notice goes to: what it gets and why, and whether any address may be written to."""

    name: str
    letter: bool
    rule: str
    sector: str
    writable: int


def pairs(
    notice: CataloguedNotice,
    standing: Mapping[Box, Written],
    people: Mapping[int, str],
    language: str,
    account: int,
    clash: Clash | None,
) -> tuple[Pair, ...]:
    """Return the boxes side by side, then those that only a person can say; `account` is who looks."""
    labels = [*notice.sectors, *notice.themes]

    def written(box: Box) -> Vietnamised:
        byline = _byline(standing.get(box), people, language)
        return _vietnamised(notice, box, standing.get(box), byline, account, clash)

    found = [
        Pair(one.id, one.number, one.name, one, MACHINE if one.rendered else "", written(one.box) if one.box else None)
        for one in shown_boxes(notice.content, labels, language)
    ]
    unsaid = (Pair(box.value, "", box_name(box, language), None, "", written(box)) for box in _ORDER_OF_UNSAID)
    return (*found, *unsaid)


def _vietnamised(
    notice: CataloguedNotice,
    box: Box,
    standing: Written | None,
    byline: tuple[str, str, str],
    account: int,
    clash: Clash | None,
) -> Vietnamised:
    original = original_of(notice.content, box)
    open_again = standing is not None and is_reopened(standing, notice.content)
    typed = clash.text if clash is not None and clash.box is box else None
    text = standing.text if standing else ""
    state = BoxState.TRANSLATED if standing is None or open_again else standing.state
    if standing is not None and standing.state is BoxState.MACHINE:
        state = BoxState.MACHINE
    return Vietnamised(
        box=box.value,
        number=standing.number if standing else 0,
        original=original_mark(original),
        text=text,
        provenance=_PROVENANCES[state] if text else "",
        reopened=differences(standing.original, original) if standing and open_again else (),
        byline=byline,
        confirmable=bool(text)
        and state is BoxState.TRANSLATED
        and standing is not None
        and standing.written_by != account,
        typed=typed,
        apart=differences(text, typed) if typed is not None else (),
    )


def _byline(standing: Written | None, people: Mapping[int, str], language: str) -> tuple[str, str, str]:
    """Return who wrote or asked a machine, who reviewed and when, in Viet Nam; empty where nobody did."""
    if standing is None:
        return "", "", ""
    reviewer = "" if standing.reviewed_by is None else people.get(standing.reviewed_by, "")
    writer = people.get(standing.written_by or standing.asked_by or 0, "")
    return writer, reviewer, moment_in_words(standing.at, language)


def differences(before: str, after: str) -> tuple[ShownPiece, ...]:
    """Return how one text became another, word by word."""
    return tuple(ShownPiece(one.fate.value, one.text) for one in word_differences(before, after))


def given(labels: Iterable[Label], sortings: Sequence[Sorting], facet: Facet, first: int) -> tuple[Given, ...]:
    """Return labels with what may be done to them; the first of them has the mark `first`."""
    return tuple(
        Given(mark, facet.value, label.id, sorting, _other_role(label, facet))
        for mark, (label, sorting) in enumerate(zip(labels, sortings, strict=True), start=first)
    )


def _other_role(label: Label, facet: Facet) -> str:
    if facet is not Facet.SECTOR:
        return ""
    return (Role.RELATED if label.role is Role.PRIMARY else Role.PRIMARY).value


def not_given(taxonomy: Taxonomy, notice: CataloguedNotice, names: Names) -> dict[str, list[tuple[str, str]]]:
    """Return the labels that a notice could be given still, by facet, in the order of their names."""
    has = {label.id for label in (*notice.sectors, *notice.themes)}
    left = {
        Facet.SECTOR.value: [one.id for one in taxonomy.sectors if one.id not in has],
        Facet.THEME.value: [one.id for one in taxonomy.themes if one.id not in has],
    }
    return {
        facet: sorted(((one, label_name(one, names)) for one in ids), key=lambda pair: pair[1])
        for facet, ids in left.items()
    }


def importances(language: str) -> list[tuple[str, str]]:
    """Return the values of importance with their names."""
    return [(one.value, value_name(Facet.IMPORTANCE, one.value, language)) for one in Importance]


def asked_by(
    notice: CataloguedNotice, deadline: date | None, today: date, calendar: WorkingCalendar
) -> tuple[date, bool] | None:
    """Return the internal deadline of a letter sent today, and whether it is urgent; None when nobody is asked.

    `deadline` is that of the measure, which a later document may have moved.
    """
    stated = deadline_of(notice.content)
    day = deadline or (None if stated is None else stated.day)
    found = None if day is None else internal_deadline(day, today, calendar)
    return None if found is None else (found.day, found.urgent)


def dispatches(plan: Plan, names: Names, language: str) -> tuple[ShownDispatch, ...]:
    """Return whom a notice goes to, letters first."""
    return tuple(
        ShownDispatch(
            name=one.organisation.name_vi if language == "vi" else one.organisation.name_en or one.organisation.name_vi,
            letter=one.destination.paper.value == "letter",
            rule=rule_name(one.destination.rule, language),
            sector=label_name(one.destination.label, names),
            writable=one.writable,
        )
        for one in plan.dispatches
    )
