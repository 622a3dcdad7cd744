"""Open the database that the settings name, run one use case over it, and close it."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from app import bootstrap
from app.cli import console
from app.settings import Settings
from app.store.database import Database

T = TypeVar("T")


def with_database(work: Callable[[Settings, Database], Awaitable[T]]) -> T:
    """Return what a use case returns; the schema is there when it begins, as `bootstrap.prepare_database` says."""
    settings = console.settings()
    bootstrap.prepare_database(settings)

    async def opened() -> T:
        async with bootstrap.open_database(settings) as database:
            return await work(settings, database)

    return console.run(opened())
