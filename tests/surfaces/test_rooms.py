"""The navigation of the desk says in which room one is, and says none where one is in none."""

import pytest

from app.domain.access import Role
from app.web.rooms import rooms_of


@pytest.mark.parametrize(
    ("path", "room"),
    [
        ("/desk", "Hàng đợi"),
        ("/desk/queue/assign", "Hàng đợi"),
        ("/desk/notices/G/TBT/N/USA/1", "Hàng đợi"),
        ("/desk/texts/4", "Văn bản"),
        ("/desk/health/visits", "Sức khỏe hệ thống"),
        ("/desk/account", None),
    ],
)
def test_a_page_stands_in_the_room_that_leads_to_it(path: str, room: str | None) -> None:
    current = [one.name for one in rooms_of(Role.EDITOR, path, "vi") if one.current]
    assert current == ([] if room is None else [room])


def test_the_english_page_stands_in_the_same_room() -> None:
    current = [one.href for one in rooms_of(Role.EDITOR, "/en/desk/notices/G/TBT/N/USA/1", "en") if one.current]
    assert current == ["/en/desk"]
