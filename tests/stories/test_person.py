"""Staff answer people about their data: hand it out, erase it, keep the clocks, and nobody erased comes back by a list."""

import json
import re

import pytest

from tests.peers.smtp_peer import SmtpPeer
from tests.stories.commands import Keng
from tests.stories.town import Eping, a_notice, recipients, symbol
from tests.traces import seen_in_files

pytestmark = pytest.mark.sockets

NGA = "nga.nguyen@hiephoi.example"


async def test_a_person_is_handed_their_data_then_erased_and_no_list_brings_them_back(
    keng: Keng, eping: Eping, relay: SmtpPeer
) -> None:
    enrol = ("subscribe", NGA, "--sector", "textiles", "--confirmed")
    await keng(*enrol)
    eping.items = [a_notice(1)]
    await keng("pull", "eping")
    await keng("deliver", "--once")
    assert recipients(relay) == [NGA]

    held = (await keng("person", "export", NGA)).value
    assert (held["person"][0]["address"], [one["notice"] for one in held["told"]]) == (NGA, [symbol(1)])
    assert (await keng("person", "export", NGA, "--csv")).out.startswith("\ufeffsection,record,field,value")
    assert (await keng("person", "request", NGA, "--kind", "erasure", "--received", "2026-01-05")).out == "3\n"
    assert [row["id"] for row in (await keng("queue", "--json")).value["overdue_requests"]] == [3]
    (open_one,) = (await keng("person", "requests", "--json")).value
    assert (open_one["kind"], open_one["answer_by"], open_one["finish_by"]) == ("erasure", "2026-01-07", "2026-01-25")

    assert (await keng("person", "erase", NGA, "--because", "asked by letter")).out == "Erased.\n"
    assert (await keng("person", "requests", "--json")).value == []
    assert "it was erased" in (await keng("person", "export", NGA, exits=2)).err
    for words in (enrol, enrol[:-1]):
        assert "only they can subscribe again" in (await keng(*words, exits=2)).err
    (keng.folder / "many.csv").write_text(f"email,sector\n{NGA},textiles\nai@hiephoi.example,textiles\n", "utf-8")
    many = await keng("subscribe", "--from-csv", "many.csv", "--confirmed", exits=1)
    assert (many.out, "row 2: email: this person had their data erased" in many.err) == (
        "1 subscribed, 1 rows refused\n",
        True,
    )
    (keng.folder / "many.csv").unlink()

    assert set((await keng("person", "retain")).value.values()) == {0}
    kept = (await keng("person", "erased")).out
    assert [json.loads(line).get("because") for line in kept.splitlines()] == [None, "erased"]
    (keng.folder / "erased.jsonl").write_text(kept, "utf-8")
    assert (await keng("person", "erase-again", "erased.jsonl")).out == "0 erased once more\n"
    days = ("--since", "2026-01-01", "--until", "2099-01-01")
    concerned = (await keng("person", "concerned", *days)).value
    assert [one["address"] for one in concerned["people"]] == ["", "ai@hiephoi.example"]
    assert {one["verb"] for one in concerned["exports"]} == {"export_person", "list_concerned"}

    eping.items.append(a_notice(2))
    await keng("pull", "eping")
    await keng("deliver", "--once")
    assert recipients(relay) == ["ai@hiephoi.example", NGA]
    assert seen_in_files(keng.folder, re.compile(rb"(nga\.nguyen)")).keys() == {"said-3.out", "said-4.out"}, "exports"


async def test_what_is_no_list_of_erasures_is_refused_with_its_line(keng: Keng) -> None:
    (keng.folder / "wrong.jsonl").write_text("email\n", "utf-8")
    refused = await keng("person", "erase-again", "wrong.jsonl", exits=2)
    assert "line 1 is no line of a list of erasures" in refused.err
