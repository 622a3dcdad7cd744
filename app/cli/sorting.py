"""Sorting from the command line: labels for the notices of a file, and how they compare with a reader's."""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from app import bootstrap
from app.cli import console
from app.cli.taxonomy import sound_taxonomy
from app.domain.errors import invalid
from app.domain.evaluation import LabelledNotice, Reading, Report, Score, Scores, evaluate, together
from app.domain.sectors import Label
from app.domain.taxonomy import Taxonomy
from app.sources.labelled_file import LabelledFile
from app.texts.sorting_report import HELD_OUT, differing, evidence_of, sorting_report

_EVERY = 500
_MOST_EVIDENCE = 3


def add_to(app: typer.Typer) -> None:
    """Add the commands of this room."""
    app.command("classify")(classify)


def classify(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="JSON lines, one notice a line.")],
    with_evaluation: Annotated[
        bool, typer.Option("--evaluate", help="Compare with gold_sectors, or expected_primary, of each line.")
    ] = False,
    sectors: Annotated[str, typer.Option(help="Only these sectors, joined by commas.")] = "",
    split: Annotated[str, typer.Option(help="Only the rows of this split: train, tune or test.")] = "",
    report: Annotated[
        Path | None, typer.Option(file_okay=False, help="A folder for report.json and report.md.")
    ] = None,
    show_test: Annotated[bool, typer.Option("--show-test", help="Show the rows of the test split too.")] = False,
    taxonomy: Annotated[
        Path | None,
        typer.Option(exists=True, dir_okay=False, help="The rules as YAML; those that come with Kẻng if left out."),
    ] = None,
    as_json: console.Json = False,
) -> None:
    """Sort the notices of a file and print their labels; nothing is stored, and no database is asked."""
    console.settings()
    if report is not None and not with_evaluation:
        raise invalid("report", "a report needs --evaluate", field="--report")
    rules = bootstrap.open_rules() if taxonomy is None else bootstrap.Rules(sound_taxonomy(taxonomy)[0])
    chosen = [_sector(name, rules.taxonomy) for name in sectors.split(",") if name.strip()]
    labelled = LabelledFile(file, rules.taxonomy)
    with console.progress(f"Sorting {file.name}") as say:
        notices = _told_of(_of_split(labelled, split), say)
        if not with_evaluation:
            _print_labels(notices, chosen, rules, as_json=as_json)
            return
        folder = _opened(report) if report else None
        found = evaluate(notices, rules.sorter, chosen)
    if folder is not None:
        _write(folder / "report.json", json.dumps(found.to_json(), ensure_ascii=False, indent=1, sort_keys=True) + "\n")
        _write(folder / "report.md", sorting_report(found, digest=labelled.digest, show_test=show_test))
    if as_json:
        console.print_json(found.to_json())
    else:
        _print_report(found, show_test=show_test)


def _of_split(notices: Iterable[LabelledNotice], split: str) -> Iterator[LabelledNotice]:
    """Yield the notices of a split, or all; raises AppError where none is of it, for then a slip is likely."""
    met = False
    for notice in notices:
        if split in ("", notice.split):
            met = True
            yield notice
    if split and not met:
        raise invalid("unknown-split", f"no row of the file is of the split {split}", field="--split")


def _told_of(notices: Iterable[LabelledNotice], say: console.Say) -> Iterator[LabelledNotice]:
    for number, notice in enumerate(notices, start=1):
        if number % _EVERY == 0:
            say(f"{number} rows")
        yield notice


def _opened(folder: Path) -> Path:
    """Make the folder of a report before the work begins, so that a wrong one is known at once."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise invalid("report", f"{folder} cannot be made: {error.strerror}", field="--report") from error
    return folder


def _write(file: Path, text: str) -> None:
    try:
        file.write_text(text, "utf-8", newline="\n")
    except OSError as error:
        raise invalid("report", f"{file} cannot be written: {error.strerror}", field="--report") from error


def _print_labels(
    notices: Iterable[LabelledNotice], chosen: list[str], rules: bootstrap.Rules, *, as_json: bool
) -> None:
    predicted = (
        (notice.id, [one for one in rules.sorter.classify(notice.content).sectors if not chosen or one.id in chosen])
        for notice in notices
    )
    if as_json:
        rows = [{"id": row, "predicted": list(map(_plain, labels))} for row, labels in predicted]
        console.print_json({"taxonomy": rules.taxonomy.version, "rows": rows})
        return
    console.err.print(f"taxonomy {rules.taxonomy.version}")
    for row, labels in predicted:
        said = ", ".join(f"{one.id} ({one.role.value}, {one.confidence})" for one in labels)
        console.out.print(f"{row}  {said or '–'}")


def _print_report(report: Report, *, show_test: bool) -> None:
    console.out.print(f"taxonomy {report.taxonomy_version}, {sum(report.rows.values())} rows")
    if report.ignored:
        console.out.print(f"labels that are none of ours, left out: {', '.join(sorted(report.ignored))}")
    if report.unjudged:
        console.out.print(f"rows without any label: {report.unjudged}")
    for title, reading in (("with codes", report.with_codes), ("without codes", report.without_codes)):
        _print_reading(title, reading)
        _print_differences(reading, show_test=show_test)


def _print_reading(title: str, reading: Reading) -> None:
    console.out.print(f"\n{title:<42} {'precision':>9} {'recall':>9} {'f1':>9} {'support':>9}")
    for name, score in _scored(reading.sectors, everything=True):
        _print_score(name, score)
    for parts in (reading.languages, reading.splits):
        for part, scores in parts.items():
            for name, score in _scored(scores):
                _print_score(f"{part or 'not said'}: {name}", score)


def _scored(scores: Scores, *, everything: bool = False) -> Iterator[tuple[str, Score]]:
    """Yield the scores to be printed: together, then sector by sector where there is something to say."""
    yield "all of these", together(scores)
    yield from ((name, score) for name, score in scores.items() if everything or score.support or score.wrong)


def _print_score(name: str, score: Score) -> None:
    figures = f"{score.precision:>9.4f} {score.recall:>9.4f} {score.f1:>9.4f} {score.support:>9}"
    console.out.print(f"{name:<42} {figures}")


def _print_differences(reading: Reading, *, show_test: bool) -> None:
    shown, held_out = differing(reading, show_test=show_test)
    for one in shown:
        kinds = {"missed": ", ".join(one.missed), "wrong": _said(one.wrong), "must not be": _said(one.forbidden)}
        console.out.print(f"  {one.id}: {'; '.join(f'{kind} {said}' for kind, said in kinds.items() if said)}")
    if held_out:
        console.out.print(f"  {held_out} more of the split {HELD_OUT} differ; --show-test shows them")


def _said(labels: Iterable[Label]) -> str:
    return ", ".join(f"{label.id} ({'; '.join(evidence_of(label)[:_MOST_EVIDENCE])})" for label in labels)


def _plain(label: Label) -> dict[str, Any]:
    return {"id": label.id, "role": label.role.value, "confidence": label.confidence}


def _sector(name: str, taxonomy: Taxonomy) -> str:
    found = taxonomy.sector_id(name.strip())
    if found is None:
        raise invalid("unknown-sector", f"{name.strip()}: no such sector", field="--sectors")
    return found
