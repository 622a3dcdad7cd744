from datetime import date
from itertools import permutations

import pytest

from app.domain.events import EventKind
from app.domain.measures import MeasureState, event_of, is_open, is_orphan, lender, measure_of, with_loan
from app.domain.notices import Content
from tests.builders import a_content

BASE = a_content("G/TBT/N/USA/1", distributed_on=date(2026, 1, 5), comment_deadline=date(2026, 3, 6))
EXTENDED = a_content("G/TBT/N/USA/1/Add.1", distributed_on=date(2026, 2, 2), comment_deadline=date(2026, 4, 6))
ADOPTED = a_content(
    "G/TBT/N/USA/1/Add.2",
    distributed_on=date(2026, 6, 1),
    comment_deadline=None,
    in_force_on=date(2026, 9, 1),
    description="The measure has been adopted and will enter into force on 1 September 2026.",
)
REVISED = a_content("G/TBT/N/USA/1/Rev.1", distributed_on=date(2026, 7, 1), comment_deadline=date(2026, 8, 30))


@pytest.mark.parametrize("order", list(permutations([BASE, EXTENDED, ADOPTED])))
def test_a_measure_is_the_same_whatever_the_order_of_its_documents(order: tuple[Content, ...]) -> None:
    measure = measure_of(order)
    assert measure.state is MeasureState.IN_FORCE
    assert (measure.comment_deadline, measure.in_force_on) == (date(2026, 4, 6), date(2026, 9, 1))


def test_a_revision_opens_the_draft_again() -> None:
    measure = measure_of([BASE, ADOPTED, REVISED])
    assert (measure.state, measure.comment_deadline) == (MeasureState.PROPOSED, date(2026, 8, 30))


@pytest.mark.parametrize(
    ("symbol", "words", "keywords", "kind"),
    [
        ("G/TBT/N/USA/1", "", (), EventKind.NOTIFIED),
        ("G/TBT/N/USA/1/Rev.1", "", (), EventKind.NOTIFIED),
        ("G/TBT/N/USA/1/Suppl.1", "", (), EventKind.NOTIFIED),
        ("G/TBT/N/USA/1/Corr.1", "", (), EventKind.CORRECTED),
        (
            "G/TBT/N/BRA/366/Add.1/Corr.1",
            "was circulated erroneously and should be considered null and void",
            (),
            EventKind.WITHDRAWN,
        ),
        ("G/TBT/N/USA/993/Add.1", "This action withdraws the notice of proposed rulemaking", (), EventKind.WITHDRAWN),
        ("G/SPS/N/THA/773/Add.1", "", ("Withdrawal of the measure",), EventKind.WITHDRAWN),
        ("G/SPS/N/ARE/295/Add.1", "", ("Modification of final date for comments",), EventKind.DEADLINE_CHANGED),
        ("G/SPS/N/RUS/303/Add.1", "", ("Modification of content/scope of regulation",), EventKind.SCOPE_CHANGED),
        (
            "G/SPS/N/JPN/1345/Add.1",
            "came into force on 10 June 2025",
            ("Adoption/publication/entry into force of reg.",),
            EventKind.IN_FORCE,
        ),
        (
            "G/SPS/N/EU/808/Add.1",
            "is now adopted by Commission Regulation",
            ("Adoption/publication/entry into force of reg.",),
            EventKind.ADOPTED,
        ),
        ("G/TBT/N/THA/501/Add.3", "and will enter into force on 19 November 2025", (), EventKind.IN_FORCE),
        ("G/SPS/N/URY/106/Add.1", "que deja sin efecto la Resolución", (), EventKind.WITHDRAWN),
        ("G/TBT/N/BRA/384/Add.14", "amends the requirements of the seal", (), EventKind.NOTIFIED),
    ],
)
def test_what_the_arrival_of_a_document_means(
    symbol: str, words: str, keywords: tuple[str, ...], kind: EventKind
) -> None:
    assert event_of(a_content(symbol, titles=(("en", "Some title"),), description=words, keywords=keywords)) is kind


def test_an_addendum_borrows_from_the_nearest_ancestor_that_has_something() -> None:
    empty = a_content("G/TBT/N/USA/1/Rev.1", products="", hs=())
    addendum = a_content("G/TBT/N/USA/1/Rev.1/Add.1")
    thread = {str(one.symbols[0]): one for one in (BASE, empty, addendum)}
    parent = lender(addendum, thread)
    assert parent is BASE
    assert with_loan(addendum, parent).hs == ("61",)
    assert lender(BASE, thread) is None


def test_a_follow_up_alone_is_an_orphan() -> None:
    assert is_orphan(EXTENDED, {"G/TBT/N/USA/1/Add.1": EXTENDED})
    assert not is_orphan(EXTENDED, {"G/TBT/N/USA/1": BASE})
    assert not is_orphan(BASE, {})


@pytest.mark.parametrize(
    ("state", "deadline", "opened"),
    [
        (MeasureState.PROPOSED, date(2026, 3, 2), True),
        (MeasureState.PROPOSED, date(2026, 3, 1), False),
        (MeasureState.PROPOSED, None, False),
        (MeasureState.WITHDRAWN, date(2026, 3, 2), False),
    ],
)
def test_the_last_day_is_open(state: MeasureState, deadline: date | None, opened: bool) -> None:
    assert is_open(state, deadline, date(2026, 3, 2)) is opened
