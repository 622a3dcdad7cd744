"""The report of an evaluation as people read it, in Markdown: figures first, then every row that was sorted otherwise.

The same evaluation gives the same text. Rows of the test split are counted and not shown unless asked for, since rules
that were mended on them would no longer be tested by them.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from app.domain.evaluation import Judged, Reading, Report, Score, Scores, together
from app.domain.sectors import Evidence, Label

HELD_OUT = "test"
"""The split whose rows are not shown."""

_MARKUP = re.compile(r"([\\`*_\[\]<>|#~&])")
_FIGURES = ("precision", "recall", "F1", "support", "missed", "false alarms")


def sorting_report(report: Report, *, digest: str, show_test: bool = False) -> str:
    """Return the whole report; `digest` is the SHA-256 of the file that was evaluated."""
    lines = [
        "# How notices were sorted, beside what a reader said",
        "",
        *_particulars(report, digest),
        "",
        *_rows(report),
        *_reading("With codes", report.with_codes),
        *_reading("Without codes", report.without_codes),
        *_differences("With codes", report.with_codes, show_test=show_test),
        *_differences("Without codes", report.without_codes, show_test=show_test),
    ]
    return "\n".join(lines).rstrip("\n") + "\n"


def differing(reading: Reading, *, show_test: bool) -> tuple[list[Judged], int]:
    """Return the rows that were sorted otherwise than labelled, by id, and how many more of the test split were."""
    different = sorted((one for one in reading.judged if not one.is_right), key=lambda one: (one.id, one.line))
    shown = [one for one in different if show_test or one.split != HELD_OUT]
    return shown, len(different) - len(shown)


def evidence_of(label: Label) -> list[str]:
    """Return what speaks for a label, each as the field, the quotation and the rule that it answers to."""
    return [f"{one.field} “{' '.join(one.quote.split())}” by {_rule(one)}" for one in label.evidence]


def _particulars(report: Report, digest: str) -> Iterator[str]:
    yield f"- taxonomy: version {_plain(report.taxonomy_version)}"
    yield f"- file: SHA-256 {digest}"
    yield f"- rows: {sum(report.rows.values())}"
    yield f"- sectors: {', '.join(report.sectors)}"
    if report.ignored:
        counted = ", ".join(f"{_plain(label)} ({number})" for label, number in sorted(report.ignored.items()))
        yield f"- labels of the file that are none of ours, left out: {counted}"
    if report.unjudged:
        yield f"- rows without any label: {report.unjudged}; all that was said of them counts as a false alarm"
    for title, reading in (("with codes", report.with_codes), ("without codes", report.without_codes)):
        forbidden = sum(bool(one.forbidden) for one in reading.judged)
        yield f"- rows with a label that must not be given, {title}: {forbidden}"


def _rows(report: Report) -> Iterator[str]:
    splits = sorted({split for split, _ in report.rows})
    languages = sorted({language for _, language in report.rows})
    counted = [
        [_plain(language) or "not said", *(report.rows.get((split, language), 0) for split in splits)]
        for language in languages
    ]
    yield from ("## Rows", "")
    yield from _table(["language", *(_plain(split) or "no split" for split in splits)], counted)


def _reading(title: str, reading: Reading) -> Iterator[str]:
    yield from (f"## {title}", "")
    yield from _table(["sector", *_FIGURES], [[name, *_figures(score)] for name, score in _scored(reading.sectors)])
    for kind, parts in (("language", reading.languages), ("split", reading.splits)):
        if parts:
            yield from (f"### {title}, by {kind}", "")
            yield from _table([kind, "sector", *_FIGURES], _scored_parts(parts))


def _scored(scores: Scores) -> list[tuple[str, Score]]:
    return [("all of these", together(scores)), *scores.items()]


def _scored_parts(parts: Mapping[str, Scores]) -> Iterator[Sequence[object]]:
    """Yield the scores of each part, without the sectors that do not occur in it."""
    for name, scores in parts.items():
        for sector, score in _scored(scores):
            if score.support or score.wrong:
                yield [_plain(name) or "not said", sector, *_figures(score)]


def _figures(score: Score) -> list[str]:
    shares = [f"{share:.4f}" for share in (score.precision, score.recall, score.f1)]
    return [*shares, str(score.support), str(score.missed), str(score.wrong)]


def _differences(title: str, reading: Reading, *, show_test: bool) -> Iterator[str]:
    shown, held_out = differing(reading, show_test=show_test)
    yield from (f"## {title}: rows sorted otherwise than labelled ({len(shown) + held_out})", "")
    if held_out:
        yield from (f"{held_out} of them are of the split {HELD_OUT} and are not shown.", "")
    for one in shown:
        yield from _difference(one)


def _difference(one: Judged) -> Iterator[str]:
    place = ", ".join(filter(None, (_plain(one.language), _plain(one.split), f"line {one.line}")))
    yield from (f"### {_plain(one.id)} ({place})", "", _plain(one.title) or "(no title)", "")
    yield f"- gold: {', '.join(sorted(one.gold)) or 'none'}"
    said = (f"{label.id} ({label.role.value} {label.confidence:g})" for label in one.predicted)
    yield f"- predicted: {', '.join(said) or 'none'}"
    for sector in one.missed:
        yield f"- missed: {sector}"
    for kind, labels in (("only as a copy", one.heard), ("false alarm", one.wrong), ("must not be", one.forbidden)):
        for label in labels:
            yield f"- {kind}: {label.id} ({label.role.value} {label.confidence:g})"
            yield from (f"  - {_plain(evidence)}" for evidence in evidence_of(label))
    yield ""


def _table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[str]:
    """Yield a table; what comes after its first column and is a number stands to the right."""
    rows = list(rows)
    numbers = [bool(rows) and str(cell)[:1].isdigit() for cell in rows[0]] if rows else [False] * len(head)
    yield f"| {' | '.join(head)} |"
    yield f"|{'|'.join(' ---: ' if number else ' --- ' for number in numbers)}|"
    yield from (f"| {' | '.join(map(str, row))} |" for row in rows)
    yield ""


def _rule(evidence: Evidence) -> str:
    return f"{evidence.rule}, inherited from {evidence.inherited_from}" if evidence.inherited_from else evidence.rule


def _plain(text: str) -> str:
    """Return a text on one line, with nothing in it that Markdown would take for more than text."""
    return _MARKUP.sub(r"\\\1", " ".join(text.split()))
