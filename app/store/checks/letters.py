"""From the letters that were sent to the outbox: who of an organisation should have one, and whose message is gone."""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, exists, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.alarms import Check, Finding
from app.store.checks.stages import MOST
from app.store.tables import contacts, deliveries, letter_recipients, letters, notices, organisations


async def letters_gone(connection: AsyncConnection, since: datetime) -> list[Finding]:
    """Find the letters sent since a moment of which a message is not there, or not one to that reader.

    SQLite gives out numbers anew, so that a message of the same number may be another one.
    """
    there = exists().where(
        deliveries.c.id == letter_recipients.c.delivery_id,
        deliveries.c.subscriber_id == letter_recipients.c.subscriber_id,
        deliveries.c.kind == "letter",
    )
    statement = _letters(letter_recipients.c.subscriber_id).join(
        letter_recipients, letter_recipients.c.letter_id == letters.c.id
    )
    lost = statement.where(letters.c.queued_at >= since, letter_recipients.c.skipped.is_(None), ~there)
    return await _found(connection, Check.DELIVERY_GONE, lost)


async def letters_not_addressed(connection: AsyncConnection, since: datetime) -> list[Finding]:
    """Find the letters sent since a moment that passed over an address which had been verified by then, without a word."""
    named = exists().where(
        letter_recipients.c.letter_id == letters.c.id, letter_recipients.c.subscriber_id == contacts.c.subscriber_id
    )
    statement = _letters(contacts.c.subscriber_id).join(
        contacts, contacts.c.organisation_id == letters.c.organisation_id
    )
    passed_over = statement.where(
        letters.c.queued_at >= since,
        contacts.c.verified_at <= letters.c.queued_at,
        contacts.c.ended_at.is_(None),
        ~named,
    )
    return await _found(connection, Check.NOT_TOLD, passed_over)


def _letters(person: ColumnElement[Any]) -> Select[Any]:
    return (
        select(notices.c.ref, organisations.c.key, letters.c.version, func.count(person.distinct()).label("people"))
        .select_from(letters)
        .join(notices, notices.c.id == letters.c.notice_id)
        .join(organisations, organisations.c.id == letters.c.organisation_id)
        .group_by(notices.c.ref, organisations.c.key, letters.c.version)
        .order_by(notices.c.ref, organisations.c.key, letters.c.version)
        .limit(MOST)
    )


async def _found(connection: AsyncConnection, check: Check, statement: Select[Any]) -> list[Finding]:
    return [
        Finding(check, row.ref, row.people, f"letter to {row.key}, version {row.version}")
        for row in await connection.execute(statement)
    ]
