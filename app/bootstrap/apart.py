"""Sorting by a taxonomy that is only tried, in a process of its own: a thread would keep every page waiting.

Who reckons in a thread shares the interpreter with every page. Of 20 small pages a second beside a trial in a thread, the
95th of 100 came after 0.92 s; beside one in another process after 0.06 s, and 0.03 s alone, on a busy machine.
"""

import signal
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

from app.bootstrap.installation import Rules
from app.domain.notices import Content
from app.domain.sectors import Classification
from app.domain.taxonomy import Taxonomy

_held: list[Rules] = []
"""In the process apart: the rules that it sorts by."""


class SorterApart:
    """A sorter in a process of its own, which ends with it."""

    def __init__(self, taxonomy: Taxonomy) -> None:
        apart = get_context("spawn")
        self._process = ProcessPoolExecutor(1, mp_context=apart, initializer=_begin, initargs=(taxonomy,))

    def classify(self, content: Content, parent: Content | None = None, annex: str = "") -> Classification:
        """Return the labels of a content; the caller's thread waits, and lets others go on meanwhile."""
        return self._process.submit(_classified, content, parent, annex).result()


def _begin(taxonomy: Taxonomy) -> None:
    # The end of the server is the end of this process; a key pressed at its terminal is not meant for it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _held.append(Rules(taxonomy))


def _classified(content: Content, parent: Content | None, annex: str) -> Classification:
    return _held[0].sorter.classify(content, parent, annex)
