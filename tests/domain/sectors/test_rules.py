"""What counts more than what, and what makes a mere mention of a sign."""

import pytest

from app.domain.sectors import Role, Sorter
from tests.domain.sectors.said import notice, primary, related, told


def test_no_signal_is_no_label_and_is_not_sure(sorter: Sorter) -> None:
    found = sorter.classify(notice("Amendment of Ordinance No. 314", description="The ordinance is amended."))
    assert found.sectors == ()
    assert found.themes == ()
    assert not found.sure
    assert not found.contradictory


def test_an_empty_notice_is_sorted_into_nothing(sorter: Sorter) -> None:
    assert sorter.classify(notice()).sectors == ()


def test_a_text_only_guess_never_outranks_a_stated_hs_code(sorter: Sorter) -> None:
    found = sorter.classify(notice("Luggage racks and leather straps", hs=["8714"]))
    by_id = {label.id: label for label in found.sectors}
    assert by_id["vehicles"].role is Role.PRIMARY
    assert by_id["footwear"].role is Role.RELATED
    assert by_id["footwear"].confidence < by_id["vehicles"].confidence


def test_codes_and_words_that_agree_make_surer_than_either(sorter: Sorter) -> None:
    both = sorter.classify(notice("Footwear", hs=["64"])).sectors[0]
    word = sorter.classify(notice("Footwear")).sectors[0]
    code = sorter.classify(notice(hs=["64"])).sectors[0]
    assert both.confidence > max(word.confidence, code.confidence)


def test_a_word_said_twice_is_no_second_sign(sorter: Sorter) -> None:
    once = sorter.classify(notice("Footwear")).sectors[0]
    twice = sorter.classify(notice("Footwear, footwear and again footwear")).sectors[0]
    assert once.confidence == twice.confidence


def test_a_title_that_names_other_goods_than_the_codes_is_flagged(sorter: Sorter) -> None:
    found = sorter.classify(notice("Geometrical design of roads — Code of practice", ics=["67.060"]))
    assert found.contradictory
    assert not found.sure
    assert "rice-cereals" in primary(found)


def test_products_that_bear_the_codes_out_settle_a_vague_title(sorter: Sorter) -> None:
    found = sorter.classify(notice("Peste porcina africana: medidas", products="Carne de cerdo", hs=["0203"]))
    assert not found.contradictory
    assert "meat-dairy" in primary(found)


def test_where_hs_and_ics_disagree_the_text_decides(sorter: Sorter) -> None:
    found = sorter.classify(notice("Canvas shoes — Specification", hs=["6115"], ics=["61.060"]))
    assert primary(found) == {"footwear"}
    assert "textiles" in related(found)


def test_a_code_taken_out_of_a_broader_one_denies_the_broader_ones_words(sorter: Sorter) -> None:
    found = sorter.classify(notice("Textiles – woven sacks for cement", hs=["630533"]))
    assert "packaging" in primary(found)
    assert "textiles" not in primary(found)


def test_few_subheadings_of_a_long_mixed_list_are_a_minor_matter(sorter: Sorter) -> None:
    codes = ["511130", "560290", "3918", "392113", "390940", "382499", "4413", "441112", "3816", "390311", "854190"]
    found = sorter.classify(notice("Burning behaviour of materials", hs=codes))
    assert "textiles" in related(found)


def test_whole_chapters_of_a_mixed_list_are_meant(sorter: Sorter) -> None:
    assert {"textiles", "footwear"} <= told(sorter, hs=["0402", "1507", "1701", "57", "61", "64", "8418", "9403"])


def test_an_outbreak_letter_with_a_long_list_of_codes_concerns_animals_only(sorter: Sorter) -> None:
    found = sorter.classify(
        notice(
            "Letter of the veterinary service",
            products="Animals susceptible to foot-and-mouth disease and products derived thereof",
            hs=["0102", "0201", "04", "0511", "2309", "430180", "430190", "4415", "843680", "970529"],
        )
    )
    assert primary(found) == {"live-animals", "meat-dairy"}
    assert related(found) <= {"animal-feed", "food", "seafood"}
    assert {theme.id for theme in found.themes} == {"animal-disease"}


def test_a_residue_notice_concerns_food_the_theme_and_the_crops_it_names(sorter: Sorter) -> None:
    found = sorter.classify(notice("Sulfentrazone; Pesticide Tolerances", products="Corn, pop, grain; black pepper"))
    assert {"rice-cereals", "spices"} <= primary(found)
    assert "food" in {label.id for label in found.sectors}
    assert "pesticide-residues" in {theme.id for theme in found.themes}


def test_a_residue_notice_without_crops_concerns_food_as_such(sorter: Sorter) -> None:
    assert "food" in told(sorter, "Florylpicoxamid; Pesticide Tolerances. Final rule", products="Multiple commodities")


@pytest.mark.parametrize(
    ("title", "sector"),
    [
        ("Bell pepper seeds, for sowing", "plants-seeds"),
        ("Semillas de maíz para siembra", "plants-seeds"),
        ("Complete feed for dogs and cats", "animal-feed"),
        ("Live cattle from France", "live-animals"),
    ],
)
def test_feed_seeds_and_live_animals_are_no_food(title: str, sector: str, sorter: Sorter) -> None:
    found = told(sorter, title)
    assert sector in found
    assert not {"food", *sorter.taxonomy.children_of("food")} & found


def test_a_primary_child_implies_its_parent_which_is_then_only_touched(sorter: Sorter) -> None:
    found = sorter.classify(notice("Food safety: maximum levels of cadmium in rice"))
    assert primary(found) == {"rice-cereals"}
    assert "food" in related(found)
    assert sorter.taxonomy.with_parents(primary(found)) == {"rice-cereals", "food"}


def test_children_that_are_unsure_alone_may_amount_to_their_parent(sorter: Sorter) -> None:
    found = sorter.classify(
        notice("Amendment of the ordinance", description="Limits for ochratoxin A in coffee, raisins and rice.")
    )
    assert {"food", *sorter.taxonomy.children_of("food")} & primary(found)


def test_a_description_speaks_where_the_title_says_nothing_but_is_not_sure(sorter: Sorter) -> None:
    found = sorter.classify(notice("Draft Order No. 77", description="Sets labelling rules for footwear."))
    assert primary(found) == {"footwear"}
    assert not found.sure


def test_one_passing_word_in_a_description_makes_no_food_notice(sorter: Sorter) -> None:
    assert not told(sorter, "Portable fuel containers", description="They look like those for drinks.")


def test_examples_in_a_description_are_no_goods(sorter: Sorter) -> None:
    text = "The act phases out a mineral, including its use in clothing and footwear."
    assert not told(sorter, "Phase-out Act", description=text)


def test_a_ticked_box_speaks_only_where_nothing_else_does_and_is_not_sure(sorter: Sorter) -> None:
    found = sorter.classify(notice("Order No. 5", objectives=["Food safety (SPS)"]))
    assert primary(found) == {"food"}
    assert not found.sure
    assert told(sorter, "Live cattle", objectives=["Food safety (SPS)"]) == {"live-animals"}
    assert "food" in told(sorter, "Order No. 5", keywords=["Food standards"])


def test_boxes_count_in_french_and_spanish_too(sorter: Sorter) -> None:
    assert "food" in told(sorter, "Resolución 5", keywords=["Normas alimentarias"])
    assert "food" in told(sorter, "Arrêté 5", keywords=["Normes alimentaires"])


def test_themes_cut_across_sectors(sorter: Sorter) -> None:
    found = sorter.classify(notice("Ghi nhãn xuất xứ hàng dệt may; halal; trách nhiệm mở rộng của nhà sản xuất"))
    assert {theme.id for theme in found.themes} == {"origin-labelling", "halal", "epr-waste"}


def test_wood_packaging_is_a_theme_by_its_code_too(sorter: Sorter) -> None:
    assert {theme.id for theme in sorter.classify(notice(hs=["4415"])).themes} == {"wood-packaging"}


def test_a_title_in_another_language_counts_as_the_first_does(sorter: Sorter) -> None:
    content = notice("Resolution 5")
    several = type(content)(titles=(*content.titles, ("es", "Etiquetado de calzado")))
    found = sorter.classify(several)
    assert primary(found) == {"footwear"}
    assert {one.field for one in found.sectors[0].evidence} == {"title:es"}


def test_the_answer_names_the_version_of_the_taxonomy(sorter: Sorter) -> None:
    assert sorter.classify(notice()).taxonomy_version == sorter.taxonomy.version


def test_the_sectors_are_the_agreed_ones(sorter: Sorter) -> None:
    assert sorter.taxonomy.children_of("food") == (
        "seafood",
        "fruit-vegetables",
        "coffee-tea",
        "rice-cereals",
        "spices",
        "nuts",
        "meat-dairy",
        "processed-food",
    )
    names = {sector.id: sector.name_vi for sector in sorter.taxonomy.sectors}
    assert (names["textiles"], names["footwear"], names["food"]) == ("Dệt may", "Da giầy", "Nông sản, thực phẩm")
    assert all(sector.name_vi and sector.name_en for sector in sorter.taxonomy.sectors)


@pytest.mark.parametrize(
    ("name", "sector"),
    [
        ("textiles_clothing", "textiles"),
        ("footwear_leather", "footwear"),
        ("leather", "footwear"),
        ("food_agriculture", "food"),
        ("coffee_tea_cocoa", "coffee-tea"),
        ("animal_feed", "animal-feed"),
        ("feed", "animal-feed"),
        ("Fruit_Vegetables", "fruit-vegetables"),
        ("agri_plant", None),
    ],
)
def test_draft_names_are_understood_and_foreign_ones_are_not(name: str, sector: str | None, sorter: Sorter) -> None:
    assert sorter.taxonomy.sector_id(name) == sector
