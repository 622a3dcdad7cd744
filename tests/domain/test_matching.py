from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.events import Audience, EventKind
from app.domain.matching import (
    Condition,
    CriteriaIndex,
    Facts,
    Reason,
    Refusal,
    answers,
    audience_of,
    first_refusal,
    matchable,
    sole_reasons,
)
from app.domain.notices import NoticeType
from app.domain.sectors import Facet
from app.domain.subscriptions import FIELDS, READ_FACETS, Criteria
from app.domain.symbols import Area

WORDS = ["tôm", "cá tra", "cotton", "label", "origin label"]
SECTORS = ["textiles", "food", "seafood"]
MEMBERS = ["USA", "EU", "JPN", "VNM"]
CODES = ["03", "0306", "61", "6109", "9404"]
LABELS = {
    Facet.MEASURE_TYPE: ["standard", "conformity_assessment"],
    Facet.STANDARD: ["ISO 14362-1", "CXS 193"],
    Facet.SUBSTANCE: ["cadmium", "formaldehyde"],
    Facet.AGREEMENT: ["cptpp", "evfta"],
    Facet.ORIGIN: ["labelling", "rules"],
    Facet.AFFECTED: ["all_partners", "viet_nam"],
    Facet.IMPORTANCE: ["act", "note"],
}


def some(values: list[str]) -> st.SearchStrategy[tuple[str, ...]]:
    return st.lists(st.sampled_from(values), max_size=2, unique=True).map(tuple)


questions = st.builds(
    Criteria,
    sectors=some(SECTORS),
    themes=some(["halal", "mrl"]),
    members=some(MEMBERS),
    hs=some(CODES),
    keywords=some(WORDS),
    excluded=some(WORDS),
    area=st.sampled_from([None, *Area]),
    additions=st.booleans(),
    updates=st.booleans(),
    related=st.booleans(),
    **{FIELDS[facet]: some(values) for facet, values in LABELS.items()},
)
offers = st.builds(
    Facts,
    area=st.sampled_from([None, *Area]),
    audience=st.sampled_from([Audience.ADDITIONS, Audience.UPDATES]),
    members=some(MEMBERS).map(frozenset),
    primary=some(SECTORS).map(frozenset),
    related=some(SECTORS).map(frozenset),
    themes=some(["halal", "mrl"]).map(frozenset),
    hs=some(CODES).map(frozenset),
    text=some(WORDS).map(lambda words: matchable(" and ".join(words))),
    read=st.fixed_dictionaries({facet: some(values).map(frozenset) for facet, values in LABELS.items()}),
)


def facts(**values: Any) -> Facts:
    empty: dict[str, Any] = {
        "area": Area.TBT,
        "audience": Audience.ADDITIONS,
        "members": frozenset(),
        "primary": frozenset(),
        "related": frozenset(),
        "themes": frozenset(),
        "hs": frozenset(),
        "text": " ",
    }
    return Facts(**(empty | values))


@given(st.lists(questions, max_size=12), offers)
def test_the_index_agrees_with_the_plain_predicate(asked: list[Criteria], offer: Facts) -> None:
    plain = {number: answers(one, offer) for number, one in enumerate(asked)}
    expected = {number: reasons for number, reasons in plain.items() if reasons is not None}
    assert CriteriaIndex(enumerate(asked)).match(offer) == expected


@given(questions)
def test_a_question_survives_storage_and_has_one_canonical_form(asked: Criteria) -> None:
    canonical = asked.canonical()
    assert Criteria.from_json(canonical.to_json()) == canonical
    assert canonical.canonical() == canonical
    assert asked.digest == canonical.digest


def test_a_question_of_old_keeps_its_digest() -> None:
    asked = Criteria(sectors=("textiles",), members=("USA",), keywords=("cá tra",))
    assert asked.canonical().to_json() == {
        "sectors": ("textiles",),
        "members": ("USA",),
        "keywords": ("cá tra",),
        "additions": True,
        "updates": True,
        "related": False,
    }
    assert asked.digest == "20bb94d0dbb9fc7fad9688e9938f0644b0071495880024f82932356411d89ce7"


def test_two_spellings_of_one_question_share_a_digest() -> None:
    one = Criteria(sectors=("Textiles", "food"), hs=("61", "6109"), keywords=("Cá  Tra",))
    other = Criteria(sectors=("food", "textiles"), hs=("61.",), keywords=("cá tra",))
    assert one.digest == other.digest


def test_facets_are_joined_by_and_and_their_values_by_or() -> None:
    asked = Criteria(sectors=("textiles", "food"), members=("USA",))
    assert answers(asked, facts(primary=frozenset({"food"}), members=frozenset({"USA"}))) == (
        Reason("sector", "food"),
        Reason("member", "USA"),
    )
    assert answers(asked, facts(primary=frozenset({"food"}), members=frozenset({"JPN"}))) is None


def test_a_question_that_asks_nothing_is_always_answered() -> None:
    assert answers(Criteria(), facts()) == ()


@pytest.mark.parametrize("facet", READ_FACETS)
def test_what_is_read_out_of_a_notice_can_be_asked_for(facet: Facet) -> None:
    wanted, other = LABELS[facet]
    values: dict[str, Any] = {FIELDS[facet]: (wanted,)}
    asked = Criteria(**values)
    assert answers(asked, facts(read={facet: frozenset({wanted})})) == (Reason(facet.value, wanted),)
    assert answers(asked, facts(read={facet: frozenset({other})})) is None
    assert first_refusal(asked, facts(read={facet: frozenset({other})})) == Refusal(
        Condition(facet.value), (wanted,), (other,)
    )


@pytest.mark.parametrize(
    ("asked", "members", "told"),
    [((), {"VNM"}, False), (("VNM",), {"VNM"}, True), ((), {"VNM", "THA"}, True), (("THA",), {"VNM", "THA"}, True)],
)
def test_measures_of_viet_nam_alone_are_told_to_who_asks_for_that_member(
    asked: tuple[str, ...], members: set[str], told: bool
) -> None:
    question = Criteria(sectors=("food",), members=asked)
    offer = facts(primary=frozenset({"food"}), members=frozenset(members))
    assert (answers(question, offer) is not None) is told
    assert first_refusal(question, offer) == (None if told else Refusal(Condition.OWN))


@pytest.mark.parametrize(("asked", "expected"), [(False, None), (True, (Reason("sector", "textiles"),))])
def test_related_labels_are_told_only_to_those_who_asked_for_copies(asked: bool, expected: object) -> None:
    question = Criteria(sectors=("textiles",), related=asked)
    assert answers(question, facts(related=frozenset({"textiles"}))) == expected


@pytest.mark.parametrize(("asked", "stated"), [("64", "640399"), ("6403", "64"), ("6403", "6403")])
def test_a_chapter_concerns_its_headings_both_ways(asked: str, stated: str) -> None:
    assert answers(Criteria(hs=(asked,)), facts(hs=frozenset({stated}))) is not None


@pytest.mark.parametrize(
    ("keyword", "text", "found"),
    [
        ("rice", "the price of steel", False),
        ("rice", "Rice, milled", True),
        ("điều", "Điều 5", True),
        ("điều", "dieu kien", False),
        ("origin label", "Origin\n label", True),
        ("origin label", "label of origin", False),
        ("...", "anything", False),
    ],
)
def test_keywords_are_whole_words_with_their_marks(keyword: str, text: str, found: bool) -> None:
    assert (answers(Criteria(keywords=(keyword,)), facts(text=matchable(text))) is not None) is found


def test_an_excluded_word_decides() -> None:
    asked = Criteria(sectors=("food",), excluded=("feed",))
    assert answers(asked, facts(primary=frozenset({"food"}), text=matchable("Animal feed"))) is None


@pytest.mark.parametrize(
    ("audience", "additions", "updates", "told"),
    [
        (Audience.ADDITIONS, True, False, True),
        (Audience.ADDITIONS, False, True, False),
        (Audience.UPDATES, False, True, True),
        (Audience.UPDATES, True, False, False),
    ],
)
def test_additions_and_updates_are_asked_for_apart(
    audience: Audience, additions: bool, updates: bool, told: bool
) -> None:
    asked = Criteria(additions=additions, updates=updates)
    assert (answers(asked, facts(audience=audience)) is not None) is told


@given(questions, offers)
def test_there_is_a_refusal_exactly_when_there_is_no_answer(asked: Criteria, offer: Facts) -> None:
    assert (first_refusal(asked, offer) is None) is (answers(asked, offer) is not None)


@pytest.mark.parametrize(
    ("asked", "offer", "expected"),
    [
        (
            {"area": Area.SPS, "additions": False, "sectors": ("food",)},
            {},
            Refusal(Condition.AREA, ("SPS",), ("TBT",)),
        ),
        ({"additions": False, "excluded": ("feed",)}, {"text": matchable("feed")}, Refusal(Condition.ADDITIONS)),
        ({"updates": False}, {"audience": Audience.UPDATES}, Refusal(Condition.UPDATES)),
        (
            {"excluded": ("feed",), "sectors": ("food",)},
            {"text": matchable("feed")},
            Refusal(Condition.EXCLUDED, (), ("feed",)),
        ),
        (
            {"sectors": ("food",), "themes": ("halal",)},
            {"primary": frozenset({"textiles"})},
            Refusal(Condition.SECTOR, ("food",), ("textiles",)),
        ),
        ({"sectors": ("food",)}, {"related": frozenset({"food"})}, Refusal(Condition.RELATED, ("food",), ("food",))),
        ({"themes": ("halal",), "members": ("EU",)}, {}, Refusal(Condition.THEME, ("halal",))),
        (
            {"members": ("EU",), "hs": ("61",)},
            {"members": frozenset({"USA"})},
            Refusal(Condition.MEMBER, ("EU",), ("USA",)),
        ),
        ({"hs": ("61",), "keywords": ("tôm",)}, {"hs": frozenset({"03"})}, Refusal(Condition.HS, ("61",), ("03",))),
        ({"keywords": ("tôm",)}, {}, Refusal(Condition.KEYWORD, ("tôm",))),
    ],
)
def test_the_first_condition_that_failed_is_named(
    asked: dict[str, Any], offer: dict[str, Any], expected: Refusal
) -> None:
    assert first_refusal(Criteria(**asked), facts(**offer)) == expected


@given(questions, offers)
def test_an_answer_hangs_on_a_value_exactly_when_it_is_lost_without_it(asked: Criteria, offer: Facts) -> None:
    reasons = answers(asked, offer) or ()
    fields = {facet.value: name for facet, name in FIELDS.items()}
    fields |= {"member": "members", "hs": "hs", "keyword": "keywords"}
    lost = []
    for reason in reasons:
        field = fields[reason.facet]
        without = tuple(value for value in getattr(asked, field) if value != reason.value)
        left: dict[str, Any] = {field: without}
        if answers(replace(asked, **left), offer) is None:
            lost.append(reason)
    assert sole_reasons(asked, reasons) == tuple(lost)


@pytest.mark.parametrize(
    ("kind", "type_", "told", "expected"),
    [
        (EventKind.NOTIFIED, NoticeType.REGULAR, False, Audience.ADDITIONS),
        (EventKind.NOTIFIED, NoticeType.REGULAR, True, None),
        (EventKind.NOTIFIED, NoticeType.ADDENDUM, False, Audience.ADDITIONS),
        (EventKind.NOTIFIED, NoticeType.ADDENDUM, True, Audience.UPDATES),
        (EventKind.DEADLINE_CHANGED, NoticeType.REGULAR, True, Audience.UPDATES),
    ],
)
def test_a_measure_is_new_once_and_updated_after(
    kind: EventKind, type_: NoticeType, told: bool, expected: Audience | None
) -> None:
    assert audience_of(kind, type_, told=told) is expected
