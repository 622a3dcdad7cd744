"""A taxonomy of one's own through the real command: the bad ones refused, a good one applied, and the past replayed."""

import os
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from app.domain.replays import MANY_PEOPLE
from tests.peers.smtp_peer import SmtpPeer
from tests.stories.commands import Keng
from tests.stories.town import Eping, a_notice, letters, recipients, symbol, told

pytestmark = pytest.mark.sockets

BUNDLED = files("app").joinpath("data", "taxonomy.yaml").read_bytes()


def changed(before: str, after: str) -> Callable[[], bytes]:
    """The taxonomy that comes with Kẻng, with one thing changed."""
    assert before.encode() in BUNDLED
    return lambda: BUNDLED.replace(before.encode(), after.encode(), 1)


def line(before: str) -> int:
    return BUNDLED[: BUNDLED.index(before.encode())].count(b"\n") + 1


BOMB = b"a: &a [x, x, x]\n" + b"".join(b"%c: &%c [*%c, *%c]\n" % (97 + n, 97 + n, 96 + n, 96 + n) for n in range(1, 25))
BAD: dict[str, tuple[Callable[[], bytes], str]] = {
    "unknown_key": (changed("related_from:", "relatd_from:"), f":{line('related_from:')}: unknown key 'relatd_from'"),
    "bad_code": (changed('"6501"', '"7701"'), f":{line('6501')}: '7701' is no HS code"),
    "no_heading": (changed('"6501"', '"6599"'), f":{line('6501')}: '6599': 6599 is no heading of HS 2022"),
    "no_group": (changed('"97.160"', '"97.999"'), f":{line('97.160')}: '97.999': 97999 is no group of the ICS"),
    "catastrophic": (
        changed("textile(s), t", r"'(\w+\s?)*$', t"),
        f":{line('textile(s), t')}: '(\\\\w+\\\\s?)*$' holds",
    ),
    "exploding": (
        changed("textile(s), t", "(a|b)(a|b)(a|b)(a|b)(a|b)(a|b)(a|b)(a|b), t"),
        f":{line('textile(s), t')}: a phrase stands for more than 128 others",
    ),
    "ten_megabytes": (lambda: BUNDLED + b"#" * (10 * 1024 * 1024), ": larger than 10 MB"),
    "not_yaml": (changed("sectors:", "sectors: ["), ": not sound YAML"),
    "a_picture": (lambda: b"\x89PNG\r\n\x1a\n", ":1: not sound YAML: byte 0x89 is no text in UTF-8"),
    "empty": (lambda: b"", ": the file is empty"),
    "duplicate_id": (changed("  footwear:", "  textiles:"), f":{line('  footwear:')}: 'textiles' stands here twice"),
    "duplicate_alias": (changed("textiles_clothing", "footwear"), ": 'footwear' already means"),
    "bomb": (lambda: BOMB, ":2: aliases are not allowed"),
    "too_deep": (lambda: b"a: " + b"[" * 100_000, ":1: more than 12 levels deep"),
    "too_deep_keys": (lambda: b"".join(b" " * n + b"a:\n" for n in range(400)), ": more than 12 levels deep"),
    "too_many": (lambda: b"[" + b"a," * 200_001 + b"]", ":1: more than 200000 entries"),
    "nul": (changed("sectors:", "sectors:\0"), f":{line('sectors:')}: not sound YAML: byte 0x00"),
    "latin": (lambda: BUNDLED.decode().replace("Dệt may", "Tissé").encode("cp1258", "replace"), "is no text in UTF-8"),
    "utf16": (lambda: BUNDLED.decode().encode("utf-16"), ":1: not sound YAML: byte 0xff"),
    "a_tag": (
        changed('version: "1"', "version: !!python/object/apply:os.system ['true']"),
        f":{line('version: ')}: a word or a number is needed here",
    ),
    "contradicted": (
        changed("road design, geometrical", "apparel, road design, geometrical"),
        ": 'apparel' is elsewhere here",
    ),
}


async def version(keng: Keng) -> str:
    """The taxonomy in force."""
    return str((await keng("taxonomy", "replay", "--json")).value["version"])


async def test_a_bad_taxonomy_is_refused_with_file_line_and_reason_and_the_old_version_stays(
    keng: Keng, tmp_path: Path
) -> None:
    good = tmp_path / "good.yaml"
    good.write_bytes(BUNDLED.replace(b'version: "1"', b'version: "2"', 1))
    await keng("taxonomy", "apply", str(good))
    in_force = await version(keng)
    assert in_force.startswith("2+")
    for name, (body, reason) in BAD.items():
        file = tmp_path / f"{name}.yaml"
        file.write_bytes(body())
        refused = await keng("taxonomy", "apply", str(file), exits=1)
        assert f"{name}.yaml:" in refused.err, name
        assert reason in refused.err, refused.err[:500]
        assert not refused.out
    assert await version(keng) == in_force


async def test_what_is_no_file_is_refused_and_a_link_to_one_is_read(keng: Keng, tmp_path: Path) -> None:
    before = await version(keng)
    os.mkfifo(tmp_path / "pipe.yaml")
    (tmp_path / "gone.yaml").symlink_to(tmp_path / "nowhere")
    (tmp_path / "loop.yaml").symlink_to(tmp_path / "loop.yaml")
    (tmp_path / "folder.yaml").symlink_to(tmp_path, target_is_directory=True)
    for name in ("pipe.yaml", "gone.yaml", "loop.yaml", "folder.yaml", "."):
        refused = await keng("taxonomy", "apply", str(tmp_path / name), exits=2)
        assert not refused.out
    assert (
        "pipe.yaml: is no regular file" in (await keng("taxonomy", "check", str(tmp_path / "pipe.yaml"), exits=2)).err
    )
    assert "zero: is no regular file" in (await keng("taxonomy", "apply", "/dev/zero", exits=2)).err
    assert await version(keng) == before

    (tmp_path / "own.yaml").write_bytes(BUNDLED.replace(b'version: "1"', b'version: "2"', 1))
    (tmp_path / "link.yaml").symlink_to(tmp_path / "own.yaml")
    await keng("taxonomy", "apply", str(tmp_path / "link.yaml"))
    assert (await version(keng)).startswith("2+")


async def test_a_change_of_taxonomy_is_replayed_only_when_staff_say_so(
    keng: Keng, eping: Eping, relay: SmtpPeer, tmp_path: Path
) -> None:
    own = tmp_path / "own.yaml"
    own.write_bytes(
        BUNDLED.replace(b"      en: [\n        textile(s)", b"      en: [\n        widget(s), textile(s)", 1)
    )
    await keng("subscribe", "vitas@example.org", "--sector", "textiles", "--confirmed")
    await keng("subscribe", "lefaso@example.org", "--sector", "footwear", "--frequency", "weekly", "--confirmed")
    kind: dict[str, Any] = {
        "title": "Safety of footwear and widgets",
        "productsFreeText": "Footwear, widgets",
        "hsCodes": [],
    }
    eping.items = [
        a_notice(1, "footwear", **kind),
        a_notice(2, "footwear", **kind, commentDeadlineDate=None),
        a_notice(3, "seafood"),
    ]
    await keng("pull", "eping")
    await keng("deliver", "--once")
    assert recipients(relay) == []

    applied = (await keng("taxonomy", "apply", str(own), "--json")).value
    assert applied["to_sort"] == 3
    assert "3 notices wait to be sorted by it first" in (await keng("taxonomy", "replay")).out
    assert "wait to be sorted" in (await keng("taxonomy", "replay", "--send", exits=2)).err
    await keng("deliver", "--once")
    dry = (await keng("taxonomy", "replay", "--json")).value
    assert (dry["sent"], dry["past"], dry["open"], dry["people"], dry["mails"]) == (False, 2, 1, 1, 1)
    assert dry["version"] == applied["version"]
    assert "sector textiles: 2 notices (1 open), 1 subscriptions" in (await keng("taxonomy", "replay", "--dry-run")).out
    assert recipients(relay) == []

    await keng("taxonomy", "replay", "--stop")
    assert "replays are stopped" in (await keng("taxonomy", "replay", "--send", exits=2)).err
    await keng("taxonomy", "replay", "--resume")
    sent = await keng("taxonomy", "replay", "--send")
    assert "this sends 1 mails to 1 people" in sent.err
    assert "in the outbox: 1 mails to 1 people" in sent.out
    await keng("taxonomy", "replay", "--send")
    await keng("deliver", "--once")
    (letter,) = letters(relay)
    assert letter.subject == "[Kẻng] 2 thông báo trước đây nay khớp với đăng ký của bạn, 1 còn hạn góp ý"
    assert set(told(relay)) == {("vitas@example.org", symbol(1))}
    await keng("taxonomy", "replay", "--send", "--stop", exits=2)


async def test_a_replay_to_many_people_is_sent_only_with_a_yes(
    keng: Keng, eping: Eping, relay: SmtpPeer, tmp_path: Path
) -> None:
    own, people = tmp_path / "own.yaml", tmp_path / "people.csv"
    own.write_bytes(
        BUNDLED.replace(b"      en: [\n        textile(s)", b"      en: [\n        widget(s), textile(s)", 1)
    )
    rows = [f"reader{number}@example.org,textiles,weekly,vi" for number in range(MANY_PEOPLE)]
    people.write_text("\n".join(["email,sector,frequency,language", *rows]), "utf-8")
    await keng("subscribe", "--from-csv", str(people), "--confirmed")
    eping.items = [a_notice(1, "footwear", title="Safety of footwear and widgets", hsCodes=[])]
    await keng("pull", "eping")
    await keng("deliver", "--once")
    await keng("taxonomy", "apply", str(own))
    await keng("deliver", "--once")
    refused = await keng("taxonomy", "replay", "--send", exits=2)
    assert f"{MANY_PEOPLE} mails to {MANY_PEOPLE} people: nothing was sent; say --yes" in refused.err
    await keng("deliver", "--once")
    assert recipients(relay) == []
    await keng("taxonomy", "replay", "--send", "--yes")
    await keng("deliver", "--once")
    assert len(set(recipients(relay))) == len(recipients(relay)) == MANY_PEOPLE


async def test_a_file_is_sorted_by_the_taxonomy_that_comes_with_keng_or_by_one_that_is_named(
    keng: Keng, tmp_path: Path
) -> None:
    own, bad, rows = tmp_path / "own.yaml", tmp_path / "bad.yaml", tmp_path / "rows.jsonl"
    own.write_bytes(
        BUNDLED.replace(b"      en: [\n        textile(s)", b"      en: [\n        widget(s), textile(s)", 1)
    )
    bad.write_bytes(b"version: 1\n")
    rows.write_text('{"title": "Widgets", "gold_sectors": ["textiles"]}\n', "utf-8")
    await keng("taxonomy", "apply", str(own))
    bundled = (await keng("classify", str(rows), "--json")).value
    named = (await keng("classify", str(rows), "--taxonomy", str(own), "--json")).value
    assert bundled["rows"][0]["predicted"] == []
    assert [one["id"] for one in named["rows"][0]["predicted"]] == ["textiles"]
    assert named["taxonomy"] == await version(keng) != bundled["taxonomy"]
    assert named["taxonomy"] in (await keng("classify", str(rows), "--taxonomy", str(own))).err
    scored = (await keng("classify", str(rows), "--evaluate", "--taxonomy", str(own), "--json")).value
    assert (scored["taxonomy"], scored["sectors"]["textiles"]["recall"]) == (named["taxonomy"], 1.0)
    assert "bad.yaml:1:" in (await keng("classify", str(rows), "--taxonomy", str(bad), exits=1)).err
