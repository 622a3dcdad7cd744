"""Files of labelled notices: JSON Lines in UTF-8, read line by line, however many there are."""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from app.domain.errors import invalid
from app.domain.evaluation import LabelledNotice, read_labelled
from app.domain.taxonomy import Taxonomy

_LINE_BYTES = 16 * 1024 * 1024


class LabelledFile:
    """The notices of one file. `digest` is the SHA-256 of what was read of it so far, as hexadecimal digits."""

    def __init__(self, path: Path, taxonomy: Taxonomy) -> None:
        self._path = path
        self._taxonomy = taxonomy
        self._read = hashlib.sha256()

    @property
    def digest(self) -> str:
        """What tells this file from others, once all of it was read."""
        return self._read.hexdigest()

    def __iter__(self) -> Iterator[LabelledNotice]:
        """Yield each notice; empty lines are none.

        Raises AppError naming the first line, and its field, that cannot be read: no row is passed over.
        """
        self._read = hashlib.sha256()
        try:
            with self._path.open("rb") as opened:
                for number, line in enumerate(iter(lambda: opened.readline(_LINE_BYTES + 1), b""), start=1):
                    self._read.update(line)
                    text = _text(line, number)
                    if text.strip():
                        yield read_labelled(_object(text, number), self._taxonomy, number)
        except OSError as error:
            raise invalid(
                "labelled-file", f"{self._path.name} cannot be read: {error.strerror}", field="FILE"
            ) from error


def _text(line: bytes, number: int) -> str:
    if len(line) > _LINE_BYTES:
        raise invalid("labelled-file", f"line {number}: is longer than {_LINE_BYTES} bytes", field="FILE")
    try:
        return line.decode("utf-8-sig" if number == 1 else "utf-8")
    except UnicodeDecodeError as error:
        raise invalid("labelled-file", f"line {number}: byte {error.start + 1} is not UTF-8", field="FILE") from error


def _object(text: str, number: int) -> dict[str, Any]:
    try:
        values = json.loads(text)
    except json.JSONDecodeError as error:
        reason = f"line {number}: is not JSON: {error.msg} at character {error.pos + 1}"
        raise invalid("labelled-file", reason, field="FILE") from error
    except (ValueError, RecursionError) as error:
        raise invalid("labelled-file", f"line {number}: holds what no notice holds: {error}", field="FILE") from error
    if not isinstance(values, dict):
        raise invalid("labelled-file", f"line {number}: is not a JSON object", field="FILE")
    return values
