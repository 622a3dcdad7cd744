"""The second opinion on who should be told: built differently from the matcher, and never of another mind."""

from datetime import datetime, time, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.alarms import ALARM_OF, GRAVITY_OF, Alarm, Check
from app.domain.alerts import Alert
from app.domain.events import Audience, EventKind
from app.domain.matching import CriteriaIndex, answers, facts_of
from app.domain.notices import Content
from app.domain.reconciliation import concerns, last_close, offer_of, symbols_in, unlikely_run
from app.domain.sectors import Facet, Label, Role
from app.domain.subscriptions import Criteria, Frequency
from app.domain.symbols import Area
from tests.house import ROOT

PARENTS = {"seafood": "food", "garments": "textiles"}
SECTORS = ["food", "seafood", "textiles", "garments", "footwear"]
WORDS = ["Tôm", "đông lạnh", "dệt may", "frozen shrimp", "SHRIMP", "of", "ghi nhãn", "Nhãn", "ß", "ISO 14362-1"]
VIETNAM = timezone(timedelta(hours=7))


def some(values: list[str], most: int = 2) -> st.SearchStrategy[tuple[str, ...]]:
    return st.lists(st.sampled_from(values), max_size=most, unique=True).map(tuple)


criteria = st.builds(
    Criteria,
    sectors=some(SECTORS),
    themes=some(["halal", "labelling"], 1),
    standards=some(["ISO 14362-1"], 1),
    importance=some(["high"], 1),
    members=some(["USA", "EU", "VNM"]),
    hs=some(["03", "0306", "6109", "61"]),
    keywords=some(WORDS),
    excluded=some(WORDS, 1),
    area=st.sampled_from([None, Area.TBT, Area.SPS]),
    additions=st.booleans(),
    updates=st.booleans(),
    related=st.booleans(),
)
contents = st.builds(
    Content,
    area=st.sampled_from(list(Area)),
    members=some(["USA", "EU", "VNM"]),
    titles=st.lists(st.sampled_from(WORDS), max_size=3).map(lambda said: (("en", " ".join(said)),)),
    products=st.lists(st.sampled_from(WORDS), max_size=2).map(" ".join),
    description=st.lists(st.sampled_from(WORDS), max_size=3).map(", ".join),
    keywords=some(WORDS),
    hs=some(["03", "0306", "030617", "6109", "61"]),
)
sector_labels = st.dictionaries(st.sampled_from(SECTORS), st.sampled_from(list(Role)), max_size=2)


@given(criteria, contents, sector_labels, st.booleans(), st.booleans(), st.booleans())
def test_the_second_opinion_and_the_matcher_agree(
    asked: Criteria, content: Content, sectors: dict[str, Role], halal: bool, high: bool, update: bool
) -> None:
    labels = {Facet.SECTOR: tuple(Label(one, role, 1.0, ()) for one, role in sectors.items())}
    labels[Facet.THEME] = (Label("halal", Role.PRIMARY, 1.0, ()),) if halal else ()
    labels[Facet.IMPORTANCE] = (Label("high" if high else "low", Role.PRIMARY, 1.0, ()),)
    alert = Alert(
        event_id=1,
        ref="r",
        kind=EventKind.NOTIFIED,
        update=update,
        content=content,
        sectors=labels[Facet.SECTOR],
        themes=labels[Facet.THEME],
        facets={Facet.IMPORTANCE: labels[Facet.IMPORTANCE]},
    )
    asked = asked.canonical()
    facts = facts_of(alert, Audience.UPDATES if update else Audience.ADDITIONS, PARENTS)
    told = {(facet.value, label.id, label.role.value) for facet, given in labels.items() for label in given}
    second = concerns(asked, offer_of(content, told, PARENTS, update=update))
    assert second is (answers(asked, facts) is not None)
    assert second is (1 in CriteriaIndex([(1, asked)]).match(facts))


@pytest.mark.parametrize(
    ("newest_first", "run"),
    [
        ([], 0),
        ([False] * 50, 0),
        ([False] * 3 + [True] * 12, 0),
        ([False] * 4 + [True] * 12, 4),
        ([False] * 9 + [True] * 9, 0),
        ([True] + [False] * 9 + [True] * 12, 0),
        ([False] * 10 + [True, False] * 10, 0),
        ([False] * 16 + [True, False] * 10, 16),
        ([False] * 40 + [False, False, False, True] * 5, 43),
    ],
)
def test_a_run_of_failures_counts_when_it_is_no_accident(newest_first: list[bool], run: int) -> None:
    assert unlikely_run(newest_first) == run


def test_symbols_are_read_out_of_the_bytes_that_a_source_sent() -> None:
    page = (
        b'{"a": [{"documentSymbol": " G/SPS/N/EU/5, G/TBT/N/EU/6"}, {"b": {"documentSymbol": "G/TBT/N/USA/1/Add.2"}}]}'
    )
    assert symbols_in(page) == {"G/SPS/N/EU/5", "G/TBT/N/EU/6", "G/TBT/N/USA/1/Add.2"}
    assert symbols_in(b"<rss/>") == symbols_in(b"\xff") == symbols_in(b"[1, null]") == set()


@pytest.mark.parametrize(
    ("frequency", "moment", "close"),
    [
        (Frequency.DAILY, "2026-03-02T01:29:59+00:00", "2026-03-01T08:30:00+07:00"),
        (Frequency.DAILY, "2026-03-02T01:30:00+00:00", "2026-03-02T08:30:00+07:00"),
        (Frequency.WEEKLY, "2026-03-02T01:29:59+00:00", "2026-02-23T08:30:00+07:00"),
        (Frequency.WEEKLY, "2026-03-08T23:00:00+00:00", "2026-03-02T08:30:00+07:00"),
    ],
)
def test_the_last_digest_hour_is_that_of_viet_nam(frequency: Frequency, moment: str, close: str) -> None:
    found = last_close(frequency, datetime.fromisoformat(moment), time(8, 30), VIETNAM)
    assert found == datetime.fromisoformat(close)
    assert found.date() == datetime.fromisoformat(close).date()


def test_every_check_has_its_alarm_and_every_alarm_its_page() -> None:
    assert set(ALARM_OF) == set(Check)
    assert set(ALARM_OF.values()) == set(GRAVITY_OF) == set(Alarm)
    pages = {path.stem: path.read_text("utf-8") for path in (ROOT / "docs" / "runbook").glob("*.md")}
    for alarm in Alarm:
        assert pages[alarm].startswith(f"# {alarm}\n")
        assert len(pages[alarm].splitlines()) <= 30
        for heading in ("What it means", "What users notice", "What to do"):
            assert f"## {heading}\n" in pages[alarm], alarm
