from datetime import date

import pytest

from app.domain.sectors import Evidence, Facet, Label, Role
from app.texts.facts import MOST_READ, brief_facts, full_facts, own_words, update_facts
from app.texts.wording import stated_value
from tests.texts import samples


def read(name: str, *evidence: Evidence) -> Label:
    return Label(name, Role.PRIMARY, 0.9, evidence)


FACETS = {
    Facet.IMPORTANCE: (read("act"),),
    Facet.MEASURE_TYPE: (read("technical_regulation"), read("conformity_assessment")),
    Facet.SUBSTANCE: (
        read("cadmium", Evidence("description", 0, 19, "cadmium, 0.05 mg/kg", "cadmium/limit", 0.8)),
        read("formaldehyde", Evidence("title", 0, 12, "Formaldehyde", "formaldehyde/en", 0.8)),
    ),
    Facet.STANDARD: (read("ISO 14362-1"), read("EN 71-3")),
    Facet.AGREEMENT: (read("cptpp"), read("evfta")),
    Facet.ORIGIN: (read("rules_of_origin"),),
    Facet.AFFECTED: (read("all_partners"),),
}
READ = {
    "Mức độ quan trọng": "Cần hành động",
    "Loại biện pháp": "Quy chuẩn kỹ thuật, đánh giá sự phù hợp",
    "Chất và giới hạn": "Cadimi (“cadmium, 0.05 mg/kg”); formaldehyt",
    "Tiêu chuẩn viện dẫn": "ISO 14362-1, EN 71-3",
    "Hiệp định thương mại": "CPTPP, EVFTA",
}


def test_what_was_read_out_of_a_notice_is_one_line_each_and_only_where_present() -> None:
    alert = samples.textiles_alert(facets=FACETS)
    facts = full_facts(alert, samples.NAMES["vi"], date(2026, 11, 21), "vi")
    lines = {fact.label: fact.values for fact in facts}
    assert {label: lines.get(label) for label in READ} == {label: (line,) for label, line in READ.items()}
    without = full_facts(samples.textiles_alert(), samples.NAMES["vi"], date(2026, 11, 21), "vi")
    assert [fact.label for fact in facts if fact.label not in READ] == [fact.label for fact in without]
    for others in (update_facts, brief_facts):
        assert not READ.keys() & {fact.label for fact in others(alert, samples.NAMES["vi"], "vi")}


@pytest.mark.parametrize("count", [MOST_READ, MOST_READ + 1])
def test_a_long_list_of_standards_is_cut_and_says_so(count: int) -> None:
    alert = samples.textiles_alert(facets={Facet.STANDARD: tuple(read(f"ISO {number}") for number in range(count))})
    facts = full_facts(alert, samples.NAMES["en"], date(2026, 11, 21), "en")
    (fact,) = [fact for fact in facts if fact.label == "Standards cited"]
    assert fact.values[0].count("ISO") == MOST_READ
    assert fact.more is (count > MOST_READ)


def test_a_products_box_that_holds_only_codes_says_nothing_in_words() -> None:
    assert own_words("(HS code(s): 6309); (ICS code(s): 61.020)") == ""
    assert own_words("Worn clothing (HS code(s): 6309)") == "Worn clothing (HS code(s): 6309)"
    assert own_words("(Código(s) de la ICS: 61.020)") == ""


@pytest.mark.parametrize(
    ("field", "value", "vietnamese", "english"),
    [
        ("all_partners", "True", "có", "yes"),
        ("emergency", "True", "có", "yes"),
        ("facilitates_trade", "False", "không", "no"),
        ("type", "emergency", "thông báo khẩn cấp", "emergency notification"),
        ("comment_deadline", "2025-08-10", "10/08/2025", "10 August 2025"),
        ("members", "TPKM, USA", "Đài Loan (Trung Quốc), Hoa Kỳ", "Chinese Taipei, United States of America"),
        ("hs", "610910, 64", "6109.10, 64", "6109.10, 64"),
        ("description", "2025-08-10", "2025-08-10", "2025-08-10"),
        ("objectives", "Food safety (SPS)", "Food safety (SPS)", "Food safety (SPS)"),
    ],
)
def test_what_a_box_says_is_told_in_words(field: str, value: str, vietnamese: str, english: str) -> None:
    assert (stated_value(field, value, "vi"), stated_value(field, value, "en")) == (vietnamese, english)
