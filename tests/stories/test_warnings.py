"""A warning entered from the command line, and a change that is looked at before it goes."""

from collections import Counter

import pytest

from tests.peers.smtp_peer import SmtpPeer
from tests.stories.commands import Keng
from tests.stories.town import Eping, a_notice, day, letters, symbol, told

pytestmark = pytest.mark.sockets

REF = "rasff/2026.1234"


async def test_a_warning_is_entered_sorted_released_and_mailed_with_its_source(keng: Keng, relay: SmtpPeer) -> None:
    await keng("subscribe", "vitas@example.org", "--sector", "textiles", "--confirmed")
    words = ("--title", "Ethylen oxit trong túi vải", "--member", "EU", "--published", "2026-11-20")
    refused = await keng("warning", "add", "rasff", "2026.1234", *words, "--link", "javascript:alert(1)", exits=2)
    assert "notice_link" in refused.err
    assert "no such sector" in (await keng("warning", "add", "rasff", "1", *words, "--sector", "x", exits=2)).err

    asked = ("warning", "add", "rasff", "2026.1234", *words, "--sector", "textiles", "--by", "nga")
    assert (await keng(*asked, "--json")).value == {"ref": REF, "entered_by": "nga"}
    assert "here already" in (await keng(*asked, exits=2)).err
    assert f"keng release {REF}" in (await keng(*asked, "--text", "tại Đức", "--again")).out
    await keng("deliver", "--once")
    assert [row["waiting"] for row in (await keng("queue", "--json")).value["waiting"]] == ["manual"]
    assert letters(relay) == []

    await keng("release", REF, "--by", "minh")
    await keng("deliver", "--once")
    assert told(relay) == Counter([("vitas@example.org", REF)])


async def test_a_change_is_previewed_and_its_materiality_decided(keng: Keng, eping: Eping) -> None:
    await keng("subscribe", "vitas@example.org", "--sector", "textiles", "--confirmed")
    eping.items = [a_notice(1)]
    await keng("pull", "eping")
    await keng("deliver", "--once")
    eping.change(1, commentDeadlineDate=day(-75))
    await keng("pull", "eping")

    found = (await keng("preview", "change", symbol(1), "--json")).value
    assert (found["kind"], found["material"], found["because"]) == ("deadline_changed", True, "deadline")
    assert (found["update"], found["subscribers"]) == (True, 1)
    assert "Hạn góp ý: " in found["text"]
    assert " → " in found["text"]
    english = await keng("preview", "change", symbol(1), "--language", "en")
    assert "an alert at once (rule: deadline)" in english.out
    assert "Final date for comments: " in english.out

    assert "because" in (await keng("materiality", symbol(1), "--digest", exits=2)).err
    assert "weekly digest" in (await keng("materiality", symbol(1), "--digest", "--because", "told by letter")).out
    decided = (await keng("preview", "change", symbol(1), "--json")).value
    assert (decided["material"], decided["by"], decided["because"]) == (False, "staff", "told by letter")
