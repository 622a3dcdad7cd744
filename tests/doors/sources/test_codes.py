import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.sources.codes import Code, codes_in_text, hs_codes, ics_codes, read_code_box


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        (
            "8517 - Telephone sets, incl. heading 8443, 8525; other; 842490 - Parts of extinguishers",
            (Code("8517", "Telephone sets, incl. heading 8443, 8525; other"), Code("842490", "Parts of extinguishers")),
        ),
        ("72106 - - Plated or coated with aluminum:", (Code("72106", "Plated or coated with aluminum:"),)),
        ("65.020, 65.100", (Code("65.020"), Code("65.100"))),
        ("0306; 0307", (Code("0306"), Code("0307"))),
        ("50-63", (Code("50-63"),)),
        ("", ()),
    ],
)
def test_a_code_box_is_a_list_with_or_without_names(text: str, codes: tuple[Code, ...]) -> None:
    assert read_code_box(text) == codes


@pytest.mark.parametrize(
    ("stated", "codes"),
    [
        (["030617"], ("030617",)),
        (["9404.90", "94"], ("94", "940490")),
        (["6506.10.20", "0910.99.99.00.19"], ("0910999900", "65061020")),
        (["34011"], ("34011",)),
        (["50-53"], ("50", "51", "52", "53")),
        (["0504 - 0507"], ("0504", "0505", "0506", "0507")),
        (["870310-870390"], ("870310", "870390")),
        (["9901", "99", "98", "77", "00"], ()),
        (["8517", "8517"], ("8517",)),
        (["63-50"], ()),
    ],
)
def test_hs_codes_are_digits_in_order_with_ranges_written_out(stated: list[str], codes: tuple[str, ...]) -> None:
    assert hs_codes(stated)[0] == codes


@pytest.mark.parametrize("odd", ["abc", "8", "HS", "۱۲۳۴"])
def test_what_is_no_hs_code_is_told(odd: str) -> None:
    assert hs_codes(["8517", odd, " "]) == (("8517",), (odd,))


def test_ics_codes_are_checked_and_repeated_ones_kept_once() -> None:
    stated = ["65.020", "65.020", "67", "71.100.70", "91.220.00", "99", "99.001", "671", ""]
    assert ics_codes(stated) == (("65.020", "67", "71.100.70", "91.220"), ("671",))


@pytest.mark.parametrize(
    ("text", "hs", "ics"),
    [
        ("HS8517", ("8517",), ()),
        ("HS 8517", ("8517",), ()),
        ("Bell pepper seeds, for sowing (HS code: 120991)", ("120991",), ()),
        ("Fire Extinguishers (HS: 8424.10) and Parts (HS: 8424.90) ;", ("842410", "842490"), ()),
        ("HS Code(s): 20, 3203; ICS Code(s): 67", ("20", "3203"), ("67",)),
        ("HS: 50-53", ("50", "51", "52", "53"), ()),
        ("HS Code: from 870310 to 870390", ("870310", "870390"), ()),
        ("HS codes: 6506.10.20; 3926.90.42; 9004", ("39269042", "65061020", "9004"), ()),
        ("Watches (HS code(s): 910212); (ICS code(s): 39.040.10)", ("910212",), ("39.040.10",)),
        ("Estufas Código S.A. 7321.8911", ("73218911",), ()),
        ("8543.70.90.00", ("8543709000",), ()),
        ("77.140.01, 91.220.00", (), ("77.140.01", "91.220")),
        ("8702", ("8702",), ()),
        ("Food products in general (ICS:67.040)", (), ("67.040",)),
        ("Telecommunications (ICS 33.170)", (), ("33.170",)),
        ("under Animal Epidemics Act B.E. 2558 (2015)", (), ()),
        ("Nestlé S.A. 2020, HS2 railway, sa 20 ans", (), ()),
        ("2020 vehicles", (), ()),
    ],
)
def test_codes_inside_a_text_are_found(text: str, hs: tuple[str, ...], ics: tuple[str, ...]) -> None:
    stated_hs, stated_ics = codes_in_text(text)
    assert (hs_codes(stated_hs)[0], ics_codes(stated_ics)[0]) == (hs, ics)


@given(st.lists(st.text(max_size=12) | st.from_regex(r"\d{1,4}(\.\d{2})?( ?- ?\d{1,4})?", fullmatch=True), max_size=8))
def test_whatever_is_stated_only_well_formed_codes_come_out(stated: list[str]) -> None:
    hs, ics = hs_codes(stated)[0], ics_codes(stated)[0]
    assert all(re.fullmatch(r"[0-9]{2,10}", code) for code in hs)
    assert all(re.fullmatch(r"[0-9]{2}(\.[0-9]{3}(\.[0-9]{2})?)?", code) for code in ics)
    assert (hs_codes(hs)[0], ics_codes(ics)[0]) == (hs, ics)


@given(st.text(max_size=300))
def test_any_text_can_be_searched_for_codes(text: str) -> None:
    for stated in codes_in_text(text):
        hs_codes(stated)
        ics_codes(stated)


@pytest.mark.parametrize("piece", ["1.", "1,", ".", "HS ", "HS 1 to ", "1 - ", "HS:" + " " * 500, "código "])
def test_f57_an_enormous_text_is_searched_to_an_end(piece: str) -> None:
    text = "1" + piece * (50_000 // len(piece)) + "x"
    assert all(len(codes) <= len(text) for codes in (*codes_in_text(text), read_code_box(text)))
