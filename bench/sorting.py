"""The sorter's rate on one core, beside a bare regular expression that searches for the same phrases."""

import argparse
import re
from itertools import cycle, islice

from app.bootstrap import open_sorter, open_taxonomy
from app.demo.notices import sample_notices
from app.domain.notices import Content
from app.domain.taxonomy import Phrase, forms_of
from bench.report import line, measured, ratio

_NOTICES = 4000
_PLAIN = 400
_MEAN_LENGTH = 551
"""Characters of title, products and description of real notices, in the mean."""


def measure(_: argparse.Namespace) -> None:
    """Sort the sample's notices, brought to the length of real ones; then search fewer of them with one alternation."""
    contents = list(islice(cycle(_contents()), _NOTICES))
    sorter = open_sorter()
    sorter.classify(contents[0])
    with measured() as ours:
        for content in contents:
            sorter.classify(content)
    line("sort, with evidence", len(contents), "notices", ours.seconds)
    alternation = re.compile("|".join(map(re.escape, sorted(_phrases(), key=len, reverse=True))))
    with measured() as bare:
        for content in contents[:_PLAIN]:
            for text in (content.title, content.products, content.description):
                alternation.findall(text.casefold())
    line("bare alternation of the same phrases, nothing but found", _PLAIN, "notices", bare.seconds)
    ratio("alternation / sorter, time for one notice", bare.seconds / _PLAIN, ours.seconds / _NOTICES)


def _contents() -> list[Content]:
    return [
        Content(
            symbols=notice.symbols,
            titles=(("en", notice.title.in_language("en") or ""),),
            products=notice.products or "",
            description=_lengthened(notice.description or "", notice.products or ""),
            hs=tuple(notice.hs),
            ics=tuple(notice.ics),
        )
        for notice in sample_notices()
    ]


def _lengthened(description: str, products: str) -> str:
    wanted = _MEAN_LENGTH - len(products)
    return (f"{description} " * (wanted // (len(description) + 1) + 1))[: max(wanted, 0)]


def _phrases() -> set[str]:
    taxonomy = open_taxonomy()
    groups: list[tuple[Phrase, ...]] = [taxonomy.decoys, taxonomy.elsewhere, taxonomy.names]
    groups += [phrases for sector in taxonomy.sectors for phrases in (sector.strong, sector.related, sector.weak)]
    return {form for phrases in groups for phrase in phrases for form in forms_of(phrase.pattern)}
