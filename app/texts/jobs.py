"""What the jobs of the worker are called; their own names are those of logs and runbooks."""

from app.i18n.catalogue import translator

_PULL = "pull:"


def job_words(name: str, language: str) -> str:
    """Return what a job does, in a few words; the name itself for one that is not known here."""
    _ = translator(language).gettext
    if name.startswith(_PULL):
        return _("lấy tin từ %(source)s") % {"source": name.removeprefix(_PULL)}
    names = {
        "alarms": _("kiểm tra báo động"),
        "attach": _("lấy tài liệu đính kèm"),
        "audit": _("kiểm chuỗi kiểm toán"),
        "deliver": _("gửi thư"),
        "digests": _("lập bản tổng hợp và nhắc hạn"),
        "feedback": _("đọc thư bị trả lại"),
        "process": _("phân loại, phát hành và ghép người nhận"),
        "reconcile": _("đối soát"),
        "resolve": _("đọc nhật ký của máy chủ thư"),
        "retention": _("xóa dữ liệu quá hạn lưu"),
        "seal": _("khóa chuỗi kiểm toán"),
        "staff-mail": _("gửi thư cho cán bộ"),
        "upkeep": _("dọn dẹp và trả lại việc bỏ dở"),
    }
    return names.get(name, name)
