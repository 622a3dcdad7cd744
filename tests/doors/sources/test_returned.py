"""What comes back is read right, by a corpus of the shapes that servers really write, and whatever is done to them."""

import csv
import random
import re
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.bounces import Judgement, Meaning, ReturnedMail, Verdict, judge
from app.sources.returned import LARGEST_MESSAGE, read_returned

CORPUS = Path(__file__).with_name("bounces")
with (CORPUS / "expected.csv").open(encoding="utf-8", newline="") as _table:
    EXPECTED = {row["sample"]: row for row in csv.DictReader(_table)}
HARMLESS = sorted(name for name, row in EXPECTED.items() if row["verdict"] != Verdict.HARD)
RETURN_PATH = "b+1042.mfrggzdfmztwq2lkmfrggzdf@bounces.keng.example"


@cache
def sample(name: str) -> bytes:
    return (CORPUS / f"{name}.eml").read_bytes()


def judged(raw: bytes, recipient: str) -> tuple[ReturnedMail, Judgement | None]:
    mail = read_returned(raw)
    return mail, judge(mail.failures, {recipient})


def test_the_corpus_and_its_table_name_the_same_samples() -> None:
    assert sorted(EXPECTED) == sorted(file.stem for file in CORPUS.glob("*.eml"))
    assert len(EXPECTED) >= 40


@pytest.mark.parametrize("name", EXPECTED)
@pytest.mark.parametrize("line_end", [b"\n", b"\r\n"])
def test_a_sample_means_what_the_table_says(name: str, line_end: bytes) -> None:
    row = EXPECTED[name]
    mail, judgement = judged(sample(name).replace(b"\n", line_end), row["recipient"])
    found = (mail.meaning, judgement.verdict if judgement else "", judgement.status if judgement else "")
    assert found == (row["meaning"], row["verdict"], row["status"])


@pytest.mark.parametrize("name", [name for name in EXPECTED if not name.startswith("arf-")])
def test_the_topmost_header_says_whom_a_sample_was_delivered_to(name: str) -> None:
    assert read_returned(sample(name)).return_paths[0].lower().startswith("b+1042.")


@pytest.mark.parametrize(
    ("head", "path"),
    [
        ("Delivered-To: ours@keng.example\nDelivered-To: forged@keng.example\n", "ours@keng.example"),
        ("X-Original-To: ours@keng.example\nReceived: x\nX-Original-To: forged@keng.example\n", "ours@keng.example"),
        ("To: forged@keng.example\nReturn-Path: <forged@keng.example>\n", None),
    ],
)
def test_only_what_the_last_server_wrote_on_top_names_the_recipient(head: str, path: str | None) -> None:
    assert read_returned(f"{head}\nhello".encode()).return_paths == ((path,) if path else ())


def test_whoever_hands_a_message_in_knows_better_than_its_headers() -> None:
    assert read_returned(b"Delivered-To: forged@keng.example\n\n", RETURN_PATH).return_paths == (RETURN_PATH,)


@pytest.mark.parametrize(
    ("name", "paths"),
    [("arf-yahoo", 2), ("arf-return-path-only", 1), ("arf-redacted", 0)],
)
def test_a_complaint_concerns_the_return_path_of_the_mail_complained_of(name: str, paths: int) -> None:
    found = read_returned(sample(name)).return_paths
    assert len(found) == paths
    assert all(path.strip("<>") == RETURN_PATH for path in found)


def flipped(raw: bytes, lots: random.Random) -> bytes:
    damaged = bytearray(raw)
    for _ in range(lots.randint(1, 30)):
        damaged[lots.randrange(len(damaged))] ^= 1 << lots.randrange(8)
    return bytes(damaged)


def cut_off(raw: bytes, lots: random.Random) -> bytes:
    return raw[: lots.randrange(len(raw))]


def shuffled(raw: bytes, lots: random.Random) -> bytes:
    pieces = re.split(rb"(?m)^(?=--)", raw)
    lots.shuffle(pieces)
    return b"".join(pieces)


def doubled(raw: bytes, lots: random.Random) -> bytes:
    lines = raw.split(b"\n")
    at = lots.randrange(len(lines))
    return b"\n".join([*lines[:at], lines[at] * lots.choice([2, 500]), *lines[at:] * lots.choice([1, 3])])


def without_lines(raw: bytes, lots: random.Random) -> bytes:
    return b"\n".join(line for line in raw.split(b"\n") if lots.random() > 0.05)


DAMAGES = [flipped, cut_off, shuffled, doubled, without_lines]


@settings(max_examples=600, deadline=None)
@given(st.sampled_from(HARMLESS), st.sampled_from(DAMAGES), st.integers(0, 2**32))
def test_no_damage_raises_or_turns_what_is_harmless_into_a_dead_address(name: str, damage: object, seed: int) -> None:
    assert callable(damage)
    lots = random.Random(seed)
    raw = damage(sample(name), lots)
    _, judgement = judged(raw, EXPECTED[name]["recipient"])
    if judgement is not None and judgement.verdict is Verdict.HARD:
        # A flipped bit can make one code of another; only a report that says "failed" and 5.1.1 itself may do that.
        assert EXPECTED[name]["meaning"] == Meaning.FAILURE
        assert judgement.status in raw.decode("latin-1")


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=2000))
def test_octets_of_any_kind_are_no_bounce(raw: bytes) -> None:
    assert read_returned(raw).meaning in {Meaning.OTHER, Meaning.AUTO_REPLY}


HEAD = b"From: MAILER-DAEMON@x.example\nMIME-Version: 1.0\n"


@pytest.mark.parametrize(
    "raw",
    [
        b"Content-Type: a/b" + b";" * LARGEST_MESSAGE,
        b"Content-Type: a/b" + b";\n x" * 300_000,
        b"Content-Type: multipart/mixed; boundary=" + b"x" * LARGEST_MESSAGE,
        b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (at, at) for at in range(20_000)),
        b"Content-Type: message/rfc822\n\n" * 30_000,
        HEAD + b"\nThe following addresses had permanent fatal errors\n" + b"a" * LARGEST_MESSAGE,
        HEAD + b"\nfailed addresses follow:\n" + b"a@" * 500_000,
        HEAD + b"\n" + b"The following addresses had\n<a@b>\n" * 30_000,
        HEAD + b"\n" + b"\n" * LARGEST_MESSAGE,
        b"\n".join(b"X-Failed-Recipients: a%d@b" % at for at in range(40_000)),
        b"Subject: " + b"=?utf-8?b?" * 100_000 + b"\n\n",
        b"From: " + b"(" * 500_000 + b"\n\n",
        b"From: " + b'"\\' * 300_000 + b"\n\n",
        HEAD
        + b"Content-Type: multipart/report; boundary=x\n\n--x\nContent-Type: message/delivery-status\n\n"
        + b"Action: failed\nStatus: 5.1.1\n\n" * 30_000,
        HEAD + b"Content-Type: text/html\n\n" + b"<" * LARGEST_MESSAGE,
    ],
    ids=range(15),
)
def test_hostile_messages_end_and_are_nobodys_dead_address(raw: bytes) -> None:
    _, judgement = judged(raw, "nga@hiephoi.example")
    assert judgement is None or judgement.verdict is not Verdict.HARD
