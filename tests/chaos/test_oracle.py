"""The oracle sees what went wrong, and sees it with its own eyes."""

import ast
import hashlib
import shutil
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.chaos import oracle
from tests.chaos.engines import POSTGRESQL
from tests.chaos.oracle import Asked, Copy, Evidence, Row, Served, judge
from tests.house import ROOT

ADDRESS, SYMBOL, NAME = "vitas@example.org", "G/TBT/N/USA/3001", "one@keng.example"


def mail(name: str = NAME, symbol: str = SYMBOL, more: str = "") -> bytes:
    text = f"Subject: x\r\nMessage-ID: <{name}>\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n"
    return f"{text}Mã thông báo: {symbol}\r\n{more}".encode()


def row(name: str = NAME, state: str = "accepted", *octets: bytes) -> Row:
    hashes = frozenset(hashlib.sha256(one).hexdigest() for one in octets or (mail(name),))
    return Row(ADDRESS, name, state, 0, hashes, frozenset({SYMBOL}))


def sound() -> Evidence:
    """One person, one notice, one mail, all as it should be."""
    return Evidence(
        asked=[Asked(ADDRESS, "textiles"), Asked("lefaso@example.org", "footwear")],
        served=[Served(SYMBOL, "textiles")],
        copies=[Copy(ADDRESS, mail())],
        rows=[row()],
    )


def said(evidence: Evidence) -> str:
    return "; ".join(judge(evidence).breaches)


def test_sound_evidence_is_found_sound() -> None:
    verdict = judge(sound())
    assert (verdict.breaches, verdict.told, verdict.lost, verdict.copies) == ([], 1, 0, 0)


def test_a_mail_that_never_arrived_is_lost_unless_it_is_listed() -> None:
    evidence = replace(sound(), copies=[], rows=[row(state="rejected")])
    assert judge(evidence).lost == 1
    evidence.rows = [row(state="needs_human")]
    assert (judge(evidence).lost, judge(evidence).listed, judge(evidence).breaches) == (0, 1, [])
    assert judge(replace(evidence, rows=[])).lost == 1, "a row that is gone excuses nothing"


def test_who_stopped_between_two_notices_must_be_told_of_the_first_and_not_of_the_second() -> None:
    evidence = replace(sound(), silent=frozenset({(ADDRESS, SYMBOL)}))
    assert "stopped and told all the same" in said(evidence)
    assert judge(replace(evidence, copies=[], rows=[])).breaches == []


def test_a_record_that_was_lost_with_its_database_still_proves_that_there_was_one() -> None:
    evidence = replace(sound(), rows=[row(state="skipped")], gone=[row()])
    assert said(evidence) == ""
    assert "without a record" in said(replace(evidence, rows=[], gone=[]))
    assert "other octets" in said(replace(evidence, rows=[], gone=[row(NAME, "accepted", b"others")]))


def test_a_mail_to_somebody_who_never_asked_is_seen() -> None:
    assert "nobody asked" in said(replace(sound(), asked=[Asked(ADDRESS, "footwear")]))


def test_a_second_copy_needs_a_hand_over_whose_end_nobody_knew() -> None:
    evidence = sound()
    evidence.copies *= 2
    assert "1 copies, where 0 hand-overs were unclear" in said(evidence)
    for doubt in (NAME, ""):
        assert judge(replace(evidence, unclear=Counter({doubt: 1}))).breaches == []
    assert "unclear" in said(replace(evidence, unclear=Counter({"another@keng.example": 1})))


def test_a_third_copy_is_never_allowed() -> None:
    assert "3 copies" in said(replace(sound(), copies=[Copy(ADDRESS, mail())] * 3, unclear=Counter({NAME: 9})))


def test_copies_that_differ_by_one_octet_are_seen() -> None:
    other = mail(more=".")
    evidence = replace(sound(), copies=[Copy(ADDRESS, mail()), Copy(ADDRESS, other)], unclear=Counter({NAME: 1}))
    assert "differ" in said(replace(evidence, rows=[row(NAME, "accepted", mail(), other)]))


def test_one_message_for_two_people_is_seen() -> None:
    copies = [Copy(ADDRESS, mail()), Copy("lefaso@example.org", mail())]
    assert "several people" in said(replace(sound(), copies=copies, unclear=Counter({NAME: 1})))


def test_the_same_alert_in_two_messages_is_seen() -> None:
    second = "two@keng.example"
    evidence = replace(sound(), copies=[Copy(ADDRESS, mail()), Copy(ADDRESS, mail(second))])
    evidence.rows.append(row(second))
    assert "in two messages" in said(evidence)


def test_a_mail_without_a_record_or_with_other_octets_than_recorded_is_seen() -> None:
    assert "without a record" in said(replace(sound(), rows=[]))
    assert "without a record" in said(replace(sound(), rows=[replace(row(), hashes=frozenset())]))
    assert "other octets" in said(replace(sound(), rows=[row(NAME, "accepted", mail(more="!"))]))


def test_a_record_that_claims_what_the_peer_does_not_hold_is_seen() -> None:
    assert "the peer holds nothing" in said(replace(sound(), copies=[]))


@pytest.mark.parametrize("state", ["pending", "leased", "handing_over", "deferred", "unknown"])
def test_a_message_that_is_left_lying_is_seen(state: str) -> None:
    assert f"is {state}" in said(replace(sound(), rows=[row(state=state)]))


def test_a_mail_to_somebody_who_had_stopped_is_seen() -> None:
    assert "stopped and told" in said(replace(sound(), stopped=frozenset({ADDRESS})))
    nothing = replace(sound(), copies=[], rows=[])
    assert judge(replace(nothing, stopped=frozenset({ADDRESS}))).lost == 0


def test_the_oracle_shares_no_code_with_what_it_judges() -> None:
    imported = set(_imported("tests.chaos.oracle"))
    assert "sqlite3" in imported, "the analysis sees imports"
    assert not {name for name in imported if name.split(".")[0] == "app"}


def _imported(module: str) -> Iterator[str]:
    """Everything that a module of the tests imports, and what that imports in turn."""
    waiting, seen = [module], {module}
    while waiting:
        path = ROOT / Path(*waiting.pop().split("."))
        file = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            names = [one.name for one in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and node.module:
                names = [node.module, *(f"{node.module}.{one.name}" for one in node.names)]
            for name in set(names) - seen:
                seen.add(name)
                yield name
                inside = ROOT / Path(*name.split("."))
                if name.startswith("tests") and (inside.is_dir() or inside.with_suffix(".py").exists()):
                    waiting.append(name)


async def test_it_reads_what_stands_in_the_database_by_itself(database_url: str, tmp_path: Path) -> None:
    assert oracle.read_rows(database_url) == []
    assert oracle.states(database_url) == {}
    if POSTGRESQL not in database_url:
        shutil.copy(tmp_path / "keng.db", tmp_path / "copy.db")
        assert oracle.open_hand_overs(f"sqlite+aiosqlite:///{tmp_path / 'copy.db'}") == set()
