"""The real `keng` in processes of its own, with an environment, a working directory and an exit code of their own.

Loading Kẻng takes longer than most of its commands. One process does that once, and every command begins as a copy of
it (multiprocessing's fork server), so that many can be told of in little time.
"""

import asyncio
import json
import multiprocessing
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any, Self

from app.cli import main, stopping

LONGEST = 90.0
"""Seconds after which a command counts as stuck; none should need a tenth of it."""

_processes = multiprocessing.get_context("forkserver")
_processes.set_forkserver_preload(["pytest", "tests.stories.preloaded"])


@dataclass(frozen=True, slots=True)
class Done:
    """How a command ended and what it said."""

    code: int
    out: str
    err: str

    @property
    def value(self) -> Any:
        """What it printed for machines."""
        return json.loads(self.out)


def _nothing() -> None:
    """Prepare nothing."""


class Running:
    """A command under way."""

    def __init__(
        self,
        words: tuple[str, ...],
        environment: Mapping[str, str],
        folder: Path,
        said: Path,
        grace: timedelta,
        prepare: Callable[[], None] = _nothing,
    ) -> None:
        self.words = words
        self._out, self._err = said.with_suffix(".out"), said.with_suffix(".err")
        self._process: BaseProcess = _processes.Process(
            target=_command, args=(words, dict(environment), folder, self._out, self._err, grace, prepare), daemon=True
        )
        self._process.start()

    @property
    def err(self) -> str:
        """What it said on stderr so far."""
        return _said(self._err)

    @property
    def alive(self) -> bool:
        return self._process.is_alive()

    async def ended(self, within: float = LONGEST) -> Done:
        """Wait for its end."""
        await asyncio.to_thread(self._process.join, within)
        assert self._process.exitcode is not None, f"still running after {within} s: {self.words}\n{self.err}"
        return Done(self._process.exitcode, _said(self._out), self.err)

    async def told_to_stop(self, within: float) -> Done:
        """Send SIGTERM, as a service manager does, and wait."""
        self.send(signal.SIGTERM)
        return await self.ended(within)

    def send(self, number: signal.Signals) -> None:
        """Send it a signal."""
        assert self._process.pid is not None
        os.kill(self._process.pid, number)

    def kill(self) -> None:
        """End it without a warning: SIGKILL."""
        self._process.kill()


@dataclass
class Keng:
    """The command with its settings: `await keng("pull", "eping")`."""

    folder: Path
    environment: dict[str, str]
    secrets: tuple[str, ...]
    running: list[Running] = field(default_factory=list)

    def with_settings(self, **settings: str | None) -> Self:
        """Return the same with other settings, named without `KENG_` in lower case; None unsets one."""
        changed = {f"KENG_{name.upper()}": value for name, value in settings.items()}
        kept = {name: value for name, value in self.environment.items() if name not in changed}
        new = {name: value for name, value in changed.items() if value is not None}
        return type(self)(self.folder, kept | new, self.secrets, self.running)

    def start(
        self,
        *words: str,
        folder: Path | None = None,
        grace: timedelta = stopping.GRACE,
        prepare: Callable[[], None] = _nothing,
    ) -> Running:
        """Start a command and leave it running; `grace` is what it gives to what it has in hand when told to stop.

        `prepare` is called in its process, just before it begins.
        """
        said = self.folder / f"said-{len(self.running)}"
        started = Running(words, self.environment, folder or self.folder, said, grace, prepare)
        self.running.append(started)
        return started

    async def __call__(self, *words: str, exits: int = 0, folder: Path | None = None) -> Done:
        """Run a command to its end, which must be as expected, without a traceback and without a secret said."""
        return self.judged(await self.start(*words, folder=folder).ended(), words, exits)

    def judged(self, done: Done, words: tuple[str, ...], exits: int) -> Done:
        said = done.out + done.err
        assert done.code == exits, f"keng {' '.join(words)} ended with {done.code}:\n{said}"
        assert "Traceback" not in said, said
        assert not [secret for secret in self.secrets if secret in said], said
        return done


async def until(condition: Callable[[], bool | Awaitable[bool]], within: float = LONGEST) -> None:
    """Wait until something has come true."""
    async with asyncio.timeout(within):
        while not await _true(condition()):  # noqa: ASYNC110 - what is waited for happens in another process
            await asyncio.sleep(0.02)


def _said(file: Path) -> str:
    return file.read_text("utf-8") if file.exists() else ""


async def _true(found: bool | Awaitable[bool]) -> bool:
    return found if isinstance(found, bool) else await found


def _command(  # noqa: PLR0917 - as above
    words: tuple[str, ...],
    environment: dict[str, str],
    folder: Path,
    out: Path,
    err: Path,
    grace: timedelta,
    prepare: Callable[[], None],
) -> None:
    """Become the command."""
    stopping.GRACE = grace
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    for number, file in ((1, out), (2, err)):
        os.dup2(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), number)
    prepare()
    sys.argv = ["keng", *words]
    main()
