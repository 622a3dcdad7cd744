"""Documents behind the links of notices, what was read in them, and how their hosts serve."""

from sqlalchemy import Column, ForeignKey, Index, Integer, LargeBinary, Table, Text, UniqueConstraint, text

from app.store.tables.base import Instant, Number, identity, metadata

_WAITING = text("state = 'waiting'")

attachments = Table(
    "attachments",
    metadata,
    identity(),
    Column("notice_id", Number, ForeignKey("notices.id"), nullable=False),
    Column("url", Text, nullable=False, comment="the link as the notice gives it"),
    Column("host", Text, nullable=False),
    Column("kind", Text, nullable=False, comment="notice or text"),
    Column("position", Integer, nullable=False),
    Column("state", Text, nullable=False, comment="as domain.attachments.AttachmentState"),
    Column("reason", Text, nullable=False, server_default=""),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("next_try_at", Instant, comment="not asked for before this moment; null when it may be at once, or never"),
    Column("hash", Text, comment="SHA-256 of the document, which names its row in payloads"),
    Column("pages", Integer),
    Column("characters", Integer),
    Column("fetched_at", Instant),
    UniqueConstraint("notice_id", "url"),
    Index("ix_attachments_waiting", "next_try_at", postgresql_where=_WAITING, sqlite_where=_WAITING),
)

attachment_texts = Table(
    "attachment_texts",
    metadata,
    Column("hash", Text, primary_key=True, comment="of the document that it was read in"),
    Column("body", LargeBinary, nullable=False, comment="plain text, compressed with zlib"),
)

attachment_hosts = Table(
    "attachment_hosts",
    metadata,
    Column("host", Text, primary_key=True),
    Column("failures", Integer, nullable=False, comment="requests in a row that it did not serve"),
    Column("resume_at", Instant, comment="not asked before this moment"),
)
