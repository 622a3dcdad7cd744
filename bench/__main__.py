"""`python3 dev.py bench [--only NAME] [--rows N] …`: print what this machine does, and what it could do at best."""

import argparse
import asyncio
import tempfile
from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from pathlib import Path

from app.store.database import Database
from app.store.migrations import upgrade
from bench import desk, enumeration, fanout, intake, search, sending, sorting
from bench.report import heading
from tests import postgres

Measurement = Callable[[Database, argparse.Namespace], Awaitable[None]]
MEASUREMENTS: dict[str, Measurement] = {
    "import": intake.measure,
    "fan-out": fanout.measure,
    "sending": sending.measure,
    "search": search.measure,
    "desk": desk.measure,
    "enumeration": enumeration.measure,
}


def main() -> None:
    """Run the measurements that were asked for, on both databases."""
    asked = _arguments()
    if asked.only in (None, "sorting"):
        heading("sorting, one core")
        sorting.measure(asked)
    names = [name for name in MEASUREMENTS if asked.only in (None, name)]
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        stack.enter_context(postgres.owned())
        for name in names:
            for engine in asked.databases:
                heading(f"{name}, {engine}")
                asyncio.run(_measure(MEASUREMENTS[name], _url(engine, folder, name), asked))


async def _measure(measurement: Measurement, url: str, asked: argparse.Namespace) -> None:
    database = Database(url)
    try:
        await measurement(database, asked)
    finally:
        await database.close()


def _url(engine: str, folder: Path, name: str) -> str:
    if engine == "sqlite":
        url = f"sqlite:///{folder / name}.db"
        upgrade(url)
        return url
    server = postgres.shared_server(lambda found: upgrade(found.create("template")))
    return server.create(f"bench_{name.replace('-', '_')}", template="template")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="dev.py bench", description=__doc__)
    parser.add_argument("--only", choices=["sorting", *MEASUREMENTS], help="one measurement")
    parser.add_argument("--databases", nargs="+", choices=["sqlite", "postgresql"], default=["sqlite", "postgresql"])
    parser.add_argument("--rows", type=int, default=20_000, help="rows to import")
    parser.add_argument("--subscriptions", type=int, default=100_000, help="subscriptions to match")
    parser.add_argument("--mails", type=int, default=2_000, help="mails to send")
    parser.add_argument("--notices", type=int, default=100_000, help="notices to search in, and on the desk")
    parser.add_argument("--deliveries", type=int, default=1_000_000, help="deliveries in the register")
    parser.add_argument(
        "--tries", type=int, default=1_000, help="tries of each kind at every door that takes an address"
    )
    parser.add_argument("--requests", type=int, default=600, help="requests for each page of the desk that is promised")
    return parser.parse_args()


if __name__ == "__main__":
    main()
