"""The rules of four eyes, whatever people try in whatever order."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.publishing import (
    MOVES,
    PUBLIC,
    Life,
    Step,
    TextKind,
    TextState,
    Why,
    Written,
    why_not,
    why_not_close,
    why_not_write,
)

AN, BINH, CHI = 1, 2, 3
REASON = "một lý do đủ dài để ai cũng hiểu"

steps = st.builds(
    Step,
    to=st.sampled_from(TextState),
    version=st.integers(0, 4),
    by=st.sampled_from((AN, BINH, CHI)),
    because=st.sampled_from(("", "ngắn", REASON)),
    break_glass=st.booleans(),
)
writing = st.builds(Written, st.just(0), st.sampled_from((AN, BINH, CHI)), st.booleans())
walks = st.lists(st.one_of(steps, writing), max_size=40)


def walked(kind: TextKind, tried: list[Step | Written]) -> Life:
    """Return the life that is left of everything tried: what the rules allow."""
    life = Life(kind)
    for one in tried:
        if isinstance(one, Written):
            if why_not_write(life) is None:
                life = replace(life, versions=(*life.versions, replace(one, number=life.newest + 1)))
        elif why_not(life, one) is None:
            life = replace(life, steps=(*life.steps, one))
    return life


def led(*to: TextState, by: int = AN, approver: int = BINH) -> Life:
    """Return the life of an article with one version of An's that was led through these states."""
    who = {TextState.APPROVED: approver}
    taken = tuple(Step(to=state, version=1, by=who.get(state, by), because=REASON) for state in to)
    life = Life(TextKind.ARTICLE, (Written(1, by),))
    for step in taken:
        assert why_not(life, step) is None, step
        life = replace(life, steps=(*life.steps, step))
    return life


@given(st.sampled_from(TextKind), walks)
def test_no_walk_publishes_what_one_person_wrote_and_approved_alone(
    kind: TextKind, tried: list[Step | Written]
) -> None:
    life = walked(kind, tried)
    seen, approval = 0, None
    for number, step in enumerate(life.steps):
        if step.to is TextState.APPROVED:
            writers = {one.by for one in life.versions if seen < one.number <= step.version}
            assert step.break_glass or step.by not in writers
            seen = seen if step.break_glass else step.version
            approval = step
        was_public = any(one.to in PUBLIC for one in life.steps[:number])
        if step.to in PUBLIC or (step.to is TextState.WITHDRAWN and was_public):
            assert approval is not None
            assert approval.version == step.version
            people = {one.by for one in life.versions if one.number <= step.version}
            people |= {one.by for one in life.steps if one.to is TextState.APPROVED and one.version <= step.version}
            assert len(people) > 1 or any(one.break_glass for one in life.steps)


@given(st.sampled_from(TextKind), walks)
def test_every_walk_keeps_to_the_table_of_moves(kind: TextKind, tried: list[Step | Written]) -> None:
    life, state = walked(kind, tried), TextState.DRAFT
    for step in life.steps:
        assert step.to in MOVES[state]
        state = step.to
    assert [one.number for one in life.versions] == list(range(1, life.newest + 1))


@pytest.mark.parametrize("state", list(TextState))
@pytest.mark.parametrize("to", list(TextState))
def test_every_move_that_is_not_in_the_table_is_refused(state: TextState, to: TextState) -> None:
    ways = {
        TextState.DRAFT: (),
        TextState.IN_REVIEW: (TextState.IN_REVIEW,),
        TextState.APPROVED: (TextState.IN_REVIEW, TextState.APPROVED),
        TextState.PUBLISHED: (TextState.IN_REVIEW, TextState.APPROVED, TextState.PUBLISHED),
        TextState.WITHDRAWN: (TextState.WITHDRAWN,),
    }
    if state in ways and to not in MOVES[state]:
        assert why_not(led(*ways[state]), Step(to=to, version=1, by=CHI, because=REASON)) is not None


def test_nobody_approves_what_they_edited_since_the_last_approval() -> None:
    life = led(TextState.IN_REVIEW)
    approval = Step(to=TextState.APPROVED, version=1, by=AN)
    assert why_not(life, approval) is Why.OWN_TEXT
    assert why_not(life, replace(approval, by=BINH)) is None
    edited = replace(life, versions=(*life.versions, Written(2, BINH)))
    for editor in (AN, BINH):
        assert why_not(edited, replace(approval, version=2, by=editor)) is Why.OWN_TEXT
    assert why_not(edited, replace(approval, version=2, by=CHI)) is None


def test_who_wrote_before_the_last_approval_may_approve_what_others_wrote_since() -> None:
    life = led(TextState.IN_REVIEW, TextState.APPROVED, TextState.DRAFT)
    edited = replace(life, versions=(*life.versions, Written(2, BINH)))
    asked = replace(edited, steps=(*edited.steps, Step(to=TextState.IN_REVIEW, version=2, by=BINH)))
    assert why_not(asked, Step(to=TextState.APPROVED, version=2, by=AN)) is None


def test_breaking_the_glass_is_no_approval_for_what_comes_after() -> None:
    glass = Step(to=TextState.APPROVED, version=1, by=AN, because=REASON, break_glass=True)
    life = led(TextState.IN_REVIEW)
    assert why_not(life, replace(glass, because="gấp")) is Why.REASON_SHORT
    assert why_not(life, glass) is None
    back = (glass, Step(to=TextState.DRAFT, version=1, by=AN, because=REASON))
    again = replace(life, versions=(*life.versions, Written(2, BINH)), steps=(*life.steps, *back))
    asked = replace(again, steps=(*again.steps, Step(to=TextState.IN_REVIEW, version=2, by=BINH)))
    assert why_not(asked, Step(to=TextState.APPROVED, version=2, by=AN)) is Why.OWN_TEXT


def test_only_the_newest_version_that_was_approved_is_published() -> None:
    life = led(TextState.IN_REVIEW, TextState.APPROVED)
    assert why_not(life, Step(to=TextState.PUBLISHED, version=1, by=BINH)) is None
    assert why_not(life, Step(to=TextState.PUBLISHED, version=2, by=BINH)) is Why.NOT_NEWEST
    assert why_not(led(TextState.IN_REVIEW), Step(to=TextState.PUBLISHED, version=1, by=BINH)) is Why.NO_APPROVAL
    assert why_not(life, Step(to=TextState.CORRECTED, version=1, by=BINH)) is Why.NOT_FROM_HERE


def test_what_people_were_told_by_is_never_opened_again() -> None:
    life = led(TextState.IN_REVIEW, TextState.APPROVED, TextState.PUBLISHED)
    back = Step(to=TextState.DRAFT, version=1, by=CHI, because=REASON)
    assert why_not(life, back) is None
    for kind in (TextKind.LETTER, TextKind.WITHDRAWAL):
        assert why_not(replace(life, kind=kind), back) is Why.TOLD_ALREADY


def test_a_second_look_is_by_somebody_else_and_once() -> None:
    assert why_not_close(AN, AN, closed=False) is Why.OWN_GLASS
    assert why_not_close(AN, BINH, closed=True) is Why.CLOSED_ALREADY
    assert why_not_close(AN, BINH, closed=False) is None
