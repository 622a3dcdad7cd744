"""Every fault of the SMTP dialogue, F01 to F25, on real sockets: what we conclude, and that it really happened.

F24, a relay whose disk is full, is F15's `452 4.3.1` to us.
"""

import asyncio
import socket
from collections.abc import Callable
from datetime import timedelta

import pytest

from app.domain.deliveries import Accepted, HostDown, Refused, TryLater, Unknown
from app.senders.smtp import Relay, RelayAddress, Security, Timeouts
from tests.doors.senders.certificates import Authority
from tests.doors.senders.sending import BODY, QUICK, RECIPIENT, SENDER, Permission, envelope, relay_to
from tests.peers.smtp_peer import DROP, HANG, RST, Command, Delay, Drip, Fault, MidData, Planned, SmtpPeer, Step

pytestmark = pytest.mark.sockets

IMPATIENT = Timeouts(connect=1, command=1, data=1, final=1, parting=0.2)


def to_nowhere(port: int, *, host: str = "127.0.0.1") -> Relay:
    address = RelayAddress(host=host, port=port, security=Security.PLAIN)
    return Relay(address, hostname="keng.test", timeouts=IMPATIENT)


@pytest.mark.parametrize("code", ["421", "554"])
async def test_f01_a_banner_that_refuses_means_host_down(code: str) -> None:
    async with SmtpPeer({"BANNER": (f"{code} 4.3.2 no service here", DROP)}) as peer, relay_to(peer) as relay:
        outcome = await relay.send(envelope(), permission := Permission())
        assert outcome == HostDown(f"the relay answered {code} 4.3.2 no service here")
        assert peer.happened["BANNER", code] == 1
        assert permission.asked == peer.count("MAIL") == 0


async def test_f02_a_refused_connection_means_host_down() -> None:
    with socket.create_server(("127.0.0.1", 0)) as vacated:
        port = vacated.getsockname()[1]
    outcome = await to_nowhere(port).send(envelope(), Permission())
    assert isinstance(outcome, HostDown)
    assert not outcome.alarm
    assert "Errno 111" in outcome.reason


async def test_f02_a_host_that_has_no_address_means_host_down(monkeypatch: pytest.MonkeyPatch) -> None:
    async def unknown_name(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", unknown_name)
    outcome = await to_nowhere(25, host="relay.invalid").send(envelope(), Permission())
    assert isinstance(outcome, HostDown)
    assert "not known" in outcome.reason


async def test_f02_a_black_hole_means_host_down_after_the_connect_time_out() -> None:
    with socket.socket() as hole:
        hole.bind(("127.0.0.1", 0))
        hole.listen(0)  # the kernel answers one caller from its queue and is silent to the others
        callers = [socket.socket() for _ in range(4)]
        for caller in callers:
            caller.settimeout(0)
            caller.connect_ex(hole.getsockname())
        outcome = await to_nowhere(hole.getsockname()[1]).send(envelope(), Permission())
        for caller in callers:
            caller.close()
    assert outcome == HostDown("the relay did not answer in time")


async def test_f01_a_line_that_is_closed_instead_of_a_banner_means_host_down() -> None:
    async with SmtpPeer({"BANNER": DROP}) as peer, relay_to(peer) as relay:
        assert await relay.send(envelope(), Permission()) == HostDown(
            "the relay cannot be talked to: Unexpected EOF received"
        )
        assert peer.happened["BANNER", "DROP"] == 1


@pytest.mark.parametrize("fault", Fault)
async def test_f03_a_line_that_breaks_at_ehlo_is_not_ambiguous(fault: Fault) -> None:
    async with SmtpPeer({"EHLO": fault}) as peer, relay_to(peer, timeouts=IMPATIENT) as relay:
        outcome = await relay.send(envelope(), permission := Permission())
        assert isinstance(outcome, HostDown)
        assert not outcome.alarm
        assert peer.happened["EHLO", fault.value] == 1
        assert permission.asked == peer.count("MAIL") == 0


async def test_f04_stripped_starttls_stops_before_auth_and_mail() -> None:
    async with (
        SmtpPeer(credentials=("keng", "s3cret")) as peer,
        relay_to(peer, security=Security.STARTTLS, user="keng", password="s3cret") as relay,
    ):
        outcome = await relay.send(envelope(), Permission())
        assert outcome == HostDown("the relay does not offer STARTTLS", alarm=True)
        assert [command.verb for command in peer.commands] == ["EHLO"]


async def test_f04_refused_starttls_stops_before_auth_and_mail(authority: Authority) -> None:
    tls = authority.serving("DNS:localhost")
    async with (
        SmtpPeer({"STARTTLS": "454 4.7.0 TLS not available"}, tls=tls, credentials=("keng", "s3cret")) as peer,
        relay_to(peer, security=Security.STARTTLS, user="keng", password="s3cret") as relay,
    ):
        outcome = await relay.send(envelope(), Permission())
        assert outcome == HostDown("the relay refuses STARTTLS: 454", alarm=True)
        assert [command.verb for command in peer.commands] == ["EHLO", "STARTTLS"]


@pytest.mark.parametrize(
    ("names", "until", "reason"),
    [
        ("DNS:other.example", "20491231000000Z", "Hostname mismatch"),
        ("DNS:localhost", "20240201000000Z", "certificate has expired"),
    ],
)
@pytest.mark.parametrize("security", [Security.STARTTLS, Security.TLS])
async def test_f04_a_bad_certificate_stops_before_auth_and_mail(
    authority: Authority, security: Security, names: str, until: str, reason: str
) -> None:
    tls = authority.serving(names, until=until)
    peer = SmtpPeer(tls=tls, implicit_tls=security is Security.TLS, credentials=("keng", "s3cret"))
    async with (
        peer,
        relay_to(
            peer,
            security=security,
            host="localhost",
            user="keng",
            password="s3cret",
            trust=authority.trusting(),
        ) as relay,
    ):
        outcome = await relay.send(envelope(), Permission())
        assert isinstance(outcome, HostDown)
        assert outcome.alarm
        assert reason in outcome.reason
        assert not {"AUTH", "MAIL"} & {command.verb for command in peer.commands}


@pytest.mark.parametrize("security", [Security.STARTTLS, Security.TLS])
async def test_f04_a_certificate_of_an_unknown_authority_is_refused(authority: Authority, security: Security) -> None:
    tls = authority.serving("DNS:localhost")
    peer = SmtpPeer(tls=tls, implicit_tls=security is Security.TLS)
    async with peer, relay_to(peer, security=security, host="localhost") as relay:
        outcome = await relay.send(envelope(), Permission())
        assert isinstance(outcome, HostDown)
        assert outcome.alarm
        assert "unable to get local issuer certificate" in outcome.reason
        assert peer.count("MAIL") == 0


@pytest.mark.parametrize("injected", [b"250 Ok\r\n", b"250-peer.test\r\n250 AUTH PLAIN\r\n", b"2"])
async def test_f04_words_injected_after_starttls_stop_before_auth_and_mail(
    authority: Authority, injected: bytes
) -> None:
    peer = SmtpPeer(
        {"STARTTLS": b"220 go ahead\r\n" + injected},
        tls=authority.serving("DNS:localhost"),
        credentials=("keng", "s3cret"),
    )
    async with (
        peer,
        relay_to(
            peer,
            security=Security.STARTTLS,
            host="localhost",
            user="keng",
            password="s3cret",
            trust=authority.trusting(),
        ) as relay,
    ):
        outcome = await relay.send(envelope(), Permission())
        assert outcome == HostDown("the relay sends words that nobody asked for", alarm=True)
        assert peer.happened["STARTTLS", "RAW"] == 1
        assert not {"AUTH", "MAIL"} & {command.verb for command in peer.commands}


@pytest.mark.parametrize("reply", ["535 5.7.8 wrong password", "454 4.7.0 try later"])
async def test_f05_a_refused_log_in_means_host_down_with_an_alarm(reply: str) -> None:
    async with (
        SmtpPeer({"AUTH": reply}, credentials=("keng", "s3cret")) as peer,
        relay_to(peer, user="keng", password="wrong") as relay,
    ):
        outcome = await relay.send(envelope(), Permission())
        assert outcome == HostDown(f"the relay refuses our log-in: {reply[:9]}", alarm=True)
        assert peer.count("AUTH") == 1
        assert peer.count("MAIL") == 0


@pytest.mark.parametrize("code", [451, 452])
async def test_f06_a_deferred_sender_is_deferred(code: int) -> None:
    async with SmtpPeer({"MAIL": f"{code} 4.3.1 later"}) as peer, relay_to(peer) as relay:
        assert await relay.send(envelope(), Permission()) == TryLater(code, "4.3.1 later")
        assert peer.happened["MAIL", str(code)] == 1


@pytest.mark.parametrize("code", [550, 553])
async def test_f06_a_refused_sender_is_our_fault_not_the_recipients(code: int) -> None:
    async with SmtpPeer({"MAIL": f"{code} 5.7.1 not from you"}) as peer, relay_to(peer) as relay:
        outcome = await relay.send(envelope(), permission := Permission())
        assert outcome == HostDown(f"the relay refuses our sender: {code} 5.7.1 not from you", alarm=True)
        assert peer.happened["MAIL", str(code)] == 1
        assert permission.asked == peer.count("RCPT") == 0


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        ("450 4.2.0 busy", TryLater(450, "4.2.0 busy")),
        (
            "451 4.7.1 Greylisted, try again in 300 seconds",
            TryLater(451, "4.7.1 Greylisted, try again in 300 seconds", timedelta(seconds=300)),
        ),
    ],
)
async def test_f07_a_greylisted_recipient_is_deferred(reply: str, expected: TryLater) -> None:
    async with SmtpPeer({"RCPT": [reply]}) as peer, relay_to(peer) as relay:
        assert await relay.send(envelope(), permission := Permission()) == expected
        assert permission.asked == 0
        assert isinstance(await relay.send(envelope(), permission), Accepted)
        assert peer.happened["RCPT", reply[:3]] == 1


async def test_f08_too_many_recipients_is_deferred() -> None:
    async with SmtpPeer({"RCPT": "452 4.5.3 too many"}) as peer, relay_to(peer) as relay:
        assert await relay.send(envelope(), Permission()) == TryLater(452, "4.5.3 too many")
        assert peer.happened["RCPT", "452"] == 1


@pytest.mark.parametrize("code", [550, 551, 553])
async def test_f09_an_unknown_recipient_is_refused(code: int) -> None:
    async with SmtpPeer({"RCPT": f"{code} 5.1.1 unknown"}) as peer, relay_to(peer) as relay:
        assert await relay.send(envelope(), permission := Permission()) == Refused(code, "5.1.1 unknown")
        assert permission.asked == peer.count("DATA") == 0


async def test_f10_a_policy_block_is_refused_with_its_enhanced_code() -> None:
    async with SmtpPeer({"RCPT": "550 5.7.1 blocked"}) as peer, relay_to(peer) as relay:
        assert await relay.send(envelope(), Permission()) == Refused(550, "5.7.1 blocked")
        assert peer.happened["RCPT", "550"] == 1


async def test_f11_421_at_rcpt_closes_the_line_and_defers() -> None:
    async with SmtpPeer({"RCPT": [("421 4.7.0 slow down", DROP)]}) as peer, relay_to(peer) as relay:
        assert await relay.send(envelope(), Permission()) == TryLater(421, "4.7.0 slow down")
        assert isinstance(await relay.send(envelope(), Permission()), Accepted)
        assert peer.connections == 2


@pytest.mark.parametrize(
    ("reply", "expected"),
    [("451 4.3.0 later", TryLater(451, "4.3.0 later")), ("554 5.7.1 spam", Refused(554, "5.7.1 spam"))],
)
async def test_f12_a_refusal_of_data_is_an_answer(reply: str, expected: TryLater | Refused) -> None:
    async with SmtpPeer({"DATA": [reply]}) as peer, relay_to(peer) as relay:
        assert await relay.send(envelope(), Permission()) == expected
        assert peer.held == []
        assert isinstance(await relay.send(envelope(), Permission()), Accepted)
        assert peer.connections == 1


@pytest.mark.parametrize("fault", Fault)
async def test_f13_a_line_that_breaks_after_data_is_unknown(fault: Step) -> None:
    async with SmtpPeer({"DATA": fault}) as peer, relay_to(peer, timeouts=Timeouts(data=0.5)) as relay:
        assert isinstance(await relay.send(envelope(), permission := Permission()), Unknown)
        assert permission.asked == peer.count("DATA") == 1
        assert peer.held == []


async def test_f13_a_go_ahead_that_makes_no_sense_is_unknown_and_nothing_is_sent() -> None:
    async with SmtpPeer({"DATA": ["250 2.0.0 Ok"]}) as peer, relay_to(peer) as relay:
        assert await relay.send(envelope(), Permission()) == Unknown("DATA was answered 250 2.0.0 Ok")
        assert peer.happened["DATA", "250"] == 1
        assert isinstance(await relay.send(envelope(), Permission()), Accepted)
        assert [mail.raw for mail in peer.held] == [BODY]
        assert peer.connections == 2


@pytest.mark.parametrize("fault", Fault)
async def test_f14_a_line_that_breaks_inside_the_message_is_unknown_and_nothing_was_queued(fault: Step) -> None:
    body = b"Subject: long\r\n\r\n" + b"x" * 70 + b"\r\n" * 2 + b"y" * 400_000 + b"\r\n"
    peer = SmtpPeer({"MIDDATA": MidData(1000, fault)})
    async with peer, relay_to(peer, timeouts=IMPATIENT) as relay:
        assert isinstance(await relay.send(envelope(body=body), Permission()), Unknown)
        assert peer.held == []
        assert peer.mails[0].raw == body[:1000]


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        ("452 4.3.1 disk full", TryLater(452, "4.3.1 disk full")),
        ("552 5.3.4 too big", Refused(552, "5.3.4 too big")),
        ("421 4.3.2 shutting down", TryLater(421, "4.3.2 shutting down")),
    ],
)
async def test_f15_a_refusal_after_the_dot_is_an_answer(reply: str, expected: TryLater | Refused) -> None:
    async with SmtpPeer({"DOT": [reply]}) as peer, relay_to(peer) as relay:
        assert await relay.send(envelope(), Permission()) == expected
        assert peer.mails[0].complete
        assert peer.held == []
        assert isinstance(await relay.send(envelope(), Permission()), Accepted)
        assert peer.connections == (2 if reply.startswith("421") else 1)


@pytest.mark.parametrize("fault", [DROP, RST])
async def test_f16_a_line_that_breaks_after_the_dot_is_unknown_though_the_peer_has_the_message(fault: Step) -> None:
    async with SmtpPeer({"DOT": [fault]}) as peer, relay_to(peer) as relay:
        assert isinstance(await relay.send(envelope(), Permission()), Unknown)
        assert isinstance(await relay.send(envelope(), Permission()), Accepted)
        assert [mail.raw for mail in peer.held] == [BODY, BODY]


async def test_f17_silence_after_the_dot_is_unknown() -> None:
    async with SmtpPeer({"DOT": HANG}) as peer, relay_to(peer, timeouts=IMPATIENT) as relay:
        assert isinstance(await relay.send(envelope(), Permission()), Unknown)
        assert peer.happened["DOT", "HANG"] == len(peer.held) == 1


async def test_f18_a_slow_answer_to_the_dot_is_waited_for_longer_than_any_other() -> None:
    patient = Timeouts(connect=1, command=1, data=1, final=30)
    async with SmtpPeer({"DOT": Delay(1.5, "250 2.0.0 Ok")}) as peer, relay_to(peer, timeouts=patient) as relay:
        assert await relay.send(envelope(), Permission()) == Accepted("2.0.0 Ok")
        assert len(peer.held) == 1


def test_f18_the_usual_time_outs_are_those_of_the_standard() -> None:
    usual = Timeouts()
    assert (usual.connect, usual.command, usual.data, usual.final) == (30, 300, 120, 600)


@pytest.mark.parametrize(
    "garbage", [b"what?\r\n", b"999 Ok\r\n", b"25\r\n", b"25 Ok\r\n", b"\xff\xfe\r\n", b"354 again\r\n", b"-250 Ok\r\n"]
)
async def test_f19_garbage_after_the_dot_is_unknown(garbage: bytes) -> None:
    async with SmtpPeer({"DOT": [garbage]}) as peer, relay_to(peer) as relay:
        assert isinstance(await relay.send(envelope(), Permission()), Unknown)
        assert peer.happened["DOT", "RAW"] == 1
        assert isinstance(await relay.send(envelope(), Permission()), Accepted)
        assert peer.connections == 2


@pytest.mark.parametrize("fault", [DROP, RST, HANG, "500 what?"])
async def test_f20_whatever_happens_at_quit_the_message_is_accepted(fault: Step) -> None:
    async with SmtpPeer({"QUIT": fault}) as peer:
        async with relay_to(peer) as relay:
            assert isinstance(await relay.send(envelope(), Permission()), Accepted)
        assert peer.count("QUIT") == len(peer.held) == 1


@pytest.mark.parametrize(
    "two",
    [
        "b@y.example,evil@z.example",
        "b@y.example, evil@z.example",
        "b@y.example;evil@z.example",
        "b@y.example evil@z.example",
        "<b@y.example>,<evil@z.example>",
        "b@y.example>\r\nRCPT TO:<evil@z.example",
        "Hội: b@y.example, evil@z.example;",
        "b@y.example@z.example",
    ],
)
async def test_f21_two_addresses_in_one_text_never_make_two_recipients(two: str) -> None:
    async with SmtpPeer() as peer, relay_to(peer) as relay:
        outcome = await relay.send(envelope(recipient=two), Permission())
        assert outcome == Refused(501, "5.1.3 not sent: this is not exactly one mail address")
        assert peer.count("RCPT") == 0


async def test_f22_what_comes_back_later_can_be_tied_to_the_message() -> None:
    """A bounce goes to the envelope sender, whose signed token must arrive letter by letter."""
    async with SmtpPeer({"DOT": "250 2.0.0 Ok: queued as 4F1A"}) as peer, relay_to(peer) as relay:
        assert await relay.send(envelope(), Permission()) == Accepted("2.0.0 Ok: queued as 4F1A")
        assert (peer.mails[0].sender, peer.mails[0].recipients) == (SENDER, [RECIPIENT])


def slow_for(mailbox: str, step: Step) -> Callable[[Command], Step | None]:
    return lambda command: step if mailbox in command.argument else None


async def test_f23_a_slow_conversation_does_not_hold_up_the_others() -> None:
    peer = SmtpPeer({"RCPT": slow_for("slow@", Drip("250 2.1.5 Ok", 0.1))})
    async with peer, relay_to(peer, connections=2) as relay:
        slow = asyncio.create_task(relay.send(envelope(recipient="slow@x.example"), Permission()))
        await peer.until(lambda: peer.happened["RCPT", "DRIP"] > 0)
        for number in range(20):
            assert isinstance(await relay.send(envelope(number), Permission()), Accepted)
        assert not slow.done()
        assert isinstance(await slow, Accepted)


async def test_f23_a_relay_that_drips_for_ever_is_left_at_the_time_out() -> None:
    async with (
        SmtpPeer({"BANNER": Drip("220 " + "x" * 1000, 0.05)}) as peer,
        relay_to(peer, timeouts=IMPATIENT) as relay,
    ):
        assert isinstance(await relay.send(envelope(), Permission()), HostDown)
        assert 0 < peer.octets_sent < 40


@pytest.mark.parametrize(
    "plan",
    [
        {"BANNER": (b"220 ", *[b"x" * 10_000] * 10_000)},
        {"EHLO": (b"250-peer.test\r\n", *[b"250-X-EXTENSION some words\r\n" * 400] * 10_000)},
    ],
)
async def test_f25_an_endless_reply_is_left_before_it_fills_the_memory(plan: dict[str, Planned]) -> None:
    async with SmtpPeer(plan) as peer, relay_to(peer) as relay:
        outcome = await relay.send(envelope(), Permission())
        assert isinstance(outcome, HostDown)
        assert peer.count("MAIL") == 0
        # Of the 100 MB only what the kernel takes on its own account has left the peer.
        assert peer.octets_sent < 20_000_000


@pytest.mark.parametrize("stage", ["BANNER", "EHLO", "MAIL"])
async def test_f25_replies_that_nobody_asked_for_mean_host_down(stage: str) -> None:
    plan: dict[str, Planned] = {stage: b"2%d0 first\r\n250 second\r\n" % (2 if stage == "BANNER" else 5)}
    async with SmtpPeer(plan) as peer, relay_to(peer) as relay:
        outcome = await relay.send(envelope(), permission := Permission())
        assert outcome == HostDown("the relay sends words that nobody asked for", alarm=True)
        assert peer.happened[stage, "RAW"] == 1
        assert permission.asked == peer.count("DATA") == 0


async def test_f25_a_reply_before_its_time_is_never_taken_for_the_answer_to_the_message() -> None:
    plan: dict[str, Planned] = {"DATA": b"354 go\r\n250 queued\r\n", "DOT": "452 4.3.1 disk full"}
    async with SmtpPeer(plan) as peer, relay_to(peer, timeouts=QUICK) as relay:
        assert isinstance(await relay.send(envelope(), Permission()), Unknown)
        assert peer.happened["DATA", "RAW"] == 1
        assert peer.held == []


async def test_f25_a_second_reply_after_the_dot_is_not_taken_for_the_next_one() -> None:
    peer = SmtpPeer({"DOT": [b"250 first\r\n250 extra\r\n"]})
    async with peer, relay_to(peer) as relay:
        assert await relay.send(envelope(1), Permission()) == Accepted("first")
        assert isinstance(await relay.send(envelope(2), Permission()), Accepted)
        assert peer.connections == 2
