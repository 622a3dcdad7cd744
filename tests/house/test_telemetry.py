"""Logs show no secret and cannot be forged (SE-11, SE-16); numbers come out under their promised names (MO-06)."""

import io
import json
import logging
import sys
from typing import Any

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from app.telemetry.logs import configure_logging
from app.telemetry.masking import LONGEST_VALUE, Mask
from app.telemetry.metrics import Metrics

CANARY = "canary-0123456789"


class Breaking(json.JSONDecoder):
    def decode(self, s: str, *_: Any) -> Any:
        raise ValueError(f"a@b.vn {CANARY}{s}\n2026-01-01 [info] forged")


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def logged(**values: Any) -> dict[str, Any]:
    stream = io.StringIO()
    configure_logging([CANARY], stream=stream)
    structlog.get_logger("keng.test").info("something happened", **values)
    line: dict[str, Any] = json.loads(stream.getvalue())
    return line


def test_an_event_is_one_line_of_json_with_its_time_level_and_place() -> None:
    line = logged(count=3, ratio=0.5, done=True, nothing=None)
    assert line["event"] == "something happened"
    assert (line["level"], line["logger"]) == ("info", "keng.test")
    assert line["timestamp"].endswith("Z")
    assert (line["count"], line["ratio"], line["done"], line["nothing"]) == (3, 0.5, True, None)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("nguyen.van.a@vitas.vn", "n***@vitas.vn"),
        ("to <nguyễn.đức@vitas.vn>, b@c.vn", "to <n***@vitas.vn>, b***@c.vn"),
        ("GET /search?email=nam%40x.vn HTTP/1.1", "GET /search?email=n***@x.vn HTTP/1.1"),
        ("POST /u/aGVsbG8 HTTP/1.1", "POST /u/*** HTTP/1.1"),
        ("https://keng.vn/manage/aGVsbG8?x=1", "https://keng.vn/manage/***?x=1"),
        ("/en/move/aGVsbG8/undo", "/en/move/***/undo"),
        ("/contact/aGVsbG8", "/contact/***"),
        ("/en/sign-in/link/aGVsbG8?x=1", "/en/sign-in/link/***?x=1"),
        (
            "GET /sign-in/openid/return?code=aGVsbG8&state=d29ybGQ&iss=https%3A%2F%2Fsso.example HTTP/1.1",
            "GET /sign-in/openid/return?code=***&state=***&iss=https%3A%2F%2Fsso.example HTTP/1.1",
        ),
        (
            "to https://sso.example/a?nonce=aGVsbG8&code_challenge=d29y",
            "to https://sso.example/a?nonce=***&code_challenge=***",
        ),
        ("smtps://user:p@ss@mail.vn:465", "smtps://***@mail.vn:465"),
        ("Authorization: Bearer abc.def", "Authorization: Bearer ***"),
        ("key keng_abcdefghijklmnopqrstuv used", "key keng_*** used"),
        ("Ocp-Apim-Subscription-Key: 0123abcd", "Ocp-Apim-Subscription-Key: ***"),
        ("/members?subscription-key=0123abcd&language=1", "/members?subscription-key=***&language=1"),
        ("{'password': 'hush'}", "{'password': '***'}"),
        (f"the {CANARY} sings", "the *** sings"),
        ("a\r\nb\x1b[31mc\u2028d\u202ee\x9bf", r"a\r\nb\x1b[31mc\u2028d\u202ee\x9bf"),
        ("G/TBT/N/EU/922/Add.1 @ 08:30, Đà Nẵng", "G/TBT/N/EU/922/Add.1 @ 08:30, Đà Nẵng"),
    ],
)
def test_what_must_not_be_seen_is_masked_and_the_rest_is_left(text: str, shown: str) -> None:
    assert Mask([CANARY]).text(text) == shown


@pytest.mark.parametrize("name", ["password", "secret_key", "eping_key", "api_key", "access_token", "Set-Cookie"])
def test_a_value_whose_name_says_that_it_is_secret_is_hidden_whole(name: str) -> None:
    assert Mask().value({name: "anything"}) == {name: "***"}


def test_values_are_masked_however_deep_they_lie_and_whatever_they_are() -> None:
    line = logged(
        people=[{"a@b.vn": ("c@d.vn", b"e@f.vn")}], failure=ValueError("g@h.vn"), key=CANARY, notice_key="rasff/2026.1"
    )
    assert line["people"] == [{"a***@b.vn": ["c***@d.vn", "e***@f.vn"]}]
    assert line["failure"] == "g***@h.vn"
    assert line["key"] == "***"
    assert line["notice_key"] == "rasff/2026.1"


def test_libraries_that_log_the_ordinary_way_are_masked_too() -> None:
    stream = io.StringIO()
    configure_logging([CANARY], stream=stream)
    logging.getLogger("uvicorn.protocols").info('%s - "GET %s"', "127.0.0.1", "/manage/aGVsbG8")
    logging.getLogger("httpx").info("chatter")
    assert [json.loads(line)["event"] for line in stream.getvalue().splitlines()] == ['127.0.0.1 - "GET /manage/***"']


@pytest.mark.parametrize(
    "name", ["httpx", "apscheduler.scheduler", "alembic.runtime.plugins.setup", "alembic.runtime.migration"]
)
def test_libraries_that_tell_of_every_step_only_warn(name: str) -> None:
    stream = io.StringIO()
    configure_logging(stream=stream)
    logging.getLogger(name).info("chatter")
    logging.getLogger(name).warning("look")
    assert [json.loads(line)["event"] for line in stream.getvalue().splitlines()] == ["look"]


def test_a_traceback_is_masked_and_stays_one_line_of_json() -> None:
    stream = io.StringIO()
    configure_logging([CANARY], stream=stream)
    fail()
    (line,) = stream.getvalue().splitlines()
    traceback = json.loads(line)["exception"]
    assert "ValueError: a***@b.vn ***" in traceback.splitlines()
    assert "a@b.vn" not in line


def test_on_a_terminal_a_traceback_cannot_pass_for_another_event() -> None:
    stream = Terminal()
    configure_logging([CANARY], stream=stream)
    fail()
    event, *traceback = stream.getvalue().splitlines()
    assert "it broke" in event
    assert traceback
    assert all(line.startswith("  | ") for line in traceback)
    assert "a@b.vn" not in stream.getvalue()


def fail() -> None:
    try:
        json.loads("", cls=Breaking)
    except ValueError:
        structlog.get_logger().exception("it broke")


@given(st.text(), st.text())
def test_any_text_is_one_line_that_moves_no_cursor_and_shows_no_secret(before: str, after: str) -> None:
    shown = Mask([CANARY]).text(f"{before}{CANARY}{after}")
    assert CANARY not in shown
    assert len(shown.splitlines()) <= 1
    assert not [character for character in shown if ord(character) < 32 or 0x7F <= ord(character) < 0xA0]


def test_a_log_is_no_place_for_bodies() -> None:
    assert Mask().text("x" * (LONGEST_VALUE + 7)) == "x" * LONGEST_VALUE + "… (7 characters more)"


def test_logs_go_to_stderr_so_that_stdout_stays_for_machines(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging(stream=sys.stderr)
    structlog.get_logger().warning("look")
    told = capsys.readouterr()
    assert told.out == ""
    assert json.loads(told.err)["event"] == "look"


def test_numbers_are_rendered_under_their_names() -> None:
    metrics = Metrics()
    metrics.pulls.labels("eping", "sound").inc()
    metrics.attempts.labels("accepted").inc(2)
    metrics.deliveries.labels("digest", "pending").set(7)
    metrics.ingest_lag.labels("eping").observe(3_600)
    text = metrics.rendered().decode()
    assert 'keng_pulls_total{result="sound",source="eping"} 1.0' in text
    assert 'keng_delivery_attempts_total{state="accepted"} 2.0' in text
    assert 'keng_deliveries{kind="digest",state="pending"} 7.0' in text
    assert 'keng_ingest_lag_seconds_bucket{le="3600.0",source="eping"} 1.0' in text


def test_two_sets_of_numbers_do_not_mix() -> None:
    one, other = Metrics(), Metrics()
    one.fanned_out.inc()
    assert "keng_fanned_out_total 1.0" in one.rendered().decode()
    assert "keng_fanned_out_total 0.0" in other.rendered().decode()
