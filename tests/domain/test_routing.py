from collections.abc import Sequence

import pytest

from app.domain.organisations import EVERY_SECTOR, Organisation, Responsibility
from app.domain.routing import Directory, NoDispatch, Paper, Route, Rule, Subject, route, sectors_of
from app.domain.sectors import Evidence, Label, Role
from app.domain.symbols import Area
from app.sources.organisations import bundled_organisations
from app.sources.taxonomy_file import bundled_taxonomy

PARENTS = {"seafood": "food", "coffee-tea": "food"}
WHY = (Evidence("hs", 0, 2, "61", "textiles/hs/61", 0.9),)


def label(name: str, role: Role = Role.PRIMARY, confidence: float = 0.9) -> Label:
    return Label(name, role, confidence, WHY)


def an(key: str, *primary: str, related: Sequence[str] = (), hs: Sequence[str] = ()) -> Organisation:
    sectors = [(one, Responsibility.PRIMARY) for one in primary] + [(one, Responsibility.RELATED) for one in related]
    return Organisation(key=key, name_vi=key, sectors=tuple(sectors), hs=tuple(hs))


TEXTILE = an("textile", "textiles")
YARN = an("yarn", "textiles", hs=["52"])
SHOES = an("shoes", "footwear", related=["textiles"])
SHRIMP = an("shrimp", "seafood")
FOOD = an("food", "food")
CHAMBER = an("chamber", EVERY_SECTOR)
TRADERS = an("traders", related=[EVERY_SECTOR])
DIRECTORY = Directory((TEXTILE, YARN, SHOES, SHRIMP, FOOD, CHAMBER, TRADERS), PARENTS)


def sent(found: Route) -> dict[str, tuple[Paper, Rule]]:
    return {one.organisation: (one.paper, one.rule) for one in found.destinations}


def routed(*sectors: Label, **said: object) -> dict[str, tuple[Paper, Rule]]:
    return sent(route(Subject(sectors=sectors, **said), DIRECTORY))  # type: ignore[arg-type]  # each test names fields


def test_who_answers_for_a_primary_sector_gets_the_letter_and_who_is_concerned_a_copy() -> None:
    assert routed(label("textiles")) == {
        "textile": (Paper.LETTER, Rule.RESPONSIBLE),
        "yarn": (Paper.LETTER, Rule.RESPONSIBLE),
        "shoes": (Paper.COPY, Rule.CONCERNED),
    }


def test_a_related_sector_leads_to_copies_only() -> None:
    assert set(routed(label("textiles", Role.RELATED)).values()) == {(Paper.COPY, Rule.RELATED_SECTOR)}


def test_stated_codes_tell_the_goods_of_one_association_from_those_of_another() -> None:
    assert routed(label("textiles"), hs=("6109",))["yarn"] == (Paper.COPY, Rule.OTHER_GOODS)
    assert routed(label("textiles"), hs=("5205",))["yarn"] == (Paper.LETTER, Rule.RESPONSIBLE)
    only_yarn = sent(route(Subject(sectors=(label("textiles"),), hs=("6109",)), Directory([YARN], PARENTS)))
    assert only_yarn == {"yarn": (Paper.LETTER, Rule.RESPONSIBLE)}, "codes of nobody's goods leave nobody out"


def test_a_sector_above_or_below_is_told_by_a_copy() -> None:
    assert routed(label("seafood")) == {
        "shrimp": (Paper.LETTER, Rule.RESPONSIBLE),
        "food": (Paper.COPY, Rule.WIDER_SECTOR),
    }
    assert routed(label("food"))["shrimp"] == (Paper.COPY, Rule.NARROWER_SECTOR)


def test_a_letter_wins_over_a_copy_to_the_same_organisation() -> None:
    found = route(Subject(sectors=(label("footwear"), label("textiles", confidence=1.0))), DIRECTORY)
    assert sent(found)["shoes"] == (Paper.LETTER, Rule.RESPONSIBLE)
    papers = [one.paper for one in found.destinations]
    assert papers == sorted(papers, key=[Paper.LETTER, Paper.COPY].index), "letters first"


def test_a_sector_of_nobody_goes_to_who_stands_in_for_all() -> None:
    assert routed(label("toys-children")) == {"chamber": (Paper.LETTER, Rule.NOBODY_ELSE)}


def test_a_horizontal_theme_reaches_those_of_every_trade_even_without_a_sector() -> None:
    expected = {"chamber": (Paper.COPY, Rule.HORIZONTAL), "traders": (Paper.COPY, Rule.HORIZONTAL)}
    assert routed(themes=(label("wood-packaging"),)) == expected
    assert routed(themes=(label("import-registration"),), members=("CHN",)) == expected
    assert routed(themes=(label("import-registration"),), members=("USA",)) == {}
    assert routed(themes=(label("halal"),)) == {}


@pytest.mark.parametrize(
    ("subject", "because"),
    [
        (Subject(), NoDispatch.NO_SECTOR),
        (Subject(sectors=(label("nuts"),)), NoDispatch.NO_ORGANISATION),
        (Subject(area=Area.SPS, sectors=(label("seafood"),), affected=("others",)), NoDispatch.OTHERS_ONLY),
    ],
)
def test_where_nobody_gets_anything_it_is_said_why(subject: Subject, because: NoDispatch) -> None:
    assert route(subject, Directory([SHRIMP], PARENTS)) == Route(none_because=because)


def test_a_tbt_notice_about_others_is_dispatched_all_the_same() -> None:
    subject = Subject(area=Area.TBT, sectors=(label("seafood"),), affected=("others",))
    assert sent(route(subject, Directory([SHRIMP], PARENTS))) == {"shrimp": (Paper.LETTER, Rule.RESPONSIBLE)}


def test_every_destination_names_the_evidence_of_its_label() -> None:
    found = route(Subject(sectors=(label("textiles"),)), DIRECTORY)
    assert {(one.label, one.evidence) for one in found.destinations} == {("textiles", WHY)}


def test_nobody_else_hears_of_a_notice_than_who_names_one_of_its_sectors_or_their_kin() -> None:
    everyone, parents = bundled_organisations(), bundled_taxonomy().parents
    for sector in bundled_taxonomy().sectors:
        for role in Role:
            subject = Subject(sectors=(label(sector.id, role),), themes=(label("wood-packaging"),))
            naming = [one for one in everyone if {own for own, _ in one.sectors} & sectors_of(subject, parents)]
            assert route(subject, Directory(naming, parents)) == route(subject, Directory(everyone, parents)), sector.id


def bundled(*sectors: str, hs: tuple[str, ...] = ()) -> dict[str, tuple[Paper, Rule]]:
    subject = Subject(sectors=tuple(map(label, sectors)), hs=hs)
    return sent(route(subject, Directory(bundled_organisations(), bundled_taxonomy().parents)))


def test_a_notice_about_garments_goes_to_the_textile_vitas_and_never_to_the_tea_one() -> None:
    found = bundled("textiles", hs=("61", "62"))
    assert found["vitas_textile"] == found["agtek"] == (Paper.LETTER, Rule.RESPONSIBLE)
    assert found["vcosa"] == (Paper.COPY, Rule.OTHER_GOODS)
    assert "vitas_tea" not in found


def test_a_notice_about_tea_goes_to_the_tea_vitas_and_to_the_coffee_growers_as_a_copy() -> None:
    found = bundled("coffee-tea", hs=("0902",))
    assert found["vitas_tea"] == (Paper.LETTER, Rule.RESPONSIBLE)
    assert found["vicofa"] == (Paper.COPY, Rule.OTHER_GOODS)
    assert "vitas_textile" not in found


def test_every_sector_has_somebody_who_gets_the_letter() -> None:
    for sector in bundled_taxonomy().sectors:
        assert Paper.LETTER in {paper for paper, _ in bundled(sector.id).values()}, sector.id
    assert bundled("toys-children")["vcci"] == (Paper.LETTER, Rule.NOBODY_ELSE)
