"""The desk from the command line: what waits, and what staff decide about it."""

from collections import Counter

import pytest

from tests.peers.smtp_peer import SmtpPeer
from tests.stories.commands import Keng
from tests.stories.town import Eping, a_notice, letters, symbol, told
from tests.surfaces.conftest import on_sqlite_only

pytestmark = pytest.mark.sockets


@pytest.fixture
async def desk(keng: Keng, eping: Eping) -> Keng:
    """An installation where everything waits for staff, with two readers and three notices, the last one old."""
    desk = keng.with_settings(release="staff")
    await desk("subscribe", "vitas@example.org", "--sector", "textiles", "--confirmed")
    await desk("subscribe", "lefaso@example.org", "--sector", "footwear", "--confirmed")
    eping.items = [a_notice(1), a_notice(2, "footwear"), a_notice(3, days_ago=30)]
    await desk("pull", "eping")
    await desk("deliver", "--once")
    return desk


async def test_the_queue_lists_what_waits_and_a_release_lets_it_out_once(desk: Keng, relay: SmtpPeer) -> None:
    listed = await desk("queue")
    assert symbol(1) in listed.out
    assert symbol(2) in listed.out
    assert symbol(3) not in listed.out
    waiting = (await desk("queue", "--json")).value["waiting"]
    assert {(row["ref"], row["waiting"]) for row in waiting} == {(symbol(1), "staff"), (symbol(2), "staff")}
    assert letters(relay) == []

    assert "1 released" in (await desk("release", symbol(1))).out
    assert (await desk("release", symbol(2), "--json")).value == {"ref": symbol(2), "released": 1}
    again = await desk("release", symbol(2), exits=2)
    assert (again.out, again.err.count("\n")) == ("", 1)
    await desk("deliver", "--once")

    assert told(relay) == Counter([("vitas@example.org", symbol(1)), ("lefaso@example.org", symbol(2))])
    assert (await desk("queue", "--json")).value["waiting"] == []


async def test_what_was_kept_silent_as_old_can_be_released(desk: Keng, relay: SmtpPeer) -> None:
    await desk("release", symbol(3))
    await desk("deliver", "--once")

    assert told(relay) == Counter([("vitas@example.org", symbol(3))])


async def test_a_correction_changes_who_is_told(desk: Keng, relay: SmtpPeer) -> None:
    changes = ("--sector", "textiles=none", "--sector", "footwear=primary", "--because", "it is about shoes")
    assert "corrected" in (await desk("correct", symbol(1), *changes)).out
    done = (await desk("correct", symbol(2), "--sector", "textiles=primary", "--because", "both", "--json")).value
    assert done == {"ref": symbol(2), "sectors": {"textiles": "primary"}}
    for number in (1, 2):
        await desk("release", symbol(number))
    await desk("deliver", "--once")

    assert told(relay) == Counter(
        [
            ("lefaso@example.org", symbol(1)),
            ("lefaso@example.org", symbol(2)),
            ("vitas@example.org", symbol(2)),
        ]
    )


async def test_who_was_told_hears_of_a_withdrawal_once_and_who_was_not_hears_nothing(
    desk: Keng, relay: SmtpPeer
) -> None:
    await desk("release", symbol(1))
    await desk("deliver", "--once")
    await desk("release", symbol(2))

    done = (await desk("withdraw", symbol(1), "--because", "sent by mistake", "--json")).value
    assert done == {"ref": symbol(1), "told": 1}
    assert "0 subscribers" in (await desk("withdraw", symbol(2), "--because", "sent by mistake")).out
    for _ in range(2):
        await desk("deliver", "--once")

    assert told(relay) == Counter({("vitas@example.org", symbol(1)): 2})
    assert "sent by mistake" in letters(relay)[1].text


@on_sqlite_only
async def test_a_decision_that_cannot_be_taken_is_refused_in_one_line(desk: Keng) -> None:
    for words in (
        ("release", "G/TBT/N/USA/999999"),
        ("release", "nonsense"),
        ("correct", "G/TBT/N/USA/999999", "--sector", "textiles=none", "--because", "x"),
        ("correct", symbol(1), "--sector", "texiles=none", "--because", "x"),
        ("correct", symbol(1), "--sector", "textiles=maybe", "--because", "x"),
        ("correct", symbol(1), "--sector", "textiles=none", "--because", " "),
        ("withdraw", "G/TBT/N/USA/999999", "--because", "x"),
        ("withdraw", symbol(1), "--because", "", "--json"),
    ):
        refused = await desk(*words, exits=2)
        assert refused.out == ""
        assert refused.err.startswith("keng: ")
        assert refused.err.count("\n") == 1
