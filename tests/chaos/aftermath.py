"""F22 and F39: what comes back of mails that the relay took, and a database that is lost after it had sent."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path

from app.flow import feedback
from app.flow.feedback import Effect, FeedbackDesk
from app.sources.maildir import Maildir
from tests import postgres
from tests.chaos import oracle
from tests.chaos.engines import lose
from tests.chaos.processes import IN_DOUBT, struck
from tests.chaos.runs import fault
from tests.chaos.town import Town
from tests.chaos.world import BOUNCES, World
from tests.office import KEY
from tests.peers.smtp_peer import Mail
from tests.stories.town import day

_REPORT = """\
Return-Path: <>
Delivered-To: {path}
From: MAILER-DAEMON@relay.keng.example
To: {path}
Subject: {subject}
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="edge"

--edge
Content-Type: text/plain; charset=us-ascii

Your message to <{reader}>: {diagnosis}

--edge
Content-Type: message/delivery-status

Reporting-MTA: dns; relay.keng.example

Final-Recipient: rfc822; {reader}
Action: {action}
Status: {status}
Diagnostic-Code: smtp; {diagnosis}

--edge--
"""
_AWAY = """\
Return-Path: <>
Delivered-To: {path}
From: <{reader}>
To: {path}
Subject: =?utf-8?b?VHLhuqMgbOG7nWkgdOG7sSDEkeG7mW5n?=
Auto-Submitted: auto-replied (vacation)
MIME-Version: 1.0
Content-Type: text/plain; charset=utf-8

I am away. Your message of yesterday: 550 5.1.1 no such user.
"""


def _dead(path: str, reader: str) -> str:
    said = {"action": "failed", "status": "5.1.1", "diagnosis": "550 5.1.1 no such user"}
    return _REPORT.format(path=path, reader=reader, subject="Undelivered Mail Returned to Sender", **said)


def _delayed(path: str, reader: str) -> str:
    said = {"action": "delayed", "status": "4.4.1", "diagnosis": "451 4.4.1 no answer from host"}
    return _REPORT.format(path=path, reader=reader, subject="Delayed Mail (still being retried)", **said)


def _away(path: str, reader: str) -> str:
    return _AWAY.format(path=path, reader=reader)


RETURNS: dict[str, tuple[Callable[[str, str], str], Effect]] = {
    "dead": (_dead, Effect.HARD),
    "delayed": (_delayed, Effect.NO_FAILURE),
    "away": (_away, Effect.AUTO_REPLY),
    "forged": (_dead, Effect.UNSIGNED),
}


@fault("F22", "the relay took it; later comes back: no such person, a delay, an absence, a forged report")
async def _something_returns(world: World) -> None:
    await world.begin(people=world.lots.randint(5, 8), daily=0)
    await world.publish()
    await world.office.process()
    await world.send()
    readers = sorted({mail.recipients[0] for mail in world.peer.held})
    fates = {one: world.lots.choice([*RETURNS]) for one in readers}
    fates |= dict(zip(world.lots.sample(readers, 2), ("dead", "forged"), strict=True))
    box = _maildir(world.folder / "bounces")
    expected: Counter[Effect] = Counter()
    for mail in world.peer.held:
        write, effect = RETURNS[fates[mail.recipients[0]]]
        path = _forged(world, mail) if effect is Effect.UNSIGNED else mail.sender
        again = world.lots.choice([1, 2])
        for _ in range(again):
            _drop_in(box, write(path, mail.recipients[0]))
        expected[effect] += 1
        expected[Effect.REPEATED if effect is Effect.HARD else effect] += again - 1
    effects = await feedback.visit(FeedbackDesk(world.database, [KEY]), Maildir(box))
    assert effects == +expected, (effects, expected)
    world.happened = effects.total()
    told = {notice.symbol for notice in world.evidence.served}
    await world.publish()
    dead = {one for one, fate in fates.items() if fate == "dead"}
    later = {notice.symbol for notice in world.evidence.served} - told
    world.evidence.silent = frozenset((one, symbol) for one in dead for symbol in later)

    async def only_the_dead() -> None:
        rows = oracle.read_rows(world.url)
        bounced = {row.address for row in rows if row.state == "bounced"}
        assert bounced == dead, "who does not exist, and nobody else"
        assert all(row.state == "accepted" for row in rows if row.address not in dead), rows
        suppressed = oracle.query(
            world.url,
            "SELECT s.identity FROM suppressions p JOIN subscribers s ON s.id = p.subscriber_id WHERE p.ended_at IS NULL",
        )
        assert sorted(row[0] for row in suppressed) == sorted(dead)

    world.checks.append(only_the_dead)


def _forged(world: World, mail: Mail) -> str:
    """A return path as somebody makes it up who knows what they look like."""
    local, tag = mail.sender.partition("@")[0].split(".")
    number = int(local.removeprefix("b+"))
    letters = "".join(world.lots.choices("abcdefghijklmnopqrstuvwxyz234567", k=len(tag)))
    return world.lots.choice([
        f"bounces@{BOUNCES}",
        f"{local}.{letters}@{BOUNCES}",
        f"b+{number + 1}.{tag}@{BOUNCES}",
        f"{local}@{BOUNCES}",
    ])  # fmt: skip


def _maildir(folder: Path) -> Path:
    for name in ("new", "cur", "tmp"):
        (folder / name).mkdir(parents=True)
    return folder


def _drop_in(box: Path, report: str) -> None:
    number = len(list((box / "new").iterdir()))
    (box / "new" / f"{number:04}").write_text(report, "utf-8")


@fault("F39", "the database is lost, and a backup from before some mails went out is restored", world=Town, weight=2)
async def _restored(town: Town) -> None:
    await town.settle(daily=0, days_ago=3)
    backup = str(town.folder / "keng.backup")
    if (programs := postgres.client_programs()) is not None:
        town.keng.environment["PATH"] = f"{programs}:{town.keng.environment['PATH']}"
    await town.keng("pull", "eping")
    stage = town.lots.choice(["pulled", "claimed", "handing_over", "dot_sent", "answered"])
    if stage != "pulled":
        await struck(town, ("deliver", "--once"), stage)
    await town.keng("backup", backup)
    await town.keng("deliver", "--once")
    more = town.lots.random() < 0.5
    if more:
        town.notify([town.evidence.served[0].sector], days_ago=2)
        await town.keng("pull", "eping")
        await town.keng("deliver", "--once")
    sent = len(town.peer.held)
    town.evidence.gone = oracle.read_rows(town.url)
    await town.database.close()
    lose(town.url)
    await town.keng("restore", backup)
    town.happened += 1
    await town.keng("pull", "eping")
    await town.keng("deliver", "--once")
    assert len(town.peer.held) == sent, "nobody is mailed before a person lifts the hold"
    doubtful = oracle.query(town.url, "SELECT id FROM deliveries WHERE state = 'needs_human'")
    assert bool(doubtful) == (stage in IN_DOUBT), "what was under way at the backup needs a person"
    for (number,) in doubtful[:1]:
        again = await town.keng.start("settle", str(number), "--send", "--because", "to see").ended()
        assert again.code, "a third copy is nothing that a person may ask for either"
    await town.keng("skip", "--circulated-until", day(2)[:10], "--because", "told before the loss")
    town.notify([town.evidence.served[0].sector], days_ago=1)
    await town.keng("resume", "restored", "--because", "all is accounted for")
