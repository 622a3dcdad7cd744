"""The gold set: notices with the sectors that a reader gave them and the reason, parted for good into three splits."""

import json
import re
from hashlib import sha256
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "gold"
SPLITS = {"train": 50, "tune": 75, "test": 100}

_CATEGORY = re.compile(r"^\| `([a-z-]+)` \|", re.MULTILINE)


def split_of(row_id: str) -> str:
    """Return the split of a row: the first four bytes of its id's SHA-256, as a number, by their rest to a hundred."""
    rest = int.from_bytes(sha256(row_id.encode()).digest()[:4], "big") % 100
    return next(split for split, end in SPLITS.items() if rest < end)


def gold_rows(split: str = "") -> list[dict[str, Any]]:
    """Return the rows of all files, or those of one split."""
    lines = [line for path in sorted(FOLDER.glob("*.jsonl")) for line in path.read_text("utf-8").splitlines()]
    return [row for row in map(json.loads, lines) if split in ("", row["split"])]


def trap_categories() -> set[str]:
    """Return the kinds of traps that the folder's own page names."""
    page = (FOLDER / "README.md").read_text("utf-8")
    return set(_CATEGORY.findall(page.partition("## Traps")[2]))
