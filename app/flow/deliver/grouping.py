"""Group commit: many small facts written in one transaction, none reported as written before it is committed."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

Fact = TypeVar("Fact")
Answer = TypeVar("Answer")


class GroupCommit(Generic[Fact, Answer]):
    """Collects facts while a transaction is under way and writes them together in the next.

    `write` commits a list of facts and answers each in turn. What it raises is raised to everyone who waits for it.
    """

    def __init__(self, write: Callable[[Sequence[Fact]], Awaitable[Sequence[Answer]]]) -> None:
        self._write = write
        self._waiting: list[tuple[Fact, asyncio.Future[Answer]]] = []
        self._writing: asyncio.Task[None] | None = None

    async def add(self, fact: Fact) -> Answer:
        """Return the answer to a fact once it is committed."""
        answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting.append((fact, answer))
        if self._writing is None:
            self._writing = asyncio.create_task(self._write_all())
        return await answer

    async def finish(self) -> None:
        """Wait until every fact added so far is committed."""
        while self._writing is not None and not self._writing.done():
            await asyncio.wait([self._writing])

    async def _write_all(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting, []
            try:
                answers = await self._write([fact for fact, _ in batch])
            except BaseException as error:  # noqa: BLE001 - whoever waits must hear of it, whatever it is
                for _, answer in batch:
                    if not answer.done():
                        answer.set_exception(error)
            else:
                for (_, answer), given in zip(batch, answers, strict=True):
                    if not answer.done():
                        answer.set_result(given)
        self._writing = None
