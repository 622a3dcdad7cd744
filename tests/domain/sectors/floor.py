"""The floor under recall: what is found of each sector's labels in the frozen test split of the gold set.

`python3 dev.py floor` raises it to what is found now; it lowers it only for a reason, which it keeps.
"""

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.domain.evaluation import Reading, evaluate, read_labelled
from app.domain.sectors import Sorter
from app.sources.taxonomy_file import bundled_taxonomy
from tests.domain.sectors.gold_set import gold_rows

FILE = Path(__file__).parent / "floor.json"
READINGS = ("with_codes", "without_codes")


@dataclass(frozen=True, slots=True)
class Found:
    """How many labels of a sector there are in the test split, and how many of them are found in each reading."""

    labelled: int
    with_codes: int
    without_codes: int

    def falls_below(self, floor: "Found", reading: str) -> bool:
        """Tell whether a smaller share is found in a reading than the floor asks for."""
        found, asked = getattr(self, reading), getattr(floor, reading)
        return bool(found * floor.labelled < asked * self.labelled)

    def to_json(self) -> dict[str, Any]:
        """Return the counts, and the recalls that they amount to."""
        recalls = {reading: round(getattr(self, reading) / self.labelled, 4) for reading in READINGS}
        counts = {reading: getattr(self, reading) for reading in READINGS}
        return {"labelled": self.labelled, "found": counts, "recall": recalls}


Floor = Mapping[str, Found]


def read_floor(file: Path = FILE) -> Floor:
    """Return the floor under each sector."""
    sectors = json.loads(file.read_text("utf-8"))["sectors"]
    return {sector: Found(one["labelled"], **one["found"]) for sector, one in sectors.items()}


def measured(sorter: Sorter, rows: Sequence[dict[str, Any]]) -> Floor:
    """Return what a sorter finds of the sectors that these rows are labelled with."""
    report = evaluate((read_labelled(row, sorter.taxonomy, line) for line, row in enumerate(rows, start=1)), sorter)
    return {
        sector: Found(score.support, score.right, _right(report.without_codes, sector))
        for sector, score in sorted(report.with_codes.sectors.items())
        if score.support
    }


def fallen(found: Floor, floor: Floor) -> list[str]:
    """Return a sentence for each sector whose recall fell, or whose number of labels is not the one of the floor."""
    return [
        *(f"{sector} has no floor; run: python3 dev.py floor" for sector in sorted(found.keys() - floor.keys())),
        *(
            f"{sector} is labelled {counted} times where the floor says {asked.labelled}; run: python3 dev.py floor"
            for sector, asked in floor.items()
            if (counted := found[sector].labelled if sector in found else 0) != asked.labelled
        ),
        *_falls(found, floor),
    ]


def raise_floor(found: Floor, file: Path, *, because: str = "") -> list[str]:
    """Write the floor anew and return what was to be said; where it would fall without a reason, write nothing.

    `because` is kept in the file with every fall that it stands for.
    """
    kept = json.loads(file.read_text("utf-8")) if file.exists() else {"sectors": {}, "lowered": []}
    falls = _falls(found, read_floor(file)) if file.exists() else []
    if falls and not because:
        return [*falls, "the floor stays; to lower it, give a reason: --lower BECAUSE"]
    sectors = {sector: one.to_json() for sector, one in found.items()}
    lowered = [*kept["lowered"], *({"what": fall, "because": because} for fall in falls)]
    written = {"sectors": sectors, "lowered": lowered}
    file.write_text(json.dumps(written, ensure_ascii=False, indent=1) + "\n", "utf-8")
    return [*falls, f"the floor is written: {len(sectors)} sectors"]


def _falls(found: Floor, floor: Floor) -> list[str]:
    return [
        f"{sector}: recall fell {reading.replace('_', ' ')}, "
        f"{getattr(one, reading)} of {one.labelled} are found where {getattr(asked, reading)} of {asked.labelled} were"
        for sector, asked in floor.items()
        for one in [found.get(sector, Found(asked.labelled, 0, 0))]
        for reading in READINGS
        if one.falls_below(asked, reading)
    ]


def _right(reading: Reading, sector: str) -> int:
    return reading.sectors[sector].right


def main(arguments: Sequence[str]) -> int:
    """Raise the floor to what the bundled taxonomy finds; 1 when it would fall and no reason was given."""
    parser = argparse.ArgumentParser(prog="dev.py floor", description=__doc__)
    parser.add_argument("--lower", metavar="BECAUSE", default="", help="take a fall, for this reason")
    asked = parser.parse_args(arguments)
    said = raise_floor(measured(Sorter(bundled_taxonomy()), gold_rows("test")), FILE, because=asked.lower)
    print("\n".join(said))  # noqa: T201 - a command speaks
    return 1 if said[-1].startswith("the floor stays") else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
