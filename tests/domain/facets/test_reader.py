"""Kinds of measure, agreements, origin, who is affected, inheritance, and that no text is too much."""

import sys
from datetime import date
from itertools import count
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.facets import FacetReader, FacetTables
from app.domain.notices import Content
from app.domain.sectors import Classification, Facet, Sorter, field_text
from app.domain.taxonomy import forms_of
from app.sources.taxonomy_file import bundled_taxonomy
from tests.domain.facets.read import ids, labels, quotes
from tests.domain.sectors.said import notice


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("Draft Technical Regulation on the safety of toys", {"technical_regulation"}),
        ("Projet de règlement technique relatif aux jouets", {"technical_regulation"}),
        ("Reglamento técnico RTE INEN 013", {"technical_regulation"}),
        ("Dự thảo quy chuẩn kỹ thuật quốc gia về đồ chơi", {"technical_regulation"}),
        ("Draft Uganda Standard: Milking jelly", {"standard"}),
        ("Proyecto de norma técnica para el café", {"standard"}),
        ("Tiêu chuẩn quốc gia về cà phê", {"standard"}),
        ("Certification scheme for electric cables", {"conformity_assessment"}),
        ("Évaluation de la conformité des jouets", {"conformity_assessment"}),
        ("Procedimiento para la evaluación de la conformidad", {"conformity_assessment"}),
        ("Quy định về chứng nhận hợp quy và công bố hợp quy", {"conformity_assessment"}),
        ("Order on legal metrology: taximeters", {"metrology"}),
        ("Instruments de mesurage: compteurs d'eau", {"metrology"}),
        ("Ley de metrología", {"metrology"}),
        ("Thông tư về phương tiện đo nhóm 2", {"metrology"}),
        ("Maximum residue limits of pesticides in tea", {"food_safety"}),
        ("Límites máximos de residuos en el té", {"food_safety"}),
        ("Giới hạn dư lượng tối đa trong chè", {"food_safety"}),
        ("Requisitos fitosanitarios para la importación de mangos", {"plant_health"}),
        ("Suspension of imports because of African swine fever", {"animal_health"}),
        ("Order of the Bureau of Standards, Metrology and Quality", set()),
        ("National Institute of Metrology, Quality and Technology - Inmetro", set()),
        ("Instituto Nacional de Metrologia, Qualidade e Tecnologia", set()),
        ("Communication from the Food Safety Authority", set()),
        ("National Standards Body reorganisation", set()),
        ("Notice on the agreement on sanitary and phytosanitary measures", set()),
        ("Tổng cục Tiêu chuẩn Đo lường Chất lượng thông báo", set()),
    ],
)
def test_the_kind_of_measure_is_told_by_its_words(sorter: Sorter, title: str, expected: set[str]) -> None:
    assert ids(sorter, Facet.MEASURE_TYPE, title) == expected


def test_the_ticked_boxes_tell_the_kind_of_measure(sorter: Sorter) -> None:
    assert ids(sorter, Facet.MEASURE_TYPE, articles=["2.9.2", "5.7.1"]) == {
        "technical_regulation",
        "conformity_assessment",
    }
    assert ids(sorter, Facet.MEASURE_TYPE, objectives=["Food safety (SPS)", "Plant protection (SPS)"]) == {
        "food_safety",
        "plant_health",
    }
    assert ids(sorter, Facet.MEASURE_TYPE, articles=["other"]) == set()


def test_boxes_that_members_tick_for_plants_and_animals_alike_tell_neither(sorter: Sorter) -> None:
    territory = "Protect territory from other damage from pests (SPS)"
    assert ids(sorter, Facet.MEASURE_TYPE, keywords=["Pests", "Animal health"]) == {"animal_health"}
    assert ids(sorter, Facet.MEASURE_TYPE, objectives=[territory, "Animal health (SPS)"]) == {"animal_health"}


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("Country of origin labelling of textiles", {"origin_labelling"}),
        ("Étiquetage du pays d'origine des denrées", {"origin_labelling"}),
        ("Etiquetado de origen de la miel", {"origin_labelling"}),
        ("Ghi nhãn xuất xứ hàng dệt may", {"origin_labelling"}),
        ("Rules of origin under the agreement", {"rules_of_origin"}),
        ("Certificate of origin for imported rice", {"rules_of_origin"}),
        ("Déclaration d'origine", {"rules_of_origin"}),
        ("Reglas de origen y certificado de origen", {"rules_of_origin"}),
        ("Quy tắc xuất xứ và giấy chứng nhận xuất xứ", {"rules_of_origin"}),
        ("Labelling of origin, and rules of origin", {"origin_labelling", "rules_of_origin"}),
        ("Wines with an appellation of origin", set()),
        ("Denomination of origin labels for cheese", set()),
        ("Denominación de origen protegida Jerez", set()),
        ("Products of plant origin", set()),
        ("Sản phẩm có nguồn gốc thực vật", set()),
        ("Food of animal origin from the place of origin", set()),
    ],
)
def test_labelling_of_origin_is_no_rule_of_origin(sorter: Sorter, title: str, expected: set[str]) -> None:
    assert ids(sorter, Facet.ORIGIN, title) == expected


def test_the_theme_and_the_facet_agree_on_labelling_of_origin(sorter: Sorter) -> None:
    for title in ("Country of origin labelling", "Rules of origin", "Ghi nhãn xuất xứ", "Appellation of origin"):
        found = sorter.classify(notice(title))
        themed = any(label.id == "origin-labelling" for label in found.themes)
        assert themed == any(label.id == "origin_labelling" for label in found.facets.get(Facet.ORIGIN, ()))


@pytest.mark.parametrize(
    ("member", "day", "expected"),
    [
        ("JPN", date(2026, 5, 4), {"cptpp", "rcep", "ajcep", "vjepa"}),
        ("JPN", date(2019, 1, 13), {"ajcep", "vjepa"}),
        ("GBR", date(2024, 12, 14), {"ukvfta"}),
        ("GBR", date(2024, 12, 15), {"ukvfta", "cptpp"}),
        ("EU", date(2020, 7, 31), set()),
        ("EU", date(2020, 8, 1), {"evfta"}),
        ("SWE", date(2026, 1, 5), {"evfta"}),
        ("KOR", date(2022, 1, 31), {"akfta", "vkfta"}),
        ("KOR", date(2022, 2, 1), {"akfta", "vkfta", "rcep"}),
        ("CHL", date(2026, 1, 5), {"cptpp", "vcfta"}),
        ("RUS", date(2026, 1, 5), {"vn-eaeu"}),
        ("ISR", date(2026, 1, 5), {"vifta"}),
        ("USA", date(2026, 1, 5), set()),
        ("TPKM", date(2026, 1, 5), set()),
        ("VNM", date(2026, 1, 5), set()),
    ],
)
def test_an_agreement_counts_from_the_day_it_came_into_force(
    sorter: Sorter, member: str, day: date, expected: set[str]
) -> None:
    assert ids(sorter, Facet.AGREEMENT, members=[member], distributed_on=day) == expected


def test_a_joint_notice_names_the_member_of_each_agreement(sorter: Sorter) -> None:
    content = notice("Joint notice", members=["USA", "THA", "PER"], distributed_on=date(2026, 1, 5))
    found = labels(sorter, Facet.AGREEMENT, content)
    assert {label: one.evidence[0].quote for label, one in found.items()} == {
        "atiga": "THA",
        "rcep": "THA",
        "cptpp": "PER",
    }


def test_without_a_day_of_circulation_no_agreement_is_claimed(sorter: Sorter) -> None:
    assert ids(sorter, Facet.AGREEMENT, members=["JPN"]) == set()


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"all_partners": True}, {"all_partners"}),
        ({"all_partners": True, "regions": ["Viet Nam"]}, {"viet_nam"}),
        ({"regions": ["Thailand", "Vietnam"]}, {"viet_nam"}),
        ({"regions": ["ASEAN"]}, {"viet_nam"}),
        ({"regions": ["All countries"]}, {"all_partners"}),
        ({"regions": ["Brazil", "Argentina"]}, {"others"}),
        ({"regions": ["Brazil", "Canadá"]}, {"others"}),
        ({"regions": ["Narnia"]}, set()),
        ({"regions": ["Brazil", "Rio Grande do Sul"]}, set()),
        ({"regions": ["Narnia"], "title": "Poultry from Hungary"}, set()),
        ({"regions": ["Brazil", "Socialist Republic of Viet Nam"]}, {"viet_nam"}),
        ({"regions": ["Viêt Nam"]}, {"viet_nam"}),
        ({"regions": ["Brazil", "All countries"]}, {"all_partners"}),
        ({"title": "Poultry from Hungary and other countries"}, set()),
        ({"title": "Poultry from Hungary and Narnia"}, set()),
        ({"title": "Pork from Germany, ASEAN and Spain"}, set()),
        ({"title": "Carne procedente de Brasil y otros países"}, set()),
        ({"title": "Poultry from Hungary and measures against influenza"}, {"others"}),
        ({"title": "Suspension of imports of poultry from Hungary"}, {"others"}),
        ({"title": "Requisitos para plantas procedentes de Alemania y Países Bajos"}, {"others"}),
        ({"title": "Requisitos para semillas de origen y procedencia Brasil"}, {"others"}),
        ({"title": "Plantas originarias del Ecuador"}, {"others"}),
        ({"title": "Importation de volailles en provenance de la Hongrie"}, {"others"}),
        ({"title": "Tạm dừng nhập khẩu gia cầm từ Ba Lan"}, {"others"}),
        ({"title": "Import health standard: mangoes from Viet Nam"}, {"viet_nam"}),
        ({"title": "Mangoes from India and Viet Nam"}, {"viet_nam"}),
        ({"title": "Kiểm dịch quả nhãn từ Việt Nam"}, {"viet_nam"}),
        ({"description": "The measure affects all trading partners."}, {"all_partners"}),
        ({"title": "Poultry from Hungary", "all_partners": True}, {"all_partners"}),
        ({"title": "Poultry from Vietnam War surplus"}, set()),
        ({"title": "Coffee from all origins except Viet Nam"}, set()),
        ({"title": "Standards of Brazil for coffee"}, set()),
        ({"title": "Requirements from turkey farms"}, set()),
        ({"title": "Maximum residue limits"}, set()),
        ({"title": "Viet Nam regulation on toys", "members": ["VNM"]}, set()),
        ({"title": "Exports from Japan", "members": ["JPN"]}, set()),
    ],
)
def test_who_is_affected_is_what_the_notice_says(sorter: Sorter, values: dict[str, Any], expected: set[str]) -> None:
    assert ids(sorter, Facet.AFFECTED, **{"title": "", **values}) == expected


def test_a_box_that_is_not_ticked_leaves_the_parents_to_speak(sorter: Sorter) -> None:
    parent = notice("Draft order", symbols=["G/TBT/N/JPN/1"], regions=["Viet Nam"])
    addendum = notice("Adoption", symbols=["G/TBT/N/JPN/1/Add.1"], all_partners=False)
    assert set(labels(sorter, Facet.AFFECTED, addendum, parent)) == {"viet_nam"}


def test_an_addendum_inherits_the_boxes_it_leaves_empty(sorter: Sorter) -> None:
    parent = notice(
        "Draft order", symbols=["G/TBT/N/JPN/1"], articles=["2.9.2"], regions=["Viet Nam"], products="DEHP in toys"
    )
    addendum = notice("Adoption", symbols=["G/TBT/N/JPN/1/Add.1"])
    found = sorter.classify(addendum, parent).facets
    lent = [one for facet in found.values() for label in facet for one in label.evidence]
    assert set(found) == {Facet.MEASURE_TYPE, Facet.AFFECTED, Facet.SUBSTANCE}
    assert {one.inherited_from for one in lent} == {"G/TBT/N/JPN/1"}
    assert all(field_text(parent, one.field)[one.start : one.end] == one.quote for one in lent)


def test_words_in_symbols_addresses_and_offices_are_not_read(sorter: Sorter) -> None:
    text = "See https://example.org/glyphosate and write to lead-cadmium@example.org about G/TBT/N/DEHP/1"
    assert ids(sorter, Facet.SUBSTANCE, description=text) == set()


def test_names_of_nomenclature_headings_are_not_read(sorter: Sorter) -> None:
    products = "Polyamides; Methanol (methyl alcohol) (HS code(s): 290511); Toluene (HS code(s): 290230)"
    assert ids(sorter, Facet.SUBSTANCE, products=products) == set()


def test_a_sorter_without_a_reader_finds_no_facets() -> None:
    assert Sorter(bundled_taxonomy()).classify(notice("DEHP in toys")).facets == {}


def test_the_order_of_the_tables_does_not_matter(sorter: Sorter, tables: FacetTables) -> None:
    turned = FacetTables(
        phrases=tables.phrases[::-1],
        substances=tables.substances[::-1],
        agreements=tables.agreements[::-1],
        members=dict(list(tables.members.items())[::-1]),
    )
    other = Sorter(bundled_taxonomy(), facets=FacetReader(turned))
    content = notice(
        "Technical regulation on lead and DEHP in toys from Brazil, EN 71-3",
        members=["JPN", "THA"],
        distributed_on=date(2026, 1, 5),
        objectives=["Food safety (SPS)"],
    )
    assert sorter.classify(content) == other.classify(content)


def test_the_phrases_are_sound(tables: FacetTables) -> None:
    known = {
        Facet.MEASURE_TYPE: {"standard", "technical_regulation", "conformity_assessment", "metrology", "food_safety",
                             "plant_health", "animal_health"},
        Facet.ORIGIN: {"rules_of_origin"},
        Facet.AFFECTED: {"viet_nam", "all_partners"},
    }  # fmt: skip
    owners: dict[tuple[str, str], set[str]] = {}
    for phrase in tables.phrases:
        assert phrase.label in known[phrase.facet] | {""}, phrase
        assert phrase.place in {"text", "articles", "objectives", "keywords"}, phrase
        for form in forms_of(phrase.pattern):
            owners.setdefault((phrase.place, form.casefold()), set()).add(phrase.label)
    assert [key for key, found in owners.items() if len(found) > 1] == []


def test_the_same_words_are_quoted_once(sorter: Sorter) -> None:
    text = "food safety and food safety, again food safety"
    assert quotes(sorter, Facet.MEASURE_TYPE, "food_safety", description=text) == ["food safety"]


WORDS = ("ISO ", "9001", "EN 71-3:2019", "lead", "chì ", "0.01 mg/kg", "G/TBT/N/", "from Brazil", " and ", "việt nam",
         "food safety", "ＤＥＨＰ", "e\u0301", "ß", "İ", "\n", ";", "(HS code(s): 1804)", "ISPM No. 15")  # fmt: skip


@given(st.lists(st.sampled_from(WORDS) | st.text(max_size=8), max_size=30))
def test_every_quotation_of_every_text_reproduces(sorter: Sorter, pieces: list[str]) -> None:
    text = "".join(pieces)
    content = Content(titles=(("en", text),), products=text, description=text, members=("JPN",))
    found = sorter.classify(content)
    assert found == sorter.classify(content)
    for label in (label for facet in found.facets.values() for label in facet):
        for one in label.evidence:
            assert field_text(content, one.field)[one.start : one.end] == one.quote != ""


def calls_for(sorter: Sorter, content: Content) -> tuple[int, Classification]:
    """Sort, and count the calls made on the way: what work costs, however busy the machine is."""
    calls = count()
    sys.setprofile(lambda *_: next(calls))
    try:
        found = sorter.classify(content)
    finally:
        sys.setprofile(None)
    return next(calls), found


@pytest.mark.parametrize(
    "seed",
    ["lead ", "ISO ", "EN 71-3-3-3-3-3 ", "IS 1 (Part ", "0.000001", "from the from the ", "from Brazil, ", "mg/kg of ",
     "DEHP 1 mg/kg ", "e\u0301\u0301", "viet nam ", "GB 1-1-1-1-1-1-1-1-1-1 ", "PROY-NOM-1-A/A/A/A/A/A ", "no. "],
)  # fmt: skip
def test_the_work_for_a_megabyte_of_hostile_text_grows_with_its_length(sorter: Sorter, seed: str) -> None:
    whole = seed * (1_000_000 // len(seed))
    tenth, _ = calls_for(sorter, Content(description=whole[: len(whole) // 10]))
    full, found = calls_for(sorter, Content(description=whole))
    assert full < 12 * tenth + 100_000
    assert all(len(facet) <= 300 for facet in found.facets.values())
    assert all(len(label.evidence) <= 8 for facet in found.facets.values() for label in facet)


def test_a_list_of_ten_thousand_standards_keeps_three_hundred(sorter: Sorter) -> None:
    text = ", ".join(f"ISO {number}" for number in range(10_000, 20_000))
    assert len(ids(sorter, Facet.STANDARD, description=text)) == 300
