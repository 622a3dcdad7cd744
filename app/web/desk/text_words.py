"""What texts, their states, steps and faults are called on the desk."""

from app.domain.errors import AppError
from app.domain.house_forms.findings import Rule
from app.domain.publishing import SHORTEST_EMERGENCY, SHORTEST_REASON, TextKind, TextState, Why
from app.domain.release import Waiting
from app.i18n.catalogue import translator


def kind_name(kind: TextKind, language: str) -> str:
    """Return what a kind of text is called."""
    _ = translator(language).gettext
    return {
        TextKind.ARTICLE: _("Bài viết"),
        TextKind.LETTER: _("Công văn"),
        TextKind.BULLETIN: _("Bản tin"),
        TextKind.WITHDRAWAL: _("Rút lại cảnh báo"),
    }[kind]


def state_name(state: TextState, language: str) -> str:
    """Return what a state is called."""
    _ = translator(language).gettext
    return {
        TextState.DRAFT: _("Bản nháp"),
        TextState.IN_REVIEW: _("Chờ duyệt"),
        TextState.APPROVED: _("Đã duyệt"),
        TextState.PUBLISHED: _("Đã đăng"),
        TextState.CORRECTED: _("Đã đính chính"),
        TextState.WITHDRAWN: _("Đã rút lại"),
    }[state]


def waits_for(state: TextState, language: str) -> str:
    """Return by whom a text in a state waits to be taken on; empty where it waits for nobody."""
    _ = translator(language).gettext
    return {
        TextState.DRAFT: _("chờ người viết"),
        TextState.IN_REVIEW: _("chờ một người khác duyệt"),
        TextState.APPROVED: _("chờ đăng"),
    }.get(state, "")


def field_label(field: str, language: str) -> str:
    """Return the label of a field that people write; the field itself for a part that is composed."""
    _ = translator(language).gettext
    return {
        "title": _("Tiêu đề bằng tiếng Việt"),
        "description": _("Nội dung tóm tắt"),
        "products": _("Sản phẩm"),
        "agency": _("Cơ quan chịu trách nhiệm"),
        "impact": _("Tác động đến hàng Việt Nam"),
        "recommendation": _("Khuyến nghị"),
        "rows": _("Bảng giới hạn dư lượng"),
        "because": _("Lý do rút lại"),
        "correction": _("Đính chính điều gì"),
        "withdrawal": _("Lý do rút văn bản"),
    }.get(field, field)


def field_hint(field: str, language: str) -> str:
    """Return what stands under the label of a field; empty where it explains itself."""
    _ = translator(language).gettext
    return {
        "title": _("Để trống thì tiêu đề được soạn từ các trường của thông báo."),
        "description": _("Mỗi đoạn một dòng; để trống thì chỉ có nguyên văn."),
        "impact": _("Chỉ có trong bài khi có người viết."),
        "recommendation": _("Để trống thì dùng câu mẫu theo hạn góp ý."),
        "rows": _(
            "Mỗi dòng một hoạt chất, năm ô cách nhau bằng dấu |: hoạt chất | nông sản | đề xuất | hiện hành | Việt Nam"
        ),
        "because": _("Những người đã nhận cảnh báo sẽ đọc nguyên câu này."),
        "correction": _("Câu này đứng ở đầu văn bản, kèm ngày."),
        "withdrawal": _("Câu này đứng ở đầu văn bản, kèm ngày."),
    }.get(field, "")


def rule_name(rule: Rule, language: str) -> str:
    """Return what is wrong with a text, in a few words."""
    _ = translator(language).gettext
    return {
        Rule.SYMBOL: _("mã thông báo không đúng dạng"),
        Rule.MEMBER_CODE: _("mã thành viên không có thật"),
        Rule.DATE: _("ngày không có thật"),
        Rule.DATE_FORM: _("ngày không viết theo dd/mm/yyyy"),
        Rule.DATE_ORDER: _("thứ tự ngày vô lý"),
        Rule.LINK: _("liên kết không dùng được"),
        Rule.EXPIRED_CALL: _("kêu gọi góp ý khi đã hết hạn"),
        Rule.SPELLING: _("không đúng cách viết chung"),
        Rule.GLOSSARY: _("không đúng thuật ngữ"),
        Rule.ENCODING: _("bảng mã cũ"),
        Rule.CODES_DISAGREE: _("mã hàng không khớp nhau"),
        Rule.CONTRADICTION: _("mâu thuẫn"),
        Rule.FILLER_CODE: _("mã hàng điền cho có"),
        Rule.EXCLUSION: _("câu loại trừ cần đối chiếu"),
    }[rule]


def doubt_name(doubt: Waiting, language: str) -> str:
    """Return what is uncertain about a notice."""
    _ = translator(language).gettext
    return {
        Waiting.UNLABELLED: _("chưa thuộc lĩnh vực nào"),
        Waiting.UNSURE: _("máy không chắc về lĩnh vực"),
        Waiting.ORPHAN: _("văn bản gốc mà nó bổ sung chưa có trong hệ thống"),
        Waiting.CONTRADICTORY: _("mã hàng và lời văn mâu thuẫn"),
    }.get(doubt, doubt.value)


def said_of(error: AppError, language: str) -> str:
    """Return what a refusal says, and what to do about it."""
    _ = translator(language).gettext
    short = _("Hãy ghi lý do, ít nhất %(short)s ký tự; khi duyệt khẩn cấp, ít nhất %(long)s ký tự.")
    sentences: dict[str, str] = {
        Why.NOT_FROM_HERE: _("Văn bản không còn ở trạng thái cho phép bước này; hãy xem lại trạng thái mới."),
        Why.NOT_NEWEST: _("Người khác vừa viết một bản mới hơn; hãy xem lại rồi làm tiếp."),
        Why.OWN_TEXT: _("Không ai duyệt văn bản mà mình đã viết từ lần duyệt trước; hãy nhờ một người khác."),
        Why.REASON_SHORT: short % {"short": SHORTEST_REASON, "long": SHORTEST_EMERGENCY},
        Why.TOLD_ALREADY: _("Văn bản đã gửi đi thì không sửa được nữa; hãy soạn văn bản mới."),
        Why.NOT_A_DRAFT: _("Văn bản đang được người khác xem xét; chỉ sửa được khi nó trở về bản nháp."),
        Why.NO_APPROVAL: _("Chỉ đăng được bản mới nhất đã được duyệt."),
        Why.OWN_GLASS: _("Người đã duyệt khẩn cấp không tự hậu kiểm; hãy nhờ một người khác."),
        Why.CLOSED_ALREADY: _("Việc hậu kiểm này đã xong."),
        "findings": _("Còn lỗi phải sửa, xem danh sách bên dưới."),
        "doubts": _("Phải giải quyết điều chưa chắc chắn của thông báo trước: sửa lĩnh vực hoặc phát hành thông báo."),
        "no-such-notice": _("Không có thông báo nào mang mã này."),
        "notice-missing": _("Không có thông báo nào mang mã này."),
        "notice-withdrawn": _("Cảnh báo của thông báo này đã được rút lại."),
        "withdrawn-already": _("Cảnh báo của thông báo này đã được rút lại."),
        "organisation-ended": _("Tổ chức này đã kết thúc; hãy khôi phục trước."),
        "no-such-organisation": _("Hãy chọn tổ chức nhận công văn."),
        "period": _("Kỳ không đúng: ghi 2026-03, 2026-W10 hoặc 2026-03-02."),
        "field-long": _("Một ô dài quá mức; hãy rút ngắn."),
        "rows": _("Mỗi dòng của bảng phải có năm ô cách nhau bằng dấu |."),
        "text-changed": _("Thông báo gốc đã thay đổi sau khi duyệt, nên không làm lại được đúng tệp này."),
        "no-task": _("Không có việc hậu kiểm nào đang chờ."),
    }
    return sentences.get(error.code) or _("Không thực hiện được; hãy tải lại trang và thử lại.")
