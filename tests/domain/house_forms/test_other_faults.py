"""Faults of the published kinds in other words: other members, dates, links, encodings and spellings than were seen."""

import unicodedata
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.house_forms import Finding, Rule, Text, check_text, corrected, unicode_of
from app.domain.house_forms.syllables import is_vietnamese
from app.texts.house_tables import house_tables

TODAY = date(2026, 3, 2)
FILES = "members.wto.org/crnattachments/2021/TBT"


def findings_of(text: str, today: date = TODAY) -> tuple[Finding, ...]:
    found = check_text(Text(field="body", text=text, today=today), house_tables())
    assert all(text[one.start : one.end] == one.found for one in found)
    return found


SYMBOLS = {
    "G/TBT/IND/85": "G/TBT/N/IND/85",
    "G/SPS/KOR/594": "G/SPS/N/KOR/594",
    "G / SPS / N / JPN / 1180": "G/SPS/N/JPN/1180",
    "G/TBT/N-CHN/1246": "G/TBT/N/CHN/1246",
    "G/TBT/N/CHN 1246": "G/TBT/N/CHN/1246",
    "G-TBT-N-USA-1600": "G/TBT/N/USA/1600",
    "G.TBT.N.CHN.1246": "G/TBT/N/CHN/1246",
    "G\\TBT\\N\\CHN\\1246": "G/TBT/N/CHN/1246",
    "G／TBT／N／CHN／1246": "G/TBT/N/CHN/1246",
    "g/tbt/n/chn/01246": "G/TBT/N/CHN/1246",
    "TBT/N/CHN/1246": "G/TBT/N/CHN/1246",
    "G/TTB/N/CHN/1246": "G/TBT/N/CHN/1246",
    "G/TBT/CHN/N/1246": "G/TBT/N/CHN/1246",
    "G/TBT/M/CHN/1246": "G/TBT/N/CHN/1246",
    "G/TBT/N/USA/1600 Rev.1": "G/TBT/N/USA/1600/Rev.1",
    "G/TBT/N/TPKM/450/Add1/Corr. 1": "G/TBT/N/TPKM/450/Add.1/Corr.1",
    "G/TBT/N/KOR/756/Addendum 2": "G/TBT/N/KOR/756/Add.2",
}
MEMBERS = {
    "G/TBT/N/TWN/450": "G/TBT/N/TPKM/450",
    "G/SPS/N/VIE/12": "G/SPS/N/VNM/12",
    "G/TBT/N/JAP/539": "G/TBT/N/JPN/539",
    "G/TBT/N/JNP/539": "G/TBT/N/JPN/539",
    "G/SPS/N/PHIL/464": "G/SPS/N/PHL/464",
    "G/SPS/PHI/464": "G/SPS/N/PHL/464",
    "G/TBT/N/EEC/860": "G/TBT/N/EU/860",
    "G/TBT/N/UK/12": "G/TBT/N/GBR/12",
    "G/TBT/N/TPK/450": "G/TBT/N/TPKM/450",
    "G/TBT/N/CHI/100": "",
}


@pytest.mark.parametrize(("printed", "proposal"), [*SYMBOLS.items(), *MEMBERS.items()])
def test_a_misprinted_symbol_is_found_whole_with_the_right_one(printed: str, proposal: str) -> None:
    (finding,) = findings_of(f"Mã thông báo {printed}, xem kèm.")
    assert finding.found == printed
    assert finding.rule is (Rule.MEMBER_CODE if printed in MEMBERS else Rule.SYMBOL)
    assert finding.proposal == proposal


@pytest.mark.parametrize(
    "text", ["G/TBT/GEN/1296", "G/SPS/GEN/1778", "G/TBT/CS/2", "HS 6403, 6404", "QCVN 01:2017/BCT"]
)
def test_documents_of_the_committees_and_other_numbers_are_no_symbols(text: str) -> None:
    assert findings_of(f"Theo {text}.") == ()


@settings(deadline=None)
@given(
    st.sampled_from(sorted(house_tables().codes - {"VNM"})),
    st.integers(1, 9999),
    st.sampled_from(["G/TBT/{}/{}", "G / TBT / N / {} / {}", "G/TBT/N/ {}/{}", "G-TBT-N-{}-{}", "g/tbt/n/{}/{}"]),
)
def test_each_misprint_is_mended_for_each_member(code: str, number: int, form: str) -> None:
    text = f"Mã {form.format(code, number)} ngày"
    assert corrected(text, findings_of(text)) == f"Mã G/TBT/N/{code}/{number} ngày"


@pytest.mark.parametrize(
    ("text", "today", "found", "proposal"),
    [
        ("Ngày 11/07/2019, Ấn Độ thông báo, hạn đến 09/09/201", date(2019, 8, 12), "09/09/201", "09/09/2019"),
        ("Ngày 11/07/2019, Ấn Độ thông báo, hạn đến 09/09/209", date(2019, 8, 12), "09/09/209", "09/09/2019"),
        ("Ngày 11/12/2019, hạn đến 09/02/202", date(2019, 12, 20), "09/02/202", "09/02/2020"),
        ("Ngày 10/07/2018, hạn đến 08/09/20", date(2018, 8, 1), "08/09/20", "08/09/2018"),
        ("Ngày 10/07/2018, hạn đến 08/09/20188", date(2018, 8, 1), "08/09/20188", "08/09/2018"),
        ("Ngày 10/07/2018, hạn đến 08/09/2108", date(2018, 8, 1), "08/09/2108", "08/09/2018"),
        ("hạn đến 08/09/201", date(2018, 9, 20), "08/09/201", "08/09/2018"),
        ("hạn đến 1/2/26", TODAY, "1/2/26", "01/02/2026"),
        ("hạn đến O8/09/2026", TODAY, "O8/09/2026", "08/09/2026"),
        ("hạn đến 12/25/2026", TODAY, "12/25/2026", "25/12/2026"),
        ("hạn đến 31/04/2026", TODAY, "31/04/2026", ""),
        ("hạn đến 29/02/2026", TODAY, "29/02/2026", ""),
        ("ngày 31 tháng 9 năm 2026", TODAY, "31 tháng 9 năm 2026", ""),
    ],
)
def test_a_day_that_cannot_be_is_found_with_the_day_that_was_meant(
    text: str, today: date, found: str, proposal: str
) -> None:
    assert (Rule.DATE, found, proposal) in {(one.rule, one.found, one.proposal) for one in findings_of(text, today)}


@pytest.mark.parametrize(
    "printed", ["8/9/2026", "08-09-2026", "8.9.2026", "2026-09-08", "2026/09/08", "08 / 09 / 2026", "08/092026"]
)
def test_every_other_way_to_write_a_day_is_brought_into_the_house_form(printed: str) -> None:
    (finding,) = findings_of(f"Ngày họp: {printed}")
    assert (finding.rule, finding.found, finding.proposal) == (Rule.DATE_FORM, printed, "08/09/2026")


@pytest.mark.parametrize(
    ("text", "found", "proposal"),
    [
        ("Dự kiến thông qua: 01/06/2026. Dự kiến có hiệu lực: 01/03/2026.", "01/03/2026", "01/03/2027"),
        ("Thông qua 06/2026; có hiệu lực 05/2026.", "05/2026", "01/05/2027"),
        ("Ngày thông báo: 05/12/2026. Hạn góp ý: 04/02/2026 (đã kết thúc).", "04/02/2026", "04/02/2027"),
    ],
)
def test_a_later_stage_before_an_earlier_one_is_found(text: str, found: str, proposal: str) -> None:
    order = [one for one in findings_of(text) if one.rule is Rule.DATE_ORDER]
    assert [(one.found, one.proposal) for one in order] == [(found, proposal)]


@pytest.mark.parametrize(
    "call",
    [
        "Hạn góp ý: {}",
        "Hạn cuối: {}",
        "Hạn chót gửi ý kiến là ngày {}",
        "Thời hạn nhận góp ý là ngày {}",
        "Thời gian lấy ý kiến đến hết ngày {}",
        "Ngày cuối cùng cho ý kiến: {}",
        "Hạn cuối cùng để các nước Thành viên tham gia đóng góp ý kiến vào {}",
        "Doanh nghiệp gửi ý kiến trước ngày {}",
        "Đề nghị Quý Hiệp hội góp ý chậm nhất ngày {}",
    ],
)
@pytest.mark.parametrize("day", ["01/02/2026", "1 tháng 2 năm 2026"])
def test_a_call_whose_day_is_over_is_found_however_it_calls(call: str, day: str) -> None:
    text = call.format(day) + "."
    found = [one for one in findings_of(text) if one.rule is Rule.EXPIRED_CALL]
    assert [one.proposal for one in found] == ["Thời hạn góp ý đã kết thúc ngày 01/02/2026"]
    assert [one for one in findings_of(text, date(2026, 2, 1)) if one.rule is Rule.EXPIRED_CALL] == []


@pytest.mark.parametrize(
    "text",
    [
        "Thời hạn góp ý đã kết thúc ngày 01/02/2026.",
        "Sau khi tiếp thu ý kiến, quy chuẩn được ban hành trước ngày 01/02/2026.",
        "Các Thành viên có thêm thời gian góp ý. Quy chuẩn có hiệu lực từ ngày 01/02/2026.",
        "Hạn góp ý nay được ấn định là ngày 01/02/2026.",
    ],
)
def test_a_day_of_something_else_is_no_call(text: str) -> None:
    assert findings_of(text) == ()


@pytest.mark.parametrize(
    ("printed", "proposal"),
    [
        ("https://members.wto.org/cmattachments/2021/TBT/KOR/21_1_00_e.pdf", f"https://{FILES}/KOR/21_1_00_e.pdf"),
        ("https://member.wto.org/crnattachments/2021/TBT/KOR/21_1_00_e.pdf", f"https://{FILES}/KOR/21_1_00_e.pdf"),
        ("htttps://members.wto.org/crnattachment/2021/TBT/KOR/21_1_00_e.pdf", f"https://{FILES}/KOR/21_1_00_e.pdf"),
        (f"https:// {FILES}/KOR/21_1_00_e.pdf", f"https://{FILES}/KOR/21_1_00_e.pdf"),
        (f"https:/{FILES}/KOR/21_1_00_e.pdf", f"https://{FILES}/KOR/21_1_00_e.pdf"),
        (f"https://{FILES}/ECU/21 0677 00 s.pdf", f"https://{FILES}/ECU/21_0677_00_s.pdf"),
        (f"https://{FILES}/ECU/21%200677%2000%20s.pdf", f"https://{FILES}/ECU/21_0677_00_s.pdf"),
        (f"https://{FILES}/EU/21_1_00_e.pdf", f"https://{FILES}/EEC/21_1_00_e.pdf"),
        (f"https://{FILES}/TAI/21_1_00_e.pdf", f"https://{FILES}/TPKM/21_1_00_e.pdf"),
        (f"https://{FILES}/EU/final_measure/21 1 00 e.pdf", f"https://{FILES}/EEC/final_measure/21_1_00_e.pdf"),
        ("https://members.wto.org/crnattachments/201/TBT/CHN/21_1_00_e.pdf", f"https://{FILES}/CHN/21_1_00_e.pdf"),
        ("https://members.wto.org/crnattachments/2021/CHN/21_1_00_e.pdf", ""),
        (f"https://{FILES}/ZZZ/21_1_00_e.pdf", ""),
        ("https:/www.moit.gov.vn/tin", "https://www.moit.gov.vn/tin"),
    ],
)
def test_a_link_that_leads_nowhere_is_found_with_the_one_that_does(printed: str, proposal: str) -> None:
    (finding,) = findings_of(f"Xem tại: {printed}")
    assert (finding.rule, finding.found, finding.proposal) == (Rule.LINK, printed, proposal)


@pytest.mark.parametrize(
    ("printed", "proposal"),
    [
        ("Bra-xin", "Brazil"),
        ("Chilê", "Chile"),
        ("Phi-lip-pin", "Philippines"),
        ("Philipin", "Philippines"),
        ("In-đô-nê-xi-a", "Indonesia"),
        ("Inđônêxia", "Indonesia"),
        ("Ma-lai-xi-a", "Malaysia"),
        ("Xinh-ga-po", "Singapore"),
        ("Ôxtrâylia", "Australia"),
        ("nước Úc", "Australia"),
        ("nước Mỹ", "Hoa Kỳ"),
        ("Hàn quốc", "Hàn Quốc"),
        ("Liên minh Châu Âu", "Liên minh châu Âu"),
        ("Hong Kong", "Hồng Kông (Trung Quốc)"),
        ("Đài Loan, Trung Quốc", "Đài Loan (Trung Quốc)"),
        ("Đài Loan-Trung Quốc", "Đài Loan (Trung Quốc)"),
        ("ĐÀI LOAN", "ĐÀI LOAN (TRUNG QUỐC)"),
        ("Da - Giày", "Da - Giầy"),
        ("thuỷ sản", "thủy sản"),
        ("khoẻ", "khỏe"),
        ("QUI CHUẨN", "QUY CHUẨN"),
        ("quĩ", "quỹ"),
    ],
)
def test_other_spellings_are_brought_into_the_house_form(printed: str, proposal: str) -> None:
    text = f"Lô hàng của {printed} được xuất khẩu."
    assert corrected(text, findings_of(text)) == f"Lô hàng của {proposal} được xuất khẩu."


@pytest.mark.parametrize(
    "text",
    [
        "Công ty Mỹ Hảo ở Mỹ Tho xuất khẩu mỹ phẩm sang châu Mỹ và Nam Mỹ.",
        "Theo Taiwan Food and Drug Administration, lô hàng được thông quan.",
        "Guinea-Bissau, Timor-Leste, Ả-rập Xê-út, Các Tiểu vương quốc Ả-rập Thống nhất (UAE)",
    ],
)
def test_names_that_are_right_are_left_alone(text: str) -> None:
    assert findings_of(text) == ()


NAME = "Hiệp hội Dệt may Việt Nam"
LEGACY = {
    "HiÖp héi DÖt may ViÖt Nam": NAME,
    "Hieäp hoäi Deät may Vieät Nam": NAME,
    "Hi®p hµi D®t may Vi®t Nam": NAME,
    "Hiêòp hôòi Dêòt may Viêòt Nam": NAME,
    "Hiá»‡p há»™i Dá»‡t may Viá»‡t Nam": NAME,
    "HIEÄP HOÄI DEÄT MAY": "HIỆP HỘI DỆT MAY",
    "HiÖp ®Þnh TBT": "Hiệp định TBT",
    "§µi Loan": "Đài Loan",
    "Ñaøi Loan": "Đài Loan",
    "Bé C«ng Th\u00ad¬ng": "Bộ Công Thương",
    "quy ®Þnh ghi nh·n hµng dÖt may": "quy định ghi nhãn hàng dệt may",
    "qui ñònh ghi nhaõn haøng hoùa": "qui định ghi nhãn hàng hóa",
    "Lieân minh chaâu AÂu": "Liên minh châu Âu",
    "gi¾i hÕn dß lßþng t¯i ða": "giới hạn dư lượng tối đa",
    "giõìi haòn dý lýõòng tôìi ða": "giới hạn dư lượng tối đa",
    "giíi h¹n d\u00ad l\u00adîng tèi ®a": "giới hạn dư lượng tối đa",
    "Dá»± tháº£o quy chuáº©n": "Dự thảo quy chuẩn",
    "Ðài Loan": "Đài Loan",
    "ŀược thông báo": "được thông báo",
    "Kính gửi: HiÖp héi DÖt may ViÖt Nam để biết": f"Kính gửi: {NAME} để biết",
    unicodedata.normalize("NFD", NAME): NAME,
}


@pytest.mark.parametrize(("spoilt", "wanted"), LEGACY.items())
def test_every_old_encoding_is_found_and_becomes_unicode(spoilt: str, wanted: str) -> None:
    found = findings_of(spoilt)
    assert {one.rule for one in found if one.rule is Rule.ENCODING}
    assert corrected(spoilt, tuple(one for one in found if one.rule is Rule.ENCODING)) == wanted


@pytest.mark.parametrize("text", ["D? th?o quy chu?n k? thu?t", "Hi\ufffdp h\ufffdi"])
def test_letters_that_are_lost_are_asked_about(text: str) -> None:
    found = findings_of(text)
    assert len(found) >= 2
    assert {(one.rule, one.proposal) for one in found} == {(Rule.ENCODING, "")}


@pytest.mark.parametrize(
    "text",
    [
        "Mô-men 50 N·m, cỡ hạt 10 µm, công suất 3 kW·h, nhãn hiệu Teflon®, § 5.",
        "Le thé est né à l'été où le maïs naît; «texto» «otro»; N°72 y N°2; publicación",
        "não há razões para leões; São Tomé e Príncipe; Größe für Äpfel; støy fra Ålesund",
        "La norma de España de los años pequeños; Córdoba, Mañana, niño",
    ],
)
def test_words_of_other_languages_and_units_are_no_old_encoding(text: str) -> None:
    assert unicode_of(text) is None


@pytest.mark.parametrize(
    "word",
    [
        "nghiêng",
        "ngoằn",
        "ngoèo",
        "khuỷu",
        "khuya",
        "thuở",
        "giếng",
        "gìn",
        "quyết",
        "yểu",
        "ươn",
        "oách",
        "quắt",
        "Đặng",
        "HÓA",
    ],
)
def test_syllables_are_known(word: str) -> None:
    assert is_vietnamese(word)


@pytest.mark.parametrize("word", ["thùc", "phÈm", "años", "pequeño", "Öp", "kwh", "Hiđp", ""])
def test_what_is_no_syllable_is_known(word: str) -> None:
    assert not is_vietnamese(word)
