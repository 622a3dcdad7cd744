"""A log that nobody reads stops nothing: what its pipe does not take is dropped, and counted (F42)."""

import io
import logging
import os
import select
from typing import TextIO

_PATIENCE = 0.5
"""Seconds to wait for a reader who is only slow; one who has kept us waiting once is not waited for again."""

_AT_ONCE = select.PIPE_BUF
"""Octets that a pipe which is ready takes without blocking (pipe(7))."""


class UnblockingHandler(logging.StreamHandler[TextIO]):
    """Writes to a stream; once its pipe is full, lines are dropped until it is read again, and their number is told."""

    def __init__(self, stream: TextIO) -> None:
        super().__init__(stream)
        self.dropped = 0

    def emit(self, record: logging.LogRecord) -> None:
        """Write one line, or drop it."""
        number = _descriptor(self.stream)
        if number is None:
            super().emit(record)
            return
        try:
            line = self.format(record) + self.terminator
            if self.dropped:
                line = f'{{"event": "log_lines_dropped", "count": {self.dropped}}}\n{line}'
            self._write(number, line.encode("utf-8", "backslashreplace"))
        except OSError:  # a full disk, or a reader who is gone: there is nowhere left to say so
            self.dropped += 1
        except Exception:  # noqa: BLE001 - as in the class above: a line that cannot be made ends nothing
            self.handleError(record)

    def _write(self, number: int, octets: bytes) -> None:
        waits = 0.0 if self.dropped else _PATIENCE
        for start in range(0, len(octets), _AT_ONCE):
            if not select.select([], [number], [], waits)[1]:
                self.dropped += 1
                return
            os.write(number, octets[start : start + _AT_ONCE])
        self.dropped = 0


def _descriptor(stream: TextIO) -> int | None:
    """Return the descriptor behind a stream, with nothing of the stream's own left unwritten; None where it has none."""
    try:
        number = stream.fileno()
        stream.flush()
    except (io.UnsupportedOperation, AttributeError, ValueError):
        return None
    return number
