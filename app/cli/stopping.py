"""Being told to stop: SIGTERM and SIGINT let what is under way end in order, for as long as the grace lasts."""

import asyncio
import signal
from collections.abc import Callable, Coroutine
from datetime import timedelta
from typing import Any

from app.flow import deliver

GRACE: timedelta = deliver.GRACE
"""What every command that delivers gives to what it has in hand."""


def stopped_by_signals(also: Callable[[], None] | None = None) -> asyncio.Event:
    """Return an event that SIGTERM and SIGINT set; they do `also` what else ends the process in order."""
    stop = asyncio.Event()

    def end() -> None:
        stop.set()
        if also is not None:
            also()

    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, end)
    return stop


async def unless_late(work: Coroutine[Any, Any, object], stop: asyncio.Event, grace: timedelta) -> None:
    """Do the work; when `stop` is set it has `grace` left and is broken off then, as every stage may be (law 3)."""
    working, stopping = asyncio.create_task(work), asyncio.create_task(stop.wait())
    await asyncio.wait({working, stopping}, return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    _, late = await asyncio.wait({working}, timeout=grace.total_seconds())
    for task in late:
        task.cancel()
    await asyncio.wait({working})
    if not working.cancelled():
        working.result()
