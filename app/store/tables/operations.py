"""What keeps several processes in step."""

from sqlalchemy import Column, Integer, PrimaryKeyConstraint, Table, Text

from app.store.tables.base import Instant, metadata

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
