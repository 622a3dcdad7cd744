"""One sentence for each refusal, in both languages."""

import pytest

from app.domain.matching import Condition, Refusal
from app.texts.refusals import refusal_sentence
from app.texts.wording import LabelName

NAMES = {"food": LabelName("Thực phẩm")}


@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.parametrize("condition", list(Condition))
def test_every_condition_has_a_sentence_in_both_languages(condition: Condition, language: str) -> None:
    sentence = refusal_sentence(Refusal(condition), language, {})
    assert sentence.endswith(".")
    assert "%(" not in sentence
    assert sentence != refusal_sentence(Refusal(condition), "en" if language == "vi" else "vi", {})


@pytest.mark.parametrize(
    ("refusal", "expected"),
    [
        (
            Refusal(Condition.SECTOR, ("food",)),
            "Đăng ký này chọn lĩnh vực Thực phẩm; lĩnh vực chính của thông báo này: không có.",
        ),
        (
            Refusal(Condition.RELEASED, (), ("unsure",)),
            "Cảnh báo chưa được phát hành (lý do: phân loại chưa chắc chắn).",
        ),
        (
            Refusal(Condition.MEMBER, ("USA",), ("TPKM",)),
            "Đăng ký này chọn thành viên Hoa Kỳ; thông báo này là của: Đài Loan (Trung Quốc).",
        ),
        (
            Refusal(Condition.SUBSTANCE, ("cadmium", "my own"), ()),
            "Đăng ký này chọn chất cadimi, my own; chất nêu trong thông báo này: không có.",
        ),
        (
            Refusal(Condition.IMPORTANCE, ("act",), ("note",)),
            "Đăng ký này chọn mức độ quan trọng cần hành động; mức độ quan trọng của thông báo này: cần theo dõi.",
        ),
        (Refusal(Condition.HS, ("610910",), ("03",)), "Đăng ký này chọn mã HS 6109.10; mã HS của thông báo này: 03."),
        (Refusal(Condition.ENDED, (), ("one_click",)), "Đăng ký này đã dừng (hủy bằng một lần bấm trong thư)."),
        (Refusal(Condition.EXCLUDED, (), ("thức ăn",)), "Thông báo có từ mà đăng ký này loại trừ: thức ăn."),
    ],
)
def test_a_sentence_names_what_was_asked_and_what_there_was(refusal: Refusal, expected: str) -> None:
    assert refusal_sentence(refusal, "vi", NAMES) == expected
