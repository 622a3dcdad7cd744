"""An instant alert that is first handed over more than two days after its release says so (DL-12)."""

from datetime import UTC, date, datetime

from app.domain.deliveries import HostDown, TryLater
from app.domain.pauses import OnResume
from app.flow import manage
from tests.builders import a_page, a_record
from tests.conftest import FrozenClock
from tests.office import Office, plain

NGA = "nga@hiephoi.example"
LATE = "Thư gửi muộn: cảnh báo này phát hành lúc 02/03/2026 08:30 (giờ Việt Nam)."
RELEASED = datetime(2026, 3, 2, 1, 30, tzinfo=UTC)


async def waiting(office: Office) -> None:
    """Let one alert be released on Monday at 08:30 in Viet Nam, and its mail stand in the outbox."""
    await office.settled_baseline()
    await office.enrol(NGA, sectors=("textiles",))
    await office.pull(a_page(a_record("G/TBT/N/USA/1", comment_deadline=date(2026, 4, 30))))
    await office.process()


async def test_a_mail_that_waited_for_two_days_says_when_its_alert_was_released(
    office: Office, frozen: FrozenClock
) -> None:
    await waiting(office)
    frozen.advance(hours=48)
    await office.drain()
    ((_, mail),) = office.inbox
    said = plain(mail)
    assert f"{LATE} Hệ thống chưa gửi được thư sớm hơn." in said
    assert said.index(LATE) < said.index("G/TBT/N/USA/1")


async def test_a_mail_that_was_rendered_in_time_is_made_anew_when_it_comes_late(
    office: Office, frozen: FrozenClock
) -> None:
    await waiting(office)
    frozen.advance(hours=47)
    office.mailer.answers = [HostDown("down")]
    await office.drain()
    frozen.advance(hours=2)
    await office.drain()
    ((_, mail),) = office.inbox
    assert LATE in plain(mail)


async def test_a_mail_first_handed_over_in_time_keeps_its_bytes(office: Office, frozen: FrozenClock) -> None:
    await waiting(office)
    frozen.advance(hours=47)
    office.mailer.answers = [TryLater(451, "4.7.1 later")]
    await office.drain()
    frozen.advance(hours=5)
    await office.drain()
    first, again = office.mailer.received
    assert first.body == again.body
    assert "Thư gửi muộn" not in plain(office.inbox[0][1])


async def test_what_waited_for_its_reader_does_not_blame_the_system(office: Office, frozen: FrozenClock) -> None:
    await office.settled_baseline()
    await office.enrol(NGA, sectors=("textiles",))
    await manage.pause(office.database, 1, None, None, OnResume.OPEN)
    await office.pull(a_page(a_record("G/TBT/N/USA/1", comment_deadline=date(2026, 4, 30))))
    await office.process()
    frozen.advance(days=3)
    await manage.resume(office.database, 1, None, OnResume.OPEN)
    await office.deliver()
    ((_, mail),) = office.inbox
    assert f"{LATE} Nay mới báo cho bạn vì" in plain(mail)
