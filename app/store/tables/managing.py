"""What changing an address needs, and how often callers asked for mail."""

from sqlalchemy import Column, ForeignKey, Index, Table, Text

from app.store.tables.base import Instant, Number, identity, metadata

address_changes = Table(
    "address_changes",
    metadata,
    identity(),
    Column("subscriber_id", Number, ForeignKey("subscribers.id"), nullable=False, index=True),
    Column("address", Text, nullable=False, comment="the new one as it was typed"),
    Column("wire", Text, nullable=False),
    Column("identity", Text, nullable=False, index=True),
    Column("old_address", Text, nullable=False),
    Column("old_wire", Text, nullable=False),
    Column("old_identity", Text, nullable=False),
    Column("confirm_hash", Text, nullable=False, unique=True, comment="of the token that was mailed to the new one"),
    Column("undo_hash", Text, nullable=False, unique=True, comment="of the token that was mailed to the old one"),
    Column("asked_at", Instant, nullable=False),
    Column("confirmed_at", Instant),
    Column("closed_at", Instant, comment="when it was undone, or another took its place"),
)

callers = Table(
    "callers",
    metadata,
    identity(),
    Column("network_hash", Text, nullable=False, comment="keyed hash of the network that asked for a mail"),
    Column("asked_at", Instant, nullable=False, index=True),
    Index("ix_callers_network_hash_asked_at", "network_hash", "asked_at"),
)
