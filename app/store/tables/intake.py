"""Sources, visits to them, the raw bytes they sent and the records that could not be taken."""

from sqlalchemy import (
    BigInteger,
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
)

from app.store.tables.base import Document, Instant, Number, identity, metadata

sources = Table(
    "sources",
    metadata,
    Column("name", Text, primary_key=True),
    Column("baseline_at", Instant, comment="when the first visit succeeded"),
    Column("last_visit_at", Instant),
    Column("last_success_at", Instant),
    Column("reached", Date, comment="last day of circulation that a sound visit covered"),
    Column("failures", Integer, nullable=False, server_default="0", comment="unsound visits in a row"),
    Column("resume_at", Instant, comment="not visited by the clock before this moment"),
    Column("last_fault", Text),
    Column("etag", Text, nullable=False, server_default=""),
    Column("last_modified", Text, nullable=False, server_default=""),
    Column("body_hash", Text, nullable=False, server_default=""),
)

pulls = Table(
    "pulls",
    metadata,
    identity(),
    Column("source", Text, nullable=False),
    Column("window_first", Date),
    Column("window_last", Date),
    Column("started_at", Instant, nullable=False),
    Column("leased_until", Instant, comment="a visit that runs and is not heard of until then has lost its process"),
    Column("finished_at", Instant),
    Column("duration_ms", Integer),
    Column("result", Text, nullable=False, comment="running, sound, unchanged, unreachable, refused, busy, unsound"),
    Column("reason", Text),
    Column("remarks", Document, nullable=False),
    Column("pages", Integer, nullable=False, server_default="0"),
    Column("records", Integer, nullable=False, server_default="0"),
    Column("added", Integer, nullable=False, server_default="0"),
    Column("changed", Integer, nullable=False, server_default="0"),
    Column("quarantined", Integer, nullable=False, server_default="0"),
    Index("ix_pulls_started_at", "started_at"),
    Index("ix_pulls_source_started_at", "source", "started_at"),
)

payloads = Table(
    "payloads",
    metadata,
    Column("hash", Text, primary_key=True, comment="SHA-256 of the bytes as they came"),
    Column("media_type", Text, nullable=False),
    Column("size", Integer, nullable=False),
    Column("body", LargeBinary, nullable=False, comment="compressed with zlib"),
    Column("stored_at", Instant, nullable=False),
)

pull_payloads = Table(
    "pull_payloads",
    metadata,
    Column("pull_id", Number, ForeignKey("pulls.id"), nullable=False),
    Column("position", Integer, nullable=False),
    Column("payload_hash", Text, ForeignKey("payloads.hash"), nullable=False),
    PrimaryKeyConstraint("pull_id", "position"),
)

quarantine = Table(
    "quarantine",
    metadata,
    identity(),
    Column("source", Text, nullable=False),
    Column("payload_hash", Text, nullable=False),
    Column("position", Text, nullable=False),
    Column("field", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("excerpt", Text, nullable=False),
    Column("pull_id", Number, ForeignKey("pulls.id")),
    Column("noticed_at", Instant, nullable=False),
    UniqueConstraint("source", "payload_hash", "position", "field"),
)

exports = Table(
    "exports",
    metadata,
    Column("member", Text, nullable=False, comment="where the goods went"),
    Column("hs", Text, nullable=False, comment="digits of an HS code"),
    Column("year", Integer, nullable=False),
    Column("value", BigInteger, nullable=False, comment="US dollars"),
    Column("chapter", Text, nullable=False, comment="the first two digits of hs, to be found by"),
    PrimaryKeyConstraint("member", "hs", "year"),
    Index("ix_exports_chapter", "member", "year", "chapter"),
)
