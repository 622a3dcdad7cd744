"""What the sorter says of labelled notices, with their codes and without, beside what a reader said.

A child counts as its parent too, on both sides. Notices are taken one after the other and not kept: of a notice that
was sorted as labelled only its labels stay, so that a file may be larger than memory holds notices.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from app.domain.evaluation.labelled import LabelledNotice
from app.domain.evaluation.scores import Score, Scores, Tally, together
from app.domain.sectors import Classification, Label, Role, Sorter
from app.domain.sectors.codes import without_codes
from app.domain.taxonomy import Taxonomy


@dataclass(frozen=True, slots=True)
class Prediction:
    """One label as the sorter gave it."""

    id: str
    role: Role
    confidence: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """One notice as it was sorted, and what of it was missed, wrong or forbidden.

    `missed` and `wrong` are among the sectors looked at; `heard` are the labels that name what was missed as a copy.
    """

    id: str
    line: int
    language: str
    split: str
    title: str
    gold: frozenset[str]
    predicted: tuple[Prediction, ...]
    missed: tuple[str, ...]
    heard: tuple[Label, ...]
    wrong: tuple[Label, ...]
    forbidden: tuple[Label, ...]

    @property
    def is_right(self) -> bool:
        """Whether everything was said that should be, and nothing that should not."""
        return not (self.missed or self.wrong or self.forbidden)


@dataclass(frozen=True, slots=True)
class Reading:
    """The scores of one way of reading a file: with its codes, or without.

    `splits` holds those of the rows that name one.
    """

    sectors: Scores
    languages: Mapping[str, Scores]
    splits: Mapping[str, Scores]
    judged: tuple[Judged, ...]

    @property
    def together(self) -> Score:
        """The score over all sectors looked at."""
        return together(self.sectors)


@dataclass(frozen=True, slots=True)
class Report:
    """What an evaluation came to.

    `rows` counts the notices by split and language, `ignored` the labels that are none of ours; `unjudged` is the
    number of rows without any label, of which everything that was said counts as wrong.
    """

    taxonomy_version: str
    sectors: tuple[str, ...]
    rows: Mapping[tuple[str, str], int]
    ignored: Mapping[str, int]
    unjudged: int
    with_codes: Reading
    without_codes: Reading

    def to_json(self) -> dict[str, Any]:
        """Return the report as plain JSON values; the same rows under the same taxonomy give the same bytes."""
        return {
            "taxonomy": self.taxonomy_version,
            **_reading_to_json(self.with_codes),
            "without_codes": _reading_to_json(self.without_codes),
        }


def evaluate(notices: Iterable[LabelledNotice], sorter: Sorter, sectors: Iterable[str] = ()) -> Report:
    """Sort labelled notices with their codes and without, and compare. No `sectors` means all of them."""
    chosen = tuple(dict.fromkeys(sectors)) or tuple(sector.id for sector in sorter.taxonomy.sectors)
    coded, uncoded = _Comparison(sorter.taxonomy, chosen), _Comparison(sorter.taxonomy, chosen)
    rows: Counter[tuple[str, str]] = Counter()
    ignored: Counter[str] = Counter()
    unjudged = 0
    for notice in notices:
        rows[notice.split, notice.language] += 1
        ignored.update(notice.ignored)
        unjudged += not notice.judged
        found, bare = sorter.classify(notice.content), without_codes(notice.content)
        coded.add(notice, found)
        uncoded.add(notice, found if bare == notice.content else sorter.classify(bare))
    return Report(sorter.taxonomy.version, chosen, rows, ignored, unjudged, coded.reading(), uncoded.reading())


def told(classification: Classification, taxonomy: Taxonomy) -> frozenset[str]:
    """Return the sectors that are told: the primary ones, and the parents that they imply."""
    return taxonomy.with_parents(label.id for label in classification.sectors if label.role is Role.PRIMARY)


class _Comparison:
    """One way of reading a file, counted notice by notice."""

    def __init__(self, taxonomy: Taxonomy, sectors: tuple[str, ...]) -> None:
        self._taxonomy = taxonomy
        self._chosen = sectors
        self._sectors = Tally(sectors)
        self._languages: dict[str, Tally] = {}
        self._splits: dict[str, Tally] = {}
        self._judged: list[Judged] = []

    def add(self, notice: LabelledNotice, found: Classification) -> None:
        said = told(found, self._taxonomy)
        self._sectors.add(notice.gold, said)
        self._languages.setdefault(notice.language, Tally(self._chosen)).add(notice.gold, said)
        if notice.split:
            self._splits.setdefault(notice.split, Tally(self._chosen)).add(notice.gold, said)
        self._judged.append(self._judge(notice, found, said))

    def reading(self) -> Reading:
        return Reading(
            sectors=self._sectors.scores(),
            languages={language: tally.scores() for language, tally in sorted(self._languages.items())},
            splits={split: tally.scores() for split, tally in sorted(self._splits.items())},
            judged=tuple(self._judged),
        )

    def _judge(self, notice: LabelledNotice, found: Classification, said: frozenset[str]) -> Judged:
        missed = (notice.gold & frozenset(self._chosen)) - said
        beyond = frozenset(self._chosen) - notice.gold
        return Judged(
            id=notice.id,
            line=notice.line,
            language=notice.language,
            split=notice.split,
            title=notice.content.title or notice.content.products,
            gold=notice.gold,
            predicted=tuple(Prediction(label.id, label.role, label.confidence) for label in found.sectors),
            missed=tuple(sorted(missed)),
            heard=tuple(label for label in found.sectors if self._names(label) & missed),
            wrong=tuple(label for label in found.sectors if _is_told(label) and self._names(label) & beyond),
            forbidden=tuple(label for label in found.sectors if self._is_forbidden(label, notice)),
        )

    def _names(self, label: Label) -> frozenset[str]:
        return self._taxonomy.with_parents([label.id])

    def _is_forbidden(self, label: Label, notice: LabelledNotice) -> bool:
        """Tell whether a label must not be given: as itself in any role, or as the parent that is told with it."""
        return bool((self._names(label) if _is_told(label) else {label.id}) & notice.must_not)


def _is_told(label: Label) -> bool:
    return label.role is Role.PRIMARY


def _reading_to_json(reading: Reading) -> dict[str, Any]:
    return {
        "together": reading.together.to_json(),
        "sectors": _scores_to_json(reading.sectors),
        "languages": {name: _scores_to_json(_occurring(scores)) for name, scores in reading.languages.items()},
        "splits": {name: _scores_to_json(_occurring(scores)) for name, scores in reading.splits.items()},
        "rows": [_judged_to_json(one) for one in reading.judged],
    }


def _scores_to_json(scores: Scores) -> dict[str, Any]:
    return {sector: score.to_json() for sector, score in scores.items()}


def _occurring(scores: Scores) -> Scores:
    return {sector: score for sector, score in scores.items() if score.support or score.wrong}


def _judged_to_json(one: Judged) -> dict[str, Any]:
    return {
        "id": one.id,
        "gold": sorted(one.gold),
        "predicted": [
            {"id": label.id, "role": label.role.value, "confidence": label.confidence} for label in one.predicted
        ],
    }
