"""From an alert to its bounce and what staff make of it, with `keng` as it is run: Maildir, pipe, list, release."""

from pathlib import Path

import pytest

from tests.doors.sources.test_returned import RETURN_PATH, sample
from tests.peers.smtp_peer import SmtpPeer
from tests.stories.commands import Keng, until
from tests.stories.town import Eping, a_notice, letters, recipients

pytestmark = pytest.mark.sockets

NGA, LAN = "nga@hiephoi.example", "lan@hiephoi.example"


@pytest.fixture
def maildir(tmp_path: Path) -> Path:
    for name in ("new", "cur", "tmp"):
        (tmp_path / "bounces" / name).mkdir(parents=True)
    return tmp_path / "bounces"


@pytest.fixture
async def told(keng: Keng, eping: Eping, maildir: Path) -> Keng:
    """Two readers were told one alert; bounces come to a Maildir."""
    told = keng.with_settings(bounce_domain="bounces.keng.example", bounces=f"maildir:{maildir}")
    for reader in (NGA, LAN):
        await told("subscribe", reader, "--sector", "textiles", "--confirmed")
    eping.items = [a_notice(1)]
    await told("pull", "eping")
    await told("deliver", "--once")
    return told


def returned(relay: SmtpPeer, reader: str, name: str) -> bytes:
    """A sample as it would come back of the mail that a reader was sent."""
    (mail,) = [mail for mail in relay.held if mail.recipients == [reader]]
    return sample(name).replace(RETURN_PATH.encode(), mail.sender.encode()).replace(NGA.encode(), reader.encode())


async def test_what_the_relay_puts_into_the_maildir_stops_the_mail_to_a_dead_address_only(
    told: Keng, relay: SmtpPeer, maildir: Path, eping: Eping
) -> None:
    (maildir / "new" / "1").write_bytes(returned(relay, NGA, "postfix-unknown-user"))
    (maildir / "new" / "2").write_bytes(returned(relay, LAN, "vacation-dovecot").replace(b"nga@", b"lan@"))
    (maildir / "new" / "3").write_bytes(sample("postfix-unknown-user"))
    worker = told.start("worker")
    await until(lambda: not list((maildir / "new").iterdir()))
    assert (await worker.told_to_stop(within=30)).code == 0
    assert sorted(file.name for file in (maildir / "cur").iterdir()) == ["1:2,S", "2:2,S", "3:2,S"]

    (item,) = (await told("suppression", "list", "--json")).value["items"]
    assert (item["address"], item["reason"], item["detail"], item["source"]) == (
        NGA,
        "no_such_address",
        "5.1.1",
        "maildir",
    )
    eping.items = [a_notice(2)]
    await told("pull", "eping")
    await told("deliver", "--once")
    assert recipients(relay) == [LAN, LAN, NGA]
    assert [letter.recipient for letter in letters(relay)].count(NGA) == 1

    today = (await told("feedback", "--days", "1", "--json")).value["days"]
    assert [(day["sent"], day["hard"], day["soft"], day["complaint"]) for day in today] == [(3, 1, 0, 0)]
    assert "hard 1" in (await told("feedback")).out


async def test_a_pipe_hands_in_a_complaint_and_staff_let_the_reader_back(
    told: Keng, relay: SmtpPeer, tmp_path: Path
) -> None:
    report = tmp_path / "report.eml"
    report.write_bytes(returned(relay, NGA, "arf-yahoo"))
    assert (await told("bounce", str(report))).out == "complaint\n"
    assert (await told("bounce", str(report), "--json")).value == {"effect": "repeated"}
    report.write_bytes(sample("arf-yahoo"))
    assert (await told("bounce", str(report))).out == "unsigned\n"

    assert "complained" in (await told("suppression", "list")).out
    exported = (await told("suppression", "export")).out
    assert exported.splitlines()[0].startswith("address,reason,")
    assert exported.splitlines()[1].startswith(f"{NGA},complained,,command,")
    assert (await told("suppression", "release", NGA, "--because", "wrote to us", "--by", "lan")).out == "released\n"
    await told("suppression", "release", NGA, "--because", "again", exits=1)
    assert (await told("suppression", "list", "--json")).value == {"items": []}
    (ended,) = (await told("suppression", "list", "--ended", "--json")).value["items"]
    assert (ended["ended_because"], ended["ended_by"]) == ("released", "lan")

    assert (await told("suppression", "add", LAN, "--because", "=1+1")).out == "suppressed\n"
    assert ",by_staff,'=1+1,staff," in (await told("suppression", "export")).out
    assert (
        "no subscriber" in (await told("suppression", "release", "stranger@example.org", "--because", "x", exits=2)).err
    )


async def test_without_a_domain_for_bounces_mails_go_out_from_the_senders_own_address(
    keng: Keng, eping: Eping, relay: SmtpPeer
) -> None:
    await keng("subscribe", NGA, "--sector", "textiles", "--confirmed")
    eping.items = [a_notice(1)]
    await keng("pull", "eping")
    await keng("deliver", "--once")
    assert [mail.sender for mail in relay.held] == ["keng@keng.example"]
