"""The words of the house: labels of ePing, codes of our own."""

import re
import unicodedata
from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path

import openpyxl
import pytest

from app.domain.deliveries import DeliveryState
from app.domain.events import EventKind
from app.domain.measures import MeasureState
from app.domain.notices import Content, NoticeType
from app.domain.sectors import Role
from app.domain.subscriptions import Frequency, Language
from app.domain.symbols import Area
from app.i18n.tables import table_rows
from app.i18n.terms import Term, code_name, field_name, language_name, term, terms_in


@pytest.mark.parametrize(
    ("label", "vietnamese"),
    [
        ("Protection of human health or safety (TBT)", "Bảo vệ sức khỏe hoặc an toàn của con người"),
        ("Protection of human health or safety", "Bảo vệ sức khỏe hoặc an toàn của con người"),
        ("  consumer information,  LABELLING (TBT)", "Thông tin cho người tiêu dùng, ghi nhãn"),
        ("Food safety (SPS)", "An toàn thực phẩm"),
        ("Maximum residue limits (MRLs)", "giới hạn dư lượng tối đa (MRL)"),
        ("Emergency notifications (SPS)", "thông báo khẩn cấp"),
        ("Addendum to Regular Notification", "thông báo bổ sung cho thông báo thông thường"),
        ("technical regulation", "quy chuẩn kỹ thuật"),
        ("To be determined", "chưa xác định"),
    ],
)
def test_a_known_label_is_said_in_vietnamese(label: str, vietnamese: str) -> None:
    assert term(label, "vi") == Term(vietnamese)


def test_an_unknown_label_is_shown_as_it_came_and_marked() -> None:
    assert term("Animal  welfare (TBT)", "vi") == Term("Animal welfare (TBT)", original=True)


def test_in_english_a_label_only_loses_its_agreement() -> None:
    assert term("Food safety (SPS)", "en") == Term("Food safety")
    assert term("Animal welfare (TBT)", "en") == Term("Animal welfare")


def test_no_term_is_listed_twice_and_all_are_composed() -> None:
    rows = table_rows("glossary.csv")
    terms = [row["en"].casefold() for row in rows]
    assert len(set(terms)) == len(terms)
    for row in rows:
        assert row["vi"]
        assert row["vi"] == unicodedata.normalize("NFC", row["vi"])


NAMED: list[tuple[str, Iterable[StrEnum]]] = [
    ("area", Area),
    ("notice-type", NoticeType),
    ("event", EventKind),
    ("measure-state", MeasureState),
    ("delivery-state", DeliveryState),
    ("role", Role),
    ("frequency", Frequency),
]


@pytest.mark.parametrize(("kind", "codes"), NAMED)
def test_every_code_of_the_domain_has_a_name_in_both_languages(kind: str, codes: Iterable[StrEnum]) -> None:
    for code in codes:
        assert code_name(kind, code, "vi") != code_name(kind, code, "en") or code.isupper()


def test_a_code_without_a_name_is_an_error() -> None:
    with pytest.raises(KeyError):
        code_name("event", "exploded", "vi")


def test_every_field_of_a_notice_has_a_name() -> None:
    for field in Content.__dataclass_fields__:
        if field != "flags":
            assert field_name(field, "vi") != field
    assert field_name("title:es", "vi") == field_name("title", "vi")
    assert field_name("nonsense", "vi") == "nonsense"


def test_terms_are_found_in_a_text_longest_first_and_each_once() -> None:
    found = terms_in(
        "Draft technical  regulations and a draft technical regulation (Codex); technical regulation; standardised"
    )
    assert found[:2] == (
        ("Draft technical regulation", "dự thảo quy chuẩn kỹ thuật"),
        ("technical regulation", "quy chuẩn kỹ thuật"),
    )
    assert "standard" not in dict(found)
    assert dict(terms_in("the International Plant Protection Convention"))


def test_languages_have_names() -> None:
    assert [language_name(language, "vi") for language in Language] == ["tiếng Việt", "tiếng Anh"]
    assert language_name("es", "en") == "Spanish"
    assert language_name("zh", "vi") == "tiếng Trung Quốc"
    assert language_name("xx", "vi") == "xx"


def test_house_spelling_holds_in_every_table() -> None:
    for name in ("glossary.csv", "codes.csv", "hs_names.csv", "hs_sections.csv"):
        for row in table_rows(name):
            words = row.get("vi") or row.get("name_vi") or ""
            assert not re.search(r"da giày|quy định kỹ thuật|\bMỹ\b|Đài Loan(?! \(Trung Quốc\))", words)


def test_every_label_of_the_real_export_is_known(test_data: Path) -> None:
    book = openpyxl.load_workbook(test_data / "notices" / "eping_export_2025-06.xlsx", read_only=True)
    head, *rows = book.worksheets[0].iter_rows(values_only=True)
    columns = [head.index(name) for name in ("Objectives", "Keywords", "Notification type")]
    labels = {label for row in rows for column in columns for label in str(row[column] or "").split("; ") if label}
    assert len(labels) > 30
    assert [label for label in labels if term(label, "vi").original] == []
