"""How well the sorter sorts: its primary labels against those that a reader gave.

A child counts as its parent too, on both sides. Where nothing was said wrongly precision is 1, where nothing was there
to be found recall is 1, so that a sector that does not occur spoils no figure.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.domain.errors import invalid
from app.domain.notices import Content
from app.domain.sectors import Classification, Label, Role, Sorter
from app.domain.sectors.codes import without_codes
from app.domain.symbols import Area
from app.domain.taxonomy import Taxonomy

_TEXTS = ("title", "text", "description", "products", "products_raw")
_LISTS = ("hs_codes", "hs", "ics_codes", "ics", "keywords", "objectives", "gold_sectors", "expected_primary",
          "expected_related", "must_not")  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelledNotice:
    """A notice with the labels that a reader gave it: sectors of ours, parents included.

    `gold` is what must be told, `related` what may be copied, `must_not` what would be wrong. `ignored` are labels of
    the file that are none of ours.
    """

    id: str
    language: str
    content: Content
    gold: frozenset[str]
    related: frozenset[str] = frozenset()
    must_not: frozenset[str] = frozenset()
    ignored: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Score:
    """What was found, missed and wrongly said of one or several sectors."""

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


@dataclass(frozen=True, slots=True)
class Judged:
    """One notice as it was sorted, and what of it was missed, wrong or forbidden among the sectors looked at."""

    notice: LabelledNotice
    classification: Classification
    missed: tuple[str, ...]
    wrong: tuple[Label, ...]
    forbidden: tuple[Label, ...]


@dataclass(frozen=True, slots=True)
class Reading:
    """The scores of one way of reading a file: with its codes, or without."""

    together: Score
    sectors: Mapping[str, Score]
    languages: Mapping[str, Mapping[str, Score]]
    judged: tuple[Judged, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """What an evaluation came to."""

    taxonomy_version: str
    with_codes: Reading
    without_codes: Reading

    def to_json(self) -> dict[str, Any]:
        """Return the report as plain JSON values; the same rows under the same taxonomy give the same bytes."""
        return {
            "taxonomy": self.taxonomy_version,
            **_reading_to_json(self.with_codes),
            "without_codes": _reading_to_json(self.without_codes),
        }


def read_labelled(values: Mapping[str, Any], taxonomy: Taxonomy, line: int) -> LabelledNotice:
    """Read one line of a labelled file, in the shape of a notice or of a borderline case. A symbol is not needed.

    Raises AppError naming the line and the field that is not as it should be.
    """
    for name in _TEXTS:
        if not isinstance(values.get(name) or "", str):
            raise invalid("labelled-file", f"line {line}: {name} is not a text", field=name)
    for name in _LISTS:
        listed = values.get(name) or []
        if not isinstance(listed, list) or not all(isinstance(value, str) for value in listed):
            raise invalid("labelled-file", f"line {line}: {name} is not a list of texts", field=name)
    gold = values.get("gold_sectors") or values.get("expected_primary") or []
    related, must_not = (values.get(name) or [] for name in ("expected_related", "must_not"))
    return LabelledNotice(
        id=str(values.get("id") or values.get("symbol") or f"line {line}"),
        language=str(values.get("language") or ""),
        content=_content(values),
        gold=taxonomy.with_parents(_ours(gold, taxonomy)),
        related=frozenset(_ours(related, taxonomy)),
        must_not=frozenset(_ours(must_not, taxonomy)),
        ignored=tuple(label for label in [*gold, *related, *must_not] if taxonomy.sector_id(label) is None),
    )


def evaluate(notices: Sequence[LabelledNotice], sorter: Sorter, sectors: Iterable[str] = ()) -> Report:
    """Sort labelled notices with their codes and without, and compare. No `sectors` means all of them."""
    chosen = tuple(sectors) or tuple(sector.id for sector in sorter.taxonomy.sectors)
    return Report(
        taxonomy_version=sorter.taxonomy.version,
        with_codes=_read(notices, [notice.content for notice in notices], sorter, chosen),
        without_codes=_read(notices, [without_codes(notice.content) for notice in notices], sorter, chosen),
    )


def told(classification: Classification, taxonomy: Taxonomy) -> frozenset[str]:
    """Return the sectors that are told: the primary ones, and the parents that they imply."""
    return taxonomy.with_parents(label.id for label in classification.sectors if label.role is Role.PRIMARY)


def _read(
    notices: Sequence[LabelledNotice], contents: Sequence[Content], sorter: Sorter, sectors: tuple[str, ...]
) -> Reading:
    judged = tuple(
        _judge(notice, sorter.classify(content), sorter.taxonomy, frozenset(sectors))
        for notice, content in zip(notices, contents, strict=True)
    )
    by_language = {
        language: [one for one in judged if one.notice.language == language]
        for language in sorted({notice.language for notice in notices})
    }
    return Reading(
        together=_together(_scores(judged, sectors, sorter.taxonomy)),
        sectors=_scores(judged, sectors, sorter.taxonomy),
        languages={language: _scores(ones, sectors, sorter.taxonomy) for language, ones in by_language.items()},
        judged=judged,
    )


def _judge(
    notice: LabelledNotice, classification: Classification, taxonomy: Taxonomy, sectors: frozenset[str]
) -> Judged:
    said = told(classification, taxonomy)
    wrong = [
        label
        for label in classification.sectors
        if label.role is Role.PRIMARY and taxonomy.with_parents([label.id]) & sectors - notice.gold
    ]
    return Judged(
        notice,
        classification,
        missed=tuple(sorted((notice.gold & sectors) - said)),
        wrong=tuple(wrong),
        forbidden=tuple(label for label in classification.sectors if label.id in notice.must_not),
    )


def _scores(judged: Iterable[Judged], sectors: Iterable[str], taxonomy: Taxonomy) -> dict[str, Score]:
    pairs = [(one.notice.gold, told(one.classification, taxonomy)) for one in judged]
    return {
        sector: Score(
            right=sum(sector in gold and sector in said for gold, said in pairs),
            missed=sum(sector in gold and sector not in said for gold, said in pairs),
            wrong=sum(sector not in gold and sector in said for gold, said in pairs),
        )
        for sector in sectors
    }


def _together(scores: Mapping[str, Score]) -> Score:
    return Score(
        right=sum(score.right for score in scores.values()),
        missed=sum(score.missed for score in scores.values()),
        wrong=sum(score.wrong for score in scores.values()),
    )


def _content(values: Mapping[str, Any]) -> Content:
    title = values.get("title") or values.get("text") or ""
    symbols = values.get("symbols") or ([values["symbol"]] if values.get("symbol") else [])
    area = str(values.get("area") or "").upper()
    return Content(
        symbols=tuple(map(str, symbols)),
        area=Area(area) if area in {one.value for one in Area} else None,
        titles=((str(values.get("language") or "en"), title),) if title else (),
        description=values.get("description") or "",
        products=values.get("products") or values.get("products_raw") or "",
        hs=tuple(values.get("hs_codes") or values.get("hs") or ()),
        ics=tuple(values.get("ics_codes") or values.get("ics") or ()),
        objectives=tuple(values.get("objectives") or ()),
        keywords=tuple(values.get("keywords") or ()),
    )


def _ours(labels: Iterable[str], taxonomy: Taxonomy) -> list[str]:
    return [sector for label in labels if (sector := taxonomy.sector_id(label)) is not None]


def _reading_to_json(reading: Reading) -> dict[str, Any]:
    return {
        "together": reading.together.to_json(),
        "sectors": {sector: score.to_json() for sector, score in reading.sectors.items()},
        "languages": {
            language: {sector: score.to_json() for sector, score in scores.items() if score.support or score.wrong}
            for language, scores in reading.languages.items()
        },
        "rows": [_judged_to_json(one) for one in reading.judged],
    }


def _judged_to_json(one: Judged) -> dict[str, Any]:
    return {
        "id": one.notice.id,
        "gold": sorted(one.notice.gold),
        "predicted": [
            {"id": label.id, "role": label.role.value, "confidence": label.confidence}
            for label in one.classification.sectors
        ],
    }
