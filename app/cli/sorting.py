"""Sorting from the command line: labels for the notices of a file, and how they compare with a reader's."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from app import bootstrap
from app.cli import console
from app.cli.taxonomy import sound_taxonomy
from app.domain.errors import invalid
from app.domain.evaluation import LabelledNotice, Reading, Report, evaluate, read_labelled
from app.domain.sectors import Label
from app.domain.taxonomy import Taxonomy


def add_to(app: typer.Typer) -> None:
    """Add the commands of this room."""
    app.command("classify")(classify)


def classify(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="JSON lines, one notice a line.")],
    with_evaluation: Annotated[
        bool, typer.Option("--evaluate", help="Compare with gold_sectors, or expected_primary, of each line.")
    ] = False,
    sectors: Annotated[str, typer.Option(help="Only these sectors, joined by commas.")] = "",
    report: Annotated[Path | None, typer.Option(file_okay=False, help="A folder to write report.json to.")] = None,
    taxonomy: Annotated[
        Path | None,
        typer.Option(exists=True, dir_okay=False, help="The rules as YAML; those that come with Kẻng if left out."),
    ] = None,
    as_json: console.Json = False,
) -> None:
    """Sort the notices of a file and print their labels; nothing is stored, and no database is asked."""
    console.settings()
    rules = bootstrap.open_rules() if taxonomy is None else bootstrap.Rules(sound_taxonomy(taxonomy)[0])
    chosen = [_sector(name, rules.taxonomy) for name in sectors.split(",") if name.strip()]
    with console.progress(f"Sorting {file.name}"):
        notices = list(_notices(file, rules.taxonomy))
        if not with_evaluation:
            _print_labels(notices, chosen, rules, as_json=as_json)
            return
        found = evaluate(notices, rules.sorter, chosen)
    if report is not None:
        report.mkdir(parents=True, exist_ok=True)
        (report / "report.json").write_text(_printed(found.to_json()), "utf-8")
    if as_json:
        console.print_json(found.to_json())
    else:
        _print_scores(found)


def _notices(file: Path, taxonomy: Taxonomy) -> Iterator[LabelledNotice]:
    with file.open(encoding="utf-8-sig") as opened:
        for number, line in enumerate(opened, start=1):
            if line.strip():
                yield read_labelled(_object(line, number), taxonomy, number)


def _object(line: str, number: int) -> dict[str, Any]:
    try:
        values = json.loads(line)
    except json.JSONDecodeError as error:
        raise invalid("labelled-file", f"line {number}: is not JSON: {error.msg}", field="FILE") from error
    if not isinstance(values, dict):
        raise invalid("labelled-file", f"line {number}: is not a JSON object", field="FILE")
    return values


def _print_labels(notices: list[LabelledNotice], chosen: list[str], rules: bootstrap.Rules, *, as_json: bool) -> None:
    rows: list[dict[str, Any]] = []
    for notice in notices:
        labels = rules.sorter.classify(notice.content).sectors
        rows.append({"id": notice.id, "predicted": [_plain(one) for one in labels if not chosen or one.id in chosen]})
    if as_json:
        console.print_json({"taxonomy": rules.taxonomy.version, "rows": rows})
        return
    console.err.print(f"taxonomy {rules.taxonomy.version}")
    for row in rows:
        said = ", ".join(f"{one['id']} ({one['role']}, {one['confidence']})" for one in row["predicted"])
        console.out.print(f"{row['id']}  {said or '–'}")


def _print_scores(report: Report) -> None:
    console.out.print(f"taxonomy {report.taxonomy_version}")
    for title, reading in (("with codes", report.with_codes), ("without codes", report.without_codes)):
        _print_reading(title, reading)


def _print_reading(title: str, reading: Reading) -> None:
    console.out.print(f"\n{title:<20} {'precision':>9} {'recall':>9} {'f1':>9} {'support':>9}")
    for name, score in [("all of these", reading.together), *reading.sectors.items()]:
        figures = f"{score.precision:>9.4f} {score.recall:>9.4f} {score.f1:>9.4f} {score.support:>9}"
        console.out.print(f"{name:<20} {figures}")
    for one in reading.judged:
        said = "; ".join(f"{label.id} ({_evidence(label)})" for label in one.wrong)
        if one.missed or said:
            console.out.print(f"  {one.notice.id}: missed {', '.join(one.missed) or 'none'}; wrong {said or 'none'}")


def _plain(label: Label) -> dict[str, Any]:
    return {"id": label.id, "role": label.role.value, "confidence": label.confidence}


def _evidence(label: Label) -> str:
    return ", ".join(f"{one.field}: {one.quote!r}" for one in label.evidence[:3])


def _sector(name: str, taxonomy: Taxonomy) -> str:
    found = taxonomy.sector_id(name.strip())
    if found is None:
        raise invalid("unknown-sector", f"{name.strip()}: no such sector", field="--sectors")
    return found


def _printed(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True) + "\n"
