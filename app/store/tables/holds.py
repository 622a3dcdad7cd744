"""What keeps every mail in the outbox until a person lets it go."""

from sqlalchemy import Column, Table, Text

from app.store.tables.base import Instant, metadata

holds = Table(
    "holds",
    metadata,
    Column("name", Text, primary_key=True),
    Column("because", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("held_at", Instant, nullable=False),
)
