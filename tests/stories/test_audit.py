"""Who did what, from the command line: every act of staff has its row, and the chain of them is followed."""

import json
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pytest
from sqlalchemy import select

from app.domain.audit import Head
from app.store.database import Database
from app.store.tables import audit
from tests import postgres
from tests.stories.commands import Keng, until
from tests.stories.conftest import PATH
from tests.stories.town import Eping, a_notice

pytestmark = pytest.mark.sockets
NGA = "nga@example.org"
LIST = f"email,sector,frequency,language\n{NGA},textiles,daily,vi\nlan@example.org,footwear,daily,vi\nx,footwear,daily,vi\n"


async def test_every_act_of_staff_has_its_row_in_a_chain_that_is_whole(
    keng: Keng, eping: Eping, tmp_path: Path
) -> None:
    programs = postgres.client_programs()
    keng.environment["PATH"] = f"{programs}:{PATH}" if programs else PATH
    (keng.folder / "list.csv").write_text(LIST, "utf-8")
    (keng.folder / "notices.jsonl").write_text(json.dumps(a_notice(2)) + "\n", "utf-8")
    eping.items = [a_notice(1)]
    by = ("--by", "mai")
    await keng("subscribe", "vcci@example.org", "--sector", "textiles", "--confirmed", *by)
    await keng("subscribe", "--from-csv", "list.csv", "--confirmed", *by, exits=1)
    await keng("pull", "eping", "--from", "2026-01-01", *by)
    await keng("digest", "close", "--as-of", "2026-03-02", *by)
    await keng("quiet-hours", NGA, "none", *by)
    await keng("suppression", "add", NGA, "--because", "rang us", *by)
    await keng("suppression", "list", *by)
    await keng("suppression", "export", *by)
    await keng("suppression", "release", NGA, "--because", "rang again", *by)
    (keng.folder / "erased.jsonl").write_text((await keng("person", "erased", *by)).out, "utf-8")
    await keng("person", "erase-again", "erased.jsonl", *by)
    await keng("person", "retain", *by)
    made = (await keng("backup", str(tmp_path / "file"), *by, "--json")).value
    await keng("hold", "pause", "--because", "a letter", *by)
    await keng("resume", "pause", "--because", "answered", *by)

    rows = (await keng("audit", "show", "--json")).value["items"]
    assert {(row["actor"], row["origin"]) for row in rows} == {("mai", "command")}
    assert [row["verb"] for row in rows] == [
        "enrol",
        "enrol_list",
        "pull",
        "close_digests",
        "set_quiet_hours",
        "suppress",
        "list_suppressed",
        "export_suppressed",
        "release_suppression",
        "list_erasures",
        "erase_again",
        "retain",
        "backup",
        "hold",
        "resume",
    ]
    listed = {"rows": 2, "refused": 1, "sha256": sha256(LIST.encode()).hexdigest(), "confirmed": True}
    assert rows[1]["details"] == listed
    assert "@" not in json.dumps(rows)
    about = (await keng("audit", "show", "--subject", rows[5]["subject"])).out
    assert [line.split("  ")[2] for line in about.splitlines()] == [
        "set_quiet_hours",
        "suppress",
        "release_suppression",
    ]
    assert (await keng("audit", "show", "--actor", "lan")).out == ""
    assert (await keng("audit", "show", "--since", "2099-01-01", "--json")).value == {"items": []}

    whole = (await keng("audit", "verify", "--json")).value
    assert (whole["whole"], whole["rows"], whole["break"]) == (True, 15, None)
    assert Head.read(made["audit_head"]).number == 11, "what was sealed when the retention ran"
    heads = ("--head", whole["head"], "--head", made["audit_head"])
    assert f"15 rows, whole. Head {whole['head']}" in (await keng("audit", "verify", *heads)).out
    broken = await keng("audit", "verify", "--head", f"99:{'a' * 64}", "--json", exits=1)
    assert broken.value["break"] == {"number": 16, "row": None, "fault": "end_gone"}
    assert "NUMBER:HASH" in (await keng("audit", "verify", "--head", "99", exits=2)).err
    assert "there is none" in (await keng("audit", "accept", "3", "--because", "x", exits=2)).err


async def test_the_worker_seals_verifies_and_cuts_and_logs_each_head(keng: Keng, database_url: str) -> None:
    database = Database(database_url)
    old = {"at": datetime.now(UTC) - timedelta(days=800), "actor": "lan", "verb": "x", "subject": "y", "details": {}}
    async with database.writing() as connection:
        await connection.execute(audit.insert(), [old] * 2)
    worker = keng.start("worker")
    await until(lambda: "audit_verified" in worker.err and "retained" in worker.err)
    await worker.told_to_stop(20)
    async with database.reading() as connection:
        rows = (await connection.execute(select(audit).order_by(audit.c.id))).all()
    await database.close()
    assert [(row.actor, row.verb, row.origin) for row in rows] == [
        ("lan", "x", "unknown"),
        ("kẻng", "cut_audit", "worker"),
        ("kẻng", "retain", "worker"),
    ]
    logged = [json.loads(line) for line in worker.err.splitlines()]
    heads = [Head.read(line["head"]) for line in logged if line["event"] in {"audit_sealed", "audit_verified"}]
    assert heads
    assert (await keng("audit", "verify", "--head", str(heads[-1]))).out.startswith("3 rows, whole.")
