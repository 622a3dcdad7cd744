"""What keeps several processes in step, and who did what."""

from sqlalchemy import Column, Integer, PrimaryKeyConstraint, Table, Text

from app.store.tables.base import Document, Instant, identity, metadata

leases = Table(
    "leases",
    metadata,
    Column("name", Text, primary_key=True),
    Column("owner", Text, nullable=False),
    Column("until", Instant, nullable=False),
    Column("fence", Integer, nullable=False),
)

ticks = Table(
    "ticks",
    metadata,
    Column("job", Text, nullable=False),
    Column("slot", Text, nullable=False, comment="the moment that the calendar meant"),
    Column("owner", Text, nullable=False),
    Column("started_at", Instant, nullable=False),
    PrimaryKeyConstraint("job", "slot"),
)

heartbeats = Table(
    "heartbeats",
    metadata,
    Column("job", Text, primary_key=True),
    Column("beat_at", Instant, nullable=False),
    Column("period_seconds", Integer, nullable=False),
    Column("fault", Text),
    Column("failing_since", Instant, comment="the first of the runs in a row that failed; null when the last did not"),
)

audit = Table(
    "audit",
    metadata,
    identity(),
    Column("at", Instant, nullable=False),
    Column("actor", Text, nullable=False),
    Column("verb", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("details", Document, nullable=False),
)
