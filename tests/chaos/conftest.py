import logging
from collections.abc import Iterator

import pytest
import structlog


@pytest.fixture
def _quiet() -> Iterator[None]:
    """Let nothing be logged: every run is full of faults."""
    before = structlog.get_config()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    yield
    structlog.configure(**before)
