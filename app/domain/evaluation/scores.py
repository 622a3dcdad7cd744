"""What was found, missed and wrongly said, counted sector by sector."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Score:
    """What was found, missed and wrongly said of one or several sectors.

    Where nothing was said wrongly precision is 1, where nothing was there to be found recall is 1, so that a sector
    that does not occur spoils no figure.
    """

    right: int
    missed: int
    wrong: int

    @property
    def support(self) -> int:
        """How many labels there were to find."""
        return self.right + self.missed

    @property
    def precision(self) -> float:
        """The share of what was said that is right, from 0 to 1."""
        return self.right / (self.right + self.wrong) if self.right + self.wrong else 1.0

    @property
    def recall(self) -> float:
        """The share of what was to be found that was said, from 0 to 1."""
        return self.right / self.support if self.support else 1.0

    @property
    def f1(self) -> float:
        """The harmonic mean of precision and recall."""
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both else 0.0

    def to_json(self) -> dict[str, Any]:
        """Return the figures as they are printed, rounded to four digits."""
        figures = {"precision": self.precision, "recall": self.recall, "f1": self.f1}
        return {name: round(value, 4) for name, value in figures.items()} | {"support": self.support}


Scores = Mapping[str, Score]
"""A score for each sector looked at."""


class Tally:
    """Counts of some sectors, one notice after the other."""

    def __init__(self, sectors: Iterable[str]) -> None:
        self._counts = {sector: [0, 0, 0] for sector in sectors}

    def add(self, gold: frozenset[str], said: frozenset[str]) -> None:
        """Count one notice: what was to be said of it, and what was."""
        for sector, (right, missed, wrong) in self._counts.items():
            told, labelled = sector in said, sector in gold
            self._counts[sector] = [
                right + (told and labelled),
                missed + (labelled and not told),
                wrong + (told and not labelled),
            ]

    def scores(self) -> Scores:
        """Return the score of each sector."""
        return {sector: Score(*counts) for sector, counts in self._counts.items()}


def together(scores: Scores) -> Score:
    """Return the score over all the sectors, every label counting the same."""
    return Score(
        right=sum(score.right for score in scores.values()),
        missed=sum(score.missed for score in scores.values()),
        wrong=sum(score.wrong for score in scores.values()),
    )
