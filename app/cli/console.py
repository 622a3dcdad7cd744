"""How commands speak: settings read once, words on stdout, progress on stderr, JSON where a machine reads."""

import asyncio
import json
import signal
import sys
from collections.abc import Callable, Coroutine
from contextlib import AbstractContextManager, nullcontext
from typing import Annotated, Any, TypeVar

import typer
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from app.domain.audit import Origin
from app.domain.errors import invalid
from app.settings import Settings, load_settings
from app.store.origins import acting_from
from app.telemetry.logs import configure_logging

T = TypeVar("T")

Say = Callable[[str], None]
Json = Annotated[bool, typer.Option("--json", help="Print JSON for a machine to read.")]
_ACCOUNT = "account:"


def _no_account(actor: str) -> str:
    """Return who says that they do this; AppError (invalid) for a name that only signing in gives."""
    if actor.strip().casefold().startswith(_ACCOUNT):
        raise invalid("actor-account", f"{_ACCOUNT} names who signed in to the desk; give a name", field="--by")
    return actor


Actor = Annotated[str, typer.Option("--by", callback=_no_account, help="Who does this, for the record.")]

out = Console(soft_wrap=True, highlight=False, markup=False)
err = Console(stderr=True, soft_wrap=True, highlight=False, markup=False)


def settings(*, quiet: bool = True) -> Settings:
    """Read the environment, set up logging (warnings only for a command, everything for a server), return both in one."""
    found = load_settings(lambda sentence: err.print(f"keng: {sentence}"))
    configure_logging(found.secrets, level=30 if quiet else 20)
    return found


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run one use case to its end. SIGTERM breaks it off as Ctrl-C does: what is in hand is undone or closed first."""
    try:
        with acting_from(Origin.COMMAND):
            return asyncio.run(_breakable(work))
    except asyncio.CancelledError:
        raise typer.Exit(128 + signal.SIGTERM) from None


async def _breakable(work: Coroutine[Any, Any, T]) -> T:
    task = asyncio.current_task()
    assert task is not None  # noqa: S101 - asyncio.run makes one
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    return await work


def print_json(value: Any) -> None:
    """Print one JSON value."""
    print(json.dumps(value, ensure_ascii=False, default=str))  # noqa: T201 - machines want no wrapping


def progress(description: str) -> AbstractContextManager[Say]:
    """Show on a terminal that something is going on; the value takes what to say."""
    if not sys.stderr.isatty():
        return nullcontext(lambda _said: None)
    return _Telling(description)


class _Telling(AbstractContextManager[Say]):
    def __init__(self, description: str) -> None:
        self._progress = Progress(SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn(), console=err)
        self._task = self._progress.add_task(description)
        self._description = description

    def __enter__(self) -> Say:
        self._progress.start()
        return self._say

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def _say(self, said: str) -> None:
        self._progress.update(self._task, description=f"{self._description}: {said}")
