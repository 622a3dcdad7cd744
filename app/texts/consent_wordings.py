"""What people agreed to, word for word, by version: a consent names its version, and this says what it was (PV-01).

A version that stood on a page once is never changed; another wording is another version. A test holds each to its bytes.
"""

from collections.abc import Mapping
from typing import Final

CURRENT: Final = "2026-11-22"
"""The version that the page of the confirmation link shows."""

WORDINGS: Final[Mapping[str, Mapping[str, str]]] = {
    "2026-11": {
        "vi": "Địa chỉ của bạn được dùng để đăng ký nhận cảnh báo sau. Kẻng chỉ gửi thư khi bạn bấm nút xác nhận.",
        "en": "Your address was used to subscribe to the alerts below. Kẻng sends mail only after you press the button.",
    },
    "2026-11-22": {
        "vi": (
            "Tôi đồng ý để Kẻng dùng địa chỉ thư điện tử này, chỉ để gửi cho tôi những cảnh báo nêu dưới đây. "
            "Tôi có thể dừng bất cứ lúc nào bằng liên kết ở cuối mỗi thư, xem, tải về hoặc xóa dữ liệu của mình. "
            "Kẻng không dùng địa chỉ này vào việc gì khác và không theo dõi việc mở thư."
        ),
        "en": (
            "I agree that Kẻng uses this e-mail address, only to send me the alerts named below. "
            "I can stop at any time by the link at the end of every mail, and see, download or erase my data. "
            "Kẻng uses this address for nothing else and does not track whether mail is opened."
        ),
    },
}
"""The texts by version and language."""


def wording(version: str, language: str) -> str:
    """Return a wording; KeyError for a version that never stood on a page."""
    return WORDINGS[version][language]
