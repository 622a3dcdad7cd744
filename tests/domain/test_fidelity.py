"""What a translation kept of its original: symbols, links, dates, numbers, units."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.fidelity import slips


def found(original: str, vietnamese: str) -> list[str]:
    return [f"{one.fate} {one.trait} {one.printed}" for one in slips(original, vietnamese)]


@pytest.mark.parametrize(
    ("original", "vietnamese"),
    [
        ("Draft of 15 March 2026", "Dự thảo ngày 15/03/2026"),
        ("Draft of March 15th, 2026", "Dự thảo ngày 15 tháng 3 năm 2026"),
        ("Projet du 1er août 2026", "Dự thảo ngày 1 tháng Tám năm 2026"),
        ("Proyecto de 15 de marzo de 2026", "Dự thảo 15/3/2026"),
        ("On 03/04/2026", "Ngày 04/03/2026"),  # nobody knows which way round it was written
        ("from March 2026 and 1 July", "từ tháng 3/2026 và ngày 1/7"),
        ("In force 2026-12-01", "Có hiệu lực từ 01/12/2026"),
        ("G/TBT/N/EU/922/Add.1 of 60 days", "G/TBT/N/EU/922/Add.1 trong 60 ngày"),
        ("0.01 mg/kg and 1,500 kg", "0,01 mg/kg và 1.500 kg"),
        ("0.05 percent at 25 °C", "0,05% ở 25 độ C"),
        ("10 kilograms within two years", "10 kg trong 2 năm"),
        ("3 types, E171, (EU) 2023/1115, GB 4806.9-2023", "ba loại, E171, (EU) 2023/1115, GB 4806.9-2023"),
        ("HS 0402, 8517.12.00; 1\u202f000 units", "HS 0402, 8517.12.00; 1.000 đơn vị"),
        ("See https://eur-lex.europa.eu/a?b=12.", "Xem https://eur-lex.europa.eu/a?b=12"),
        ("the manufacturer may march on", "nhà sản xuất có thể đi tiếp"),
    ],
)
def test_what_was_kept_in_another_form_is_no_slip(original: str, vietnamese: str) -> None:
    assert found(original, vietnamese) == []


@pytest.mark.parametrize(
    ("original", "vietnamese", "expected"),
    [
        ("15 March 2026", "ngày 16/03/2026", ["lost date 15 March 2026", "invented date 16/03/2026"]),
        ("March 4, 2026", "ngày 03/04/2026", ["lost date March 4, 2026", "invented date 03/04/2026"]),
        (
            "G/TBT/N/EU/922/Add.1",
            "G/TBT/N/EU/922",
            ["lost symbol G/TBT/N/EU/922/Add.1", "invented symbol G/TBT/N/EU/922"],
        ),
        ("1.5 mg", "15 mg", ["lost quantity 1.5 mg", "invented quantity 15 mg"]),
        ("0.01 mg/kg", "0,1 mg/kg", ["lost quantity 0.01 mg/kg", "invented quantity 0,1 mg/kg"]),
        ("0.01 mg/kg", "0,01 g/kg", ["lost quantity 0.01 mg/kg"]),
        ("10 kilograms", "10 g", ["lost quantity 10 kilograms"]),
        ("60 days", "sáu mươi ngày", ["lost number 60"]),
        ("a label", "nhãn 2026", ["invented number 2026"]),
        ("HS 0402", "HS 402", ["lost number 0402", "invented number 402"]),
        ("a rule", "xem https://evil.example/1", ["invented link https://evil.example/1"]),
    ],
)
def test_what_was_lost_or_invented_is_named_as_it_stands(original: str, vietnamese: str, expected: list[str]) -> None:
    assert found(original, vietnamese) == expected


@settings(deadline=None)
@given(st.text(st.sampled_from("0123456789.,/- %kgmthángnămMarchGTBT\u00a0\n"), max_size=120))
def test_a_text_has_no_slip_against_itself_but_dates_that_vietnamese_reads_otherwise(text: str) -> None:
    assert all(one.trait == "date" for one in slips(text, text))


@settings(deadline=None)
@given(st.text(max_size=200), st.text(max_size=200))
def test_any_two_texts_can_be_compared(one: str, other: str) -> None:
    assert all(slip.printed in one or slip.printed in other for slip in slips(one, other))
