"""What the desk's page of one notice says: what was done, why something was refused, by which rule a letter goes."""

from app.domain.boxes import Box
from app.domain.errors import AppError
from app.domain.routing import NoDispatch, Rule
from app.i18n.catalogue import translator


def done(code: str, language: str) -> str:
    """Return what was done, for the top of the page; empty for a code that is none of ours."""
    _ = translator(language).gettext
    sentences = {
        "written": _("Đã lưu bản tiếng Việt của ô."),
        "drafted": _("Máy đã dịch nháp ô; bản này chưa được dùng ở đâu cho tới khi có người sửa và lưu."),
        "confirmed": _("Đã hiệu đính ô."),
        "corrected": _("Đã sửa cách phân loại; bản sửa được giữ qua mọi lần phân loại sau."),
        "assigned": _("Đã ghi ai phụ trách thông báo này."),
        "released": _("Đã phát hành; cảnh báo đang được gửi."),
        "decided": _("Đã ghi quyết định về mức quan trọng của thay đổi."),
        "merged": _("Đã gộp hai biện pháp."),
        "split": _("Đã tách thông báo thành biện pháp riêng."),
    }
    return sentences.get(code, "")


def refusal(error: AppError, language: str) -> str:
    """Return why something was not done."""
    _ = translator(language).gettext
    sentences = {
        "text-newer": _("Chưa lưu: người khác vừa ghi ô này. Cả hai bản đang hiện ở ô đó; hãy ghép lại rồi lưu."),
        "original-newer": _("Chưa lưu: bản gốc của ô này vừa đổi. Hãy đọc chỗ đổi rồi lưu lại."),
        "nothing-changed": _("Không có gì thay đổi: ô này đã như vậy rồi."),
        "nothing-written": _("Ô này chưa có bản tiếng Việt."),
        "own-text": _("Không ai tự hiệu đính chữ của mình; cần một người khác."),
        "text-long": _("Văn bản dài quá 20.000 ký tự."),
        "text-unprintable": _("Văn bản có ký tự điều khiển không in được; hãy dán lại dạng chữ thường."),
        "machine-text": _("Đây là bản máy dịch: cần một người sửa và lưu trước, rồi người khác mới hiệu đính."),
        "not-draftable": _("Ô này không có bản gốc hoặc đã có người viết, nên không xin bản dịch máy."),
        "draft-overtaken": _(
            "Trong lúc đó ô này hoặc bản gốc đã đổi, nên bản máy dịch không được giữ; trang đang hiện bản mới."
        ),
        "draft-running": _("Máy đang dịch một ô của thông báo này; hãy đợi rồi tải lại trang."),
        "drafts-many": _("Bạn đã xin nhiều bản dịch máy trong một giờ qua; hãy thử lại sau."),
        "draft-unreachable": _("Máy dịch không trả lời; ô vẫn trống. Hãy thử lại sau hoặc tự viết."),
        "draft-busy": _("Máy dịch đang bận; ô vẫn trống. Hãy thử lại sau hoặc tự viết."),
        "draft-refused": _("Máy dịch từ chối yêu cầu; ô vẫn trống. Quản trị viên kiểm tra bằng keng doctor."),
        "draft-unsound": _("Máy dịch trả lời không dùng được; ô vẫn trống. Hãy tự viết ô này."),
        "no-reason": _("Hãy ghi lý do."),
        "same-holder": _("Không có gì thay đổi: thông báo đang ở đúng nơi đó."),
        "no-such-holder": _("Hãy chọn một đơn vị hoặc một người đang làm việc ở đây."),
        "unknown-sector": _("Bảng phân loại không có lĩnh vực này."),
        "unknown-theme": _("Bảng phân loại không có chủ đề này."),
        "nothing-to-release": _("Không còn gì để phát hành: mọi diễn biến đã được phát hành."),
        "told-to-nobody": _("Diễn biến cuối không báo cho ai, nên không có gì để quyết định."),
        "no-such-other": _("Không có thông báo nào mang mã đã nhập."),
        "one-measure": _("Hai thông báo này đã thuộc cùng một biện pháp."),
        "one-base": _("Không tách được: mọi thông báo của biện pháp này mang cùng mã gốc do WTO đặt."),
    }
    return sentences.get(error.code) or _("Không thực hiện được; hãy tải lại trang và thử lại.")


def box_name(box: Box, language: str) -> str:
    """Return the name of a box that the stored notice has no words for."""
    _ = translator(language).gettext
    names = {
        Box.AGENCY: _("Cơ quan chịu trách nhiệm"),
        Box.IMPACT: _("Tác động với hàng Việt Nam"),
        Box.RECOMMENDATION: _("Khuyến nghị"),
    }
    return names[box]


def rule_name(rule: Rule, language: str) -> str:
    """Return by which rule an organisation gets a letter or a copy."""
    _ = translator(language).gettext
    names = {
        Rule.RESPONSIBLE: _("phụ trách lĩnh vực chính"),
        Rule.NOBODY_ELSE: _("không tổ chức nào phụ trách lĩnh vực này"),
        Rule.CONCERNED: _("có liên quan tới lĩnh vực"),
        Rule.OTHER_GOODS: _("cùng lĩnh vực, mặt hàng khác"),
        Rule.WIDER_SECTOR: _("phụ trách lĩnh vực rộng hơn"),
        Rule.NARROWER_SECTOR: _("phụ trách lĩnh vực hẹp hơn"),
        Rule.RELATED_SECTOR: _("lĩnh vực chỉ liên quan"),
        Rule.HORIZONTAL: _("chủ đề chung cho mọi ngành"),
    }
    return names[rule]


def nobody(because: NoDispatch, language: str) -> str:
    """Return why nobody gets anything."""
    _ = translator(language).gettext
    names = {
        NoDispatch.OTHERS_ONLY: _("Biện pháp SPS này chỉ áp dụng cho nước khác."),
        NoDispatch.NO_SECTOR: _("Thông báo chưa có lĩnh vực nào."),
        NoDispatch.NO_ORGANISATION: _("Không tổ chức nào phụ trách các lĩnh vực của thông báo."),
    }
    return names[because]


def standing_name(standing: str, language: str) -> str:
    """Return how an alert stands: told, released, kept silent, or why it waits."""
    _ = translator(language).gettext
    names = {
        "told": _("đã báo"),
        "released": _("đã phát hành, đang gửi"),
        "silent": _("không báo cho ai"),
        "unjudged": _("chờ quy tắc phát hành xét"),
        "unlabelled": _("chờ cán bộ: chưa nhận ra lĩnh vực"),
        "unsure": _("chờ cán bộ: phân loại chưa chắc chắn"),
        "orphan": _("chờ cán bộ: chưa có thông báo gốc"),
        "contradictory": _("chờ cán bộ: tiêu đề và mã hàng trái nhau"),
        "staff": _("chờ cán bộ: mọi cảnh báo đều do cán bộ phát hành"),
        "manual": _("chờ cán bộ: nhập tay, cần người thứ hai xem"),
    }
    return names.get(standing, standing)


def ground_name(ground: str, language: str) -> str:
    """Return why the rule takes a change for material or not; a person's own reason stands for itself."""
    _ = translator(language).gettext
    names = {
        "new": _("thông báo mới"),
        "deadline": _("hạn góp ý đổi"),
        "scope": _("phạm vi hoặc mặt hàng đổi"),
        "adoption": _("đã thông qua"),
        "entry_into_force": _("ngày hiệu lực đổi"),
        "withdrawal": _("rút lại"),
        "named": _("văn bản nêu hạn, ngày, mặt hàng hoặc giới hạn"),
        "unclear": _("không rõ là sửa chữ, nên báo ngay"),
        "editorial": _("chỉ sửa chữ"),
        "translation": _("chỉ thêm bản dịch"),
    }
    return names.get(ground, ground)
