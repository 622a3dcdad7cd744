"""A worker from its start to its end: its doors opened, its calendar begun, what is in hand finished."""

import asyncio
from contextlib import AsyncExitStack
from datetime import timedelta

from app.bootstrap import (
    Installation,
    open_attachments,
    open_journal,
    open_mailbox,
    open_outgoing,
    open_post,
    open_sources,
    open_watch,
)
from app.domain.audit import Origin
from app.flow import upkeep
from app.flow.deliver import GRACE
from app.store.origins import acting_from
from app.worker.jobs import Worker


async def work(installation: Installation, stop: asyncio.Event, grace: timedelta = GRACE) -> None:
    """Run the clock and deliver, until `stop` is set; what is in hand then is finished first, at most for `grace`.

    Without a relay in the settings the clock runs all the same, and mail waits in the outbox.
    """
    async with AsyncExitStack() as doors:
        doors.enter_context(acting_from(Origin.WORKER))
        sources = await doors.enter_async_context(open_sources(installation.settings))
        outgoing = None
        if installation.settings.smtp_url is not None:
            outgoing = await doors.enter_async_context(open_outgoing(installation))
        documents = None
        if installation.settings.attachments:
            documents = await doors.enter_async_context(open_attachments(installation.settings))
        worker = Worker(
            installation,
            sources,
            outgoing,
            stop,
            grace,
            documents=documents,
            journal=open_journal(installation.settings),
            watch=await doors.enter_async_context(open_watch(installation)),
            mailbox=open_mailbox(installation.settings),
            post=await doors.enter_async_context(open_post(installation)),
        )
        await upkeep.expect(installation.database, {job.name: job.seconds for job in worker.jobs})
        scheduler = worker.scheduled()
        scheduler.start()
        delivering = asyncio.create_task(worker.deliver())
        try:
            await worker.until_stopped(delivering)
        finally:
            stop.set()
            scheduler.pause()
            await worker.rest()
            await delivering
            scheduler.shutdown(wait=False)
