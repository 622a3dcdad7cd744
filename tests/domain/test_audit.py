"""The chain of the audit: any change, gap or cut is found, and where."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.audit import BEGIN, GENESIS, Break, Entry, Fault, Head, Seal, Walk, canonical, chained, sealed

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner, max_size=3)
    ),
    max_leaves=8,
)
FIRST = datetime(2026, 3, 2, 1, 30, tzinfo=UTC)


def entries(count: int) -> list[Entry]:
    return [
        Entry(
            id=10 + number,
            at=FIRST + timedelta(seconds=number),
            actor="lan",
            origin="command",
            verb="release",
            subject="G/TBT/N/USA/1",
            details={"events": [number]},
        )
        for number in range(count)
    ]


def chain(count: int) -> list[tuple[Seal, Entry | None]]:
    rows = entries(count)
    return list(zip(sealed(rows, BEGIN), rows, strict=True))


def first_break(rows: list[tuple[Seal, Entry | None]], *noted: Head, begin: Head = BEGIN) -> Break | None:
    walk = Walk(begin, noted)
    for seal, entry in rows:
        if (broken := walk.step(seal, entry)) is not None:
            return broken
    return walk.end()


def test_names_stand_in_the_order_of_utf_16_and_nothing_is_escaped_that_need_not_be() -> None:
    # RFC 8785, section 3.2.3
    given_names = {"€": 1, "\r": 2, "\ufb33": 3, "1": 4, "😀": 5, "\x80": 6, "ö": 7}
    assert list(json.loads(canonical(given_names))) == ["\r", "1", "\x80", "ö", "€", "😀", "\ufb33"]
    assert (
        canonical({"b": ['Kẻng "/"\n', None, True], "a": {}}) == '{"a":{},"b":["Kẻng \\"/\\"\\n",null,true]}'.encode()
    )


@given(VALUES)
def test_canonical_json_says_the_same_after_a_database_kept_it(value: object) -> None:
    kept = json.loads(json.dumps(value, sort_keys=True))
    assert canonical(kept) == canonical(value)


def test_every_column_of_a_row_counts() -> None:
    (row,) = entries(1)
    others = [
        replace(row, id=11),
        replace(row, at=row.at + timedelta(microseconds=1)),
        replace(row, actor="nga"),
        replace(row, origin="page"),
        replace(row, verb="withdraw"),
        replace(row, subject="G/TBT/N/USA/2"),
        replace(row, details={"events": [1]}),
    ]
    hashes = {chained(GENESIS, one) for one in (row, *others)}
    assert len(hashes | {chained("1" * 64, row)}) == len(others) + 2


def test_the_hash_of_a_row_never_changes_its_form() -> None:
    (row,) = entries(1)
    assert chained(GENESIS, row) == "1ef2afba867f90f0fa0376df314d535faae399a18356036bc169e166f9bbd833"


@given(st.integers(1, 6), st.data())
def test_a_row_that_was_changed_or_destroyed_is_found_where_it_is(count: int, data: st.DataObject) -> None:
    rows = chain(count)
    at = data.draw(st.integers(0, count - 1))
    assert first_break(rows) is None
    seal, entry = rows[at]
    assert entry is not None
    changed = [*rows[:at], (seal, replace(entry, actor="nobody")), *rows[at + 1 :]]
    assert first_break(changed) == Break(at + 1, entry.id, Fault.ROW_CHANGED)
    emptied = [*rows[:at], (seal, None), *rows[at + 1 :]]
    assert first_break(emptied) == Break(at + 1, None, Fault.ROW_GONE)
    if at < count - 1:
        assert first_break(rows[:at] + rows[at + 1 :]) == Break(at + 1, None, Fault.ROW_GONE)


@given(st.integers(2, 6), st.data())
def test_a_chain_that_was_made_anew_from_some_row_on_is_seen_by_a_head_that_was_noted(
    count: int, data: st.DataObject
) -> None:
    rows = chain(count)
    noted = Head(count, rows[-1][0].hash)
    at = data.draw(st.integers(0, count - 1))
    forged = [replace(one, actor="nobody") if number == at else one for number, one in enumerate(entries(count))]
    anew: list[tuple[Seal, Entry | None]] = list(zip(sealed(forged, BEGIN), forged, strict=True))
    assert first_break(anew) is None, "by itself it looks whole"
    assert first_break(anew, noted) == Break(count, forged[-1].id, Fault.END_GONE)
    assert first_break(rows[:at], noted) == Break(at + 1, None, Fault.END_GONE)
    assert first_break(rows, noted) is None


def test_a_seal_that_does_not_follow_is_found() -> None:
    rows = chain(3)
    seal, entry = rows[1]
    assert entry is not None
    alone = replace(seal, previous=GENESIS, hash=chained(GENESIS, entry))
    assert first_break([rows[0], (alone, entry), rows[2]]) == Break(2, entry.id, Fault.SEAL_CHANGED)


def test_a_chain_goes_on_from_where_it_was_cut() -> None:
    rows = chain(5)
    begin = Head(2, rows[1][0].hash)
    earlier, later = Head(1, "f" * 64), Head(5, rows[4][0].hash)
    assert first_break(rows[2:], earlier, later, begin=begin) is None
    assert first_break(rows[2:]) == Break(1, None, Fault.ROW_GONE)


@pytest.mark.parametrize("printed", ["", "0:" + "0" * 64, "1", "1:abc", "-1:" + "a" * 64, "1:" + "A" * 64])
def test_only_a_number_and_a_hash_are_a_head(printed: str) -> None:
    with pytest.raises(ValueError, match="NUMBER:HASH"):
        Head.read(printed)
    assert str(Head.read(f" 7:{'a' * 64} ")) == f"7:{'a' * 64}"
