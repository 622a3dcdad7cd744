"""F01 to F25: what a relay may do wrong, at every step of the conversation."""

import asyncio
import atexit
import functools
import shutil
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from app.senders.smtp import Security, Timeouts
from tests.chaos import oracle
from tests.chaos.runs import fault
from tests.chaos.world import QUICK, World
from tests.doors.senders.certificates import Authority
from tests.peers.smtp_peer import DROP, HANG, RST, Command, Delay, MidData, Step
from tests.peers.tcp_proxy import Cut, Drip, Pause, Reset, Rule, Strike, TcpProxy

DENIED = "reader0@example.org"
_OFTEN = 0.4
"""How often a fault strikes one person every time, rather than anybody once or twice."""


async def _ready(world: World) -> None:
    """Have mail for several people in the outbox."""
    await world.begin()
    await world.publish()
    await world.office.process()


def _spoil(world: World, stage: str, *choices: Step, most: int = 3) -> None:
    """Let a stage go wrong one to `most` times, in one of several ways each time, at first perhaps not."""
    steps: list[Step | None] = [None] * world.lots.randint(0, 1)
    world.peer.plan[stage] = steps + [world.lots.choice(choices) for _ in range(world.lots.randint(1, most))]


def _went_wrong(world: World, stage: str, usual: str = "250") -> int:
    return sum(count for (where, what), count in world.peer.happened.items() if where == stage and what != usual)


def _plain(
    stage: str, *choices: Step, usual: str = "250", kept: bool = False, **relay: object
) -> Callable[[World], Awaitable[None]]:
    """A scenario in which a stage goes wrong for a while; `kept` says that the peer has the message nevertheless."""

    async def scenario(world: World) -> None:
        await _ready(world)
        _spoil(world, stage, *choices)
        world.relay |= relay
        if kept:
            world.unclear.append(lambda: _went_wrong(world, stage, usual))
        await world.send()

        async def broke() -> None:
            world.happened = _went_wrong(world, stage, usual)

        world.checks.append(broke)

    return scenario


def _about_one(step: str, *, suppressed: bool) -> Callable[[World], Awaitable[None]]:
    """A scenario in which one recipient is refused for good."""

    async def scenario(world: World) -> None:
        await world.begin()
        world.evidence.stopped = frozenset({DENIED})
        code = world.lots.choice(step.split("|"))
        world.peer.plan["RCPT"] = lambda command: code if DENIED in command.argument else None
        sector = next(one.sector for one in world.evidence.asked if one.address == DENIED)
        await world.office.pull(world.page([sector, *world.lots.choices(["textiles", "footwear"], k=2)]))
        await world.office.process()
        await world.send()
        await world.office.pull(world.page([sector]))

        async def holds() -> None:
            world.happened = _went_wrong(world, "RCPT")
            rows = [row for row in oracle.read_rows(world.url) if row.address == DENIED]
            assert rows, "there was mail for them"
            assert all(row.state in {"rejected", "skipped"} for row in rows), rows
            found = oracle.query(world.url, "SELECT count(*) FROM suppressions WHERE ended_at IS NULL")
            assert found[0][0] == suppressed, "an address is suppressed when it does not exist, and only then"

        world.checks.append(holds)

    return scenario


BREAKS: tuple[Strike, ...] = (Cut(), Reset())
BUSY = ("421 4.3.2 shutting down", "451 4.3.0 try later", "452 4.3.1 no room")

fault("F01", "banner 421 or 554")(_plain("BANNER", "421 4.3.2 busy", "554 5.3.2 no service", usual="220"))
fault("F03", "the line drops at EHLO")(_plain("EHLO", DROP, RST))
fault("F06", "MAIL refused: 451, 452, 550, 553")(_plain("MAIL", *BUSY[1:], "550 5.7.1 not you", "553 5.1.8 no"))
fault("F07", "RCPT 450 or greylisted")(_plain("RCPT", "450 4.2.1 busy", "451 4.7.1 greylisted, try in 300 seconds"))
fault("F08", "RCPT 452")(_plain("RCPT", "452 4.5.3 too many", "452 4.2.2 mailbox full"))
fault("F09", "RCPT 550 5.1.1, 551, 553: no such person")(
    _about_one("550 5.1.1 no such user|551 5.1.1 not here|553 5.1.3 bad address", suppressed=True)
)
fault("F10", "RCPT 550 5.7: refused by policy")(_about_one("550 5.7.1 refused by policy", suppressed=False))
fault("F11", "RCPT 421, then the line closes")(_plain("RCPT", ("421 4.7.0 too fast", DROP)))
fault("F13", "the line drops after the command DATA")(_plain("DATA", DROP, RST, usual="354"))
fault("F15", "dot answered 452 or 421")(_plain("DOT", "452 4.3.1 no room", ("421 4.3.2 bye", DROP)))
fault("F18", "dot answered late, but in time")(
    _plain("DOT", Delay(0.4, "250 2.0.0 late"), Delay(0.8, "250 2.0.0 late"), usual="")
)
fault("F19", "dot answered with garbage")(_plain("DOT", b"\xff\xfe\x00 what?\r\n", b"hello there\r\n", kept=True))
fault("F20", "250, then a drop or silence at QUIT")(_plain("QUIT", DROP, HANG, usual="221"))
fault("F24", "the relay's disk is full for a while")(_plain("DOT", "452 4.3.1 insufficient system storage"))


@fault("F25", "10 MB of banner, 100,000 lines of EHLO, words nobody asked for")
async def _too_much(world: World) -> None:
    huge = b"220 " + b"x" * 10_000_000 + b"\r\n"
    many = b"".join(b"250-WORD%d\r\n" % number for number in range(100_000)) + b"250 END\r\n"
    stage, usual, step = world.lots.choice(
        [("BANNER", "220", huge), ("EHLO", "250", many), ("MAIL", "250", b"250 ok\r\n250 and more\r\n")]
    )
    await _plain(stage, step, usual=usual)(world)


@fault("F02", "nobody listens, or nobody answers")
async def _unreachable(world: World) -> None:
    await _ready(world)
    if world.lots.random() < 0.5:
        await world.peer.stop()
        drained = await world.send()
        await world.peer.start()
        world.happened = 1
    else:
        async with TcpProxy(world.peer.host, world.peer.port, [Rule("server", Pause(), octets=0)]) as proxy:
            drained = await world.send(port=proxy.port, timeouts=Timeouts(connect=1, command=0.3, parting=0.1))
            world.happened = proxy.struck
    assert drained.host_down, "it is the host that is down, and nobody's attempt"
    assert set(oracle.states(world.url)) == {"pending"}
    assert not oracle.query(world.url, "SELECT number FROM attempts")


@functools.cache
def _authorities() -> tuple[Authority, Authority]:
    """Two authorities: the one that is trusted, and a stranger."""
    made = []
    for _ in range(2):
        folder = tempfile.mkdtemp(prefix="keng-chaos-")
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        made.append(Authority(Path(folder)))
    return made[0], made[1]


@fault("F04", "STARTTLS missing, refused, forged, or a certificate that nobody vouches for")
async def _no_safety(world: World) -> None:
    await _ready(world)
    ours, strangers = _authorities()
    sound, forged = ours.serving("IP:127.0.0.1"), strangers.serving("IP:127.0.0.1")
    world.relay |= {"security": Security.STARTTLS, "trust": ours.trusting()}
    way = world.lots.choice(["missing", "refused", "injected", "forged"])
    world.peer.tls = {"missing": None, "forged": forged}.get(way, sound)
    if way == "refused":
        world.peer.plan["STARTTLS"] = "454 4.7.0 TLS not available"
    if way == "injected":
        world.peer.plan["STARTTLS"] = b"220 2.0.0 Ready\r\n250 injected\r\n"
    drained = await world.send()
    assert drained.host_down
    assert world.peer.count("MAIL") == world.peer.count("AUTH") == 0, "nothing that matters was said in the clear"
    world.happened = world.peer.connections
    world.peer.tls = sound
    world.peer.plan.clear()


@fault("F05", "AUTH 535 or 454")
async def _no_log_in(world: World) -> None:
    await _ready(world)
    world.peer.credentials = ("keng", "right")
    world.relay |= {"user": "keng", "password": "right"}
    world.peer.plan["AUTH"] = world.lots.choice(["535 5.7.8 bad credentials", "454 4.7.0 not now"])
    drained = await world.send()
    assert drained.host_down
    assert set(oracle.states(world.url)) == {"pending"}, "a password is nobody's fault who waits for mail"
    world.happened = world.peer.count("AUTH")
    world.peer.plan.clear()


@fault("F12", "DATA refused: 451 or 554")
async def _data_refused(world: World) -> None:
    await _plain("DATA", "451 4.3.0 try later", "554 5.6.0 not that", usual="354")(world)
    world.evidence.listed |= {"rejected"}

    async def counted() -> None:
        refused = world.peer.happened["DATA", "554"]
        assert oracle.states(world.url).get("rejected", 0) == refused

    world.checks.append(counted)


@fault("F14", "the line drops or is reset in the middle of the body")
async def _broken_body(world: World) -> None:
    step = world.lots.choice([DROP, RST])
    if world.lots.random() < 0.5:
        octets = world.lots.randint(1, 1500)
        await _ready(world)
        world.peer.plan["MIDDATA"] = [MidData(octets, step)] * world.lots.randint(1, 2)
        await world.send()
        world.happened = _went_wrong(world, "MIDDATA", "")
        return
    await _ready(world)
    strike = Reset() if step is RST else Cut()
    rule = Rule("client", strike, pattern=rb"\r\nSubject:", times=world.lots.randint(1, 2), through=False)
    async with TcpProxy(world.peer.host, world.peer.port, [rule]) as proxy:
        await world.send(port=proxy.port)
        world.happened = proxy.struck


async def _unheard(world: World, rule: Rule, **relay: Any) -> None:
    """Keep the peer's last word from Kẻng: it has the message, and Kẻng cannot know."""
    await _ready(world)
    async with TcpProxy(world.peer.host, world.peer.port, [rule]) as proxy:
        await world.send(port=proxy.port, **relay)
        world.happened = proxy.struck
        world.evidence.unclear[""] += proxy.struck


async def _never_heard(world: World) -> None:
    """Let one person's mail be taken every time, and the answer never be heard: two copies, then a person must look."""
    await _ready(world)

    def at_dot(command: Command) -> Step | None:
        mine = [mail for mail in world.peer.mails if mail.connection == command.connection]
        return DROP if DENIED in mine[-1].recipients else None

    world.peer.plan["DOT"] = at_dot
    await world.send()

    async def listed() -> None:
        world.happened = world.peer.happened["DOT", "DROP"]
        world.evidence.unclear[""] += world.happened
        rows = [row for row in oracle.read_rows(world.url) if row.address == DENIED]
        assert all(row.state == "needs_human" for row in rows), rows
        assert world.happened == 2 * len(rows), "sent twice, and never a third time"

    world.checks.append(listed)


@fault("F16", "dot, then FIN or RST, and the message is kept")
async def _kept_and_cut(world: World) -> None:
    times, strike = world.lots.randint(1, 3), world.lots.choice(BREAKS)
    if world.lots.random() < _OFTEN:
        await _never_heard(world)
        return
    if world.lots.random() < 0.5:
        rule = Rule("server", strike, pattern=rb"250 2\.0\.0 Ok: queued", through=False, times=times)
        await _unheard(world, rule)
        return
    await _plain("DOT", DROP, RST, kept=True)(world)


@fault("F17", "dot, then silence for longer than we wait")
async def _kept_and_silent(world: World) -> None:
    impatient = Timeouts(connect=2, command=2, data=2, final=0.4, parting=0.1)
    if world.lots.random() < 0.5:
        rule = Rule(
            "server", Pause(), pattern=rb"250 2\.0\.0 Ok: queued", through=False, times=world.lots.randint(1, 3)
        )
        await _unheard(world, rule, timeouts=impatient)
        return
    await _plain("DOT", HANG, kept=True, timeouts=impatient)(world)


@fault("F21", "one of several recipients is refused")
async def _one_of_several(world: World) -> None:
    await _plain("RCPT", "450 4.2.0 not now")(world)

    async def alone() -> None:
        assert all(len(mail.recipients) <= 1 for mail in world.peer.mails), "one recipient in a transaction"

    world.checks.append(alone)


@fault("F23", "one line answers an octet at a time")
async def _slow_line(world: World) -> None:
    await _ready(world)
    side = world.lots.choice(["client", "server"])
    rule = Rule("server", Drip(1, 0.004), octets=0, times=1)
    if side == "client":
        rule = Rule("client", Drip(128, 0.01), octets=0, times=1)
    async with TcpProxy(world.peer.host, world.peer.port, [rule]) as proxy:
        await asyncio.wait_for(world.send(port=proxy.port, timeouts=QUICK), 30)
        world.happened = proxy.struck
