"""An answer that costs much to find and that nobody needs to the second: found once, and given to all for a while."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

Found = TypeVar("Found")

SECONDS = 5.0


class Recently(Generic[Found]):
    """What was found in the last `seconds`. Who asks while it is sought waits for the same finding."""

    def __init__(self, seconds: float = SECONDS, clock: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._clock = clock
        self._turn = asyncio.Lock()
        self._kept: tuple[float, Found] | None = None

    async def get(self, find: Callable[[], Awaitable[Found]]) -> Found:
        """Return what is kept, or find it and keep it. What `find` raises is raised, and nothing is kept then."""
        async with self._turn:
            if self._kept is not None and self._clock() < self._kept[0]:
                return self._kept[1]
            found = await find()
            self._kept = self._clock() + self._seconds, found
            return found
