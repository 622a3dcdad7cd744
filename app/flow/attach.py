"""Bring the documents behind the links of notices, and let notices be found and sorted by what these say."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Protocol

import structlog

from app.domain.attachments import AttachmentState, Document, documents_of, next_try
from app.domain.queries import annex_words
from app.domain.visits import Fault, FaultKind, resume_at
from app.i18n.dates import today_in_vietnam
from app.store import attachments
from app.store.attachments import Claimed, Placed
from app.store.database import Connection, Database

_log = structlog.get_logger(__name__)

RECENT = timedelta(days=90)
"""Documents are brought of what was circulated within so long: every draft that is open for comments is."""
_LONGEST_TRY = timedelta(minutes=10)
_BATCH = 200
_OF_THE_HOST = frozenset({FaultKind.UNREACHABLE, FaultKind.BUSY})


class Door(Protocol):
    """What documents come through."""

    @property
    def hosts(self) -> frozenset[str]:
        """The hosts that documents are fetched from."""

    def host_of(self, link: str) -> str:
        """Return the host of a link as `hosts` names it."""

    async def bring(self, link: str) -> Document | Fault:
        """Return the document behind a link with what was read in it."""


async def list_links(database: Database, door: Door) -> int:
    """List the links of recent notices that are not listed as they stand; return of how many notices."""
    total = 0
    while True:
        async with database.writing() as connection:
            now = await database.now(connection)
            if not total:
                await attachments.admit(connection, door.hosts)
                await attachments.give_up(connection, now)
            since = today_in_vietnam(now) - RECENT
            batch = await attachments.unlisted(connection, since, _BATCH)
            if not batch:
                return total
            links = {link for _, _, content in batch for _, link in documents_of(content)}
            await attachments.list_links(connection, batch, {link: _placed(door, link) for link in links})
        total += len(batch)


async def bring_waiting(
    database: Database,
    door: Door,
    go_on: Callable[[], bool] = lambda: True,
    watch: Callable[[int], None] = lambda _seen: None,
) -> dict[AttachmentState, int]:
    """Bring documents that are due, one after the other, while `go_on` says so; return how many ended in each state.

    One that came to nothing is tried again later; a host that does not serve is left alone for a while (IN-02). `watch`
    hears how many were tried so far.
    """
    ended: dict[AttachmentState, int] = {}
    while go_on():
        async with database.writing() as connection:
            now = await database.now(connection)
            claimed = await attachments.claim(connection, now, now + _LONGEST_TRY)
        if claimed is None:
            break
        brought = await door.bring(claimed.url)
        async with database.writing() as connection:
            state = await _write(connection, claimed, brought, database)
        ended[state] = ended.get(state, 0) + 1
        watch(sum(ended.values()))
        _log.info("attachment", url=claimed.url, state=state.value, attempts=claimed.attempts)
    return ended


async def index_annexes(database: Database) -> int:
    """Index anew what the attachments of notices say; return of how many notices."""
    total = 0
    while True:
        async with database.reading() as connection:
            due = await attachments.due_for_index(connection, _BATCH)
        for number, annex in due.items():
            words = await asyncio.to_thread(lambda one: annex_words(one.text), annex)
            async with database.writing() as connection:
                await attachments.save_words(connection, number, annex, words)
        total += len(due)
        if len(due) < _BATCH:
            return total


def _placed(door: Door, link: str) -> Placed:
    host = door.host_of(link)
    return host, AttachmentState.WAITING if host in door.hosts else AttachmentState.FORBIDDEN


async def _write(
    connection: Connection, claimed: Claimed, brought: Document | Fault, database: Database
) -> AttachmentState:
    now = await database.now(connection)
    if isinstance(brought, Document):
        await attachments.save_host(connection, claimed.host, 0, None)
        await attachments.keep(connection, claimed, brought, now)
        return brought.reading.state
    if brought.kind in _OF_THE_HOST:
        failures = await attachments.failures_of(connection, claimed.host) + 1
        resting = resume_at(now, failures, brought.retry_after)
        await attachments.save_host(connection, claimed.host, failures, resting)
    state, again = AttachmentState.WAITING, next_try(now, claimed.attempts, brought.retry_after)
    if brought.oversize:
        state, again = AttachmentState.OVER_LIMITS, None
    elif brought.kind is FaultKind.REFUSED:
        state, again = AttachmentState.FORBIDDEN, None
    elif again is None:
        state = AttachmentState.UNREACHABLE
    await attachments.settle(connection, claimed, state=state, reason=brought.reason, next_try_at=again)
    return state
