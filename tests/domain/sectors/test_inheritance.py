"""What an addendum's empty boxes inherit from the document it stands on."""

from dataclasses import replace

from app.domain.notices import Content
from app.domain.sectors import Sorter, field_text
from tests.domain.sectors.said import notice, primary

PARENT = notice(
    "Labelling of footwear",
    symbols=["G/TBT/N/ECU/10"],
    products="Footwear",
    hs=["64"],
    keywords=["Labelling"],
    description="Sets labelling rules for footwear.",
)


def test_an_empty_addendum_is_sorted_like_its_parent(sorter: Sorter) -> None:
    addendum = Content(symbols=("G/TBT/N/ECU/10/Add.1",))
    found = sorter.classify(addendum, PARENT)
    assert primary(found) == {"footwear"}
    assert {one.inherited_from for one in found.sectors[0].evidence} == {"G/TBT/N/ECU/10"}
    for one in found.sectors[0].evidence:
        assert field_text(PARENT, one.field)[one.start : one.end] == one.quote


def test_without_a_parent_an_empty_addendum_has_no_label(sorter: Sorter) -> None:
    assert sorter.classify(Content(symbols=("G/TBT/N/ECU/10/Add.1",))).sectors == ()


def test_only_empty_boxes_inherit(sorter: Sorter) -> None:
    addendum = notice("Corrigendum on cement", symbols=["G/TBT/N/ECU/10/Corr.1"], products="Portland cement")
    found = sorter.classify(addendum, PARENT)
    by_id = {label.id: label for label in found.sectors}
    assert {one.inherited_from for one in by_id["construction-materials"].evidence} == {""}
    assert {one.field for one in by_id["footwear"].evidence if one.inherited_from} == {"hs", "description"}


def test_own_codes_of_a_kind_keep_the_parents_of_that_kind_out(sorter: Sorter) -> None:
    addendum = notice("Extension of the deadline", symbols=["G/TBT/N/ECU/10/Add.2"], ics=["61.060"])
    parent = replace(PARENT, ics=("97.160",))
    found = sorter.classify(addendum, parent)
    codes = {(one.field, one.quote) for label in found.sectors for one in label.evidence if one.field in ("hs", "ics")}
    assert codes == {("ics", "61.060"), ("hs", "64")}


def test_a_title_that_says_nothing_is_helped_by_the_parents_boxes(sorter: Sorter) -> None:
    addendum = notice("Extension of the deadline for comments", symbols=["G/TBT/N/ECU/10/Add.3"])
    assert primary(sorter.classify(addendum, PARENT)) == {"footwear"}


def test_a_parent_without_a_symbol_is_named_by_its_title(sorter: Sorter) -> None:
    found = sorter.classify(Content(), notice("Recall of shoes"))
    assert {one.inherited_from for one in found.sectors[0].evidence} == {"Recall of shoes"}
