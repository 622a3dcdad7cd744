"""Who did what, sealed row by row. Triggers refuse every change, and every deletion before its time (see 0031)."""

from sqlalchemy import Column, ForeignKey, Index, Table, Text, UniqueConstraint

from app.store.tables.base import Document, Instant, Number, identity, metadata

audit = Table(
    "audit",
    metadata,
    identity(),
    Column("at", Instant, nullable=False),
    Column("actor", Text, nullable=False),
    Column("origin", Text, nullable=False, server_default="unknown", comment="as in domain.audit.Origin"),
    Column("verb", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("details", Document, nullable=False),
    Index("ix_audit_verb", "verb", "id"),
)

audit_seals = Table(
    "audit_seals",
    metadata,
    Column("number", Number, primary_key=True, autoincrement=False, comment="the place in the chain, from 1, no gaps"),
    Column("audit_id", Number, ForeignKey("audit.id"), nullable=False),
    Column("previous", Text, nullable=False, comment="the hash of the row before"),
    Column("hash", Text, nullable=False, comment="SHA-256 of `previous` and the row in canonical JSON"),
    UniqueConstraint("audit_id"),
)

audit_heads = Table(
    "audit_heads",
    metadata,
    identity(),
    Column("at", Instant, nullable=False, comment="when the chain was verified"),
    Column("number", Number, nullable=False, comment="the last sound row in the order of the chain"),
    Column("hash", Text, nullable=False),
    Column("fault", Text, comment="how the chain is broken after it; null when it is whole"),
)
