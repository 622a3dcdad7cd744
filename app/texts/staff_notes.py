"""Short mails to staff, each with one link that holds once: an invitation, another password, another second factor."""

from app.domain.access import LINK_HOLDS, LinkPurpose
from app.i18n.catalogue import translator
from app.texts.letterhead import Letterhead
from app.texts.notes import Note, Words, composed

_AN_HOUR = 3600


def compose_staff_note(purpose: LinkPurpose, note: Note, head: Letterhead) -> bytes:
    """Return the mail that brings such a link."""
    return composed(note, head, _WORDED[purpose])


def _of_invitation(note: Note) -> Words:
    _ = translator(note.language).gettext
    return Words(
        _("[Kẻng] Lời mời vào bàn làm việc"),
        _("Bạn được mời vào bàn làm việc của Kẻng"),
        (
            _("Quản trị viên đã lập cho bạn một tài khoản trên bàn làm việc của hệ thống cảnh báo TBT/SPS Kẻng."),
            _("Để nhận tài khoản, hãy mở liên kết, đặt mật khẩu và cài mã xác thực hai lớp trên điện thoại."),
        ),
        _("Nhận tài khoản"),
        (_holds(LinkPurpose.INVITATION, note), _("Nếu bạn không chờ lời mời này, không cần làm gì.")),
    )


def _of_password(note: Note) -> Words:
    _ = translator(note.language).gettext
    return Words(
        _("[Kẻng] Đặt lại mật khẩu"),
        _("Đặt lại mật khẩu"),
        (_("Có người, có lẽ là bạn, vừa xin đặt lại mật khẩu tài khoản này. Bạn vẫn cần mã xác thực hai lớp."),),
        _("Đặt mật khẩu mới"),
        (
            _holds(LinkPurpose.PASSWORD, note),
            _("Nếu không phải bạn, không cần làm gì: mật khẩu cũ vẫn còn hiệu lực."),
        ),
    )


def _of_second_factor(note: Note) -> Words:
    _ = translator(note.language).gettext
    return Words(
        _("[Kẻng] Cài lại mã xác thực hai lớp"),
        _("Cài lại mã xác thực hai lớp"),
        (
            _("Quản trị viên đã hủy mã xác thực hai lớp của tài khoản này, và mọi phiên đăng nhập đã kết thúc."),
            _("Để đăng nhập lại, hãy mở liên kết, nhập mật khẩu và cài mã mới trên điện thoại."),
        ),
        _("Cài mã xác thực mới"),
        (
            _holds(LinkPurpose.SECOND_FACTOR, note),
            _("Nếu bạn không nhờ ai làm việc này, hãy báo ngay cho quản trị viên."),
        ),
    )


def _holds(purpose: LinkPurpose, note: Note) -> str:
    hours = int(LINK_HOLDS[purpose].total_seconds()) // _AN_HOUR
    said = translator(note.language).ngettext(
        "Liên kết dùng được một lần, trong %(num)s giờ. Xin đừng chuyển tiếp thư này.",
        "Liên kết dùng được một lần, trong %(num)s giờ. Xin đừng chuyển tiếp thư này.",
        hours,
    )
    return said % {"num": hours}


_WORDED = {
    LinkPurpose.INVITATION: _of_invitation,
    LinkPurpose.PASSWORD: _of_password,
    LinkPurpose.SECOND_FACTOR: _of_second_factor,
}
