"""Asking from the command line: by staff's word, by mail and its link, and for many at once; digests and their windows."""

import re
from collections import Counter
from datetime import date, timedelta

import pytest

from tests.peers.smtp_peer import SmtpPeer
from tests.stories.commands import Keng
from tests.stories.serving import served
from tests.stories.town import Eping, a_notice, letters, recipients, symbol, today, told
from tests.surfaces.conftest import on_sqlite_only

pytestmark = pytest.mark.sockets


async def test_a_mailed_link_confirms_by_its_button_and_not_by_being_opened(
    keng: Keng, eping: Eping, relay: SmtpPeer
) -> None:
    asked = await keng("subscribe", "nga@hiephoi.example", "--sector", "textiles")
    assert asked.out.strip() == "1"
    await keng("deliver", "--once")
    (letter,) = letters(relay)
    (link,) = set(re.findall(r"https://keng\.example/confirm/\S+", letter.text))

    eping.items = [a_notice(1)]
    async with served(keng, "--no-worker") as server:
        for _ in range(2):
            opened = await server.ask("GET", link)
            assert (opened.status_code, "Dệt may" in opened.text) == (200, True)
        await keng("pull", "eping")
        await keng("deliver", "--once")
        assert told(relay) == Counter()

        for _ in range(2):
            assert (await server.ask("POST", link)).status_code == 200
    eping.items.append(a_notice(2))
    await keng("pull", "eping")
    await keng("deliver", "--once")
    assert told(relay) == Counter([("nga@hiephoi.example", symbol(2))])


async def test_staff_subscribe_one_or_many_and_every_bad_row_is_named(
    keng: Keng, eping: Eping, relay: SmtpPeer
) -> None:
    one = ("subscribe", "one@example.org", "--sector", "textiles", "--member", "Hoa Kỳ", "--hs", "61", "--confirmed")
    assert (await keng(*one)).out == "1\n"
    assert (await keng(*one, "--json")).value == {"id": 1, "confirmed": True}
    (keng.folder / "many.csv").write_text(
        "Email,Sector,Frequency,Language\n"
        "two@example.org,textiles,instant,vi\n"
        "not an address,textiles,instant,vi\n"
        '"three@example.org","textiles, footwear",,\n'
        "four@example.org,textils,instant,vi\n"
        "five@example.org,textiles,hourly,vi\n"
        "six@example.org,textiles,instant,fr\n"
        "seven@example.org\n",
        "utf-8-sig",
    )
    done = await keng("subscribe", "--from-csv", "many.csv", "--confirmed", exits=1)
    assert done.out == "2 subscribed, 5 rows refused\n"
    named = re.findall(r"row (\d+): (\w+)", done.err)
    assert named == [("3", "email"), ("5", "sector"), ("6", "frequency"), ("7", "language"), ("8", "sector")]

    await keng("deliver", "--once")
    assert letters(relay) == [], "consent was given to staff: nobody is asked"
    eping.items = [a_notice(1)]
    await keng("pull", "eping")
    await keng("deliver", "--once")
    assert told(relay) == Counter((f"{name}@example.org", symbol(1)) for name in ("one", "two", "three"))


async def test_a_digest_is_made_when_its_window_closes_and_once(keng: Keng, eping: Eping, relay: SmtpPeer) -> None:
    for name, frequency in (("daily", "daily"), ("weekly", "weekly")):
        asked = ("--sector", "textiles", "--frequency", frequency)
        await keng("subscribe", f"{name}@example.org", *asked, "--confirmed")
    eping.items = [a_notice(1)]
    await keng("digest", "close")
    await keng("pull", "eping")
    await keng("deliver", "--once")
    assert letters(relay) == []

    monday = today() + timedelta(days=7 - today().weekday())
    made = [await closed(keng, day) for day in (today() + timedelta(days=1), monday, monday)]
    assert (sum(made), made[-1]) == (2, 0)
    await keng("deliver", "--once")
    assert told(relay) == Counter([("daily@example.org", symbol(1)), ("weekly@example.org", symbol(1))])
    assert recipients(relay) == ["daily@example.org", "weekly@example.org"]


async def closed(keng: Keng, day: date) -> int:
    """Close what is due on a morning; return how many digests that makes."""
    return int((await keng("digest", "close", "--as-of", f"{day}T09:00", "--json")).value["digests"])


@on_sqlite_only
async def test_a_question_that_cannot_be_asked_is_refused_by_field(keng: Keng) -> None:
    for words, field in (
        (("nga@example.org", "--sector", "textils"), "sector"),
        (("nga@example.org", "--member", "Atlantis"), "member"),
        (("nga@example.org", "--hs", "6x"), "hs"),
        (("nga@example.org", "--theme", "moon"), "theme"),
        (("nga@", "--sector", "textiles"), "email"),
        (("--sector", "textiles"), "EMAIL"),
        (("nga@example.org", "--from-csv", "columns.csv"), "EMAIL"),
        (("--from-csv", "columns.csv"), "row 1"),
        (("--from-csv", "latin.csv"), "latin.csv"),
        (("--from-csv", "quotes.csv"), "row 3"),
    ):
        (keng.folder / "columns.csv").write_text("address,topic\n", "utf-8")
        (keng.folder / "latin.csv").write_bytes("email,sector\nngà@example.org,textiles\n".encode("cp1258", "replace"))
        (keng.folder / "quotes.csv").write_text(
            'email,sector\na@example.org,textiles\n"b@exa"mple.org,textiles\n', "utf-8"
        )
        refused = await keng("subscribe", *words, exits=2)
        assert refused.out == ""
        assert refused.err.startswith(f"keng: {field}"), refused.err
        assert refused.err.count("\n") == 1
