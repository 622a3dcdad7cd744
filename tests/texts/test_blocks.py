"""What one alert says, in the words of the house."""

import re
from datetime import timedelta
from typing import Any

import pytest

from app.domain.alerts import Alert
from app.domain.articles import Vietnamese
from app.domain.events import EventKind
from app.domain.matching import Reason
from app.domain.notices import FieldChange, NoticeType
from app.domain.sectors import Evidence, Facet, Label, Role
from app.domain.subscriptions import Language
from app.texts.blocks import URGENT_DAYS
from app.texts.reasons import why
from tests.texts import samples
from tests.texts.reading import Page


def text(alert: Alert, language: str = "vi") -> str:
    return samples.block(alert, language).full.text


def test_a_new_alert_states_every_field_with_its_house_name() -> None:
    lines = text(samples.textiles_alert()).splitlines()
    for line in (
        "CÒN 45 NGÀY | Hạn góp ý: 05/01/2027",
        "Hoa Kỳ: dự thảo về dệt may",
        "Tiêu đề gốc (tiếng Anh): Standard for the Flammability of Clothing Textiles; Notice of Proposed Rulemaking",
        "Mã thông báo: G/TBT/N/USA/2211",
        "Thành viên thông báo: Hoa Kỳ",
        "Loại thông báo: Thông báo thông thường, TBT (hàng rào kỹ thuật)",
        "Lĩnh vực: Dệt may; Hóa chất – liên quan (máy phân loại, chưa hiệu đính)",
        "Sản phẩm áp dụng: Clothing textiles; T-shirts, shirts and other garments, knitted or woven (nguyên văn)",
        "  - 6105.10, 6105.20: Áo sơ mi nam, dệt kim",
        "  - 6109: Áo phông, áo lót, dệt kim",
        "  - 62: Quần áo và phụ kiện may mặc, không dệt kim hoặc móc",
        "Mã ICS: 59.080.30, 61.020",
        "Mục tiêu: Bảo vệ sức khỏe hoặc an toàn của con người; Yêu cầu về chất lượng",
        "Ngày thông báo: 06/11/2026",
        "Hạn góp ý: 05/01/2027 (còn 45 ngày)",
        "Dự kiến thông qua: Chưa xác định",
        "Dự kiến có hiệu lực: Upon publication in the gazette (nguyên văn)",
        "Xem thông báo: https://keng.example/notices/G/TBT/N/USA/2211",
    ):
        assert line in lines


def test_what_two_people_stand_behind_is_said_in_vietnamese_beside_the_original() -> None:
    words = Vietnamese(
        title="Tiêu chuẩn về tính dễ cháy của vải", products="Vải may mặc", description="Hạn chế vải dễ cháy"
    )
    alert = samples.textiles_alert(vietnamese=words, description="Limits flammable fabrics.")
    full, brief, short = (getattr(samples.block(alert), name) for name in ("full", "brief", "short"))
    for line in (
        "Tiêu đề: Tiêu chuẩn về tính dễ cháy của vải (bản dịch đã hiệu đính)",
        "Tiêu đề gốc (tiếng Anh): Standard for the Flammability of Clothing Textiles; Notice of Proposed Rulemaking",
        "Sản phẩm áp dụng (bản dịch): Vải may mặc (đã hiệu đính)",
        "Sản phẩm áp dụng: Clothing textiles; T-shirts, shirts and other garments, knitted or woven (nguyên văn)",
        "Mô tả nội dung (bản dịch): Hạn chế vải dễ cháy (đã hiệu đính)",
        "Mô tả nội dung: Limits flammable fabrics. (nguyên văn)",
    ):
        assert line in full.text.splitlines()
    for rendering in (full, brief, short):
        assert words.title in rendering.text
        assert words.title in rendering.html
    assert samples.block(alert).title == words.title
    english = samples.block(alert, "en")
    assert not any(said in english.full.text for said in (words.title, words.products, words.description))
    assert "translation" not in english.full.text


def test_words_of_staff_are_escaped_like_all_others() -> None:
    alert = samples.textiles_alert(vietnamese=Vietnamese(title="<b>x</b>", products="<img src=x>"))
    block = samples.block(alert)
    for rendering in (block.full, block.brief, block.short):
        assert "<b>x</b>" not in rendering.html
        assert "<img" not in rendering.html


def test_every_symbol_of_a_joint_notice_is_printed_in_full() -> None:
    alert = samples.joint_alert()
    for rendering in (samples.block(alert).full, samples.block(alert).brief):
        for symbol in alert.content.symbols:
            assert symbol in rendering.text
            assert symbol in rendering.html


def test_the_whole_title_is_printed_and_the_english_one_beside_it() -> None:
    titles = (("es", "Reglamento técnico para " + "calzado " * 60 + "FIN"), ("fr", "Chaussures"), ("en", "Footwear"))
    printed = text(samples.textiles_alert(titles=titles))
    assert f"Tiêu đề gốc (tiếng Tây Ban Nha): {titles[0][1]}\n" in printed
    assert "Tiêu đề gốc (tiếng Anh): Footwear\n" in printed
    assert "Chaussures" not in printed
    assert '<span lang="es">Reglamento' in samples.block(samples.textiles_alert(titles=titles)).full.html


def test_a_notice_without_a_title_says_so() -> None:
    assert "Tiêu đề gốc: không có tiêu đề" in text(samples.textiles_alert(titles=()))


def test_long_texts_are_cut_with_a_link_to_the_rest() -> None:
    alert = samples.textiles_alert(description="Limits for dyes. " * 300, products="Garments, " * 300)
    block = samples.block(alert)
    page = "https://keng.example/notices/G/TBT/N/USA/2211"
    assert block.full.text.count(f"… (nguyên văn) xem thêm: {page}\n") == 2
    assert Page(block.full.html).links.count(page) == 3


def test_what_was_inherited_names_its_parent() -> None:
    alert = samples.textiles_alert(type=NoticeType.ADDENDUM, inherited_from="G/TBT/N/USA/1600")
    printed = text(alert)
    assert "knitted or woven (nguyên văn, kế thừa từ G/TBT/N/USA/1600)" in printed
    assert "Mã HS (kế thừa từ G/TBT/N/USA/1600):" in printed
    assert "Mã ICS: 59.080.30, 61.020 (kế thừa từ G/TBT/N/USA/1600)" in printed


def test_sorting_by_machine_is_marked_until_somebody_reviewed_it() -> None:
    mark = "máy phân loại, chưa hiệu đính"
    for rendering in ("full", "brief"):
        assert mark in getattr(samples.block(samples.textiles_alert()), rendering).text
        assert mark not in getattr(samples.block(samples.textiles_alert(reviewed=True)), rendering).text


def test_a_label_that_nobody_translated_stays_original_and_says_so() -> None:
    assert "Mục tiêu: Animal welfare (TBT) (nguyên văn)\n" in text(
        samples.textiles_alert(objectives=("Animal welfare (TBT)",))
    )


def test_regions_get_their_house_names() -> None:
    printed = text(samples.textiles_alert(regions=("Viet Nam", "Chinese Taipei", "Brazil, Rio Grande do Sul")))
    assert "Khu vực bị ảnh hưởng: Việt Nam; Đài Loan (Trung Quốc); Brazil, Rio Grande do Sul\n" in printed
    assert "Khu vực bị ảnh hưởng: Mọi đối tác thương mại\n" in text(samples.textiles_alert(all_partners=True))


@pytest.mark.parametrize(
    ("days", "said"),
    [
        (URGENT_DAYS + 1, "CÒN 8 NGÀY |"),
        (URGENT_DAYS, "[GẤP] CÒN 7 NGÀY |"),
        (0, "[GẤP] HÔM NAY LÀ HẠN CUỐI |"),
        (-1, "ĐÃ HẾT HẠN NGÀY 20/11/2026\n"),
        (None, "KHÔNG NÊU HẠN GÓP Ý\n"),
    ],
)
def test_the_days_left_come_first_and_urgency_is_a_word(days: int | None, said: str) -> None:
    deadline = None if days is None else samples.TODAY + timedelta(days=days)
    block = samples.block(samples.textiles_alert(comment_deadline=deadline))
    for rendering in (block.full, block.brief):
        assert rendering.text.startswith(said)
        assert said.split(" |", maxsplit=1)[0].strip() in Page(rendering.html).text


def test_a_deadline_in_words_is_said_in_vietnamese_where_it_is_known() -> None:
    printed = text(samples.textiles_alert(comment_deadline=None, comment_deadline_text="60 days from notification"))
    assert "Hạn góp ý: 60 ngày kể từ ngày thông báo\n" in printed


def test_an_update_says_only_what_changed_and_what_to_do() -> None:
    printed = text(samples.update_alert())
    assert "Cập nhật: thay đổi hạn góp ý\n" in printed
    assert "Hạn góp ý: 26/10/2026 → 25/11/2026\n" in printed
    assert "Việc cần làm: Gửi ý kiến góp ý chậm nhất ngày 25/11/2026.\n" in printed
    assert "Thuộc biện pháp: G/TBT/N/TPKM/467\n" in printed
    assert "Sản phẩm áp dụng" not in printed
    assert "Mã HS" not in printed


def changed_lines(*changes: FieldChange, **changed: Any) -> str:
    return text(samples.update_alert(kind=EventKind.SCOPE_CHANGED, changes=changes, **changed))


def test_changed_codes_are_compared() -> None:
    assert "Mã HS: 6109, 6105.10 → 6109, 6203.42 (thêm 6203.42; bỏ 6105.10)\n" in changed_lines(
        FieldChange("hs", "6109, 610510", "6109, 620342")
    )


def test_a_field_that_was_empty_was_not_stated() -> None:
    assert "Dự kiến có hiệu lực: không nêu → 01/03/2027\n" in changed_lines(
        FieldChange("in_force_on", "", "2027-03-01")
    )


def test_other_changes_are_printed_in_the_words_of_the_house() -> None:
    printed = changed_lines(
        FieldChange("members", "TPKM", "TPKM, HKG"),
        FieldChange("all_partners", "False", "True"),
        FieldChange("products", "Shoes", "Shoes and boots"),
    )
    assert "Thành viên thông báo: Đài Loan (Trung Quốc) → Đài Loan (Trung Quốc), Hồng Kông (Trung Quốc)\n" in printed
    assert "Áp dụng cho mọi đối tác: không → có\n" in printed
    assert "Sản phẩm áp dụng: Shoes → Shoes and boots\n" in printed


def test_long_texts_are_printed_from_where_they_differ() -> None:
    shared = "Garments of woven or knitted fabrics, " * 6
    printed = changed_lines(FieldChange("products", f"{shared}for adults", f"{shared}for adults and children"))
    assert "Sản phẩm áp dụng: … adults → … adults and children\n" in printed


def test_long_texts_are_printed_up_to_where_they_end_to_differ() -> None:
    shared = "It applies to garments of woven fabrics, " * 6
    before, after = (f"{shared}up to {limit} mg/kg, {shared}and nothing else" for limit in ("0,01", "0,02"))
    printed = changed_lines(FieldChange("products", before, after))
    assert "Sản phẩm áp dụng: … 0,01 mg/kg, It applies to … → … 0,02 mg/kg, It applies to …\n" in printed


def test_a_follow_up_that_says_nothing_more_is_named_by_its_type() -> None:
    assert "Cập nhật: thông báo bổ sung (Add.)\n" in text(samples.update_alert(kind=EventKind.NOTIFIED, changes=()))


def test_thousands_of_codes_are_cut_with_a_link_to_the_rest() -> None:
    codes = tuple(f"61{number:04}" for number in range(3000)) + tuple(f"99{number:04}" for number in range(3000))
    block = samples.block(samples.textiles_alert(hs=codes))
    assert len(block.full.text) < 5000
    assert "  - xem thêm: https://keng.example/notices/G/TBT/N/USA/2211\n" in block.full.text


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("2026-10-26", "2026-11-25", "gia hạn góp ý"),
        ("2026-12-26", "2026-11-25", "rút ngắn hạn góp ý"),
        ("", "2026-11-25", "thay đổi hạn góp ý"),
    ],
)
def test_a_moved_deadline_says_which_way(before: str, after: str, said: str) -> None:
    alert = samples.update_alert(changes=(FieldChange("comment_deadline", before, after),))
    assert samples.block(alert).headline.startswith(f"Đài Loan (Trung Quốc): {said} dự thảo")


def test_nothing_counts_down_on_a_withdrawn_measure() -> None:
    block = samples.block(samples.update_alert(kind=EventKind.WITHDRAWN))
    assert block.days_left is None
    assert block.headline.startswith("Đài Loan (Trung Quốc): rút lại biện pháp về dệt may")
    assert block.full.text.startswith("RÚT LẠI BIỆN PHÁP\n")
    assert "còn 4 ngày" not in block.full.text


def test_an_alert_that_staff_take_back_is_not_called_a_withdrawn_measure() -> None:
    block = samples.block(samples.update_alert(kind=EventKind.WITHDRAWN, because="Gửi nhầm lĩnh vực"))
    assert block.headline.startswith("Đài Loan (Trung Quốc): rút lại cảnh báo về dệt may")
    for line in (
        "RÚT LẠI CẢNH BÁO\n",
        "Lý do: Gửi nhầm lĩnh vực\n",
        "Việc cần làm: Bỏ qua cảnh báo mà bạn đã nhận về thông báo này.\n",
    ):
        assert line in block.full.text
    assert "biện pháp đã được rút lại" not in block.full.text


def test_an_emergency_without_a_deadline_is_urgent_and_names_the_day_it_is_in_force() -> None:
    alert = samples.seafood_alert(type=NoticeType.EMERGENCY, comment_deadline=None, in_force_on=samples.TODAY)
    block = samples.block(alert)
    assert block.emergency
    for rendering in (block.full, block.brief, block.short):
        assert rendering.text.startswith("[GẤP] THÔNG BÁO KHẨN CẤP | Có hiệu lực: 21/11/2026\n")


@pytest.mark.parametrize("kind", [EventKind.ADOPTED, EventKind.IN_FORCE])
def test_a_finished_rule_counts_down_only_while_comments_are_open(kind: EventKind) -> None:
    closed = samples.update_alert(kind=kind, comment_deadline=samples.TODAY - timedelta(days=9))
    assert samples.block(closed).days_left is None
    assert samples.block(samples.update_alert(kind=kind)).days_left == 4


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("kind", EventKind)
@pytest.mark.parametrize("update", [False, True])
def test_every_event_has_words_in_both_languages(language: Language, kind: EventKind, update: bool) -> None:
    block = samples.block(samples.update_alert(kind=kind, update=update), language)
    assert block.headline.count("%") == 0
    assert block.full.text
    assert block.brief.text


@pytest.mark.parametrize("type_of_notice", NoticeType)
@pytest.mark.parametrize("emergency", [False, True])
def test_every_type_of_notice_has_a_headline(type_of_notice: NoticeType, emergency: bool) -> None:
    block = samples.block(samples.textiles_alert(type=type_of_notice, emergency=emergency))
    assert re.fullmatch(r"Hoa Kỳ: [^%]+ về dệt may", block.headline)


def test_a_notice_without_a_deadline_is_not_called_a_draft() -> None:
    assert samples.block(samples.textiles_alert(comment_deadline=None)).headline == "Hoa Kỳ: thông báo về dệt may"


def test_a_notice_without_a_sector_names_the_agreement() -> None:
    assert samples.block(samples.textiles_alert(sectors=())).headline == "Hoa Kỳ: dự thảo về biện pháp kỹ thuật (TBT)"
    assert samples.block(samples.seafood_alert(sectors=())).headline == "Hàn Quốc: dự thảo về biện pháp SPS"


def test_a_sector_whose_child_is_named_is_left_out_of_the_headline() -> None:
    assert samples.block(samples.seafood_alert()).headline == "Hàn Quốc: dự thảo về thủy sản"


def test_house_forms_of_names_stand_in_both_parts() -> None:
    for code, name in {
        "TPKM": "Đài Loan (Trung Quốc)",
        "HKG": "Hồng Kông (Trung Quốc)",
        "MAC": "Ma Cao (Trung Quốc)",
        "USA": "Hoa Kỳ",
        "EU": "Liên minh châu Âu (EU)",
    }.items():
        block = samples.block(samples.update_alert(members=(code,)))
        for body in (block.full.text, Page(block.full.html).text):
            assert name in body
            assert not re.search(r"Đài Loan(?! \(Trung Quốc\))|Hồng Kông(?! \(Trung Quốc\))|da giày|Mỹ\b", body)
            assert "da giầy" in body


def reasons(alert: Alert, *asked: Reason, language: str = "vi") -> tuple[str, ...]:
    return why(samples.block(alert, language), asked)


def test_a_reason_quotes_what_the_sorting_rests_on() -> None:
    assert reasons(samples.textiles_alert(), Reason("sector", "textiles")) == (
        "Lĩnh vực Dệt may; căn cứ: mã HS “6109”; tiêu đề “Clothing Textiles”",
    )


def test_a_reason_names_the_child_that_answered_for_its_parent() -> None:
    alert = samples.seafood_alert(sectors=samples.seafood_alert().sectors[1:])
    assert reasons(alert, Reason("sector", "food")) == (
        "Lĩnh vực Nông sản, thực phẩm, qua Thủy sản; căn cứ: sản phẩm áp dụng “Fishery products”",
    )


def test_a_reason_says_a_ticked_box_in_words() -> None:
    ticked = Evidence("all_partners", 0, 4, "True", "all_partners/form/all_partners", 0.95)
    alert = samples.textiles_alert(facets={Facet.AFFECTED: (samples.label("all_partners", ticked),)})
    assert reasons(alert, Reason("affected", "all_partners"))[0].endswith("áp dụng cho mọi đối tác “có”")
    (english,) = reasons(alert, Reason("affected", "all_partners"), language="en")
    assert english.endswith("all trading partners “yes”")


def test_a_reason_says_that_its_evidence_was_inherited() -> None:
    evidence = Evidence("hs", 0, 4, "6109", "hs-61", 1.0, inherited_from="G/TBT/N/USA/1600")
    alert = samples.textiles_alert(sectors=(samples.label("textiles", evidence),))
    assert reasons(alert, Reason("sector", "textiles")) == (
        "Lĩnh vực Dệt may; căn cứ: mã HS “6109” (theo G/TBT/N/USA/1600)",
    )


def test_a_reason_says_that_only_the_annex_names_it() -> None:
    evidence = Evidence("annex", 0, 5, "boots", "footwear/strong/en/boots", 0.15)
    alert = samples.textiles_alert(sectors=(samples.label("footwear", evidence, role=Role.RELATED),))
    (said,) = reasons(alert, Reason("sector", "footwear"))
    assert said.endswith("; căn cứ: phụ lục “boots” (chỉ nêu trong phụ lục)")


def test_reasons_of_every_facet_come_in_one_order_and_once() -> None:
    asked = (
        Reason("member", "USA"),
        Reason("keyword", "flammability of CLOTHING"),
        Reason("hs", "61"),
        Reason("theme", "origin-labelling"),
        Reason("sector", "textiles"),
        Reason("member", "USA"),
    )
    assert reasons(samples.textiles_alert(), *asked)[1:] == (
        "Chủ đề Ghi nhãn xuất xứ",
        "Mã HS 61 (Quần áo và phụ kiện may mặc, dệt kim hoặc móc); căn cứ: 6109, 6105.10, 6105.20",
        "Từ khóa “flammability of CLOTHING” trong tiêu đề",
        "Thành viên Hoa Kỳ",
    )


def test_a_question_without_facets_is_named_as_such() -> None:
    assert reasons(samples.textiles_alert()) == ("Bạn đăng ký nhận mọi thông báo",)
    assert reasons(samples.textiles_alert(), language="en") == ("You asked for every notice",)


def test_a_value_that_was_read_out_of_the_notice_is_a_reason_with_its_words() -> None:
    proof = Evidence("title", 0, 8, "Standard", "standard/en", 0.8)
    alert = samples.textiles_alert(facets={Facet.STANDARD: (Label("ISO 9", Role.PRIMARY, 0.8, (proof,)),)})
    assert reasons(alert, Reason("standard", "ISO 9"), Reason("importance", "act")) == (
        "Tiêu chuẩn viện dẫn: ISO 9; căn cứ: tiêu đề “Standard”",
        "Mức độ quan trọng: cần hành động",
    )
