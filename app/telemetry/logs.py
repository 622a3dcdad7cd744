"""Log lines on stderr: JSON, one line for each event; on a terminal the same in a form for people."""

import logging
import sys
from collections.abc import Iterable
from typing import Any, Final, TextIO

import structlog
from structlog.typing import EventDict, Processor

from app.telemetry.masking import Mask
from app.telemetry.unblocking import UnblockingHandler

CHATTY: Final = ("httpx", "httpcore", "apscheduler", "aiosqlite", "asyncio", "alembic")
"""Libraries that tell of every step; only their warnings are wanted."""
TWICE: Final = ("flufl.bounce",)
"""Libraries that print the traceback of what they also raise, which we tell of ourselves."""


def configure_logging(secrets: Iterable[str] = (), *, stream: TextIO | None = None, level: int = logging.INFO) -> None:
    """Send every log line of this process, ours and the libraries', masked to `stream` (stderr).

    `secrets` are values that must not be shown even where nothing gives them away (`Settings.secrets`).
    """
    stream = stream or sys.stderr
    for_people = stream.isatty()
    beginning: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    ending: list[Processor] = [
        structlog.stdlib.ProcessorFormatter.remove_processors_meta,
        structlog.processors.format_exc_info,
        _Masking(Mask(secrets), margin="  | " if for_people else ""),
        structlog.dev.ConsoleRenderer() if for_people else structlog.processors.JSONRenderer(ensure_ascii=False),
    ]
    structlog.configure(
        processors=[*beginning, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )
    handler = UnblockingHandler(stream)
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(foreign_pre_chain=beginning, processors=ending))
    logging.basicConfig(handlers=[handler], level=level, force=True)
    logging.captureWarnings(capture=True)
    for name in CHATTY:
        logging.getLogger(name).setLevel(logging.WARNING)
    for name in TWICE:
        logging.getLogger(name).setLevel(logging.CRITICAL)


class _Masking:
    """Masks every value of an event. A traceback keeps its lines; `margin` before each shows where they belong."""

    def __init__(self, mask: Mask, *, margin: str) -> None:
        self._mask = mask
        self._margin = margin

    def __call__(self, _logger: Any, _method: str, event: EventDict) -> EventDict:
        exception = event.pop("exception", None)
        masked: EventDict = self._mask.value(event)
        if exception is not None:
            masked["exception"] = "\n".join(self._margin + self._mask.text(line) for line in exception.splitlines())
        return masked
