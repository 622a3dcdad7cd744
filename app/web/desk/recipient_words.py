"""What is said about organisations and their addresses: names, states, remarks and refusals."""

from collections.abc import Mapping
from http import HTTPStatus

from app.domain.errors import AppError, Kind
from app.domain.organisations import EVERY_SECTOR
from app.i18n.catalogue import translator
from app.store.recipients import KnownContact
from app.texts.wording import LabelName


def sector_name(sector: str, names: Mapping[str, LabelName], language: str) -> str:
    """Return what a sector is called; one that the taxonomy in force lacks stands for itself."""
    if sector == EVERY_SECTOR:
        return translator(language).gettext("mọi lĩnh vực")
    found = names.get(sector)
    return sector if found is None else found.name


def state_of(one: KnownContact) -> tuple[str, str]:
    """Return how an address stands, as in the table `contact-state`, and the kind of chip that says so."""
    for holds, state, chip in (
        (one.erased, "erased", "said"),
        (one.ended_at is not None, "removed", "said"),
        (one.suppressed, "suppressed", "warn"),
        (one.verified_by is not None, str(one.verified_by), "good"),
        (one.asked_at is not None, "asked", "open"),
    ):
        if holds:
            return state, chip
    return "new", "said"


def said(done: str, language: str) -> str:
    """Return what was done, after the page was loaded anew."""
    _ = translator(language).gettext
    sentences = {
        "saved": _("Đã lưu."),
        "seeded": _("Đã thêm các tổ chức đi kèm Kẻng; chưa tổ chức nào có địa chỉ."),
        "added": _("Đã thêm địa chỉ. Địa chỉ này chưa xác minh, nên chưa nhận gì."),
        "asked": _("Thư có liên kết xác minh đang được gửi."),
        "verified": _("Đã xác minh địa chỉ theo lời của bạn."),
        "removed": _("Đã gỡ địa chỉ. Những gì đã gửi tới đó vẫn còn trong sổ theo dõi."),
        "ended": _("Tổ chức đã kết thúc: không còn được gửi gì nữa."),
        "restored": _("Tổ chức đã được khôi phục."),
    }
    return sentences.get(done, "")


def status_of(error: AppError | None) -> HTTPStatus:
    """Return the status of a page that says why something was not done."""
    if error is None:
        return HTTPStatus.OK
    return HTTPStatus.CONFLICT if error.kind is Kind.CONFLICT else HTTPStatus.UNPROCESSABLE_ENTITY


def refusal(error: AppError, language: str) -> str:
    """Return what a refusal says to staff."""
    _ = translator(language).gettext
    sentences = {
        "organisation-key": _("Khóa chỉ gồm chữ thường không dấu và chữ số, nối bằng - hoặc _."),
        "organisation-known": _("Đã có tổ chức mang khóa này."),
        "organisation-newer": _(
            "Chưa lưu: trong lúc bạn sửa, người khác đã lưu tổ chức này. Những gì bạn ghi vẫn còn dưới đây; ở mỗi chỗ khác nhau"
            " có ghi bản đang lưu. Hãy ghép lại rồi lưu."
        ),
        "organisation-name": _("Tổ chức cần có tên tiếng Việt."),
        "organisation-hs": _("Chỉ nhận mã HS hoặc khoảng mã, cách nhau bằng dấu chấm phẩy, chẳng hạn 50-63; 4202."),
        "organisation-ended": _("Tổ chức này đã kết thúc; hãy khôi phục trước."),
        "organisation-stands": _("Tổ chức này chưa kết thúc."),
        "unknown-sector": _("Bảng phân loại đang dùng không có lĩnh vực này."),
        "person-erased": _("Người này đã yêu cầu xóa dữ liệu; không thêm lại được."),
        "address-invalid": _("Địa chỉ thư không đúng; hãy kiểm tra lại."),
        "no-because": _("Hãy ghi lý do."),
        "no-source": _("Hãy ghi nguồn: lấy địa chỉ này từ đâu."),
        "verified-already": _("Địa chỉ này đã được xác minh."),
        "suppressed": _("Không gửi tới địa chỉ này nữa, vì thư đã bị trả lại hoặc bị từ chối."),
        "unwanted": _("Người ở địa chỉ này đã nói rằng không muốn nhận thư như vậy."),
        "asked-already": _("Địa chỉ này đã được hỏi hôm nay, hoặc đã ba lần trong tháng này."),
    }
    return sentences.get(error.code) or _("Không thực hiện được; hãy tải lại trang và thử lại.")
