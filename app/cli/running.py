"""Running Kẻng from the command line: the server, the worker, the demo."""

import asyncio
import gc
import sys
from contextlib import nullcontext
from typing import Annotated

import typer

from app import bootstrap
from app.bootstrap import Installation
from app.cli import console, stopping
from app.cli.watching import keep_watch

_PATIENCE = 20
"""Seconds that requests under way may take when the server is told to end."""
_TURN = 0.0002
"""Seconds until a thread that waits for the interpreter gets it. SQLite's give it back at every row, and with Python's own 5 ms
a page of many rows waited two seconds among others, which takes 0.04 by itself."""


def add_to(app: typer.Typer) -> None:
    """Add the commands of this room."""
    for name, command in (("demo", demo), ("serve", serve), ("worker", worker)):
        app.command(name)(command)


def demo(
    port: Annotated[int, typer.Option(help="Where the pages are; the next free port if it is taken.")] = 8000,
    once: Annotated[bool, typer.Option("--once", help="End when the mails have arrived.")] = False,
) -> None:
    """Show everything on this machine with sample notices: pull, sort, mail. Nothing leaves the machine."""
    from app.demo.story import run  # noqa: PLC0415 - no other command should wait for its imports

    raise typer.Exit(run(port=port, once=once))


def serve(
    host: Annotated[str | None, typer.Option(help="The address to listen at; KENG_LISTEN if left out.")] = None,
    port: Annotated[int | None, typer.Option(help="The port to listen at; KENG_LISTEN if left out.")] = None,
    with_worker: Annotated[
        bool | None, typer.Option("--worker/--no-worker", help="Also run the worker; by default on SQLite.")
    ] = None,
) -> None:
    """Serve the pages and the API."""
    settings = console.settings(quiet=False)
    bootstrap.prepare_database(settings)
    installation = bootstrap.install(settings)
    listen = (host or settings.listen.host, settings.listen.port if port is None else port)
    works = settings.uses_sqlite if with_worker is None else with_worker
    if with_worker:
        settings.required_relay()
    elif works and settings.smtp_url is None:
        console.err.print("keng: KENG_SMTP_URL is not set: pages and pulls work, mail waits in the outbox")
    asyncio.run(_serve(installation, *listen, works=works))


def worker() -> None:
    """Run the scheduler and the delivery loop until told to stop."""
    settings = console.settings(quiet=False)
    bootstrap.prepare_database(settings)
    settings.required_relay()
    asyncio.run(_work(bootstrap.install(settings)))


async def _serve(installation: Installation, host: str, port: int, *, works: bool) -> None:
    import uvicorn  # noqa: PLC0415 - it and FastAPI cost a second that no other command should wait for

    from app.main import create_app  # noqa: PLC0415 - as above
    from app.web.pages import compile_pages  # noqa: PLC0415 - as above
    from app.worker import work  # noqa: PLC0415 - as above

    server = uvicorn.Server(
        uvicorn.Config(
            create_app(installation, worker_expected=works),
            host=host,
            port=port,
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_graceful_shutdown=_PATIENCE,
        )
    )
    compile_pages()
    _settle()
    # uvicorn raises a signal once more when it has ended, which would kill the worker in the middle of a hand-over.
    server.capture_signals = nullcontext  # type: ignore[assignment]  # its context does nothing
    stop = stopping.stopped_by_signals(lambda: setattr(server, "should_exit", True))
    working = asyncio.create_task(work(installation, stop, stopping.GRACE)) if works else None
    looking = None if works else asyncio.create_task(keep_watch(installation))
    if working is not None:
        # A worker that ends, ends the process: whoever started it should know, and start it again.
        working.add_done_callback(lambda _: setattr(server, "should_exit", True))
    try:
        await server.serve()
    finally:
        stop.set()
        if working is not None:
            await working
        if looking is not None:
            looking.cancel()
            await asyncio.gather(looking, return_exceptions=True)
        await installation.database.close()


def _settle() -> None:
    """Keep the collector from going through what was imported, of which nothing is ever freed, and let threads take turns.

    A full collection stopped every page for 180 ms; with what stands left out, none of 180 pages waited longer than 4 ms.
    """
    gc.collect()
    gc.freeze()
    sys.setswitchinterval(_TURN)


async def _work(installation: Installation) -> None:
    from app.worker import work  # noqa: PLC0415 - no other command should wait for its imports

    stop = stopping.stopped_by_signals()
    try:
        await work(installation, stop, stopping.GRACE)
    finally:
        await installation.database.close()
