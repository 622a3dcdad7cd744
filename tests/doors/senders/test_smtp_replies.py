from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.deliveries import Accepted, Refused, TryLater, Unknown
from app.senders.smtp.replies import printable, read_reply, wait_asked
from app.senders.smtp.session import data_block


@pytest.mark.parametrize("code", [200, 250, 251, 252, 299])
def test_2yz_is_accepted(code: int) -> None:
    assert read_reply(code, "Ok") == Accepted("Ok")


@pytest.mark.parametrize("code", [400, 421, 450, 451, 452, 499])
def test_4yz_is_deferred(code: int) -> None:
    assert read_reply(code, "4.7.1 wait 2 minutes") == TryLater(code, "4.7.1 wait 2 minutes", timedelta(minutes=2))


@pytest.mark.parametrize("code", [500, 550, 552, 554, 599])
def test_5yz_is_refused(code: int) -> None:
    assert read_reply(code, "5.1.1 no") == Refused(code, "5.1.1 no")


@pytest.mark.parametrize("code", [-1, 0, 2, 25, 199, 300, 354, 600, 999, 2500])
def test_any_other_code_says_nothing(code: int) -> None:
    assert isinstance(read_reply(code, "Ok"), Unknown)


@pytest.mark.parametrize(
    ("reply", "wait"),
    [
        ("4.7.1 Greylisted, please try again in 300 seconds", timedelta(seconds=300)),
        ("try again in 5 minutes", timedelta(minutes=5)),
        ("retry after 1 minute.", timedelta(minutes=1)),
        ("Please retry in 90 Secs", timedelta(seconds=90)),
        ("come back in 2 hours", timedelta(hours=2)),
        ("come back in 99999 hours", timedelta(hours=4)),
        ("4.7.1 Greylisted", None),
        ("error 451 in file seconds.c", None),
        ("wait 1234567 seconds", None),
        ("", None),
    ],
)
def test_the_time_that_the_relay_asks_for_is_read(reply: str, wait: timedelta | None) -> None:
    assert wait_asked(reply) == wait


@given(st.text(max_size=3000))
def test_a_kept_reply_is_one_short_printable_line(words: str) -> None:
    line = printable(words)
    assert len(line) <= 500
    assert line.isprintable()


def test_a_kept_reply_masks_addresses() -> None:
    assert printable("5.1.1 <nga@x.example>\nRecipient=nga@x.example") == "5.1.1 <n***@x.example> R***@x.example"


@given(st.binary(max_size=300) | st.text(alphabet="a.\r\n", max_size=60).map(str.encode))
def test_on_the_wire_there_is_one_end_and_no_bare_line_end(body: bytes) -> None:
    block = data_block(body)
    assert block.endswith(b"\r\n.\r\n")
    assert (b"\r\n" + block).count(b"\r\n.\r\n") == 1
    assert not {b"\r", b"\n"} & {block.replace(b"\r\n", b"")[place : place + 1] for place in range(len(block))}


@given(st.lists(st.text(alphabet="a.Đ \t", max_size=20)))
def test_what_is_well_formed_is_not_changed_on_the_wire(lines: list[str]) -> None:
    body = "".join(line + "\r\n" for line in lines or [""]).encode()
    unstuffed = (b"\r\n" + data_block(body).removesuffix(b".\r\n")).replace(b"\r\n..", b"\r\n.")[2:]
    assert unstuffed == body
