"""Every fault that real alerts were published with is found where it stands, with what should stand there."""

import unicodedata
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.articles import Vietnamese
from app.domain.house_forms import Finding, Rule, Text, check_notice, check_text, corrected, unicode_of
from app.texts.house_tables import house_tables
from tests.builders import a_content
from tests.texts.real_notices import subject_of

TODAY = date(2026, 3, 2)


def found_in(text: str, today: date = TODAY) -> list[tuple[Rule, str, str]]:
    findings = check_text(Text(field="body", text=text, today=today), house_tables())
    assert all(text[one.start : one.end] == one.found for one in findings)
    return [(one.rule, one.found, one.proposal) for one in findings]


@pytest.mark.parametrize(
    ("text", "rule", "found", "proposal"),
    [
        ("Mã G/TBT/CHN/1246.", Rule.SYMBOL, "G/TBT/CHN/1246", "G/TBT/N/CHN/1246"),
        ("Mã G / TBT / N / EU / 860", Rule.SYMBOL, "G / TBT / N / EU / 860", "G/TBT/N/EU/860"),
        ("Mã G/SPS/N/PHI/464, ngày", Rule.MEMBER_CODE, "G/SPS/N/PHI/464", "G/SPS/N/PHL/464"),
        ("Mã G/TBT/N/EU/9/add1", Rule.SYMBOL, "G/TBT/N/EU/9/add1", "G/TBT/N/EU/9/Add.1"),
        ("Mã G/TBT/N/XYZ/12", Rule.MEMBER_CODE, "G/TBT/N/XYZ/12", ""),
        ("Ngày 10/07/2018, hạn đến 08/09/201 nhé", Rule.DATE, "08/09/201", "08/09/2018"),
        ("ngày 31/02/2026", Rule.DATE, "31/02/2026", ""),
        ("ngày 02/28/2026", Rule.DATE, "02/28/2026", "28/02/2026"),
        ("ngày 5/3/2026", Rule.DATE_FORM, "5/3/2026", "05/03/2026"),
        ("ngày 2026-03-05", Rule.DATE_FORM, "2026-03-05", "05/03/2026"),
        ("Thông qua 12/2018, có hiệu lực 01/01/2018", Rule.DATE_ORDER, "01/01/2018", "01/01/2019"),
        ("Ngày 10/07/2018, thông báo. Hạn góp ý 08/06/2018 đã qua", Rule.DATE_ORDER, "08/06/2018", "08/06/2019"),
        (
            "https://members.wto.org/cmattachments/2018/TBT/CHN/18_0677_00_e.pdf",
            Rule.LINK,
            "https://members.wto.org/cmattachments/2018/TBT/CHN/18_0677_00_e.pdf",
            "https://members.wto.org/crnattachments/2018/TBT/CHN/18_0677_00_e.pdf",
        ),
        (
            "tại https://members.wto.org/crnattachments/2018/TBT/EEC/18 0677 00 e.pdf.",
            Rule.LINK,
            "https://members.wto.org/crnattachments/2018/TBT/EEC/18 0677 00 e.pdf",
            "https://members.wto.org/crnattachments/2018/TBT/EEC/18_0677_00_e.pdf",
        ),
        (
            "https://members.wto.org/crnattachments/2018/TBT/EU/a.pdf",
            Rule.LINK,
            "https://members.wto.org/crnattachments/2018/TBT/EU/a.pdf",
            "https://members.wto.org/crnattachments/2018/TBT/EEC/a.pdf",
        ),
        ("xem http://moit/tin", Rule.LINK, "http://moit/tin", ""),
        (
            "Hạn góp ý: 05/08/2024.",
            Rule.EXPIRED_CALL,
            "Hạn góp ý: 05/08/2024",
            "Thời hạn góp ý đã kết thúc ngày 05/08/2024",
        ),
        ("Hieäp hoäi Deät may Vieät Nam", Rule.ENCODING, "Hieäp hoäi Deät may Vieät Nam", "Hiệp hội Dệt may Việt Nam"),
        (
            "Th«ng b¸o vÒ hµng rµo kü thuËt",
            Rule.ENCODING,
            "Th«ng b¸o vÒ hµng rµo kü thuËt",
            "Thông báo về hàng rào kỹ thuật",
        ),
        ("ĿÀI LOAN", Rule.ENCODING, "ĿÀI LOAN", "ĐÀI LOAN"),
        ("của Đài Loan về", Rule.SPELLING, "Đài Loan", "Đài Loan (Trung Quốc)"),
        ("Đài Loan – Trung Quốc", Rule.SPELLING, "Đài Loan – Trung Quốc", "Đài Loan (Trung Quốc)"),
        ("Hồng Kông áp dụng", Rule.SPELLING, "Hồng Kông", "Hồng Kông (Trung Quốc)"),
        ("thị trường Mỹ", Rule.SPELLING, "Mỹ", "Hoa Kỳ"),
        ("ngành da giày", Rule.SPELLING, "da giày", "da giầy"),
        ("Da giày", Rule.SPELLING, "Da giày", "Da giầy"),
        ("xuất khẩu thuỷ sản", Rule.SPELLING, "thuỷ", "thủy"),
        ("hàng hoá", Rule.SPELLING, "hoá", "hóa"),
        ("Uỷ ban", Rule.SPELLING, "Uỷ", "Ủy"),
        ("qui định", Rule.SPELLING, "qui định", "quy định"),
        ("Braxin", Rule.SPELLING, "Braxin", "Brazil"),
        ("Chi Lê", Rule.SPELLING, "Chi Lê", "Chile"),
        ("Phi-líp-pin", Rule.SPELLING, "Phi-líp-pin", "Philippines"),
        ("thủ tục đánh giá sự phù hợp", Rule.GLOSSARY, "thủ tục đánh giá sự phù hợp", "quy trình đánh giá sự phù hợp"),
        ("FDA chứng nhận sản phẩm", Rule.GLOSSARY, "FDA chứng nhận sản phẩm", "Cơ sở đăng ký với FDA"),
    ],
)
def test_the_fault_is_found_with_its_remedy(text: str, rule: Rule, found: str, proposal: str) -> None:
    assert (rule, found, proposal) in found_in(text)


@pytest.mark.parametrize(
    "text",
    [
        "Mã thông báo: G/TBT/N/CHN/1587, G/SPS/N/EQV/3, G/TBT/N/TPKM/450/Add.1",
        "Đài Loan (Trung Quốc), Hồng Kông (Trung Quốc), Ma Cao (Trung Quốc), Hoa Kỳ, châu Mỹ, mỹ phẩm, Mỹ phẩm",
        "Hạn cuối cùng để góp ý là ngày 02/03/2026. Thời hạn góp ý đã kết thúc ngày 05/08/2024.",
        "quý I, quý Hiệp hội, thúy, da giầy, thủy sản, hóa chất, hoàn thuế, khoảng, toàn bộ",
        "https://members.wto.org/crnattachments/2025/TBT/EEC/25_03740_00_e.pdf và https://docs.wto.org/a?b/G/TBT/NUSA1",
        "Điều 5.7.1, phiên bản 1.2.3, tỷ lệ 1/2, mã 8451.40, số 2646/QĐ-BCT",
        "La norma de España de los años pequeños; où, maïs aérien européen, «texto» «otro», § 1, © 2026 ®",
    ],
)
def test_what_is_right_is_left_alone(text: str) -> None:
    assert found_in(text) == []


def test_a_deadline_that_was_moved_is_no_call() -> None:
    assert found_in("Hạn góp ý thay đổi từ ngày 01/02/2026 thành ngày 01/04/2026.") == []


def test_the_day_of_a_notice_that_is_named_is_no_deadline() -> None:
    named = "thông báo mã G/TBT/N/TPKM/512 ngày 17/11/2020"
    assert found_in(f"Đài Loan (Trung Quốc) thay đổi thời hạn góp ý đối với dự thảo (bổ sung cho {named}).") == []


def test_letters_that_are_put_together_of_two_are_found() -> None:
    assert Rule.ENCODING in {rule for rule, _, _ in found_in(unicodedata.normalize("NFD", "Việt Nam"))}


def test_a_corrected_text_has_no_fault_that_had_a_remedy() -> None:
    text = "Ngày 10/07/2018: G/TBT/CHN/1278 của Đài Loan, hạn 08/09/201, ngành da giày, qui định hoá chất của Mỹ."
    mended = corrected(text, check_text(Text(field="body", text=text, today=date(2018, 7, 10)), house_tables()))
    assert mended == (
        "Ngày 10/07/2018: G/TBT/N/CHN/1278 của Đài Loan (Trung Quốc), hạn 08/09/2018, ngành da giầy, quy định hóa chất của Hoa Kỳ."
    )


@given(st.text(max_size=200))
def test_any_text_can_be_checked_and_every_place_is_right(text: str) -> None:
    findings = check_text(Text(field="body", text=text, today=TODAY), house_tables())
    assert all(text[one.start : one.end] == one.found for one in findings)
    corrected(text, findings)


TCVN3 = {
    "Bộ Công Thương": "Bé C«ng Th­¬ng",
    "dự thảo quy chuẩn": "dù th¶o quy chuÈn",
    "thực phẩm và đồ uống": "thùc phÈm vµ ®å uèng",
}
VNI = {
    "thông báo của nước": "thoâng baùo cuûa nöôùc",
    "giới hạn đối với": "giôùi haïn ñoái vôùi",
    "thực phẩm": "thöïc phaåm",
}


@pytest.mark.parametrize(("wanted", "legacy"), [*TCVN3.items(), *VNI.items()])
def test_both_old_encodings_become_unicode(wanted: str, legacy: str) -> None:
    line = f"{legacy}, {legacy}"
    assert unicode_of(line) == f"{wanted}, {wanted}"


def rules_of(**values: object) -> list[tuple[Rule, str, str]]:
    found = check_notice(subject_of(a_content("G/TBT/N/MWI/209", **values)))
    return [(one.rule, one.field, one.about) for one in found]


def test_goods_whose_hs_code_is_another_machine_are_asked_about() -> None:
    found = rules_of(
        titles=(("en", "Bleaching powder - Specification"),),
        description="Requirements for stable bleaching powder.",
        products="Bleaching powder",
        hs=("845140",),
        ics=("71.100.35",),
    )
    assert (Rule.CODES_DISAGREE, "hs", "ics 71.100.35") in found


@pytest.mark.parametrize(
    ("title", "goods", "hs", "ics"),
    [
        ("Portland cement - Specification", "Portland cement", "090111", "91.100.10"),
        ("Frozen shrimps and prawns - Specification", "Frozen shrimps", "640399", "67.120.30"),
        ("Safety of toys - Specification", "Children's toys", "040210", "97.200.50"),
        ("Knitted cotton T-shirts - Specification", "Cotton T-shirts", "870323", "61.020"),
    ],
)
def test_goods_of_any_kind_under_codes_of_another_kind_are_asked_about(
    title: str, goods: str, hs: str, ics: str
) -> None:
    found = rules_of(
        titles=(("en", title),), description=f"Requirements for {goods}.", products=goods, hs=(hs,), ics=(ics,)
    )
    assert Rule.CODES_DISAGREE in {rule for rule, _, _ in found}


@pytest.mark.parametrize(
    ("title", "goods"),
    [
        ("DEAS 1301: 2025, Pneumatic tyres for passenger cars — Marking", "roasted coffee beans"),
        ("DEAS 45: 2025, Household refrigerating appliances — Energy efficiency", "men's leather footwear"),
    ],
)
def test_any_title_that_shares_nothing_with_what_stands_below_it_is_asked_about(title: str, goods: str) -> None:
    found = rules_of(
        titles=(("en", title),),
        description=f"This standard specifies the requirements, sampling and test methods for {goods} intended for sale to"
        " consumers, their packing, labelling, storage and transport, and the limits of contaminants that they may hold.",
        products="",
        hs=(),
        ics=(),
    )
    assert (Rule.CONTRADICTION, "title", "description") in found


@pytest.mark.parametrize(
    ("original", "written"),
    [
        ("The regulation shall not apply to samples.", "Quy chuẩn không điều chỉnh hàng mẫu."),
        ("Handmade lace is outside the scope of this standard.", "Ren thủ công không thuộc phạm vi tiêu chuẩn."),
        ("Quedan excluidos los juguetes.", "Đồ chơi được loại trừ."),
        ("El reglamento no incluye las muestras.", "Quy chuẩn không bao gồm hàng mẫu."),
        ("Le règlement ne concerne pas les échantillons.", "Quy chuẩn không áp dụng với hàng mẫu."),
    ],
)
def test_an_exclusion_in_any_words_is_set_beside_its_original(original: str, written: str) -> None:
    subject = subject_of(a_content("G/TBT/N/CHN/1587", description=f"Limits for textiles. {original}"))
    (finding,) = [
        one
        for one in check_notice(replace(subject, vietnamese=Vietnamese(description=f"Giới hạn. {written}")))
        if one.rule is Rule.EXCLUSION
    ]
    assert (finding.found, finding.about) == (written, original)


def test_a_title_of_another_document_is_asked_about() -> None:
    found = rules_of(
        titles=(("en", "DEAS 1206: 2024, Geometrical design of roads — Code of practice"),),
        description="This standard specifies the requirements, sampling and test methods for fortified milled maize flour"
        " intended for human consumption, prepared from the grains of common maize, Zea mays L.",
        products="Cereals, pulses and derived products",
        hs=(),
        ics=("67.060",),
    )
    assert (Rule.CONTRADICTION, "title", "description") in found


def test_codes_that_fill_a_box_are_asked_about_and_dates_must_be_in_order() -> None:
    found = rules_of(
        hs=("61", "9901"),
        ics=("99.001",),
        adoption_on=date(2018, 12, 1),
        in_force_on=date(2018, 1, 1),
        comment_deadline=date(2026, 1, 1),
    )
    assert (Rule.FILLER_CODE, "hs", "") in found
    assert (Rule.FILLER_CODE, "ics", "") in found
    assert (Rule.DATE_ORDER, "in_force_on", "adoption_on 01/12/2018") in found
    assert (Rule.DATE_ORDER, "comment_deadline", "distributed_on 02/03/2026") in found


def test_what_is_excluded_is_set_beside_the_original() -> None:
    original = "It does not apply to children's footwear and protective footwear."
    garbled = "Dự thảo không áp dụng cho giày dép và giày bảo hộ lao động (hoặc ủng) của trẻ em."
    subject = subject_of(a_content("G/TBT/N/CHN/1587", description=f"Limits for footwear. {original}"))
    translated = replace(subject, vietnamese=Vietnamese(description=f"Giới hạn đối với giày dép. {garbled}"))
    assert Finding("vietnamese.description", 27, Rule.EXCLUSION, garbled, about=original) in check_notice(translated)
    silent = replace(subject, vietnamese=Vietnamese(description="Giới hạn đối với giày dép."))
    assert [one.about for one in check_notice(silent)] == [original]
    assert check_notice(subject) == ()
