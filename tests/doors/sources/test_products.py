import pytest

from app.sources.codes import Code
from app.sources.products import names_of, without_nomenclature

POLISHES = "Polishes, creams and similar preparations, for footwear or leather (excl. waxes of heading 3404)"
BUSES = "Motor vehicles for the transport of >= 10 persons, incl. driver"
NAMES = names_of(
    [
        Code("340510", POLISHES),
        Code("87.040", "Paints and varnishes"),
        Code("2817", "Zinc oxide; zinc peroxide"),
        Code("8702", BUSES),
        Code("43.020", "Road vehicles in general"),
        Code("43.040", "Road vehicle systems"),
        Code("8703", "Motor cars and other motor vehicles principally designed for the transport of <10 persons"),
        Code("97.150", "Floor coverings"),
        Code("060290", "Live plants, incl. their roots, and mushroom spawn (excl. bulbs, tubers)"),
        Code("8806", "Unmanned aircraft"),
    ]
)


@pytest.mark.parametrize(
    ("box", "kept"),
    [
        # Names of the nomenclature go, the codes stay.
        (
            f"{POLISHES} (HS code(s): 340510); Paints and varnishes (ICS code(s): 87.040)",
            "(HS code(s): 340510); (ICS code(s): 87.040)",
        ),
        ("Zinc oxide; zinc peroxide (HS code(s): 2817)", "(HS code(s): 2817)"),
        ("Non-textile floor coverings (ICS code(s): 97.150)", "(ICS code(s): 97.150)"),
        # Without a stated name the text right before the code is taken for it.
        ("Static converters (HS code(s): 850440)", "(HS code(s): 850440)"),
        ("Raw silk; Static converters (HS code(s): 850440)", "Raw silk; (HS code(s): 850440)"),
        # The member's own words before, between and after.
        (f"School buses; {BUSES} (HS code(s): 8702)", "School buses; (HS code(s): 8702)"),
        (
            "Seating systems; anchorages; Road vehicle systems (ICS code(s): 43.040); softwood timber",
            "Seating systems; anchorages; (ICS code(s): 43.040); softwood timber",
        ),
        (
            "Paints and varnishes (ICS code(s): 87.040), Milking jelly",
            "(ICS code(s): 87.040); Milking jelly",
        ),
        # A name that lost its end to a "<" that was taken for markup.
        (
            "Steering controls; Motor cars and other motor vehicles principally designed for the transport of",
            "Steering controls",
        ),
    ],
)
def test_nomenclature_in_front_of_codes_is_cut(box: str, kept: str) -> None:
    assert without_nomenclature(box, NAMES) == kept


@pytest.mark.parametrize(
    "box",
    [
        "School bus (HS code(s): 8702); (ICS code(s): 43.020)",
        "Civil unmanned aircraft (HS code(s): 8806); (ICS code(s): 49.025)",
        "Industrial electric detonator (HS code(s): 3603); (ICS code(s): 71.100.30)",
        "Raw petfood (HS code(s): 0408; 0506; 0508; 0511, 2301, 2309)",
        "Rooted African violet (Saintpaulia ionantha) cuttings for propagation (HS code(s): 060290)",
        "(HS code(s): 380891); (ICS code(s): 71.100.70) Mosquito repellent wipe",
        "Helmets; Safety headgear (HS 6506).",
        "Cannabis seeds, for sowing (HS code: 121190)",
        "Live poultry; egg products",
        "",
    ],
)
def test_the_members_own_words_are_kept(box: str) -> None:
    assert without_nomenclature(box, NAMES) == box


@pytest.mark.parametrize(
    "box",
    [
        f"{POLISHES} (HS code(s): 340510); Paints and varnishes (ICS code(s): 87.040)",
        "Vehicle seating systems; Road vehicle systems (ICS code(s): 43.040); softwood",
        "Raw silk; Static converters (HS code(s): 850440)",
    ],
)
def test_cutting_twice_changes_nothing(box: str) -> None:
    once = without_nomenclature(box, NAMES)
    assert without_nomenclature(once, NAMES) == once


def test_the_spanish_and_french_forms_of_the_box_are_known() -> None:
    assert without_nomenclature("Combustibles gaseosos (Código(s) de la ICS: 75.160.30)", {}) == (
        "(Código(s) de la ICS: 75.160.30)"
    )
    assert without_nomenclature("Chaussures (Code(s) du SH: 64)", {}) == "(Code(s) du SH: 64)"


@pytest.mark.parametrize(
    "box",
    [
        "a;" * 24_000 + "(HS code(s): 8702)",
        "word " * 9_900 + "(HS code(s): 8702)",
        "x (HS code(s): 8702);" * 2_400,
        "(HS code(s):" * 4_000,
        "(" * 50_000,
    ],
    ids=["segments", "words", "groups", "openings", "brackets"],
)
def test_f57_an_enormous_box_is_read_to_an_end(box: str) -> None:
    assert len(without_nomenclature(box, NAMES)) <= len(box)
