"""The catcher is a real SMTP server that keeps the very bytes, and its port is the next free one."""

import asyncio
from email.message import EmailMessage

import aiosmtplib
import pytest

from app.demo.catcher import Catcher, catching
from app.demo.serving import NoPortError, listen, port_of

pytestmark = pytest.mark.sockets

BODY = b"Subject: =?utf-8?q?C=E1=BA=A3nh_b=C3=A1o?=\r\nFrom: a@keng.example\r\n\r\nM\xe1\xbb\x99t\r\n.\r\nhai\r\n"


async def hand_over(port: int, body: bytes, *recipients: str) -> None:
    async with aiosmtplib.SMTP(hostname="127.0.0.1", port=port, use_tls=False, start_tls=False) as client:
        await client.sendmail("b+1@keng.example", list(recipients), body)


async def test_what_is_handed_over_is_kept_byte_for_byte_with_its_envelope() -> None:
    catcher = Catcher()
    listener = listen(20025)
    async with catching(catcher, listener):
        await hand_over(port_of(listener), BODY, "dau-moi@vitas.example")
        await hand_over(port_of(listener), BODY, "dau-moi@lefaso.example", "khac@lefaso.example")

    first, second = catcher.mails
    assert (first.number, first.sender, first.recipients) == (1, "b+1@keng.example", ("dau-moi@vitas.example",))
    assert first.body == BODY
    assert first.subject == "Cảnh báo"
    assert second.recipients == ("dau-moi@lefaso.example", "khac@lefaso.example")


async def test_waiting_ends_when_enough_mails_are_here_or_the_time_is_over() -> None:
    catcher = Catcher()
    waiting = asyncio.create_task(catcher.wait_for(2, seconds=30))
    await catcher.keep("a@keng.example", ("b@keng.example",), BODY)
    assert not await catcher.wait_for(2, seconds=0.01)
    await catcher.keep("a@keng.example", ("b@keng.example",), BODY)

    assert await waiting


async def test_open_connections_do_not_hold_the_end_up() -> None:
    listener = listen(20025)
    async with catching(Catcher(), listener):
        client = aiosmtplib.SMTP(hostname="127.0.0.1", port=port_of(listener), use_tls=False, start_tls=False)
        await client.connect()
    client.close()


def test_parts_and_headers_are_read_out_of_the_bytes() -> None:
    message = EmailMessage()
    message["Subject"] = "Hạn góp ý"
    message["List-Unsubscribe"] = "<https://keng.example/u/abc>"
    message.set_content("bản chữ")
    message.add_alternative("<p>bản trang</p>", subtype="html")
    catcher = Catcher()
    asyncio.run(catcher.keep("a@keng.example", ("b@keng.example",), message.as_bytes()))

    mail = catcher.mails[0]
    assert (mail.part("plain"), mail.part("html")) == ("bản chữ\n", "<p>bản trang</p>\n")
    assert mail.headers() == (("List-Unsubscribe", "<https://keng.example/u/abc>"),)


def test_a_taken_port_makes_way_for_the_next_one() -> None:
    first = listen(20125)
    second = listen(port_of(first))
    try:
        assert port_of(second) > port_of(first)
    finally:
        first.close()
        second.close()


def test_there_is_an_end_to_ports() -> None:
    with pytest.raises(NoPortError, match="70000"):
        listen(70000)
