"""Kept connections, the right to send, the octets on the wire, and what a relay must offer."""

import asyncio

import pytest

from app.domain.deliveries import Accepted, HostDown, Refused, TryLater, Unknown
from app.senders.smtp import Security, Timeouts
from tests.doors.senders.certificates import Authority
from tests.doors.senders.sending import BODY, QUICK, Permission, envelope, relay_to
from tests.peers.smtp_peer import DROP, HANG, Delay, Planned, SmtpPeer, Step

pytestmark = pytest.mark.sockets


async def test_connections_are_kept_and_never_shared_by_two_messages() -> None:
    async with SmtpPeer(pause=0.001) as peer:
        async with relay_to(peer, connections=3) as relay:
            outcomes = await asyncio.gather(
                *(relay.send(envelope(number, recipient=f"n{number}@x.example"), Permission()) for number in range(60))
            )
        assert all(isinstance(outcome, Accepted) for outcome in outcomes)
        assert peer.connections == peer.count("EHLO") == peer.count("QUIT") == 3
        assert sorted(mail.recipients for mail in peer.held) == sorted([f"n{number}@x.example"] for number in range(60))


async def test_with_little_to_do_one_connection_serves_all() -> None:
    async with SmtpPeer() as peer, relay_to(peer, connections=4) as relay:
        for number in range(10):
            await relay.send(envelope(number), Permission())
        assert peer.connections == 1


async def test_a_kept_line_that_the_relay_closed_is_replaced_without_counting_an_attempt() -> None:
    async with SmtpPeer() as peer, relay_to(peer) as relay:
        await relay.send(envelope(), Permission())
        await peer.drop_lines()
        assert isinstance(await relay.send(envelope(), permission := Permission()), Accepted)
        assert permission.asked == 1
        assert peer.connections == 2


@pytest.mark.parametrize("farewell", [DROP, ("421 4.4.2 idle for too long", DROP)])
async def test_a_kept_line_that_ends_at_mail_is_replaced_once(farewell: Step) -> None:
    async with SmtpPeer({"MAIL": [None, farewell]}) as peer, relay_to(peer) as relay:
        await relay.send(envelope(), Permission())
        assert isinstance(await relay.send(envelope(), Permission()), Accepted)
        assert peer.connections == 2
        assert len(peer.held) == 2


async def test_a_line_that_always_ends_at_mail_means_host_down() -> None:
    async with SmtpPeer({"MAIL": [None, DROP, DROP]}) as peer, relay_to(peer) as relay:
        await relay.send(envelope(), Permission())
        assert isinstance(await relay.send(envelope(), Permission()), HostDown)
        assert peer.connections == 2


async def test_421_at_mail_on_a_new_line_defers() -> None:
    async with SmtpPeer({"MAIL": ("421 4.7.0 too fast", DROP)}) as peer, relay_to(peer) as relay:
        assert await relay.send(envelope(), Permission()) == TryLater(421, "4.7.0 too fast")
        assert peer.connections == 1


async def test_a_line_that_was_idle_for_too_long_is_replaced() -> None:
    async with SmtpPeer() as peer, relay_to(peer, timeouts=Timeouts(idle=0.01)) as relay:
        await relay.send(envelope(), Permission())
        await asyncio.sleep(0.05)
        await relay.send(envelope(), Permission())
        assert peer.connections == 2
        assert peer.count("QUIT") == 1


async def test_a_relay_that_was_stopped_and_started_is_used_again() -> None:
    async with SmtpPeer() as peer, relay_to(peer) as relay:
        await relay.send(envelope(), Permission())
        await peer.stop()
        assert isinstance(await relay.send(envelope(), Permission()), HostDown)
        await peer.start()
        assert isinstance(await relay.send(envelope(), Permission()), Accepted)


async def test_after_a_refusal_the_same_line_serves_the_next_message() -> None:
    async with SmtpPeer({"RCPT": ["550 5.1.1 unknown"]}) as peer, relay_to(peer) as relay:
        assert isinstance(await relay.send(envelope(), Permission()), Refused)
        assert isinstance(await relay.send(envelope(), Permission()), Accepted)
        assert peer.connections == peer.count("RSET") == 1


@pytest.mark.parametrize("fault", [HANG, DROP, "500 5.5.2 what?"])
async def test_a_line_that_cannot_be_reset_is_replaced(fault: Step) -> None:
    peer = SmtpPeer({"RCPT": ["550 5.1.1 unknown"], "RSET": fault})
    async with peer, relay_to(peer) as relay:
        await relay.send(envelope(), Permission())
        assert isinstance(await relay.send(envelope(), Permission()), Accepted)
        assert peer.connections == 2


async def test_without_the_right_to_send_the_transaction_is_taken_back() -> None:
    async with SmtpPeer() as peer, relay_to(peer) as relay:
        assert await relay.send(envelope(), permission := Permission(given=False)) is None
        assert permission.asked == 1
        assert [command.verb for command in peer.commands] == ["EHLO", "MAIL", "RCPT", "RSET"]
        assert isinstance(await relay.send(envelope(), Permission()), Accepted)
        assert peer.connections == 1


async def test_the_right_to_send_is_asked_for_after_rcpt_and_before_data() -> None:
    async with SmtpPeer() as peer, relay_to(peer) as relay:

        async def look() -> bool:
            assert [command.verb for command in peer.commands] == ["EHLO", "MAIL", "RCPT"]
            return True

        assert isinstance(await relay.send(envelope(), look), Accepted)


async def test_what_goes_wrong_in_asking_for_the_right_is_no_fault_of_the_relay() -> None:
    async def no_database() -> bool:
        raise ConnectionRefusedError("the database is gone")

    async with SmtpPeer() as peer, relay_to(peer) as relay:
        with pytest.raises(ConnectionRefusedError, match="database"):
            await relay.send(envelope(), no_database)
        assert peer.count("DATA") == 0
        assert isinstance(await relay.send(envelope(), Permission()), Accepted)
        assert peer.connections == 2


async def test_a_line_that_was_lost_while_the_right_was_asked_for_is_not_ambiguous() -> None:
    async with SmtpPeer() as peer, relay_to(peer) as relay:

        async def slow_commit() -> bool:
            await peer.drop_lines()
            await asyncio.sleep(0.05)
            return True

        assert await relay.send(envelope(), slow_commit) == TryLater(451, "the relay closed the line before DATA")
        assert peer.count("DATA") == 0


@pytest.mark.parametrize("fault", [DROP, HANG, b"what?\r\n"])
async def test_an_address_that_breaks_the_line_is_deferred_and_does_not_count_as_host_down(fault: Planned) -> None:
    quick = Timeouts(command=0.2, parting=0.1)
    async with SmtpPeer({"RCPT": fault}) as peer, relay_to(peer, timeouts=quick) as relay:
        outcome = await relay.send(envelope(), permission := Permission())
        assert isinstance(outcome, TryLater)
        assert outcome.code == 451
        assert permission.asked == peer.count("DATA") == 0


async def test_a_cancelled_message_leaves_no_line_behind() -> None:
    async with SmtpPeer({"DOT": [HANG]}) as peer, relay_to(peer) as relay:
        sending = asyncio.create_task(relay.send(envelope(), Permission()))
        await peer.until(lambda: peer.happened["DOT", "HANG"] > 0)
        sending.cancel()
        with pytest.raises(asyncio.CancelledError):
            await sending
        assert isinstance(await relay.send(envelope(), Permission()), Accepted)
        assert peer.connections == 2


async def test_after_a_time_out_the_rest_of_the_message_never_leaves() -> None:
    body = b"Subject: long\r\n\r\n" + b"x" * 16_000_000 + b"\r\n"
    peer = SmtpPeer({"DATA": ("354 go ahead", Delay(0.5, b""))})  # reads nothing until we have given up
    async with peer, relay_to(peer, timeouts=Timeouts(final=0.2)) as relay:
        assert isinstance(await relay.send(envelope(body=body), Permission()), Unknown)
        await peer.until(lambda: not peer.open_lines)
        assert peer.happened["DATA", "354"] == 1
        assert peer.held == []


@pytest.mark.parametrize(
    "body",
    [
        BODY,
        b"Subject: dots\r\n\r\n.\r\n..\r\n.x\r\nx.\r\n",
        b".begins with a dot\r\n",
        b"Subject: long\r\n\r\n" + b"0123456789" * 90_000 + b"\r\n",
        b"Subject: empty\r\n\r\n",
    ],
)
async def test_the_octets_that_arrive_are_those_that_were_handed_in(body: bytes) -> None:
    async with SmtpPeer() as peer, relay_to(peer) as relay:
        await relay.send(envelope(body=body), Permission())
        assert [mail.body for mail in peer.held] == [body]


@pytest.mark.parametrize("end", [b"\n.\n", b"\n.\r\n", b"\r.\r", b"\r\n.\n", b"\r\n.\r", b"\r.\r\n", b"\r\n.\r\n"])
async def test_no_line_end_can_smuggle_a_second_message(end: bytes) -> None:
    body = b"Subject: one\r\n\r\nfirst" + end + b"MAIL FROM:<evil@z.example>\r\n"
    async with SmtpPeer() as peer, relay_to(peer) as relay:
        await relay.send(envelope(body=body), Permission())
        assert peer.count("MAIL") == len(peer.held) == 1
        rest = peer.held[0].raw.replace(b"\r\n", b"")
        assert b"\r" not in rest
        assert b"\n" not in rest


async def test_a_domain_beyond_ascii_goes_out_as_a_label() -> None:
    async with SmtpPeer(extensions=()) as peer, relay_to(peer) as relay:
        assert isinstance(await relay.send(envelope(recipient="Nga@ĐạiHọc.example"), Permission()), Accepted)
        assert peer.held[0].recipients == ["Nga@xn--ihc-uqa4598avha.example"]


async def test_a_local_part_beyond_ascii_needs_smtputf8() -> None:
    async with SmtpPeer() as peer, relay_to(peer) as relay:
        assert isinstance(await relay.send(envelope(recipient="nguyễn@x.example"), Permission()), Accepted)
        assert peer.held[0].recipients == ["nguyễn@x.example"]
        assert [command.argument.endswith(" SMTPUTF8") for command in peer.commands if command.verb == "MAIL"] == [True]


@pytest.mark.parametrize(
    ("extensions", "recipient", "body", "expected"),
    [
        (["8BITMIME"], "nguyễn@x.example", BODY, "5.6.7 not sent: the address needs SMTPUTF8"),
        (["SMTPUTF8"], "nga@x.example", "Nội dung\r\n".encode(), "5.6.3 not sent: the message needs 8BITMIME"),
        (["SIZE 20"], "nga@x.example", BODY, "5.3.4 not sent: 32 octets, the relay takes 20"),
    ],
)
async def test_what_the_relay_does_not_offer_is_refused_before_mail(
    extensions: list[str], recipient: str, body: bytes, expected: str
) -> None:
    async with SmtpPeer(extensions=extensions) as peer, relay_to(peer) as relay:
        outcome = await relay.send(envelope(recipient=recipient, body=body), Permission())
        assert isinstance(outcome, Refused)
        assert outcome.reply.startswith(expected)
        assert peer.count("MAIL") == 0


@pytest.mark.parametrize("size", ["SIZE", "SIZE 0", "SIZE 32", "SIZE many", "SIZE " + "9" * 5000])
async def test_a_message_within_the_size_limit_is_sent(size: str) -> None:
    async with SmtpPeer(extensions=[size]) as peer, relay_to(peer) as relay:
        assert isinstance(await relay.send(envelope(), Permission()), Accepted)
        assert len(peer.held) == 1


async def test_eight_bit_messages_are_declared() -> None:
    async with SmtpPeer() as peer, relay_to(peer) as relay:
        await relay.send(envelope(body="Nội dung\r\n".encode()), Permission())
        assert peer.commands[1].argument.endswith("> BODY=8BITMIME")
        assert peer.held[0].body == "Nội dung\r\n".encode()


async def test_the_null_sender_goes_out_empty() -> None:
    async with SmtpPeer() as peer, relay_to(peer) as relay:
        await relay.send(envelope(sender=""), Permission())
        assert peer.commands[1].argument == "FROM:<>"


async def test_a_sender_that_cannot_be_read_is_our_fault() -> None:
    async with SmtpPeer() as peer, relay_to(peer) as relay:
        outcome = await relay.send(envelope(sender="Kẻng <keng@x.example>"), Permission())
        assert outcome == HostDown("our own sender address cannot be read", alarm=True)
        assert peer.connections == 0


@pytest.mark.parametrize("security", [Security.STARTTLS, Security.TLS])
@pytest.mark.parametrize("methods", ["PLAIN LOGIN", "LOGIN"])
async def test_over_tls_we_log_in_and_send(authority: Authority, security: Security, methods: str) -> None:
    peer = SmtpPeer(
        tls=authority.serving("DNS:localhost"),
        implicit_tls=security is Security.TLS,
        credentials=("keng@x.example", "mật khẩu"),
        auth_methods=methods,
    )
    async with (
        peer,
        relay_to(
            peer,
            security=security,
            host="localhost",
            user="keng@x.example",
            password="mật khẩu",
            trust=authority.trusting(),
        ) as relay,
    ):
        for number in range(3):
            assert isinstance(await relay.send(envelope(number), Permission()), Accepted)
        assert peer.logged_in == [("keng@x.example", "mật khẩu")]
        assert [command.encrypted for command in peer.commands if command.verb in {"AUTH", "MAIL"}] == [True] * 4
        assert [mail.body for mail in peer.held] == [BODY] * 3


async def test_a_relay_without_a_usable_log_in_raises_an_alarm() -> None:
    peer = SmtpPeer(credentials=("keng", "s3cret"), auth_methods="CRAM-MD5")
    async with peer, relay_to(peer, user="keng", password="s3cret") as relay:
        outcome = await relay.send(envelope(), Permission())
        assert outcome == HostDown("the relay offers neither AUTH PLAIN nor AUTH LOGIN", alarm=True)


async def test_tls_to_a_port_that_speaks_plain_raises_an_alarm() -> None:
    async with SmtpPeer() as peer, relay_to(peer, security=Security.TLS, timeouts=QUICK) as relay:
        outcome = await relay.send(envelope(), Permission())
        assert isinstance(outcome, HostDown)
        assert outcome.alarm
        assert peer.commands == [] or peer.count("MAIL") == 0


async def test_a_tls_handshake_that_never_ends_means_host_down(authority: Authority) -> None:
    tls = authority.serving("DNS:localhost")
    quick = Timeouts(command=0.3, parting=0.1)
    peer = SmtpPeer({"STARTTLS": ("220 go ahead", HANG)}, tls=tls)
    async with peer, relay_to(peer, security=Security.STARTTLS, host="localhost", timeouts=quick) as relay:
        outcome = await relay.send(envelope(), Permission())
        assert isinstance(outcome, HostDown)
        assert not outcome.alarm
        assert peer.happened["STARTTLS", "220"] == 1


async def test_no_outcome_holds_an_address_or_a_password() -> None:
    plan: dict[str, Planned] = {"RCPT": "550 5.1.1 <nga@hiephoi.example>: unknown\x1b[31m user"}
    async with SmtpPeer(plan) as peer, relay_to(peer) as relay:
        outcome = await relay.send(envelope(), Permission())
        assert outcome == Refused(550, "5.1.1 <n***@hiephoi.example>: unknown [31m user")
    echo = SmtpPeer({"AUTH": lambda command: f"502 5.5.1 unknown: AUTH {command.argument}"}, credentials=("keng", "x"))
    async with echo, relay_to(echo, user="keng", password="s3cret") as relay:
        assert await relay.send(envelope(), Permission()) == HostDown(
            "the relay refuses our log-in: 502 5.5.1", alarm=True
        )


async def test_close_waits_for_the_message_in_hand() -> None:
    async with SmtpPeer({"DOT": HANG}) as peer, relay_to(peer, timeouts=Timeouts(final=0.3, parting=0.1)) as relay:
        sending = asyncio.create_task(relay.send(envelope(), Permission()))
        await peer.until(lambda: peer.happened["DOT", "HANG"] > 0)
        await relay.close()
        assert sending.done()
        assert isinstance(await sending, Unknown)
