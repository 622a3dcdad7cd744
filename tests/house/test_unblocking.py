"""A log that nobody reads stops nothing."""

import io
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

from app.telemetry.unblocking import UnblockingHandler

LINE = "x" * 1000


@contextmanager
def full_pipe() -> Iterator[tuple[TextIO, int]]:
    """A stream into a pipe that takes no more, and the end at which it could be read."""
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    try:
        while True:
            os.write(writing, b"." * 4096)
    except BlockingIOError:
        os.set_blocking(writing, True)
    with open(writing, "w", encoding="utf-8") as stream:  # noqa: PTH123 - it is a descriptor
        yield stream, reading
    os.close(reading)


def record(message: str) -> logging.LogRecord:
    return logging.LogRecord("keng", logging.INFO, __file__, 1, message, None, None)


def test_lines_that_a_full_pipe_does_not_take_are_dropped_and_counted() -> None:
    with full_pipe() as (stream, reading):
        handler = UnblockingHandler(stream)
        for _ in range(100):
            handler.emit(record(LINE))
        assert handler.dropped == 100
        os.read(reading, 1 << 20)
        handler.emit(record("heard again"))
        assert os.read(reading, 1 << 20).decode() == '{"event": "log_lines_dropped", "count": 100}\nheard again\n'
        assert handler.dropped == 0


def test_a_reader_who_is_gone_ends_nothing() -> None:
    reading, writing = os.pipe()
    with open(writing, "w", encoding="utf-8") as stream:  # noqa: PTH123 - it is a descriptor
        os.close(reading)
        handler = UnblockingHandler(stream)
        handler.emit(record(LINE))
        assert handler.dropped == 1


def test_a_line_longer_than_a_pipe_takes_at_once_arrives_whole() -> None:
    reading, writing = os.pipe()
    with open(writing, "w", encoding="utf-8") as stream:  # noqa: PTH123 - it is a descriptor
        UnblockingHandler(stream).emit(record("y" * 30_000))
        assert os.read(reading, 1 << 20) == b"y" * 30_000 + b"\n"
    os.close(reading)


def test_a_stream_without_a_descriptor_is_written_as_ever() -> None:
    stream = io.StringIO()
    UnblockingHandler(stream).emit(record("line"))
    assert stream.getvalue() == "line\n"
