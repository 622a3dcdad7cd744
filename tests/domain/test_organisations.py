import pytest

from app.domain.errors import AppError
from app.domain.organisations import (
    EVERY_SECTOR,
    checked_key,
    house_name,
    hs_digits,
)
from app.sources.organisations import bundled_organisations
from app.sources.taxonomy_file import bundled_taxonomy
from app.texts.house_tables import house_tables


@pytest.mark.parametrize(
    ("typed", "written"),
    [
        ("Hội  Da giày TP. Hồ Chí Minh", "Hội Da giầy TP. Hồ Chí Minh"),
        ("Hiệp hội Da - Giày - Túi xách Việt Nam", "Hiệp hội Da - Giầy - Túi xách Việt Nam"),
        ("Văn phòng tại Đài Loan", "Văn phòng tại Đài Loan (Trung Quốc)"),
        ("Thương vụ tại Hồng Kông (Trung Quốc)", "Thương vụ tại Hồng Kông (Trung Quốc)"),
        ("Hội Mỹ nghệ và Chế biến gỗ", "Hội Mỹ nghệ và Chế biến gỗ"),
        ("Hie\u0323\u0302p ho\u0323\u0302i Che\u0300", "Hiệp hội Chè"),
    ],
)
def test_names_are_written_in_house_forms(typed: str, written: str) -> None:
    assert house_name(typed, house_tables()) == written
    assert house_name(written, house_tables()) == written


@pytest.mark.parametrize(
    ("text", "digits"),
    [
        ("", ()),
        ("50-53; 0802; 2101.20", ("50", "51", "52", "53", "0802", "210120")),
        ("02-04", ("02", "03", "04")),
        ("0904-0906", ("0904", "0905", "0906")),
    ],
)
def test_hs_codes_are_read_as_digits_with_ranges_written_out(text: str, digits: tuple[str, ...]) -> None:
    assert hs_digits(text) == digits


@pytest.mark.parametrize("text", ["63-50", "5-63", "50-6301", "cotton", "50,51"])
def test_what_is_no_hs_code_is_refused(text: str) -> None:
    with pytest.raises(AppError) as refusal:
        hs_digits(text)
    assert refusal.value.code == "organisation-hs"


@pytest.mark.parametrize("text", ["", "VITAS", "vitas tea", "_tea", "tea_"])
def test_a_key_is_one_plain_word(text: str) -> None:
    with pytest.raises(AppError):
        checked_key(text)


def test_the_bundled_organisations_are_sound() -> None:
    bundled = bundled_organisations()
    sectors = {one.id for one in bundled_taxonomy().sectors}
    assert len({one.key for one in bundled}) == len(bundled)
    for one in bundled:
        assert checked_key(one.key) == one.key
        assert house_name(one.name_vi, house_tables()) == one.name_vi
        assert {sector for sector, _ in one.sectors} <= {*sectors, EVERY_SECTOR}
        assert one.sectors
        assert "@" not in str(one), "no address comes with Kẻng"


def test_the_two_associations_called_vitas_are_two() -> None:
    named = [one for one in bundled_organisations() if one.abbreviation == "VITAS"]
    assert {one.key: one.sectors[0][0] for one in named} == {"vitas_textile": "textiles", "vitas_tea": "coffee-tea"}
    assert {one.key: one.website for one in named} == {
        "vitas_textile": "vietnamtextile.org.vn",
        "vitas_tea": "vitas.org.vn",
    }
