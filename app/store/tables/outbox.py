"""What each subscriber is still to be told, and every message on its way."""

from sqlalchemy import (
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from app.store.tables.base import Instant, Number, identity, metadata

_UNTOLD = text("delivery_id IS NULL AND skipped IS NULL")
_CLAIMABLE = text("state IN ('pending', 'deferred', 'unknown')")
_UNPROVEN = text("kind IN ('confirmation', 'new_address', 'contact')")
"""Mails to addresses that nobody has proved to be theirs: all together have a ceiling."""
_HELD_BY_A_WORKER = text("state IN ('leased', 'handing_over')")

items = Table(
    "items",
    metadata,
    Column("event_id", Number, ForeignKey("events.id"), nullable=False),
    Column("subscriber_id", Number, ForeignKey("subscribers.id"), nullable=False),
    Column("frequency", Text, nullable=False, comment="the soonest that any matching subscription asked for"),
    Column("delivery_id", Number, ForeignKey("deliveries.id"), index=True),
    Column("skipped", Text, comment="why this subscriber is not told after all"),
    Column("created_at", Instant, nullable=False),
    PrimaryKeyConstraint("event_id", "subscriber_id"),
    Index("ix_items_subscriber_id_created_at_event_id", "subscriber_id", "created_at", "event_id"),
    Index("ix_items_untold", "frequency", "subscriber_id", postgresql_where=_UNTOLD, sqlite_where=_UNTOLD),
)

digest_runs = Table(
    "digest_runs",
    metadata,
    Column("frequency", Text, nullable=False),
    Column("local_date", Date, nullable=False, comment="the day in Viet Nam on which the window closes"),
    Column("closed_at", Instant, nullable=False),
    Column("digests", Integer, nullable=False),
    PrimaryKeyConstraint("frequency", "local_date"),
)

digests = Table(
    "digests",
    metadata,
    identity(),
    Column("subscriber_id", Number, ForeignKey("subscribers.id"), nullable=False),
    Column("frequency", Text, nullable=False),
    Column("local_date", Date, nullable=False, index=True),
    Column("late", Integer, nullable=False, server_default="0", comment="days after its own day that it was made"),
    UniqueConstraint("subscriber_id", "frequency", "local_date"),
)

deliveries = Table(
    "deliveries",
    metadata,
    identity(),
    Column("key", Text, nullable=False, unique=True, comment="what it is and for whom: made once"),
    Column("kind", Text, nullable=False),
    Column("priority", Integer, nullable=False),
    Column("subscriber_id", Number, ForeignKey("subscribers.id"), nullable=False, index=True),
    Column("recipient", Text, comment="where it goes, if not to the address of the subscriber"),
    Column("digest_id", Number, ForeignKey("digests.id"), index=True),
    Column("replay_id", Number, comment="of a catch-up mail, in replays"),
    Column("part", Integer, nullable=False, server_default="1"),
    Column("parts", Integer, nullable=False, server_default="1"),
    Column("message_id", Text, nullable=False, unique=True),
    Column("message_hash", Text, ForeignKey("messages.hash"), index=True),
    Column("state", Text, nullable=False),
    Column("reason", Text),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("ambiguous", Integer, nullable=False, server_default="0", comment="attempts whose end nobody knows"),
    Column("due_at", Instant, nullable=False),
    Column("leased_by", Text),
    Column("leased_until", Instant),
    Column("fence", Integer, nullable=False, server_default="0"),
    Column("created_at", Instant, nullable=False),
    Column("handed_over_at", Instant),
    Column("accepted_at", Instant),
    Column("reply", Text),
    Column("unclear_since", Instant, comment="since when the relay's log is asked how the last attempt ended"),
    Index("ix_deliveries_due", "priority", "due_at", "id", postgresql_where=_CLAIMABLE, sqlite_where=_CLAIMABLE),
    Index("ix_deliveries_held", "leased_until", postgresql_where=_HELD_BY_A_WORKER, sqlite_where=_HELD_BY_A_WORKER),
    Index("ix_deliveries_state", "state"),
    Index("ix_deliveries_unproven", "created_at", postgresql_where=_UNPROVEN, sqlite_where=_UNPROVEN),
)

messages = Table(
    "messages",
    metadata,
    Column("hash", Text, primary_key=True, comment="SHA-256 of the bytes on the wire"),
    Column("body", LargeBinary, nullable=False, comment="compressed with zlib"),
    Column("created_at", Instant, nullable=False, index=True),
)

attempts = Table(
    "attempts",
    metadata,
    Column("delivery_id", Number, ForeignKey("deliveries.id"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("message_hash", Text, nullable=False),
    Column("started_at", Instant, nullable=False),
    Column("ended_at", Instant),
    Column("outcome", Text),
    Column("reply", Text),
    PrimaryKeyConstraint("delivery_id", "number"),
    Index("ix_attempts_started_at", "started_at"),
)
