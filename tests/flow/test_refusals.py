"""What the relay refused for good is listed: which alerts, for whom, why and when."""

from datetime import timedelta

from app.domain.deliveries import Refused, TryLater
from app.store import refusals
from tests.builders import a_page, a_record
from tests.conftest import FrozenClock
from tests.office import Office


async def refused(office: Office) -> list[refusals.Refusal]:
    async with office.database.reading() as connection:
        return await refusals.listed(connection, await office.database.now(connection) - timedelta(days=7), 200)


async def test_a_refused_mail_is_listed_with_its_alerts_and_its_reason_and_no_address(
    office: Office, frozen: FrozenClock
) -> None:
    await office.settled_baseline()
    for name in ("vitas", "vcosa", "lefaso"):
        await office.enrol(f"{name}@example.org")
    await office.pull(a_page(a_record("G/TBT/N/USA/2"), a_record("G/TBT/N/USA/1")))
    said = "554 5.7.1 <vitas@example.org> refused by policy"
    office.mailer.answers = [Refused(554, said), TryLater(451, "451 greylisted"), Refused(550, "550 no")]
    await office.deliver()

    found = {one.reason: one for one in await refused(office)}
    assert set(found) == {"refused (554)", "refused (550)"}
    one = found["refused (554)"]
    assert (one.kind, one.refs, one.refused_at) == ("instant", ("G/TBT/N/USA/1", "G/TBT/N/USA/2"), frozen.now)
    assert one.reply == "554 5.7.1 <v***@example.org> refused by policy"
    assert all(one.address.endswith("***@example.org") for one in found.values())
    async with office.database.reading() as connection:
        counted = await refusals.counted(connection, frozen.now)
    assert [(one.kind, one.reason, one.messages) for one in counted] == [
        ("instant", "refused (550)", 1),
        ("instant", "refused (554)", 1),
    ]


async def test_what_was_refused_long_ago_is_listed_no_more(office: Office, frozen: FrozenClock) -> None:
    await office.settled_baseline()
    await office.enrol("vitas@example.org")
    await office.pull(a_page(a_record("G/TBT/N/USA/1")))
    office.mailer.answers = [Refused(554, "554 no")]
    await office.deliver()
    frozen.advance(days=7)
    assert len(await refused(office)) == 1
    frozen.advance(seconds=1)
    assert await refused(office) == []
