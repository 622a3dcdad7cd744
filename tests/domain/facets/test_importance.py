"""Act, note or not concerned: the first rule that holds decides, and says what it rests on."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.exports import EUROPEAN_UNION, STATES_OF_THE_UNION
from app.domain.facets import Exports, FacetTables, importance_of
from app.domain.facets.importance import LARGE_EXPORTS
from app.domain.notices import Content, NoticeType
from app.domain.sectors import Classification, Evidence, Facet, Label, Role, Sorter, field_text
from app.domain.symbols import Area
from tests.domain.sectors.said import notice

TOYS: dict[str, Any] = {"members": ["JPN"], "symbols": ["G/TBT/N/JPN/1"], "area": Area.TBT, "hs": ["6109"]}
OPEN: dict[str, Any] = {"distributed_on": date(2026, 5, 4), "comment_deadline": date(2026, 7, 3)}


def ruled(sorter: Sorter, title: str, exports: Exports | None = None, **values: Any) -> tuple[str, str]:
    content = notice(title, **{**TOYS, **values})
    label = importance_of(content, sorter.classify(content), exports)
    assert label.evidence
    for one in label.evidence:
        assert field_text(content, one.field)[one.start : one.end] == one.quote != ""
    return label.id, label.evidence[0].rule


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (OPEN, "act/open-for-comments"),
        ({**OPEN, "members": ["VNM"]}, "not_concerned/own-measure"),
        ({**OPEN, "regions": ["Brazil"]}, "not_concerned/affects-others"),
        ({**OPEN, "regions": ["Narnia"]}, "act/open-for-comments"),
        ({**OPEN, "regions": ["Brazil", "Narnia"]}, "act/open-for-comments"),
        ({"regions": ["Brazil", "Viet Nam"]}, "act/names-viet-nam"),
        ({"regions": ["Viet Nam"], "type": NoticeType.ADDENDUM}, "note/adoption-only"),
        ({"type": NoticeType.WARNING, "symbols": [], "description": "From Vietnam"}, "act/names-viet-nam"),
        ({**OPEN, "keywords": ["Withdrawal of the measure"]}, "note/withdrawn"),
        ({**OPEN, "type": NoticeType.CORRIGENDUM}, "note/correction"),
        ({"type": NoticeType.EMERGENCY, "emergency": True}, "act/emergency"),
        ({"type": NoticeType.ADDENDUM}, "note/adoption-only"),
        (
            {"type": NoticeType.ADDENDUM, "keywords": ["Adoption/publication/entry into force of reg."]},
            "note/adoption-only",
        ),
        ({**OPEN, "type": NoticeType.ADDENDUM}, "act/open-for-comments"),
        ({**OPEN, "type": NoticeType.REVISION}, "act/open-for-comments"),
        ({**OPEN, "comment_deadline": date(2026, 5, 3)}, "note/deadline-passed"),
        ({}, "note/no-deadline"),
        ({"type": NoticeType.WARNING, "symbols": []}, "note/warning"),
    ],
)
def test_the_first_rule_that_holds_decides(sorter: Sorter, values: dict[str, Any], expected: str) -> None:
    assert ruled(sorter, "Safety of cotton shirts", **values) == (expected.partition("/")[0], expected)


def test_goods_of_no_sector_are_only_noted(sorter: Sorter) -> None:
    assert ruled(sorter, "Working hours of notaries", **OPEN, hs=[])[1] == "note/no-goods-of-ours"


def test_a_voluntary_standard_is_only_noted(sorter: Sorter) -> None:
    assert ruled(sorter, "Voluntary standard for cotton shirts", **OPEN)[1] == "note/voluntary-standard"
    assert ruled(sorter, "Draft Uganda Standard: cotton shirts", **OPEN)[1] == "act/open-for-comments"
    assert (
        ruled(sorter, "Voluntary standard for cotton shirts", **OPEN, articles=["2.9.2"])[1] == "act/open-for-comments"
    )


def test_exports_weigh_when_the_table_speaks_of_the_member(sorter: Sorter) -> None:
    shirts = Exports({("JPN", "610910"): LARGE_EXPORTS - 1, ("JPN", "610990"): 1.0, ("JPN", "64"): 5.0})
    assert ruled(sorter, "Safety of cotton shirts", shirts)[1] == "act/large-exports"
    assert ruled(sorter, "Safety of cotton shirts", shirts, hs=["610990"])[1] == "note/no-deadline"
    assert ruled(sorter, "Safety of cotton shirts", shirts, hs=["6203"], **OPEN)[1] == "note/no-exports"
    assert ruled(sorter, "Safety of cotton shirts", shirts, hs=["6203"], members=["USA"], **OPEN)[1].startswith("act/")


def test_corrections_of_staff_change_importance(sorter: Sorter) -> None:
    content = notice("Working hours of notaries", **{**TOYS, **OPEN, "hs": []})
    found = sorter.classify(content)
    assert importance_of(content, found, None).id == "note"
    corrected = Classification(
        taxonomy_version=found.taxonomy_version,
        sectors=(Label("textiles", Role.PRIMARY, 1.0, (Evidence("title", 0, 7, "Working", "staff", 1.0),)),),
        themes=found.themes,
        sure=True,
        contradictory=False,
        facets=found.facets,
    )
    assert importance_of(content, corrected, None).id == "act"
    elsewhere = Classification(
        corrected.taxonomy_version,
        corrected.sectors,
        corrected.themes,
        True,
        False,
        {Facet.AFFECTED: (Label("others", Role.PRIMARY, 1.0, corrected.sectors[0].evidence),)},
    )
    assert importance_of(content, elsewhere, None).id == "not_concerned"


@pytest.mark.parametrize(
    ("rows", "asked", "value"),
    [
        ({("JPN", "610910"): 3.0, ("JPN", "610990"): 4.0}, "6109", 7.0),
        ({("JPN", "61"): 9.0}, "610910", 9.0),
        ({("JPN", "61"): 9.0, ("JPN", "6109"): 2.0}, "610910", 2.0),
        ({("JPN", "61"): 9.0}, "64", 0.0),
        ({("USA", "61"): 9.0}, "61", None),
        ({}, "61", None),
    ],
)
def test_exports_are_looked_up_by_the_code_or_the_nearest_above(
    rows: dict[tuple[str, str], float], asked: str, value: float | None
) -> None:
    assert Exports(rows).value("JPN", asked) == value


@pytest.mark.parametrize(
    ("rows", "value"),
    [
        ({("DEU", "61"): 3.0, ("FRA", "61"): 4.0, ("GBR", "61"): 9.0}, 7.0),
        ({("DEU", "61"): 3.0, ("EU", "61"): 1.0}, 1.0),
        ({("DEU", "61"): 3.0, ("EU", "64"): 1.0}, 0.0),
        ({("DEU", "64"): 3.0}, None),
        ({(state, "64"): 3.0 for state in STATES_OF_THE_UNION}, 0.0),
    ],
)
def test_what_goes_to_the_states_of_the_union_goes_to_the_union(
    rows: dict[tuple[str, str], float], value: float | None
) -> None:
    assert Exports(rows).value("EU", "61") == value


def test_the_states_of_the_union_are_those_of_its_agreement_with_viet_nam(tables: FacetTables) -> None:
    (agreement,) = (one for one in tables.agreements if one.id == "evfta")
    assert agreement.members == STATES_OF_THE_UNION | {EUROPEAN_UNION}


CODES = st.text(alphabet="0123456789", min_size=2, max_size=6)


@given(st.dictionaries(st.tuples(st.just("JPN"), CODES), st.integers(0, 100).map(float), max_size=8), CODES)
def test_a_shorter_code_never_sells_less_than_one_below_it(rows: dict[tuple[str, str], float], code: str) -> None:
    exports = Exports(rows)
    below = [value for (_, longer), value in rows.items() if longer.startswith(code)]
    if below:
        assert exports.value("JPN", code) == sum(below)


@given(
    st.sampled_from(list(NoticeType)),
    st.booleans(),
    st.sampled_from([(), ("VNM",), ("JPN",), ("JPN", "VNM")]),
    st.sampled_from([None, date(2026, 5, 1), date(2026, 6, 1)]),
    st.booleans(),
)
def test_every_notice_has_one_importance_that_can_be_traced(
    sorter: Sorter, kind: NoticeType, emergency: bool, members: tuple[str, ...], deadline: date | None, loaded: bool
) -> None:
    content = Content(
        type=kind,
        emergency=emergency,
        members=members,
        titles=(("en", "Cotton shirts from Brazil"),),
        hs=("6109",),
        distributed_on=date(2026, 5, 4),
        comment_deadline=deadline,
    )
    exports = Exports({("JPN", "61"): 1.0}) if loaded else None
    label = importance_of(content, sorter.classify(content), exports)
    assert label.id in {"act", "note", "not_concerned"}
    assert label == importance_of(content, sorter.classify(content), exports)
    for one in label.evidence:
        assert one.rule.startswith(f"{label.id}/")
        assert field_text(content, one.field)[one.start : one.end] == one.quote != ""
