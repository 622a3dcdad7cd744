"""What an instant mail says at the top when it comes late: when its alert was released, and why it comes only now."""

from dataclasses import dataclass
from datetime import datetime

from app.i18n.catalogue import translator
from app.i18n.dates import moment_in_words


@dataclass(frozen=True, slots=True)
class LateRelease:
    """When the first of a mail's late alerts was released, and whether all of them waited to be sent ever since."""

    released_at: datetime
    waited: bool


def late_line(late: LateRelease, alerts: int, language: str) -> str:
    """Say that a mail of so many alerts comes late, in Viet Nam's time (DL-12)."""
    messages = translator(language)
    said = (
        messages.gettext("Thư gửi muộn: cảnh báo này phát hành lúc %(moment)s (giờ Việt Nam).")
        if alerts == 1
        else messages.gettext("Thư gửi muộn: cảnh báo sớm nhất trong thư này phát hành lúc %(moment)s (giờ Việt Nam).")
    )
    because = (
        messages.gettext("Hệ thống chưa gửi được thư sớm hơn.")
        if late.waited
        else messages.gettext(
            "Nay mới báo cho bạn vì bạn vừa nhận thư trở lại, phân loại vừa được sửa hoặc việc gửi bị gián đoạn."
        )
    )
    return said % {"moment": moment_in_words(late.released_at, language)} + " " + because
