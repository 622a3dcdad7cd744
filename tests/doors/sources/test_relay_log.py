import gzip
import os
import shutil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.unknowns import LogPlace, LogReading, LogUnreadable
from app.sources import relay_log
from app.sources.relay_log import Active, Entered, Gone, RelayLog, Running, parse

STAMP = "Nov 22 05:25:19 relay postfix"
LATER = 60.0


def entered(queue: str, message_id: str) -> str:
    return f"{STAMP}/cleanup[71]: {queue}: message-id=<{message_id}>\n"


def active(queue: str, sender: str = "keng@keng.example") -> str:
    return f"{STAMP}/qmgr[70]: {queue}: from=<{sender}>, size=386, nrcpt=1 (queue active)\n"


def queued(number: int) -> str:
    """The lines of a message that was taken."""
    return entered(f"B53202{number:04X}", f"m{number}@keng.example") + active(f"B53202{number:04X}")


@pytest.fixture
def log(tmp_path: Path) -> RelayLog:
    (tmp_path / "mail.log").touch()
    return RelayLog(tmp_path / "mail.log", "keng.example", rests_for=0)


def write(log: RelayLog, *texts: str) -> None:
    with log.path.open("a", encoding="utf-8", newline="") as opened:
        opened.write("".join(texts))


def rotate(log: RelayLog) -> Path:
    old = log.path.with_name("mail.log.1")
    log.path.rename(old)
    log.path.touch()
    return old


def read(log: RelayLog, place: LogPlace | None = None) -> tuple[list[str], LogPlace, bool]:
    """Read to the end: which messages were taken, how far that is, and whether no line was missed."""
    found, whole, more = [], True, True
    while more:
        reading = log.read(place)
        assert isinstance(reading, LogReading)
        found += [one.message_id.partition("@")[0] for one in reading.queued]
        place, more, whole = reading.place, reading.more, whole and reading.whole
    assert place is not None
    return found, place, whole


@pytest.mark.parametrize(
    ("line", "entry"),
    [
        (entered("B532021A0D1", "a@keng.example"), Entered("postfix/B532021A0D1", "a@keng.example")),
        (active("B532021A0D1", "b+1.x@k.example"), Active("postfix/B532021A0D1", "b+1.x@k.example", STAMP[:15])),
        (
            "2026-11-22T05:25:19.123456+07:00 mail postfix-out/qmgr[7]: 4cXyZ12Abz: from=<>, size=1, nrcpt=3 (queue active)\n",
            Active("postfix-out/4cXyZ12Abz", "", "2026-11-22T05:25:19.123456+07:00"),
        ),
        (f"{STAMP}/qmgr[70]: B532021A0D1: removed\n", Gone("postfix/B532021A0D1")),
        (
            f"{STAMP}/cleanup[71]: B532021A0D1: milter-reject: END-OF-MESSAGE from unknown[127.0.0.1]: 4.7.1 no\n",
            Gone("postfix/B532021A0D1"),
        ),
        (f"{STAMP}/master[5]: daemon started -- version 3.7.11, configuration /etc/postfix\n", Running(now=True)),
        (f"{STAMP}/master[5]: terminating on signal 15\n", Running(now=False)),
        (f"{STAMP}/postfix-script[5]: stopping the Postfix mail system\n", Running(now=False)),
        (f"{STAMP}/qmgr[70]: B532021A0D1: from=<a@b.c>, status=expired, returned to sender\n", None),
        (f"{STAMP}/smtpd[70]: B532021A0D1: message-id=<a@keng.example>\n", None),
        (f"{STAMP}/cleanup[71]: B532021A0D1: resent-message-id=<a@keng.example>\n", None),
    ],
)
def test_a_line_says_one_thing(line: str, entry: object) -> None:
    assert parse(line.rstrip("\n").encode()) == entry


@pytest.mark.parametrize(
    "line",
    [
        f"Nov 22 05:25:19 relay dovecot[9]: subject={STAMP}/cleanup[7]: ABCDEF1: message-id=<a@keng.example>",
        f"Nov 22 05:25:19 relay opendkim[9]: x postfix/qmgr[7]: {active('ABCDEF1').partition(': ')[2].strip()}",
        f"{STAMP}/cleanup[7]: warning: header Subject: ABCDEF1: message-id=<a@keng.example> from x[127.0.0.1]",
        f"{STAMP}/cleanup[7]: ABCDEF1: warning: header Subject: message-id=<a@keng.example>",
        f"{STAMP}/cleanup[7]: ABCDEF1: message-id=<a@keng.example> and more",
        f"{STAMP}/cleanup[7]: ABCDEF1: message-id=<a@keng.example" + "x" * 300 + ">",
        "x" * 40000,
    ],
)
def test_what_others_wrote_into_a_line_is_no_proof(line: str) -> None:
    assert not isinstance(parse(line.encode()), Entered | Active)


@given(st.binary(max_size=300))
def test_no_octets_break_the_parser(octets: bytes) -> None:
    parse(octets)
    parse(STAMP.encode() + b"/cleanup[7]: " + octets)


def test_a_message_id_that_passed_proves_nothing_before_the_queue_manager_has_the_message(log: RelayLog) -> None:
    write(log, entered("AAAAAA1", "lost@keng.example"), queued(1))
    assert read(log)[0] == ["m1"]


def test_a_queue_id_that_is_used_again_speaks_for_its_last_message(log: RelayLog) -> None:
    write(log, entered("AAAAAA1", "lost@keng.example"), entered("AAAAAA1", "kept@keng.example"), active("AAAAAA1"))
    assert read(log)[0] == ["kept"]


def test_a_queue_id_that_is_used_again_for_a_message_of_others_is_theirs(log: RelayLog) -> None:
    write(log, entered("AAAAAA1", "lost@keng.example"), entered("AAAAAA1", "x@other.example"), active("AAAAAA1"))
    assert read(log)[0] == []


def test_two_instances_of_postfix_in_one_log_are_kept_apart(log: RelayLog) -> None:
    write(log, entered("AAAAAA1", "a@keng.example"), active("AAAAAA1").replace(" postfix/", " postfix-in/"))
    assert read(log)[0] == []


@given(st.lists(st.integers(1, 400), max_size=8))
def test_however_the_log_is_cut_each_message_is_seen_once(
    tmp_path_factory: pytest.TempPathFactory, cuts: list[int]
) -> None:
    log = RelayLog(tmp_path_factory.mktemp("cut") / "mail.log", "keng.example", rests_for=0)
    log.path.touch()
    text = "".join(queued(number) for number in range(6))
    found, place, at = [], None, 0
    for step in [*cuts, len(text)]:
        write(log, text[at : at + step])
        more, place, _ = read(log, place)
        found += more
        at += step
    assert found == [f"m{number}" for number in range(6)]


def test_a_log_of_many_pieces_is_read_to_its_end(log: RelayLog, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relay_log, "_SLICE", 300)
    write(log, *(queued(number) for number in range(50)))
    assert read(log)[0] == [f"m{number}" for number in range(50)]


def test_a_line_without_an_end_is_passed_over(log: RelayLog, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relay_log, "_SLICE", 500)
    write(log, queued(1), "x" * 5000, "\n", queued(2))
    assert read(log)[0] == ["m1", "m2"]


def compressed(file: Path) -> None:
    target = file.with_name(f"{file.name}.gz")
    target.write_bytes(gzip.compress(file.read_bytes()))
    stat = file.stat()
    os.utime(target, (stat.st_atime, stat.st_mtime))
    file.unlink()


@pytest.mark.parametrize("way", ["renamed", "compressed", "dated", "copied"])
def test_a_rotation_loses_no_line(log: RelayLog, way: str) -> None:
    write(log, queued(1))
    found, place, _ = read(log)
    write(log, queued(2), entered("AAAAAA1", "across@keng.example"))
    if way == "copied":
        shutil.copy2(log.path, log.path.with_name("mail.log.1"))
        os.truncate(log.path, 0)
    else:
        old = rotate(log)
        if way == "compressed":
            compressed(old)
        elif way == "dated":
            old.rename(log.path.with_name("mail.log-20261122"))
    write(log, active("AAAAAA1"), queued(3))
    more, _, whole = read(log, place)
    assert (found + more, whole) == (["m1", "m2", "across", "m3"], True)


def test_two_rotations_between_two_looks_lose_no_line(log: RelayLog) -> None:
    write(log, queued(1))
    _, place, _ = read(log)
    write(log, queued(2))
    os.utime(rotate(log), (1, 1))
    log.path.with_name("mail.log.1").rename(log.path.with_name("mail.log.2"))
    write(log, queued(3))
    rotate(log)
    write(log, queued(4))
    assert read(log, place)[::2] == (["m2", "m3", "m4"], True)


def test_a_file_that_was_just_rotated_away_is_not_left_while_its_writer_may_be_late(log: RelayLog) -> None:
    patient = RelayLog(log.path, log.domain, rests_for=LATER)
    write(log, queued(1))
    _, place, _ = read(patient)
    old = rotate(log)
    write(log, queued(3))
    found, place, _ = read(patient, place)
    assert found == []
    with old.open("a", encoding="utf-8") as late:
        late.write(queued(2))
    os.utime(old, (1, 1))
    assert read(patient, place)[0] == ["m2", "m3"]


def test_a_log_that_was_empty_at_the_first_look_is_read_from_its_beginning_also_when_rotated(log: RelayLog) -> None:
    _, place, _ = read(log)
    write(log, queued(1))
    rotate(log)
    write(log, queued(2))
    assert read(log, place)[::2] == (["m1", "m2"], True)


def test_a_gap_is_told(log: RelayLog) -> None:
    write(log, queued(1))
    _, place, _ = read(log)
    log.path.write_text(queued(2), "utf-8")
    assert read(log, place)[::2] == (["m2"], False)


def test_other_files_beside_the_log_are_left_alone(log: RelayLog) -> None:
    for name in ("mail.log.offset", "mail.log.bak", "mail.logs", "mail.log.1.swp"):
        log.path.with_name(name).write_text(queued(9), "utf-8")
    write(log, queued(1))
    assert read(log)[0] == ["m1"]


def test_the_relay_says_whether_it_runs(log: RelayLog) -> None:
    write(log, queued(1))
    first = log.read(None)
    assert isinstance(first, LogReading)
    write(log, f"{STAMP}/master[5]: terminating on signal 15\n")
    stopped = log.read(first.place)
    assert isinstance(stopped, LogReading)
    write(log, f"{STAMP}/master[5]: daemon started -- version 3.7.11\n")
    started = log.read(stopped.place)
    assert isinstance(started, LogReading)
    assert [(one.running, one.started) for one in (first, stopped, started)] == [
        *((None, False), (False, False), (True, True))
    ]


@pytest.mark.parametrize("name", ["none.log", "."])
def test_a_log_that_cannot_be_read_is_a_value_with_a_reason(tmp_path: Path, name: str) -> None:
    assert isinstance(RelayLog(tmp_path / name, "keng.example").read(None), LogUnreadable)


def test_a_broken_archive_is_unreadable_and_no_end(log: RelayLog) -> None:
    write(log, queued(1))
    _, place, _ = read(log)
    write(log, queued(2))
    old = rotate(log)
    compressed(old)
    archive = log.path.with_name("mail.log.1.gz")
    archive.write_bytes(archive.read_bytes()[:-12])
    assert isinstance(log.read(place), LogUnreadable)
