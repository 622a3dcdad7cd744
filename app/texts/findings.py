"""What is not as it should be, in words for operators."""

from app.domain.alarms import Alarm, Check, Finding
from app.i18n.catalogue import translator
from app.texts.cleaning import cut, one_line

_LONGEST_NOTE = 160


def finding_line(finding: Finding, language: str) -> str:
    """Return one finding as a line: what it is about, what is wrong, what else is known."""
    said = f"{finding.ref}: {_wrong(finding, language)}"
    note = cut(one_line(finding.note), _LONGEST_NOTE)
    return f"{said} ({note})" if note else said


def alarm_title(alarm: Alarm, language: str) -> str:
    """Return what an alarm says, in a few words."""
    _ = translator(language).gettext
    return {
        Alarm.NOTICES_STUCK: _("Thông báo bị kẹt trước khi gửi"),
        Alarm.DELIVERIES_MISSING: _("Có người đăng ký chưa được báo"),
        Alarm.DELIVERIES_STUCK: _("Thư chờ quá lâu"),
        Alarm.DIGESTS_MISSING: _("Thiếu bản tổng hợp"),
        Alarm.NEEDS_HUMAN: _("Có thư chờ người xử lý"),
        Alarm.NOBODY_MATCHED: _("Cảnh báo không khớp với ai, khác thường lệ"),
        Alarm.RELAY_DOWN: _("Máy chủ thư không nhận thư"),
        Alarm.WORKER_STOPPED: _("Tiến trình nền đã dừng"),
        Alarm.JOB_FAILING: _("Một công việc nền bị lỗi"),
        Alarm.SOURCE_FAILING: _("Nguồn tin không trả lời"),
        Alarm.SOURCE_SILENT: _("Nguồn tin lâu không có gì mới"),
        Alarm.BRAKE_PULLED: _("Phanh khẩn cấp đã được kích hoạt"),
        Alarm.HOLD_STANDING: _("Thư đang bị giữ lại"),
        Alarm.AUDIT_BROKEN: _("Nhật ký kiểm toán bị đứt chuỗi"),
    }[alarm]


def alarm_advice(alarm: Alarm, language: str) -> str:
    """Return what to do about an alarm first, in one sentence; its page in docs/runbook says the rest."""
    _ = translator(language).gettext
    return {
        Alarm.NOTICES_STUCK: _("Xem tiến trình nền có chạy không và nhật ký báo lỗi gì."),
        Alarm.DELIVERIES_MISSING: _("Tìm nguyên nhân trước, rồi chạy keng rematch với mã thông báo để báo bù."),
        Alarm.DELIVERIES_STUCK: _("Xem tiến trình nền và máy chủ thư có làm việc không."),
        Alarm.DIGESTS_MISSING: _("Chạy keng digest close, rồi keng deliver --once."),
        Alarm.NEEDS_HUMAN: _("Xem keng queue, rồi quyết định bằng keng settle."),
        Alarm.NOBODY_MATCHED: _("Xem keng queue và bảng phân loại: có loại hàng hóa mới chưa được phân loại không?"),
        Alarm.RELAY_DOWN: _("Kiểm tra máy chủ thư, chứng chỉ và mật khẩu; thư vẫn nằm chờ, không mất."),
        Alarm.WORKER_STOPPED: _("Khởi động lại keng worker; việc dở dang sẽ được làm tiếp."),
        Alarm.JOB_FAILING: _("Xem nhật ký để biết lỗi của công việc này."),
        Alarm.SOURCE_FAILING: _("Kiểm tra mạng, khóa truy cập và trạng thái của nguồn tin."),
        Alarm.SOURCE_SILENT: _("Xem nguồn tin có thật sự không ra thông báo mới không."),
        Alarm.BRAKE_PULLED: _("Tìm hiểu vì sao có nhiều thư như vậy, rồi mới chạy keng resume brake --because …"),
        Alarm.HOLD_STANDING: _("Khi nguyên nhân đã hết, chạy keng resume với tên của lệnh giữ."),
        Alarm.AUDIT_BROKEN: _("Giữ nguyên hiện trạng, chạy keng audit verify và so với nhật ký và bản sao lưu."),
    }[alarm]


def _wrong(finding: Finding, language: str) -> str:
    _ = translator(language).gettext
    said = {
        Check.RECORD_WITHOUT_NOTICE: _("nguồn có nêu nhưng không thành thông báo"),
        Check.NOTICE_WITHOUT_EVENT: _("đã nhận nhưng không ghi diễn biến nào"),
        Check.NEVER_SORTED: _("chưa được phân loại"),
        Check.NOT_JUDGED: _("đã phân loại nhưng chưa xét phát hành"),
        Check.WRONGLY_HELD: _("chờ người duyệt vì một lý do không còn đúng"),
        Check.NOT_FANNED_OUT: _("đã phát hành nhưng chưa tìm người nhận"),
        Check.NOT_TOLD: _("%(count)s người đăng ký lẽ ra được báo nhưng không có trong sổ"),
        Check.NOT_GATHERED: _("%(count)s người đăng ký chờ thư báo ngay quá lâu"),
        Check.DELIVERY_GONE: _("thư của %(count)s người đăng ký không còn trong cơ sở dữ liệu"),
        Check.CONFIRMATION_GONE: _("không có thư xác nhận"),
        Check.DIGEST_MISSING: _("bản tổng hợp của %(count)s người đăng ký chưa được làm"),
        Check.PROOF_MISSING: _("không có thư kết quả kiểm tra hằng tuần cho %(count)s người đăng ký"),
        Check.DELIVERY_OVERDUE: _("%(count)s thư đến hạn từ lâu mà chưa gửi"),
        Check.LEASE_LOST: _("%(count)s thư bị một tiến trình đã dừng giữ lại"),
        Check.UNKNOWN_FOR_LONG: _("%(count)s thư không rõ đã đến hay chưa"),
        Check.NEEDS_HUMAN: _("chờ người xử lý"),
        Check.NOBODY_MATCHED: _("%(count)s cảnh báo mới nhất không khớp với ai"),
        Check.NOTHING_LABELLED: _("%(count)s thông báo mới nhất không được xếp vào lĩnh vực nào"),
        Check.RELAY_DOWN: _("không nhận thư; %(count)s thư liên quan"),
        Check.WORKER_STOPPED: _("không có công việc nào chạy từ lâu"),
        Check.JOB_LATE: _("lâu chưa chạy xong"),
        Check.JOB_FAILING: _("lần nào chạy cũng lỗi"),
        Check.SOURCE_FAILING: _("hơn một ngày không trả lời đúng"),
        Check.SOURCE_SILENT: _("nhiều ngày làm việc không có bản ghi mới"),
        Check.BRAKE_PULLED: _("số thư trong 24 giờ vượt mức"),
        Check.HOLD_STANDING: _("mọi thư bị giữ lại"),
        Check.AUDIT_BROKEN: _("có dòng bị sửa hoặc bị xóa"),
    }[finding.check]
    return said % {"count": finding.count} if "%(" in said else said
