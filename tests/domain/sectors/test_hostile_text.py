"""T15: no title, keyword or taxonomy can make the matcher run for ever (IN-11). Nothing of a stranger is a pattern."""

import signal
from collections.abc import Iterator
from types import FrameType

import pytest

from app.domain.errors import AppError
from app.domain.events import Audience
from app.domain.folding import fold
from app.domain.matching import CriteriaIndex, Facts, answers, matchable
from app.domain.queries import LONGEST_QUERY, parse_query
from app.domain.sectors import Sorter
from app.domain.subscriptions import Criteria
from app.sources.taxonomy_file import bundled_taxonomy, read_taxonomy
from tests.builders import a_content

HANGING = 60
"""Seconds after which something counts as hanging. A pattern that backtracks would take years over any of these."""
LONG = 10_000

PATTERNS = [
    r"(\w+\s?)*$",
    r"(a+)+$",
    r"(a|a)*b",
    r"(a|aa)+$",
    r"(.*a){25}",
    r"^(([a-z])+.)+[A-Z]([a-z])+$",
    r"([a-zA-Z]+)*!",
    r"(x+x+)+y",
    r"\d+(\.\d+)*$",
    r"(?:(?:a*)*)*",
    "(" * 60 + "a" + ")*" * 60,
    "[" * 100,
]
TITLES = [
    "a" * 67 + "!",
    "word " * 13 + "!",
    "a" * LONG,
    "1." * LONG,
    "1,1;" * LONG,
    "HS " * LONG,
    "HS code: " + "1" * LONG,
    "HS code(s): " + "01.02, " * LONG,
    "ICS " + "13.340.10 - " * LONG,
    "tariff line " * LONG,
    "(" * LONG,
    "does not apply to " * (LONG // 10),
    "textile " * (LONG // 10),
    "(textile fibres) excluding " * (LONG // 20),
    "ế" * LONG,
    "e\u0302\u0301" * LONG,
    "\u0301" * LONG,
    "ﷺ" * LONG,
    "İ" * LONG,
    "\u200b" * LONG,
    "-" * LONG,
    " " * LONG + "x",
    "\n\t" * LONG,
    "G/TBT/N/USA/" * (LONG // 10),
    "http://" * (LONG // 10),
    "<p" * LONG,
    "&amp;" * LONG,
]


@pytest.fixture(autouse=True)
def _watchdog() -> Iterator[None]:
    """Break off what hangs: a catastrophic pattern cannot be waited for."""

    def bark(_number: int, _frame: FrameType | None) -> None:
        pytest.fail(f"still at it after {HANGING} seconds")

    before = signal.signal(signal.SIGALRM, bark)
    signal.alarm(HANGING)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


@pytest.mark.parametrize("title", TITLES, ids=lambda title: ascii(title[:12]))
def test_t15_no_title_makes_the_sorter_hang(title: str) -> None:
    sorter = Sorter(bundled_taxonomy())
    parent = a_content("G/TBT/N/USA/1", titles=(("en", title),), products=title, hs=())
    for content in (
        parent,
        a_content("G/TBT/N/USA/2", description=title, keywords=(title,), hs=(title,), ics=(title,)),
    ):
        found = sorter.classify(content, parent)
        assert found.taxonomy_version == bundled_taxonomy().version
    assert matchable(title) == matchable(matchable(title))
    assert isinstance(fold(title), str)


@pytest.mark.parametrize("pattern", PATTERNS)
def test_t15_a_keyword_is_words_and_never_a_pattern(pattern: str) -> None:
    index = CriteriaIndex([(1, Criteria(keywords=(pattern,))), (2, Criteria(excluded=(pattern,)))])
    for title in TITLES:
        assert set(index.match(facts(title))) <= {1, 2}
    said = answers(Criteria(keywords=(pattern,)), facts(f"so it says: {pattern} – verbatim"))
    assert (said is not None) == bool(matchable(pattern).strip())
    assert answers(Criteria(keywords=(pattern,)), facts("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab")) is None


@pytest.mark.parametrize("text", [*PATTERNS, *(title[:LONGEST_QUERY] for title in TITLES)])
def test_t15_a_search_is_words_and_never_a_pattern(text: str) -> None:
    refusal, query = "", None
    try:
        query = parse_query(text)
    except AppError as error:
        refusal = error.code
    assert (query is None) == (refusal in {"query-without-words", "query-too-long"})


@pytest.mark.parametrize("pattern", PATTERNS)
def test_t15_a_taxonomy_takes_no_pattern(pattern: str) -> None:
    body = f"sectors: {{food: {{name: {{vi: a, en: b}}, strong: {{en: ['{pattern}']}}}}}}\n"
    reasons = [complaint.reason for complaint in read_taxonomy(body.encode(), "own.yaml").complaints]
    assert any("regular expression" in reason or "bracket" in reason or "stands for" in reason for reason in reasons)


def facts(text: str) -> Facts:
    return Facts(
        area=None,
        audience=Audience.ADDITIONS,
        members=frozenset(),
        primary=frozenset(),
        related=frozenset(),
        themes=frozenset(),
        hs=frozenset(),
        text=matchable(text),
    )
