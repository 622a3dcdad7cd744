import logging

import pytest
import structlog


@pytest.fixture
def _quiet() -> None:
    """Let nothing be logged: every run is full of faults."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
