"""Would a linear model help the sorter where a notice states no code? Printed: rules alone, the model, both together.

`.venv/bin/python -m bench.second_opinion`. It needs scikit-learn, which Kẻng does not depend on, and the folder of shared data at
KENG_TEST_DATA. The figures that decided stand in `docs/decisions/0019-second-opinion.md`.
"""

import csv
import importlib
import json
import math
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.domain.evaluation import LabelledNotice, Score, read_labelled, together
from app.domain.evaluation.comparing import told
from app.domain.notices import Content
from app.domain.sectors import Sorter
from app.domain.sectors.codes import without_codes
from app.domain.taxonomy import Phrase, Taxonomy, forms_of
from app.sources.taxonomy_file import bundled_taxonomy
from bench.report import heading
from tests.domain.sectors.conftest import labelled_rows
from tests.domain.sectors.gold_set import gold_rows

CORE = ("textiles", "footwear", "food")

_LANGUAGES_OF_HEADINGS = ("en_ahtn", "en_comtrade", "vi", "fr", "es")


@dataclass(frozen=True, slots=True)
class Document:
    """What a model reads: a text, and which of the core sectors it is about."""

    text: str
    gold: frozenset[str]


@dataclass(frozen=True, slots=True)
class HeldOut:
    """Notices that no model has seen, with what the rules say of each without its codes."""

    name: str
    documents: Sequence[Document]
    by_rules: Sequence[frozenset[str]]


Model = Callable[[Sequence[str]], Mapping[str, Sequence[float]]]
"""From texts to how likely each sector is, from 0 to 1, text by text."""


@dataclass(frozen=True, slots=True)
class Opinion:
    """One way of listening to a model beside the rules, from a threshold on."""

    name: str
    threshold: float

    def tells(self, sector: str, ruled: frozenset[str], likely: float) -> bool:
        """Say whether a sector is told, from what the rules tell and how likely the model finds it."""
        sure = likely >= self.threshold
        match self.name:
            case "rules alone":
                return sector in ruled
            case "model alone":
                return sure
            case "either":
                return sector in ruled or sure
            case "where the rules are silent":
                return sector in ruled or (not ruled and sure)
            case _:
                return sector in ruled and sure


OPINIONS = (
    *(Opinion("model alone", threshold) for threshold in (0.5, 0.7)),
    *(Opinion("either", threshold) for threshold in (0.5, 0.6, 0.7, 0.8, 0.9, 0.95)),
    *(Opinion("where the rules are silent", threshold) for threshold in (0.5, 0.7, 0.9)),
    *(Opinion("both", threshold) for threshold in (0.05, 0.1, 0.2, 0.3)),
)


def main() -> None:
    """Train each kind of model, and print how it does beside the rules on what it was not trained on."""
    taxonomy = bundled_taxonomy()
    sorter = Sorter(taxonomy)
    training = [*_notices(labelled_rows(), taxonomy), *_notices(gold_rows("train"), taxonomy),
                *_headings(sorter), *_phrases(taxonomy)]  # fmt: skip
    held_out = [
        _held_out("tune", gold_rows("tune"), sorter),
        _held_out("test", gold_rows("test"), sorter),
        _held_out("real, read by hand", _real_rows(), sorter),
    ]
    heading(f"without codes; {len(training)} documents to learn from")
    for one in held_out:
        _print(one, Opinion("rules alone", 0), {sector: [0.0] * len(one.documents) for sector in CORE})
    for name, vectorizer in _vectorizers().items():
        matrix = vectorizer.fit_transform([document.text for document in training])
        for kind, estimator in _estimators().items():
            heading(f"{name}: {matrix.shape[1]} features; {kind}")
            model = _trained(training, vectorizer, matrix, estimator)
            for one in held_out:
                likely = model([document.text for document in one.documents])
                for opinion in OPINIONS:
                    _print(one, opinion, likely)


def _print(held_out: HeldOut, opinion: Opinion, likely: Mapping[str, Sequence[float]]) -> None:
    scores = {
        sector: _score(
            (sector in document.gold, opinion.tells(sector, ruled, sure))
            for document, ruled, sure in zip(held_out.documents, held_out.by_rules, likely[sector], strict=True)
        )
        for sector in CORE
    }
    all_three = together(scores)
    recalls = ", ".join(f"{sector} {score.recall:.3f}" for sector, score in scores.items())
    print(  # noqa: T201 - a benchmark prints
        f"  {held_out.name:<20} {opinion.name:<27} {opinion.threshold or '':<5}"
        f" precision {all_three.precision:.4f}  recall {all_three.recall:.4f}  F1 {all_three.f1:.4f}"
        f"  ({all_three.missed} missed, {all_three.wrong} wrong; recall: {recalls})"
    )


def _score(pairs: Iterable[tuple[bool, bool]]) -> Score:
    counted = list(pairs)
    return Score(
        right=sum(gold and said for gold, said in counted),
        missed=sum(gold and not said for gold, said in counted),
        wrong=sum(said and not gold for gold, said in counted),
    )


def _estimators() -> Mapping[str, Callable[[], Any]]:
    linear = importlib.import_module("sklearn.linear_model")
    vectors = importlib.import_module("sklearn.svm")
    return {
        "logistic regression, C 1": lambda: linear.LogisticRegression(C=1, class_weight="balanced", max_iter=1000),
        "logistic regression, C 10": lambda: linear.LogisticRegression(C=10, class_weight="balanced", max_iter=1000),
        "linear SVM, C 1": lambda: vectors.LinearSVC(C=1, class_weight="balanced"),
    }


def _trained(training: Sequence[Document], vectorizer: Any, matrix: Any, estimator: Callable[[], Any]) -> Model:
    """Train one model for each sector; a distance to the line becomes a share by the logistic function."""
    models = {sector: estimator().fit(matrix, [sector in document.gold for document in training]) for sector in CORE}

    def likely(texts: Sequence[str]) -> Mapping[str, Sequence[float]]:
        read = vectorizer.transform(texts)
        return {
            sector: [1 / (1 + math.exp(-float(distance))) for distance in model.decision_function(read)]
            for sector, model in models.items()
        }

    return likely


def _vectorizers() -> Mapping[str, Any]:
    text = importlib.import_module("sklearn.feature_extraction.text")
    return {
        "words (1, 2)": text.TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, min_df=2),
        "characters in words (3, 5)": text.TfidfVectorizer(
            analyzer="char_wb", ngram_range=(3, 5), sublinear_tf=True, min_df=2
        ),
    }


def _held_out(name: str, rows: Iterable[dict[str, Any]], sorter: Sorter) -> HeldOut:
    notices = [_read(row, sorter.taxonomy) for row in rows]
    ruled = [told(sorter.classify(without_codes(notice.content)), sorter.taxonomy) for notice in notices]
    return HeldOut(name, [_document(notice) for notice in notices], ruled)


def _real_rows() -> Iterator[dict[str, Any]]:
    lines = (_shared() / "notices" / "real_dev.jsonl").read_text("utf-8").splitlines()
    return (row for row in map(json.loads, lines) if row["language"] in {"en", "es", "fr", "vi"})


def _notices(rows: Iterable[dict[str, Any]], taxonomy: Taxonomy) -> Iterator[Document]:
    return (_document(_read(row, taxonomy)) for row in rows)


def _headings(sorter: Sorter) -> Iterator[Document]:
    """Yield the names of HS headings as documents about what their code says."""
    with (_shared() / "nomenclature" / "hs_headings_multilingual.csv").open(encoding="utf-8") as opened:
        for row in csv.DictReader(opened):
            gold = told(sorter.classify(Content(hs=(row["hs4"],))), sorter.taxonomy) & frozenset(CORE)
            yield from (Document(row[language], gold) for language in _LANGUAGES_OF_HEADINGS if row[language])


def _phrases(taxonomy: Taxonomy) -> Iterator[Document]:
    """Yield the taxonomy's own strong phrases as documents about their sector."""
    for sector in taxonomy.sectors:
        gold = taxonomy.with_parents([sector.id]) & frozenset(CORE)
        yield from (Document(_first(phrase), gold) for phrase in sector.strong)
    yield from (Document(_first(phrase), frozenset()) for phrase in (*taxonomy.decoys, *taxonomy.elsewhere))


def _first(phrase: Phrase) -> str:
    return forms_of(phrase.pattern)[0]


def _read(row: dict[str, Any], taxonomy: Taxonomy) -> LabelledNotice:
    return read_labelled(row, taxonomy, 0)


def _document(notice: LabelledNotice) -> Document:
    content = without_codes(notice.content)
    return Document(f"{content.title}\n{content.products}\n{content.description}", notice.gold & frozenset(CORE))


def _shared() -> Path:
    return Path(os.environ["KENG_TEST_DATA"])


if __name__ == "__main__":
    main()
