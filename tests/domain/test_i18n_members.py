"""The members of the WTO: every way a source names one leads to one code, every code to a house name."""

import csv
import json
import unicodedata
from pathlib import Path

import pytest

from app.domain.house_forms import respelled
from app.i18n.members import all_members, member_name, member_of_code, member_of_eping_code, member_of_name
from app.texts.house_tables import house_tables


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("Korea, Republic of", "KOR"),
        ("  korea,   REPUBLIC of ", "KOR"),
        ("Türkiye", "TUR"),
        ("Turkey", "TUR"),
        ("Chinese Taipei", "TPKM"),
        ("Separate Customs Territory of Taiwan, Penghu, Kinmen and Matsu", "TPKM"),
        ("Đài Loan – Trung Quốc", "TPKM"),
        ("Đài Loan (Trung Quốc)", "TPKM"),
        ("Kuwait, the State of", "KWT"),
        ("Kuwait", "KWT"),
        ("United States of America", "USA"),
        ("United States", "USA"),
        ("Mỹ", "USA"),
        ("Viet Nam", "VNM"),
        ("Việt Nam", "VNM"),
        ("Hong Kong, China", "HKG"),
        ("Macao, China", "MAC"),
        ("European Union", "EU"),
        ("Liên minh châu Âu", "EU"),
        ("Kyrgyzstan", "KGZ"),
        ("Kyrgyz Republic", "KGZ"),
        ("Côte d’Ivoire", "CIV"),
        (unicodedata.normalize("NFD", "Hàn Quốc"), "KOR"),
    ],
)
def test_a_member_is_known_by_the_names_that_people_use(name: str, code: str) -> None:
    assert member_of_name(name) == code


@pytest.mark.parametrize("name", ["", "Atlantis", "Áo sơ mi", "USA and Canada"])
def test_no_member_is_guessed(name: str) -> None:
    assert member_of_name(name) is None


@pytest.mark.parametrize(
    ("code", "member"), [("C840", "USA"), ("U918", "EU"), (" c158 ", "TPKM"), ("C704", "VNM"), ("C999", None)]
)
def test_eping_names_members_by_its_own_codes(code: str, member: str | None) -> None:
    assert member_of_eping_code(code) == member


@pytest.mark.parametrize(
    ("code", "member"), [("USA", "USA"), ("usa", "USA"), ("TWN", "TPKM"), ("EUU", "EU"), ("EEC", "EU"), ("XYZ", None)]
)
def test_iso_and_former_codes_lead_to_the_code_of_the_symbols(code: str, member: str | None) -> None:
    assert member_of_code(code) == member


@pytest.mark.parametrize(
    ("code", "vietnamese", "english"),
    [
        ("USA", "Hoa Kỳ", "United States of America"),
        ("TPKM", "Đài Loan (Trung Quốc)", "Chinese Taipei"),
        ("HKG", "Hồng Kông (Trung Quốc)", "Hong Kong, China"),
        ("MAC", "Ma Cao (Trung Quốc)", "Macao, China"),
        ("EU", "Liên minh châu Âu (EU)", "European Union"),
        ("EEC", "Liên minh châu Âu (EU)", "European Union"),
        ("XYZ", "XYZ", "XYZ"),
    ],
)
def test_names_are_the_house_names_and_an_unknown_code_stands_for_itself(
    code: str, vietnamese: str, english: str
) -> None:
    assert member_name(code, "vi") == vietnamese
    assert member_name(code, "en") == english


def test_there_are_166_members_and_some_observers_each_with_codes_and_names_of_its_own() -> None:
    members = all_members()
    assert sum(not member.observer for member in members) == 166
    for values in (
        [member.code for member in members],
        [member.iso3 for member in members],
        [member.eping_code for member in members],
        [member.name_vi for member in members],
        [member.name_en for member in members],
    ):
        assert all(values)
        assert len(set(values)) == len(values)
    assert [member.code for member in members] == sorted(member.code for member in members)


def test_no_name_or_alias_belongs_to_two_members() -> None:
    for member in all_members():
        for name in (member.name_en, member.name_vi, *member.aliases):
            assert member_of_name(name) == member.code
            assert name == unicodedata.normalize("NFC", name)


def test_every_member_of_the_real_notices_is_known(test_data: Path) -> None:
    lines = (test_data / "notices" / "real_dev.jsonl").read_text(encoding="utf-8").splitlines()
    names = {name for line in lines for name in json.loads(line).get("members", [])}
    assert names
    assert [name for name in names if member_of_name(name) is None] == []


def test_every_code_of_the_list_of_members_is_known(test_data: Path) -> None:
    with (test_data / "vietnam" / "wto_members.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["eping_code"]: member_of_eping_code(row["eping_code"]) for row in rows} == {
        row["eping_code"]: row["symbol_code"] for row in rows
    }


def test_the_dominican_republic_and_dominica_are_two_under_every_name() -> None:
    for name in ("Cộng hòa Dominica", "Cộng hòa Đô-mi-ni-ca", "Cộng hòa Đô-mi-ni-ca-na", "Dominican Republic"):
        assert member_of_name(name) == "DOM"
    for name in ("Dominica", "Đô-mi-ni-ca", "Thịnh vượng chung Dominica"):
        assert member_of_name(name) == "DMA"
    written = {
        "Cộng hòa Đô-mi-ni-ca-na": "Cộng hòa Dominica",
        "Cộng hòa Đô-mi-ni-ca": "Cộng hòa Dominica",
        "Đô-mi-ni-ca": "Dominica",
    }
    for typed, house in written.items():
        assert respelled(typed, house_tables()) == house


def test_no_two_members_bear_one_vietnamese_name() -> None:
    names = [one.name_vi for one in all_members()]
    assert len(set(names)) == len(names)
