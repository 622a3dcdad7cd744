import csv
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.symbols import Area, Part, Suffix, Symbol, base_symbols, parse_symbol, read_symbols, repair_symbol

suffixes = st.builds(Suffix, st.sampled_from(Part), st.integers(1, 99))
symbols = st.builds(
    Symbol,
    st.sampled_from(Area),
    st.sampled_from(["EU", "USA", "TPKM", "VNM", "GBR", "KOR"]),
    st.integers(1, 99999),
    st.lists(suffixes, max_size=3).map(tuple),
)


@given(symbols)
def test_a_symbol_parsed_and_printed_is_itself(symbol: Symbol) -> None:
    assert parse_symbol(str(symbol)) == symbol


@given(symbols)
def test_a_repaired_symbol_prints_as_the_wto_does(symbol: Symbol) -> None:
    garbled = f"  {str(symbol).lower().replace('/', ' / ')} "
    repaired = repair_symbol(garbled)
    assert repaired == symbol
    assert parse_symbol(str(repaired)) == symbol


@given(symbols)
def test_ancestors_end_in_the_base(symbol: Symbol) -> None:
    assert len(symbol.ancestors) == len(symbol.suffixes)
    if symbol.suffixes:
        assert symbol.ancestors[0] == symbol.parent
        assert symbol.ancestors[-1] == symbol.base


@given(st.text(max_size=60))
def test_no_text_breaks_the_reader(text: str) -> None:
    for symbol in read_symbols(text).symbols:
        assert parse_symbol(str(symbol)) == symbol


@pytest.mark.parametrize(
    ("printed", "meant"),
    [
        ("G/TBT/CHN/1246", "G/TBT/N/CHN/1246"),
        ("G / TBT / N / EU / 860", "G/TBT/N/EU/860"),
        ("G/SPS/N/PHI/464", "G/SPS/N/PHL/464"),
        (" G/TBT/N/USA/00001234/Add.00000001", "G/TBT/N/USA/1234/Add.1"),
        ("g/tbt/n/bra/366/add 1/corr.1", "G/TBT/N/BRA/366/Add.1/Corr.1"),
        ("G/TBT/N/USA/1600/Rev1", "G/TBT/N/USA/1600/Rev.1"),
        ("G\\TBT\\N\\USA\\1600", "G/TBT/N/USA/1600"),
    ],
)
def test_misprints_seen_in_published_alerts_are_mended(printed: str, meant: str) -> None:
    assert parse_symbol(printed) is None
    assert [str(symbol) for symbol in read_symbols(printed).symbols] == [meant]


def test_a_joint_box_keeps_the_order_as_notified() -> None:
    reading = read_symbols(" G/TBT/N/KEN/1810, G/TBT/N/BDI/610; G/TBT/N/KEN/1810")
    assert [str(symbol) for symbol in reading.symbols] == ["G/TBT/N/KEN/1810", "G/TBT/N/BDI/610"]
    assert base_symbols(reading.symbols)[0].member == "BDI"


def test_what_is_no_symbol_is_named() -> None:
    assert read_symbols("WT/DS/1, G/TBT/N/USA/1").unreadable == ("WT/DS/1",)


def test_every_symbol_of_the_registers_is_read_without_a_remainder(test_data: Path) -> None:
    with (test_data / "eping" / "11_real_sps_symbols_2026_jan_may.csv").open(encoding="utf-8") as opened:
        rows = list(csv.DictReader(opened))
    boxes = [next(value for name, value in row.items() if "ymbol" in name) for row in rows]
    lines = (test_data / "notices" / "real_dev.jsonl").read_text("utf-8").splitlines()
    boxes += [symbol for line in lines for symbol in json.loads(line).get("symbols", [])]
    readings = [read_symbols(box) for box in boxes]

    assert len(boxes) > 1700
    assert [reading.unreadable for reading in readings if reading.unreadable] == []
    assert [reading.repaired for reading in readings if reading.repaired] == []
