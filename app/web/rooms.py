"""The rooms of the desk: what its navigation leads to, each with the permission that its first page asks for."""

from dataclasses import dataclass

from app.domain.access import Permission, Role, permits
from app.i18n.catalogue import translator
from app.web.pages import address

_OF_QUEUE = ("queue", "notices")
"""What lies behind the queue besides its own address, which all the other rooms begin with."""


@dataclass(frozen=True, slots=True)
class Room:
    """One entry of the navigation; `current` where the page that is shown stands in it."""

    href: str
    name: str
    current: bool


def rooms_of(role: Role, path: str, language: str) -> list[Room]:
    """Return the rooms that somebody may enter, in the order of the navigation; `path` is that of the page shown."""
    _ = translator(language).gettext
    rooms = [
        ("/desk", _("Hàng đợi"), Permission.SEE_DESK),
        ("/desk/texts", _("Văn bản"), Permission.SEE_DESK),
        ("/desk/warnings", _("Cảnh báo nhập tay"), Permission.SEE_DESK),
        ("/desk/recipients", _("Nơi nhận"), Permission.SEE_DESK),
        ("/desk/taxonomy", _("Bảng phân loại"), Permission.SEE_DESK),
        ("/desk/people", _("Người dùng"), Permission.KEEP_PEOPLE),
        ("/desk/register", _("Sổ theo dõi"), Permission.SEE_DESK),
        ("/desk/figures", _("Số liệu"), Permission.SEE_DESK),
        ("/desk/health", _("Sức khỏe hệ thống"), Permission.SEE_DESK),
    ]
    entered = [(address(first, language), name) for first, name, permission in rooms if permits(role, permission)]
    queue = address(rooms[0][0], language)
    inside = (path == queue, *(path.startswith(f"{queue}/{part}/") for part in _OF_QUEUE))
    others = [href for href, _name in entered if href != queue and f"{path}/".startswith(f"{href}/")]
    here = queue if any(inside) else max(others, key=len, default="")
    return [Room(href, name, href == here) for href, name in entered]
