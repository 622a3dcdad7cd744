"""Why somebody was not told, in one sentence."""

from collections.abc import Iterable, Mapping

from app.domain.matching import Condition, Refusal
from app.domain.subscriptions import READ_FACETS
from app.i18n.catalogue import translator
from app.i18n.members import member_name
from app.i18n.products import dotted
from app.texts.cleaning import one_line
from app.texts.wording import LabelName, label_name, read_label_name

_READ = frozenset(Condition(facet.value) for facet in READ_FACETS)
_Names = Mapping[str, LabelName]


def refusal_sentence(refusal: Refusal, language: str, names: _Names) -> str:
    """Return the sentence for a refusal in `vi` or `en`; `names` are those of sectors and themes in that language."""
    messages = translator(language)
    nothing = messages.gettext("không có")
    asked = _values(refusal.condition, refusal.asked, language, names) or nothing
    found = _values(refusal.condition, refusal.found, language, names) or nothing
    return _sentences(language)[refusal.condition] % {"asked": asked, "found": found}


def reason_in_words(code: str, language: str) -> str:
    """Return the words for a code under which a reason is stored; what has none, as what staff wrote, stands for itself."""
    return _reasons(language).get(code) or one_line(code)


def _sentences(language: str) -> Mapping[Condition, str]:
    gettext = translator(language).gettext
    return _of_the_notice(language) | {
        Condition.CONFIRMED: gettext("Đăng ký này chưa được xác nhận."),
        Condition.ENDED: gettext("Đăng ký này đã dừng (%(found)s)."),
        Condition.SUPPRESSED: gettext("Địa chỉ này tạm ngừng nhận thư (%(found)s)."),
        Condition.LATE: gettext("Cảnh báo đã gửi đi trước khi đăng ký này được xác nhận."),
        Condition.AREA: gettext("Đăng ký này chọn hiệp định %(asked)s; thông báo này thuộc hiệp định: %(found)s."),
        Condition.OWN: gettext("Đây là biện pháp của chính Việt Nam; chỉ ai đăng ký thành viên Việt Nam mới được báo."),
        Condition.ADDITIONS: gettext("Đăng ký này không nhận thông báo mới, chỉ nhận cập nhật về biện pháp đã báo."),
        Condition.UPDATES: gettext("Đăng ký này không nhận cập nhật về biện pháp đã báo, chỉ nhận thông báo mới."),
        Condition.EXCLUDED: gettext("Thông báo có từ mà đăng ký này loại trừ: %(found)s."),
        Condition.SECTOR: gettext("Đăng ký này chọn lĩnh vực %(asked)s; lĩnh vực chính của thông báo này: %(found)s."),
        Condition.RELATED: gettext(
            "Thông báo này chỉ liên quan đến lĩnh vực %(found)s; đăng ký này không nhận bản sao của thông báo liên quan."
        ),
        Condition.THEME: gettext("Đăng ký này chọn chủ đề %(asked)s; chủ đề của thông báo này: %(found)s."),
        Condition.MEASURE_TYPE: gettext(
            "Đăng ký này chọn loại biện pháp %(asked)s; loại biện pháp của thông báo này: %(found)s."
        ),
        Condition.STANDARD: gettext(
            "Đăng ký này chọn tiêu chuẩn %(asked)s; tiêu chuẩn mà thông báo này viện dẫn: %(found)s."
        ),
        Condition.SUBSTANCE: gettext("Đăng ký này chọn chất %(asked)s; chất nêu trong thông báo này: %(found)s."),
        Condition.AGREEMENT: gettext(
            "Đăng ký này chọn hiệp định thương mại %(asked)s; hiệp định chung với thành viên thông báo: %(found)s."
        ),
        Condition.ORIGIN: gettext("Đăng ký này chọn quy định về xuất xứ: %(asked)s; trong thông báo này: %(found)s."),
        Condition.AFFECTED: gettext(
            "Đăng ký này chọn biện pháp áp dụng cho %(asked)s; biện pháp này áp dụng cho: %(found)s."
        ),
        Condition.IMPORTANCE: gettext(
            "Đăng ký này chọn mức độ quan trọng %(asked)s; mức độ quan trọng của thông báo này: %(found)s."
        ),
        Condition.MEMBER: gettext("Đăng ký này chọn thành viên %(asked)s; thông báo này là của: %(found)s."),
        Condition.HS: gettext("Đăng ký này chọn mã HS %(asked)s; mã HS của thông báo này: %(found)s."),
        Condition.KEYWORD: gettext("Không từ khóa nào của đăng ký này có trong thông báo này: %(asked)s."),
    }


def _of_the_notice(language: str) -> dict[Condition, str]:
    gettext = translator(language).gettext
    return {
        Condition.PUBLIC: gettext("Thông báo này chưa được công khai."),
        Condition.WITHDRAWN: gettext("Cảnh báo này đã bị rút lại: %(found)s."),
        Condition.SORTED: gettext("Thông báo này đang chờ được phân loại."),
        Condition.RELEASED: gettext("Cảnh báo chưa được phát hành (lý do: %(found)s)."),
        Condition.SILENCE: gettext("Diễn biến này không được báo cho ai (lý do: %(found)s)."),
    }


def _values(condition: Condition, values: Iterable[str], language: str, names: _Names) -> str:
    if condition is Condition.MEMBER:
        return ", ".join(one_line(member_name(value, language)) for value in values)
    if condition is Condition.HS:
        return ", ".join(dotted(one_line(value)) for value in values)
    if condition in {Condition.SECTOR, Condition.RELATED, Condition.THEME}:
        return ", ".join(label_name(value, names) for value in values)
    if condition in _READ:
        return ", ".join(read_label_name(condition, value, language) for value in values)
    return ", ".join(reason_in_words(value, language) for value in values)


def _reasons(language: str) -> Mapping[str, str]:
    """Return the words for the codes that the release rule, silence, the end of a subscription and a suppression are stored under."""
    gettext = translator(language).gettext
    return {
        "unjudged": gettext("chưa được xét"),
        "unlabelled": gettext("chưa nhận ra lĩnh vực"),
        "unsure": gettext("phân loại chưa chắc chắn"),
        "orphan": gettext("chưa có thông báo gốc"),
        "contradictory": gettext("tiêu đề và mã hàng trái nhau"),
        "staff": gettext("mọi cảnh báo đều do cán bộ phát hành"),
        "manual": gettext("nhập tay, cần người thứ hai xem"),
        "baseline": gettext("đã lưu hành trước khi hệ thống bắt đầu gửi cảnh báo"),
        "set_aside": gettext("cán bộ đã xem và xếp lại"),
        "silent": gettext("nhập vào mà không gửi cảnh báo"),
        "already_told": gettext("biện pháp đã được báo qua tài liệu sau"),
        "asked": gettext("theo yêu cầu của người đăng ký"),
        "one_click": gettext("hủy bằng một lần bấm trong thư"),
        "not_me": gettext("chủ địa chỉ cho biết không đăng ký"),
        "regrouped": gettext("chỉ là việc xếp lại hồ sơ của cán bộ"),
        "included": gettext("đã gộp vào cảnh báo chưa gửi"),
        "no_such_address": gettext("máy chủ thư cho biết không có địa chỉ này"),
        "keeps_bouncing": gettext("thư gửi tới nhiều lần bị trả lại"),
        "complained": gettext("người nhận đã báo thư là thư rác"),
        "by_staff": gettext("cán bộ đã ngừng gửi"),
        "suppressed": gettext("địa chỉ này tạm ngừng nhận thư"),
        "withdrawn": gettext("cảnh báo đã được rút lại"),
        "erased": gettext("người nhận đã yêu cầu xóa dữ liệu"),
        "paused": gettext("người nhận đang tạm dừng"),
        "no longer wanted": gettext("người nhận không còn đăng ký"),
        "paused until it was closed": gettext("người nhận tạm dừng cho đến khi hết hạn góp ý"),
        "paused, and not wanted after": gettext("người nhận tạm dừng và không muốn nhận bù"),
        "told before the loss": gettext("đã báo trước khi mất dữ liệu"),
        "address removed": gettext("địa chỉ không còn là của tổ chức"),
        "organisation ended": gettext("tổ chức đã kết thúc"),
        "not_told": gettext("thư không gửi được; lượt gửi đã quá hạn lưu"),
    }
