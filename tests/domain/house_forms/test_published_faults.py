"""Each fault that alerts were really published with, one by one, and alerts of all published shapes that have none."""

from datetime import date
from pathlib import Path
from typing import NamedTuple

import pytest

from app.domain.articles import Vietnamese
from app.domain.house_forms import Finding, Rule, Text, check_notice, check_text, corrected
from app.texts.house_tables import house_tables
from tests.texts.real_notices import real_subject, with_vietnamese

LINK = "https://members.wto.org/crnattachments/2018/TBT/CHN/18_0677_00_e.pdf"


class Fault(NamedTuple):
    """A text with one published fault, the day on which it leaves, what is wrong with it and the text as it should be."""

    text: str
    rule: Rule
    found: str
    mended: str
    today: date = date(2018, 1, 20)


FAULTS = {
    "symbol without N": Fault(
        "Mã thông báo: G/TBT/CHN/1246.", Rule.SYMBOL, "G/TBT/CHN/1246", "Mã thông báo: G/TBT/N/CHN/1246."
    ),
    "symbol with blanks": Fault(
        "Theo thông báo G / TBT / N / EU / 860 của EU.",
        Rule.SYMBOL,
        "G / TBT / N / EU / 860",
        "Theo thông báo G/TBT/N/EU/860 của EU.",
    ),
    "member code misprinted": Fault(
        "thông báo số G/SPS/N/PHI/464 về gạo",
        Rule.MEMBER_CODE,
        "G/SPS/N/PHI/464",
        "thông báo số G/SPS/N/PHL/464 về gạo",
    ),
    "year cut short": Fault(
        "Ngày 10/07/2018, Trung Quốc thông báo về xi măng. Hạn cuối cùng để góp ý là ngày 08/09/201.",
        Rule.DATE,
        "08/09/201",
        "Ngày 10/07/2018, Trung Quốc thông báo về xi măng. Hạn cuối cùng để góp ý là ngày 08/09/2018.",
        date(2018, 8, 29),
    ),
    "in force before adoption": Fault(
        "Thời gian dự kiến thông qua vào 12/2018. Thời gian dự kiến có hiệu lực 01/01/2018.",
        Rule.DATE_ORDER,
        "01/01/2018",
        "Thời gian dự kiến thông qua vào 12/2018. Thời gian dự kiến có hiệu lực 01/01/2019.",
    ),
    "deadline before notification": Fault(
        "Ngày 10/07/2018, Ấn Độ thông báo. Hạn góp ý: 08/06/2018 (đã kết thúc).",
        Rule.DATE_ORDER,
        "08/06/2018",
        "Ngày 10/07/2018, Ấn Độ thông báo. Hạn góp ý: 08/06/2019 (đã kết thúc).",
    ),
    "link with misspelt folder": Fault(
        f"Xem tại: {LINK.replace('crn', 'cm')}",
        Rule.LINK,
        LINK.replace("crn", "cm"),
        f"Xem tại: {LINK}",
    ),
    "link without scheme, misspelt": Fault(
        "Xem tại: members.wto.org/cmattachments/2018/TBT/CHN/18_0677_00_e.pdf",
        Rule.LINK,
        "members.wto.org/cmattachments/2018/TBT/CHN/18_0677_00_e.pdf",
        "Xem tại: members.wto.org/crnattachments/2018/TBT/CHN/18_0677_00_e.pdf",
    ),
    "link with blanks in the file's name": Fault(
        f"Xem tại: {LINK.replace('_', ' ')}", Rule.LINK, LINK.replace("_", " "), f"Xem tại: {LINK}"
    ),
    "link to a folder that the Union does not have": Fault(
        f"Xem tại: {LINK.replace('CHN', 'EU')}",
        Rule.LINK,
        LINK.replace("CHN", "EU"),
        f"Xem tại: {LINK.replace('CHN', 'EEC')}",
    ),
    "expired call with a date": Fault(
        "Ngày 19/09/2018, EU thông báo. Hạn cuối cùng để góp ý là ngày 18/11/2018.",
        Rule.EXPIRED_CALL,
        "Hạn cuối cùng để góp ý là ngày 18/11/2018",
        "Ngày 19/09/2018, EU thông báo. Thời hạn góp ý đã kết thúc ngày 18/11/2018.",
        date(2018, 12, 3),
    ),
    "expired call in days from the notification": Fault(
        "Ngày 05/12/2018, Hàn Quốc thông báo. Các nước thành viên có 25 ngày kể từ ngày thông báo để tham gia góp ý kiến.",
        Rule.EXPIRED_CALL,
        "Các nước thành viên có 25 ngày kể từ ngày thông báo để tham gia góp ý kiến",
        "Ngày 05/12/2018, Hàn Quốc thông báo. Thời hạn góp ý đã kết thúc ngày 30/12/2018 (dự kiến).",
        date(2019, 2, 14),
    ),
    "legacy encoding VNI": Fault(
        "Hieäp hoäi Deät may Vieät Nam",
        Rule.ENCODING,
        "Hieäp hoäi Deät may Vieät Nam",
        "Hiệp hội Dệt may Việt Nam",
    ),
    "legacy encoding TCVN3": Fault(
        "Th«ng b¸o vÒ hµng rµo kü thuËt",
        Rule.ENCODING,
        "Th«ng b¸o vÒ hµng rµo kü thuËt",
        "Thông báo về hàng rào kỹ thuật",
    ),
    "stand-in for Đ": Fault("ĿIỀU KIỆN", Rule.ENCODING, "ĿIỀU KIỆN", "ĐIỀU KIỆN"),
    "giày for giầy": Fault("ngành da giày", Rule.SPELLING, "da giày", "ngành da giầy"),
    "thuỷ for thủy": Fault("xuất khẩu thuỷ sản", Rule.SPELLING, "thuỷ", "xuất khẩu thủy sản"),
    "hoá for hóa": Fault("hàng hoá nhập khẩu", Rule.SPELLING, "hoá", "hàng hóa nhập khẩu"),
    "Uỷ for Ủy": Fault("Uỷ ban châu Âu", Rule.SPELLING, "Uỷ", "Ủy ban châu Âu"),
    "qui for quy": Fault("qui tắc xuất xứ", Rule.SPELLING, "qui tắc", "quy tắc xuất xứ"),
    "quí for quý": Fault("trong quí III", Rule.SPELLING, "quí", "trong quý III"),
    "Braxin for Brazil": Fault("nước Braxin", Rule.SPELLING, "Braxin", "nước Brazil"),
    "Chi Lê for Chile": Fault("thị trường Chi Lê", Rule.SPELLING, "Chi Lê", "thị trường Chile"),
    "Phi-líp-pin for Philippines": Fault("Phi-líp-pin nhập gạo", Rule.SPELLING, "Phi-líp-pin", "Philippines nhập gạo"),
}


def findings_of(text: str, today: date) -> tuple[Finding, ...]:
    return check_text(Text(field="body", text=text, today=today), house_tables())


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_a_published_fault_is_caught_in_its_place_alone_and_its_remedy_mends_the_text(fault: Fault) -> None:
    (finding,) = findings_of(fault.text, fault.today)
    assert (finding.rule, finding.found) == (fault.rule, fault.found)
    assert fault.text[finding.start : finding.end] == fault.found
    assert corrected(fault.text, (finding,)) == fault.mended
    left = [one for one in findings_of(fault.mended, fault.today) if one.rule is fault.rule]
    assert left == []


def test_a_date_may_be_impossible_and_in_the_wrong_form_at_once() -> None:
    text = "Thời gian dự kiến thông qua vào 12/2018. Thời gian dự kiến có hiệu lực 01/1/2018."
    assert {(one.rule, one.proposal) for one in findings_of(text, date(2018, 3, 1))} == {
        (Rule.DATE_FORM, "01/01/2018"),
        (Rule.DATE_ORDER, "01/01/2019"),
    }


def test_hs_codes_of_other_goods_are_asked_about_on_the_real_notice(test_data: Path) -> None:
    """Bleaching powder was notified under 8451.40, which is a machine that bleaches."""
    found = check_notice(real_subject(test_data, "G/TBT/N/MWI/209"))
    assert (Rule.CODES_DISAGREE, "hs", "845140") in {(one.rule, one.field, one.found) for one in found}


def test_a_title_of_another_document_is_asked_about_on_the_real_notice(test_data: Path) -> None:
    """The title is of a code for roads, the text of fortified maize flour."""
    found = check_notice(real_subject(test_data, "G/TBT/N/BDI/609"))
    assert (Rule.CONTRADICTION, "title", "description") in {(one.rule, one.field, one.about) for one in found}


def test_a_garbled_exclusion_is_set_beside_its_original_on_a_real_notice(test_data: Path) -> None:
    subject = real_subject(test_data, "G/TBT/N/USA/2211")
    garbled = "Không áp dụng cho giày dép và giày bảo hộ lao động (hoặc ủng) của trẻ em."
    written = with_vietnamese(subject, Vietnamese(description=garbled))
    (finding,) = [one for one in check_notice(written) if one.rule is Rule.EXCLUSION]
    assert finding.found == garbled
    assert "add an exception to the prohibition" in finding.about


def test_filler_codes_never_reach_a_text(test_data: Path) -> None:
    """HS 9901 and ICS 99 fill boxes in mirrors; reading the record drops them."""
    subject = real_subject(test_data, "G/TBT/N/MWI/209")
    assert not any(code.startswith(("98", "99")) for code in (*subject.content.hs, *subject.content.ics))


NOTED = "Ngày {day}, {member} thông báo cho các nước Thành viên WTO về việc đưa ra "
SHAPES = {
    "01 footwear": "Trung Quốc: Dự thảo tiêu chuẩn về giày dép\nNgày 08/04/2021, Trung Quốc thông báo dự thảo. Tiêu chuẩn này"
    " không áp dụng cho giày bảo hộ. Hạn góp ý: 07/06/2021.\nMã thông báo: G/TBT/N/CHN/1587",
    "02 addendum": "Đài Loan (Trung Quốc): Sửa đổi quy định ghi nhãn thực phẩm đóng gói nhỏ, thông báo ngày 14/01/2021, mã"
    " G/TBT/N/TPKM/450, đã được sửa đổi để phù hợp với các ý kiến góp ý.\nMã thông báo: G/TBT/N/TPKM/450/Add.1",
    "03 corrigendum": "Đài Loan (Trung Quốc): Đính chính về khẩu trang (mã HS 6307.90.50.31) và bao cao su, đã có hiệu lực."
    " Mã thông báo: G/TBT/N/TPKM/442/Add.1/Corr.1",
    "04 emergency": "Ecuador: Giấy chứng nhận vệ sinh. Biện pháp không cần lấy ý kiến góp ý do đã có hiệu lực từ ngày"
    " 30/12/2020. Mã thông báo: G/TBT/N/ECU/495",
    "05 revision": "Hoa Kỳ: Sửa đổi quy định nhãn năng lượng. Ngày 03/06/2021. Hạn góp ý: 02/08/2021. Mã thông báo:"
    " G/TBT/N/USA/1600/Rev.1",
    "06 item": "Hoa Kỳ thông báo dự thảo về việc an toàn của tủ đựng quần áo\nNgày 13/12/2021, thông báo. Hạn cuối cùng để"
    " các nước Thành viên tham gia đóng góp ý kiến vào 29/01/2022. (Nguồn: tbtvn) G/TBT/N/USA/1323",
    "07 cement": NOTED.format(day="10/07/2021", member="Trung Quốc")
    + "Dự thảo quy chuẩn kỹ thuật xi măng. Mã thông báo: G/TBT/N/CHN/1278",
    "08 helmets": NOTED.format(day="10/07/2021", member="Ấn Độ")
    + "Dự thảo về mũ bảo hiểm. Thời gian dự kiến thông qua vào 12/2021. Thời gian dự kiến có hiệu lực 06/2022. G/TBT/N/IND/85",
    "09 days": NOTED.format(day="10/03/2021", member="Hàn Quốc")
    + "Dự thảo. Các nước thành viên có 60 ngày kể từ ngày thông báo để tham gia góp ý kiến. Mã thông báo: G/TBT/N/KOR/756",
    "10 specifically": NOTED.format(day="12/03/2021", member="Liên minh châu Âu (EU)")
    + "Dự thảo nhãn năng lượng. Cụ thể, dự thảo bổ sung Quy định (EU) 2017/1369, Điều 11.5. Mã thông báo: G/TBT/N/EU/610",
    "11 warning article": "Cảnh báo đối với dự thảo ghi nhãn thực phẩm\nThực hiện nghĩa vụ minh bạch hóa theo Hiệp định TBT, Trung"
    " Quốc thông báo dự thảo GB 7718, mã G/TBT/N/CHN/1246. Hạn góp ý đến ngày 10/05/2021.",
    "12 history": "Hoa Kỳ: Ngày 20/12/2014 thông báo G/TBT/N/USA/1186; đến 15/03/2018, G/TBT/N/USA/1186/Rev.1 về phthalate 0,1%.",
    "13 limits": NOTED.format(day="07/03/2021", member="Hoa Kỳ")
    + "Dự thảo giới hạn hợp chất hữu cơ dễ bay hơi (VOC) 3,5%. Hạn cuối cùng là ngày 27/06/2021.",
    "14 product": "Túi nhựa. Hoa Kỳ, mã G/TBT/N/USA/1090. Máy lọc không khí. Đài Loan (Trung Quốc), mã G/TBT/N/TPKM/329.",
    "15 thereby": "EU thông báo mã G/TBT/N/EU/860. Theo đó, vật liệu tiếp xúc thực phẩm phải đạt 0,01 mg/kg. Mục tiêu để bảo vệ"
    " sức khỏe. Ngày cuối cùng nhận ý kiến: 30/06/2021.",
    "16 monthly": "TRONG SỐ NÀY\nI. TIN CẢNH BÁO\n* Lĩnh vực thực phẩm, nông sản\nTheo tin cảnh báo số G/TBT/N/EU/922, ngày"
    " 13/09/2022, EU đưa ra dự thảo.",
    "17 by country": "Quốc gia: ẤN ĐỘ\nThông báo số: G/TBT/N/IND/102, ngày 11/07/2019\n4. Ngày cuối cùng cho ý kiến: 09/09/2021\n"
    "5. Ngày dự kiến thông qua: không nêu\n7. Cơ quan chịu trách nhiệm: điện thoại +91-11-23062344, web www.bis.gov.in",
    "18 letter": "Ngày 10/03/2021, Văn phòng SPS Việt Nam nhận được thông báo số G/SPS/N/PHL/464. Đề nghị Quý Cơ quan có văn bản"
    " góp ý trước ngày 20/05/2021 và thông báo cho các tổ chức, doanh nghiệp, cá nhân có sản phẩm xuất khẩu liên quan.",
    "19 compares": "Hoa Kỳ đề xuất MRL metalaxyl trên hồ tiêu 10 ppm (Thông tư 50/2016/TT-BYT: 5 ppm). Mã: G/SPS/N/USA/3282",
    "20 record": "Mã WTO: G/SPS/N/KOR/594\nNgày thông báo: 15/03/2021\nLoại thông báo: thông thường\nQuốc gia: Hàn Quốc\nTiêu"
    " đề: Amendments to the Ministry's notice, except for quinoa; Tệp đính kèm: KOR594.pdf",
    "21 table": "STT; Đối tác/khu vực; Số thông báo; Ghi chú\n1; Nhật Bản; 12; 10 dự thảo, 2 có hiệu lực. Đáng chú ý có: số"
    " G/SPS/N/JPN/1180, ngày 01/03/2023, nội dung: MRL. Kỳ 21/02/2023-20/03/2023",
    "22 press": "Bộ Công Thương cho biết Nhật Bản sửa quy định nhãn hàng dệt may (HS 50-63, ICS 59.080). Doanh nghiệp có quyền góp"
    " ý nếu thấy hạn chế thương mại. Hạn cuối là 18/06/2021. G/TBT/N/JPN/539",
    "23 notice": "Đài Loan (Trung Quốc) dự thảo quy định trứng, sữa, gelatin, mã G/SPS/N/TPKM/474; xem SPS IMS. Liên hệ:"
    " tbt@moit.gov.vn. Vụ Khoa học và Công nghệ. Nguồn: Moit.gov.vn",
    "24 explainer": "Quy định thiết kế sinh thái (ESPR) của EU và hàng dệt may: Liên minh châu Âu (EU) áp dụng hộ chiếu kỹ thuật số"
    " của sản phẩm (DPP). Đan Mạch cấm PFAS trong quần áo, giày dép từ ngày 01/07/2026; miễn trừ hàng bảo hộ.",
}


def test_all_published_shapes_are_here() -> None:
    assert len(SHAPES) == 24


@pytest.mark.parametrize("text", SHAPES.values(), ids=SHAPES)
def test_an_alert_of_a_published_shape_that_is_right_raises_no_alarm(text: str) -> None:
    assert findings_of(text, date(2021, 4, 20)) == ()
