"""What was done before: results by run, so that a command that was broken off goes on where it stopped."""

import json
from pathlib import Path

from tests.chaos.runs import Result

FOLDER = Path(__file__).resolve().parents[2] / ".chaos"


class Memory:
    """The results of the runs from one seed. A run that did not hold is done again."""

    def __init__(self, seed: int, folder: Path = FOLDER) -> None:
        self._file = folder / f"seed-{seed}.jsonl"

    def known(self) -> dict[str, Result]:
        """Return the results that held, by the name of their run."""
        if not self._file.exists():
            return {}
        known = {}
        for line in self._file.read_text("utf-8").splitlines():
            values = json.loads(line)
            result = Result(**values["result"])
            known[values["run"]] = result
        return {name: result for name, result in known.items() if result.sound}

    def keep(self, name: str, result: Result) -> None:
        """Remember a result."""
        self._file.parent.mkdir(exist_ok=True)
        with self._file.open("a", encoding="utf-8") as file:
            file.write(json.dumps({"run": name, "result": result.as_json()}, ensure_ascii=False) + "\n")

    def forget(self) -> None:
        """Forget all results."""
        self._file.unlink(missing_ok=True)
