"""`keng doctor` against a relay, a name server and databases whose faults were chosen."""

import base64
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import text

from app.bootstrap import examined
from app.domain.audit import Head
from app.domain.soundness import Finding, Level
from app.flow.examine import Installed, examine
from app.senders.smtp import inspect, parse_smtp_url
from app.settings import given_settings
from app.sources.domain_names import DomainNames, NameServer, NoAnswerError
from app.store import audit, holds
from app.store.database import Database
from tests.peers.dns_peer import DnsPeer
from tests.peers.http_peer import HttpPeer, Reply
from tests.peers.openid_peer import CLIENT, SECRET, OpenIdPeer
from tests.peers.smtp_peer import SmtpPeer

pytestmark = pytest.mark.sockets
KEY = base64.b64encode(bytes(294)).decode()
GOOD = {
    ("keng.example", "TXT"): ['"v=spf1 ip4:192.0.2.1 -all"'],
    ("_dmarc.keng.example", "TXT"): ['"v=DMARC1; p=reject"'],
    ("k1._domainkey.keng.example", "TXT"): [f'"v=DKIM1; k=rsa; p={KEY[:200]}" "{KEY[200:]}"'],
    ("relay.example", "A"): ["192.0.2.1"],
    ("1.2.0.192.in-addr.arpa", "PTR"): ["relay.example."],
}


@pytest.fixture
async def names() -> AsyncIterator[DnsPeer]:
    async with DnsPeer(GOOD) as opened:
        yield opened


@pytest.fixture
async def relay() -> AsyncIterator[SmtpPeer]:
    async with SmtpPeer() as opened:
        yield opened


@pytest.fixture
async def present(database_url: str) -> AsyncIterator[Database]:
    """A database that goes by its own clock."""
    opened = Database(database_url)
    yield opened
    await opened.close()


@pytest.fixture
def sound(present: Database, names: DnsPeer, relay: SmtpPeer, tmp_path: Path) -> Installed:
    """An installation in which all is in order."""
    address = parse_smtp_url(f"smtp://{relay.host}:{relay.port}")
    return Installed(
        database=present,
        folder=tmp_path,
        mail_domain="keng.example",
        names=DomainNames(NameServer(names.host, names.port)),
        unanswered=NoAnswerError,
        dkim_selector="k1",
        relay_host="relay.example",
        look=partial(inspect, address, hostname="keng.example"),
    )


async def found(installed: Installed) -> dict[str, Finding]:
    return {finding.subject: finding for finding in await examine(installed)}


async def test_a_sound_installation_has_no_fault(sound: Installed, relay: SmtpPeer) -> None:
    findings = await found(sound)
    assert {subject for subject, finding in findings.items() if finding.level is not Level.SOUND} <= {
        "disk",
        "audit",
        "owner of the audit",
    }
    assert {"SPF of keng.example", "DMARC of keng.example", "PTR", "relay", "clock", "database"} <= set(findings)
    assert relay.count("MAIL") == 0


async def test_the_last_verification_of_the_audit_is_told(sound: Installed, present: Database) -> None:
    assert (await found(sound))["audit"].level is Level.UNSEEN
    async with present.writing() as connection:
        await audit.note_head(connection, Head(4, "a" * 64), None, await present.now(connection))
    assert (await found(sound))["audit"].level is Level.SOUND
    async with present.writing() as connection:
        await audit.note_head(connection, Head(4, "a" * 64), "row_changed at 5", await present.now(connection))
    told = (await found(sound))["audit"]
    assert (told.level, "row_changed at 5" in told.said) == (Level.FAULT, True)


async def test_a_role_that_could_switch_the_triggers_of_the_audit_off_is_warned_of(
    sound: Installed, present: Database
) -> None:
    """The tests' own role made the tables; on SQLite there are no roles."""
    warned = (await found(sound)).get("owner of the audit")
    async with present.writing() as connection:
        if present.dialect == "sqlite":
            assert (warned, await audit.owner_among_us(connection)) == (None, None)
            return
        assert warned is not None
        assert (warned.level, warned.remedy) == (Level.WARNING, "see docs/runbook/audit-owned.md")
        assert str(await audit.owner_among_us(connection)) in warned.said
        await connection.execute(text("SET LOCAL ROLE pg_read_all_data"))
        assert await audit.owner_among_us(connection) is None


@pytest.mark.parametrize(
    ("name", "values", "subject"),
    [
        ("keng.example", ['"v=spf1 -all"', '"v=spf1 mx -all"'], "SPF of keng.example"),
        ("_dmarc.keng.example", [], "DMARC of keng.example"),
        ("k1._domainkey.keng.example", ['"v=DKIM1; p="'], "DKIM key k1._domainkey.keng.example"),
    ],
)
async def test_each_bad_record_is_a_fault_with_a_remedy(
    sound: Installed, names: DnsPeer, name: str, values: list[str], subject: str
) -> None:
    names.records[name, "TXT"] = values
    finding = (await found(sound))[subject]
    assert finding.level is Level.FAULT
    assert finding.remedy


async def test_a_relay_whose_name_does_not_lead_back_is_warned_of(sound: Installed, names: DnsPeer) -> None:
    names.records["1.2.0.192.in-addr.arpa", "PTR"] = ["other.example."]
    assert (await found(sound))["PTR"].level is Level.WARNING


async def test_what_nobody_answers_is_unseen_and_no_fault(
    sound: Installed, names: DnsPeer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.sources.domain_names._PATIENCE", 0.2)
    names.mute = True
    findings = await found(sound)
    assert names.asked
    assert findings["record keng.example"].level is Level.UNSEEN
    assert findings["PTR"].level is Level.UNSEEN


async def test_an_issuer_is_asked_for_its_doors_and_keys(sound: Installed) -> None:
    assert "issuer" not in await found(sound)
    async with OpenIdPeer(lambda: datetime.now(UTC)) as issuer:
        values = {"oidc_issuer": issuer.url, "oidc_client": CLIENT, "oidc_secret": SECRET}
        look = examined(given_settings(**values), sound.database).issuer
        assert look is not None
        assert (await found(replace(sound, issuer=look)))["issuer"].level is Level.SOUND
        for wrong, said in (
            ({"issuer": "https://evil.example"}, "otherwise"),
            ({"jwks_uri": "http://evil"}, "no safe"),
        ):
            issuer.metadata = wrong
            finding = (await found(replace(sound, issuer=look)))["issuer"]
            assert (finding.level, said in finding.said) == (Level.FAULT, True)
        issuer.metadata, issuer.shown = {}, []
        assert "no keys" in (await found(replace(sound, issuer=look)))["issuer"].said


async def test_a_relay_that_cannot_be_used_is_a_fault_in_its_own_words(sound: Installed, relay: SmtpPeer) -> None:
    relay.plan["BANNER"] = "554 5.7.1 not you"
    finding = (await found(sound))["relay"]
    assert finding.level is Level.FAULT
    assert "554" in finding.said


@pytest.mark.parametrize(
    ("models", "level"), [("a-model", Level.SOUND), ("another", Level.WARNING), ("", Level.WARNING)]
)
async def test_a_machine_for_drafts_is_asked_what_it_can_do_and_a_bad_one_stops_nothing(
    sound: Installed, present: Database, models: str, level: Level
) -> None:
    reply = Reply(status=200 if models else 401, body=b'{"data": [{"id": "%s"}]}' % models.encode())
    async with HttpPeer([reply]) as peer:
        key = {"drafts_url": peer.url, "drafts_kind": "openai", "drafts_model": "a-model", "drafts_key": "hush-hush"}
        look = examined(given_settings(**key), present).machine
        finding = (await found(replace(sound, machine=look)))["drafts"]
    assert peer.requests[0].headers["authorization"] == "Bearer hush-hush"
    assert finding.level is level
    assert "hush-hush" not in f"{finding}"


async def test_a_hold_that_stands_is_a_fault(sound: Installed, present: Database) -> None:
    async with present.writing() as connection:
        await holds.hold(connection, "restored", "restored from x", "staff", await present.now(connection))
    assert (await found(sound))["hold restored"].level is Level.FAULT


async def test_a_database_whose_clock_is_elsewhere_is_a_fault(sound: Installed, database_url: str) -> None:
    database = Database(database_url, clock=lambda: datetime.now(UTC) - timedelta(minutes=5))
    finding = (await found(replace(sound, database=database)))["clock"]
    assert finding.level is Level.FAULT
    assert finding.said.startswith("300 s")
    await database.close()


async def test_a_schema_that_is_behind_is_a_fault(sound: Installed, present: Database) -> None:
    async with present.writing() as connection:
        await connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0001'")
    assert (await found(sound))["schema"].remedy == "run: keng db upgrade"
