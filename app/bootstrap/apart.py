"""Reading and trying a taxonomy in a process of its own: a thread would keep every page waiting for the interpreter.

Of 20 pages a second beside a trial in a thread, 95 of 100 came within a second; beside one in another process they come as
if there were none.
"""

import signal
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import Any

from app.bootstrap.installation import Rules
from app.domain.notices import Content
from app.domain.sectors import Classification
from app.domain.taxonomy import Taxonomy
from app.sources.taxonomy_lint import check_taxonomy

_held: list[Rules] = []
"""In the process apart: the rules that it sorts by."""


class SorterApart:
    """A sorter in a process of its own, which ends with it."""

    def __init__(self, taxonomy: Taxonomy) -> None:
        self._process = _process(taxonomy)

    def classify(self, content: Content, parent: Content | None = None, annex: str = "") -> Classification:
        """Return the labels of a content; the caller's thread waits, and lets others go on meanwhile."""
        return self._process.submit(_classified, content, parent, annex).result()


def check_apart(body: bytes, name: str) -> tuple[Taxonomy | None, Sequence[Any], Sequence[Any]]:
    """Return the taxonomy of a file, its faults and its notes, as `check_taxonomy` does."""
    with _process(None) as process:
        return process.submit(check_taxonomy, body, name).result()


def _process(taxonomy: Taxonomy | None) -> ProcessPoolExecutor:
    return ProcessPoolExecutor(1, mp_context=get_context("spawn"), initializer=_begin, initargs=(taxonomy,))


def _begin(taxonomy: Taxonomy | None) -> None:
    # The end of the server is the end of this process; a key pressed at its terminal is not meant for it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if taxonomy is not None:
        _held.append(Rules(taxonomy))


def _classified(content: Content, parent: Content | None, annex: str) -> Classification:
    return _held[0].sorter.classify(content, parent, annex)
