"""From where the acts of this task come: the command line, a page, the API or the worker set it at their door.

It goes by context, as the logs' own context does: no use case decides anything by it, and none could pass it on wrongly.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from app.domain.audit import Origin

_origin: ContextVar[Origin] = ContextVar("origin", default=Origin.UNKNOWN)


def origin() -> Origin:
    """Return from where the present task acts."""
    return _origin.get()


@contextmanager
def acting_from(place: Origin) -> Iterator[None]:
    """Let what is written in this block, and in tasks begun in it, come from there."""
    token = _origin.set(place)
    try:
        yield
    finally:
        _origin.reset(token)
