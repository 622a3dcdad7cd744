"""Organisations from the command line: seeded, given an address, verified, routed to, and found in the register."""

from datetime import timedelta

import pytest

from tests.peers.smtp_peer import SmtpPeer
from tests.stories.commands import Keng
from tests.stories.town import Eping, a_notice, letters, symbol, today
from tests.surfaces.conftest import on_sqlite_only

pytestmark = pytest.mark.sockets

OFFICE = "vanphong@vitas.example.org"


async def test_from_the_seeds_to_the_register(keng: Keng, eping: Eping, relay: SmtpPeer) -> None:
    added = (await keng("organisation", "seed", "--json")).value["added"]
    assert added > 50
    assert (await keng("organisation", "seed", "--json")).value == {"added": 0}
    words = ("--address", OFFICE, "--role", "Văn phòng")
    await keng("organisation", "add", "vitas_textile", *words)
    shown = (await keng("organisation", "show", "vitas_textile", "--json")).value
    assert [(one["address"], one["writable"]) for one in shown["contacts"]] == [("v***@vitas.example.org", False)]
    assert shown["sectors"] == {"textiles": "primary"}

    await keng("organisation", "verify", "vitas_textile", OFFICE, "--mail")
    await keng("deliver", "--once")
    assert "/contact/" in letters(relay)[-1].text
    reasons = ("--because", "they called", "--source", "their page")
    assert "verified" in (await keng("organisation", "verify", "vitas_textile", OFFICE, *reasons)).out
    listed = (await keng("organisation", "list", "--json")).value
    assert {one["key"]: one["writable"] for one in listed if one["addresses"]} == {"vitas_textile": 1}

    await keng("subscribe", OFFICE, "--sector", "textiles", "--confirmed")
    eping.items = [a_notice(1), a_notice(2, "footwear")]
    await keng("pull", "eping")
    await keng("deliver", "--once")

    route = (await keng("route", symbol(1), "--json")).value
    papers = {one["organisation"]: one["paper"] for one in route["dispatches"]}
    assert (papers["vitas_textile"], papers["vcosa"], "vitas_tea" in papers) == ("letter", "copy", False)
    (first, *_) = route["dispatches"]
    assert (first["rule"], first["label"], bool(first["evidence"])) == ("responsible", "textiles", True)
    assert route["internal_deadline"] < route["comment_deadline"]

    (entry,) = (await keng("register", "--notice", symbol(1), "--json")).value
    assert (entry["organisations"], entry["state"], entry["version"]) == (["vitas_textile"], "accepted", 1)
    assert OFFICE not in str(entry)
    asked = ("register", "--notice", symbol(2), "--organisation", "vitas_textile")
    assert (await keng(*asked, "--json")).value == []
    assert "nothing was told" in (await keng(*asked)).out
    table = (await keng("register", "--notice", symbol(1), "--csv")).out.splitlines()
    assert len(table) == 2
    assert f"{symbol(1)},notified,1,instant,v***@vitas.example.org,vitas_textile," in table[1]
    by_address = await keng("register", "--address", OFFICE)
    assert symbol(1) in by_address.out
    assert OFFICE not in by_address.out

    since = str(today() - timedelta(days=40))
    figures = (await keng("figures", "days-left", "--from", since, "--json")).value
    stages = {row["stage"] for row in figures if row["sector"] == "textiles"}
    assert stages == {"circulated", "taken_in", "sorted", "released", "handed_over"}
    assert (await keng("queue", "--json")).value["told_nobody"][0]["ref"] == symbol(2)


@on_sqlite_only
async def test_what_cannot_be_done_is_refused_in_one_line(keng: Keng) -> None:
    await keng("organisation", "add", "vama", "--name", "Hiệp hội ô tô", "--sector", "vehicles=primary")
    for words in (
        ("organisation", "show", "nobody"),
        ("organisation", "add", "new"),
        ("organisation", "add", "VITAS", "--name", "x"),
        ("organisation", "add", "vama", "--sector", "cars"),
        ("organisation", "add", "vama", "--sector", "vehicles=most"),
        ("organisation", "add", "vama", "--address", "not an address"),
        ("organisation", "add", "vama", "--hs", "cars"),
        ("organisation", "verify", "vama", "a@example.org", "--because", "x", "--source", "y"),
        ("organisation", "verify", "vama", "a@example.org", "--mail", "--because", "x"),
        ("organisation", "remove", "vama", "a@example.org", "--because", "x"),
        ("route", "G/TBT/N/USA/1"),
        ("register",),
        ("register", "--organisation", "vama", "--address", "a@example.org"),
        ("register", "--address", "a@example.org"),
        ("figures", "days-left", "--from", "2026-03-02", "--to", "2026-03-01"),
    ):
        refused = await keng(*words, exits=2)
        assert (refused.out, refused.err.count("\n")) == ("", 1), words
