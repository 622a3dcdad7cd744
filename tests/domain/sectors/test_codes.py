"""Codes as notices state them: boxes and texts, ranges, national lines, filler and junk."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.sectors import Sorter
from app.domain.sectors.codes import (
    CodeIndex,
    Nomenclature,
    normal_code,
    prefixes_of,
    read_box,
    read_text,
    without_codes,
)
from app.domain.taxonomy import CodeRules, Sector
from tests.domain.sectors.said import notice, related, told

HS, ICS = Nomenclature.HS, Nomenclature.ICS


def digits(text: str, field: str = "products") -> list[tuple[str, str]]:
    return [(code.nomenclature.value, code.digits) for code in read_text(field, text)]


@pytest.mark.parametrize(
    ("box", "codes"),
    [
        (("6109",), ["6109"]),
        (("61.09", "6305.33"), ["6109", "630533"]),
        (("50-53",), ["50", "51", "52", "53"]),
        (("4101-4103",), ["4101", "4102", "4103"]),
        (("870310-870390",), [str(code) for code in range(870310, 870391)]),
        (("0902100000",), ["0902100000"]),
        (("090210000012",), ["0902100000"]),
        (("34011",), ["34011"]),
        (("00", "77", "98", "99", "9901", "x", "5"), []),
    ],
)
def test_a_box_holds_codes_in_all_their_shapes(box: tuple[str, ...], codes: list[str]) -> None:
    assert [code.digits for code in read_box(HS, box)] == codes


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("HS8517", [("hs", "8517")]),
        ("Bell pepper seeds (HS code: 120991)", [("hs", "120991")]),
        ("Raw petfood (HS code(s): 0408; 0511, 2301)", [("hs", "0408"), ("hs", "0511"), ("hs", "2301")]),
        ("HS Code: from 6401 to 6403", [("hs", "6401"), ("hs", "6402"), ("hs", "6403")]),
        ("Helmets (HS 6506).", [("hs", "6506")]),
        ("Chapters of the tariff: HS: 50-52", [("hs", "50"), ("hs", "51"), ("hs", "52")]),
        ("Metrología (Código(s) de la ICS: 17.020)", [("ics", "17020")]),
        ("Food products in general (ICS:67.040)", [("ics", "67040")]),
        ("Cueros (partidas arancelarias 4104, 4107)", [("hs", "4104"), ("hs", "4107")]),
        ("Giày dép, mã HS 6403", [("hs", "6403")]),
        ("8543.70.90.00", [("hs", "8543709000")]),
        ("77.140.01, 91.220.00", [("ics", "7714001"), ("ics", "9122000")]),
        ("Law No. 17/2020, chapter 50", []),
        ("HSC 123 and BHS 64", []),
    ],
)
def test_a_text_names_codes_after_their_marker(text: str, codes: list[tuple[str, str]]) -> None:
    assert digits(text) == codes


def test_only_the_products_box_may_be_nothing_but_codes() -> None:
    assert digits("2025", "description") == []


@given(st.text(alphabet="HS ICScode():;,.-0123456789 to\n", max_size=120))
def test_a_code_in_a_text_is_quoted_where_it_stands(text: str) -> None:
    for code in read_text("products", text):
        assert text[code.start : code.end] == code.quote


@given(st.lists(st.text(max_size=12), max_size=6))
def test_a_code_of_a_box_is_quoted_from_the_codes_joined(box: list[str]) -> None:
    for code in read_box(HS, box):
        assert ", ".join(box)[code.start : code.end] == code.quote


@pytest.mark.parametrize("code", ["", "1", "77", "00", "6a", "64-61", "64-", "abc", "２０"])
def test_what_is_no_code_is_refused_in_the_taxonomy(code: str) -> None:
    with pytest.raises(ValueError, match="no HS code"):
        prefixes_of(HS, code)


def test_ics_codes_are_fields_groups_and_subgroups() -> None:
    assert normal_code(ICS, "59.080.30") == "5908030"
    assert normal_code(ICS, "99.001") is None
    assert normal_code(ICS, "59.080.301") is None


def index(**sectors: CodeRules) -> CodeIndex:
    return CodeIndex(HS, [Sector(id=name, name_vi=name, name_en=name, hs=rules) for name, rules in sectors.items()], ())


def test_the_longest_code_that_fits_decides() -> None:
    codes = index(fruit=CodeRules(primary=("08",)), nuts=CodeRules(primary=("0802",)))
    assert codes.owners("080212").primary == ("nuts",)
    assert codes.owners("0803").primary == ("fruit",)


def test_a_code_that_is_taken_out_goes_to_whoever_owns_the_rest() -> None:
    codes = index(textiles=CodeRules(primary=("63",), never=("630533",)), packaging=CodeRules(primary=("6305",)))
    assert codes.owners("630533").primary == ("packaging",)
    assert codes.owners("630533").denied == ("textiles",)


def test_a_stated_chapter_concerns_the_parts_of_the_sector_that_owns_it(sorter: Sorter) -> None:
    assert {"coffee-tea", "spices"} <= told(sorter, hs=["09"])
    assert "packaging" not in told(sorter, hs=["63"])


def test_filler_codes_say_nothing(sorter: Sorter) -> None:
    assert not told(sorter, hs=["9901", "99", "2022"], ics=["99", "99.001"])


@pytest.mark.parametrize("code", ["59.100", "59.120.01", "61.080"])
def test_groups_of_textile_technology_that_are_no_textiles(code: str, sorter: Sorter) -> None:
    assert "textiles" not in told(sorter, ics=[code])
    assert "textiles" not in related(sorter.classify(notice(ics=[code])))


@pytest.mark.parametrize(
    ("code", "sector"),
    [("59.080.30", "textiles"), ("61.060", "footwear"), ("59.140.35", "footwear"), ("67.060", "rice-cereals")],
)
def test_ics_codes_name_sectors_through_their_groups(code: str, sector: str, sorter: Sorter) -> None:
    assert told(sorter, ics=[code]) == {sector}


def test_a_notice_without_its_codes_keeps_its_words() -> None:
    content = notice(
        "Seeds (HS code: 120991)",
        products="Bell pepper seeds (HS code(s): 120991); (ICS code(s): 65.020.20)",
        hs=["12"],
    )
    bare = without_codes(content)
    assert bare.hs == ()
    assert bare.title == "Seeds"
    assert "pepper seeds" in bare.products
    assert not list(read_text("products", bare.products))
    assert without_codes(notice(products="8543.70.90.00")).products == ""
