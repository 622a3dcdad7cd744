"""Why, why not, what if, and the rules for sorting as a file, from the command line."""

import asyncio
from datetime import timedelta
from importlib.resources import files
from pathlib import Path

import pytest

from app import bootstrap
from app.flow import taxonomy as flow
from app.flow.deliver import Outgoing, Stationery
from app.settings import load_settings
from app.sources.taxonomy_file import read_taxonomy
from app.store.database import Database
from app.worker import Worker
from tests.builders import a_page, a_record
from tests.fakes import FakeMailer
from tests.office import Office
from tests.stories.commands import Keng
from tests.stories.town import SECRET_KEY, Eping, a_notice, symbol

BUNDLED = files("app").joinpath("data", "taxonomy.yaml").read_bytes()


@pytest.fixture
async def told(keng: Keng, eping: Eping) -> Keng:
    """An installation with two readers, where one notice about textiles went out."""
    await keng("subscribe", "vitas@example.org", "--sector", "textiles", "--confirmed")
    await keng("subscribe", "lefaso@example.org", "--sector", "footwear", "--confirmed")
    eping.items = [a_notice(1)]
    await keng("pull", "eping")
    await keng("deliver", "--once")
    return keng


@pytest.mark.sockets
async def test_explain_names_the_condition_and_preview_the_alerts(told: Keng) -> None:
    mine = (await told("explain", symbol(1), "--subscription", "1", "--json")).value["subscription"]["events"]
    assert [(event["refusal"], event["told"]["state"]) for event in mine] == [(None, "accepted")]
    other = await told("explain", symbol(1), "--subscription", "2")
    assert "no (sector)" in other.out
    assert "Đăng ký này chọn lĩnh vực Da giầy" in other.out
    assert "textiles (primary" in (await told("explain", symbol(1))).out
    assert "no such notice" in (await told("explain", symbol(9), exits=2)).err

    found = (await told("preview", "--sector", "textiles", "--json")).value
    assert [item["ref"] for item in found["items"]] == [symbol(1)]
    assert (await told("preview", "--sector", "footwear", "--json")).value["count"] == 0
    assert symbol(1) in (await told("preview", "--sector", "textiles", "--sector", "footwear")).out


@pytest.mark.sockets
async def test_facets_are_asked_for_and_exports_loaded_from_the_command_line(
    told: Keng, eping: Eping, tmp_path: Path
) -> None:
    asked = ("--standard", "iso 14362-1", "--substance", "formaldehyt", "--importance", "act")
    assert (await told("preview", *asked, "--json")).value["count"] == 0
    said_there = "Formaldehyde: 75 mg/kg, tested by ISO 14362-1:2017."
    eping.items.append(a_notice(2, description=said_there, allTradingPartners=True))
    await told("subscribe", "lab@example.org", *asked, "--agreement", "RCEP", "--confirmed")
    await told("subscribe", "lab@example.org", *asked, "--confirmed")
    assert "technical_regulation" in (await told("subscribe", "a@b.vn", "--measure-type", "x", exits=2)).err
    await told("pull", "eping")
    await told("deliver", "--once")
    found = (await told("preview", *asked, "--json")).value
    assert [item["ref"] for item in found["items"]] == [symbol(2)]
    said = (await told("explain", symbol(2))).out
    assert "formaldehyde (primary" in said
    assert "act (primary" in said
    assert "all_partners: 'yes' (all_partners/form/all_partners" in " ".join(said.split())

    table = tmp_path / "exports.csv"
    table.write_text(f"member,hs,year,value\n{symbol(1).split('/')[3]},64,2025,10\n", "utf-8")
    assert "1 lines loaded; 2 notices" in (await told("exports", str(table))).out
    assert (await told("preview", *asked, "--json")).value["count"] == 0
    table.write_text("member,hs,year,value\nEU,61,2025,much\n", "utf-8")
    refused = await told("exports", str(table), exits=1)
    assert "line 2: value:" in refused.err
    assert (await told("deliver", "--once", "--json")).code == 0


@pytest.mark.sockets
async def test_a_taxonomy_is_checked_tried_and_applied_and_a_bad_one_is_refused(told: Keng, tmp_path: Path) -> None:
    own = tmp_path / "own.yaml"
    own.write_bytes(BUNDLED.replace(b'version: "1"', b'version: "2"', 1))
    bad = tmp_path / "bad.yaml"
    bad.write_bytes(BUNDLED.replace(b"weights:", b"wieghts:", 1))

    assert "sound, version 2+" in (await told("taxonomy", "check", str(own))).out
    for verb in ("check", "try", "apply"):
        refused = await told("taxonomy", verb, str(bad), exits=1)
        assert "bad.yaml:" in refused.err
        assert "unknown key 'wieghts'" in refused.err

    tried = (await told("taxonomy", "try", str(own), "--json")).value
    assert (tried["notices"], tried["differing"]) == (1, 0)
    applied = (await told("taxonomy", "apply", str(own), "--json")).value
    assert applied["to_sort"] == 1
    await told("taxonomy", "apply", str(bad), exits=1)
    await told("deliver", "--once")
    explained = (await told("explain", symbol(1), "--json")).value
    assert explained["taxonomy_version"] == applied["version"]


async def test_a_worker_notices_a_taxonomy_that_was_applied_elsewhere(
    database_url: str, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    office = Office(database)
    await office.pull(a_page(a_record("G/TBT/N/USA/1")))
    await office.process()
    monkeypatch.setenv("KENG_DATABASE_URL", database_url)
    monkeypatch.setenv("KENG_SECRET_KEY", SECRET_KEY)
    installation = bootstrap.install(load_settings(lambda _sentence: None))
    worker = Worker(installation, {}, _outgoing(installation), asyncio.Event())
    body = BUNDLED.replace(b"Da gi\xe1\xba\xa7y", b"Da gi\xe1\xba\xa7y xu\xe1\xba\xa5t kh\xe1\xba\xa9u", 1)
    try:
        before = worker.installation.taxonomy.version
        await worker.follow_rules()
        assert worker.installation.taxonomy.version == before
        taxonomy = read_taxonomy(body, "own.yaml").taxonomy
        assert taxonomy is not None
        version = taxonomy.version
        await flow.put_in_force(office.database, version, body, "staff")
        await worker.follow_rules()
        assert worker.installation.taxonomy.version == version != before
        assert worker.outgoing is not None
        assert worker.outgoing.stationery.letterhead.names["vi"]["footwear"].name == "Da giầy xuất khẩu"
    finally:
        await installation.database.close()


def _outgoing(installation: bootstrap.Installation) -> Outgoing:
    stationery = Stationery(installation.letterhead, installation.keys[0])
    return Outgoing(
        mailer=FakeMailer(),
        stationery=stationery,
        bounce_address=lambda _: "b@k.example",
        owner="w",
        lease=timedelta(seconds=15),
    )
