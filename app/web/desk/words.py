"""What roles, permissions and refusals are called on the pages of the desk."""

from app.domain.access import Permission, Role
from app.domain.deliveries import DeliveryState
from app.domain.errors import AppError
from app.i18n.catalogue import translator


def role_name(role: Role, language: str) -> str:
    """Return what a role is called."""
    _ = translator(language).gettext
    names = {
        Role.READER: _("Người đọc"),
        Role.EDITOR: _("Biên tập viên"),
        Role.APPROVER: _("Người duyệt"),
        Role.ADMINISTRATOR: _("Quản trị viên"),
    }
    return names[role]


def permission_name(permission: Permission, language: str) -> str:
    """Return what a permission lets somebody do."""
    _ = translator(language).gettext
    names = {
        Permission.KEEP_ACCOUNT: _("giữ tài khoản của mình: đổi mật khẩu, đăng xuất"),
        Permission.SEE_DESK: _("xem bàn làm việc"),
        Permission.CORRECT_SORTING: _("sửa lĩnh vực, chủ đề và mức quan trọng"),
        Permission.RELEASE_ALERTS: _("phát hành cảnh báo chỉ có dữ liệu gốc"),
        Permission.WRITE_TEXTS: _("viết bài, công văn, bản tin và bản dịch"),
        Permission.APPROVE_TEXTS: _("duyệt văn bản do người khác viết"),
        Permission.WITHDRAW: _("đính chính và rút lại"),
        Permission.KEEP_RECIPIENTS: _("quản lý tổ chức và người nhận"),
        Permission.KEEP_TAXONOMY: _("đổi bảng phân loại"),
        Permission.KEEP_PEOPLE: _("quản lý người dùng"),
    }
    return names[permission]


def standing_words(value: str, language: str) -> str:
    """Return what is said at a field that somebody else saved otherwise meanwhile."""
    _ = translator(language).gettext
    return _("bản đang lưu: “%(value)s”") % {"value": value} if value else _("bản đang lưu để trống chỗ này")


def mail_state(state: str, language: str) -> str:
    """Return what became of a mail to somebody on the staff."""
    _ = translator(language).gettext
    names = {
        DeliveryState.PENDING: _("đang chờ gửi"),
        DeliveryState.HANDING_OVER: _("đang giao cho máy chủ thư"),
        DeliveryState.ACCEPTED: _("đã gửi"),
        DeliveryState.REJECTED: _("máy chủ thư từ chối"),
        DeliveryState.UNKNOWN: _("không rõ đã tới chưa"),
    }
    return names.get(DeliveryState(state)) or _("không gửi được kịp hạn")


def refusal(error: AppError, language: str) -> str:
    """Return what a refusal of signing in and of looking after people says."""
    _ = translator(language).gettext
    sentences = {
        "password-short": _("Mật khẩu phải có ít nhất 12 ký tự."),
        "password-long": _("Mật khẩu dài quá 256 ký tự."),
        "password-common": _("Mật khẩu này dễ đoán. Hãy ghép vài từ không liên quan với nhau."),
        "password-wrong": _("Mật khẩu hiện tại không đúng."),
        "code-wrong": _("Mã xác thực không đúng, hoặc đã dùng rồi. Hãy chờ mã tiếp theo."),
        "too-many-tries": _("Đã thử quá nhiều lần. Hãy chờ 15 phút."),
        "account-known": _("Địa chỉ này đã có tài khoản."),
        "account-own": _("Không ai tự đổi quyền hoặc tự khóa tài khoản của mình."),
        "account-last": _("Đây là quản trị viên cuối cùng; phải luôn còn một người."),
        "account-taken-up": _("Người này đã đăng nhập được, không cần thư nữa."),
        "account-new": _("Người này chưa nhận lời mời; hãy gửi lại thư mời."),
        "account-disabled": _("Tài khoản này đang bị khóa."),
        "because-missing": _("Hãy ghi lý do."),
        "address-invalid": _("Địa chỉ thư không đúng; hãy kiểm tra lại."),
    }
    return sentences.get(error.code) or _("Không thực hiện được; hãy tải lại trang và thử lại.")
