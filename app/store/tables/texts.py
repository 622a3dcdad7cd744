"""The ministry's texts, their versions and steps. Triggers hold the rules of four eyes and refuse changes (see 0036)."""

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, Table, Text, UniqueConstraint, false, text

from app.store.tables.base import Document, Instant, Number, identity, metadata

_OPEN = text("closed_at IS NULL")

texts = Table(
    "texts",
    metadata,
    identity(),
    Column("kind", Text, nullable=False, comment="as domain.publishing.TextKind"),
    Column("notice_id", Number, ForeignKey("notices.id"), index=True),
    Column("organisation_id", Number, ForeignKey("organisations.id"), index=True, comment="whom a letter is to"),
    Column("period", Text, comment="of a bulletin: 2026-03, 2026-W10, 2026-03-02"),
    Column("slug", Text, unique=True, comment="the address of what is public; kept from its first publication on"),
    Column("state", Text, nullable=False, server_default="draft", comment="that of the newest step, kept by a trigger"),
    Column("created_at", Instant, nullable=False),
    Index("ix_texts_state_id", "state", "id"),
)

text_versions = Table(
    "text_versions",
    metadata,
    identity(),
    Column("text_id", Number, ForeignKey("texts.id"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("body", Document, nullable=False, comment="what a person wrote, by field"),
    Column("hash", Text, nullable=False, comment="SHA-256 of the body in canonical JSON"),
    Column("written_by", Number, ForeignKey("accounts.id"), nullable=False),
    Column("written_at", Instant, nullable=False),
    UniqueConstraint("text_id", "number"),
)

text_steps = Table(
    "text_steps",
    metadata,
    identity(),
    Column("text_id", Number, ForeignKey("texts.id"), nullable=False),
    Column("version_id", Number, ForeignKey("text_versions.id"), nullable=False, index=True),
    Column("from_state", Text, nullable=False),
    Column("to_state", Text, nullable=False),
    Column("by", Number, ForeignKey("accounts.id"), nullable=False),
    Column("at", Instant, nullable=False),
    Column("because", Text, nullable=False, server_default=""),
    Column("break_glass", Boolean, nullable=False, server_default=false(), comment="its own writer approved it"),
    Index("ix_text_steps_text_id_id", "text_id", "id"),
)

text_compositions = Table(
    "text_compositions",
    metadata,
    Column("step_id", Number, ForeignKey("text_steps.id"), primary_key=True, autoincrement=False),
    Column("hash", Text, nullable=False, comment="SHA-256 of the body in canonical JSON"),
    Column("body", Document, nullable=False, comment="the whole text as it was approved, and so as it is published"),
)

text_tasks = Table(
    "text_tasks",
    metadata,
    identity(),
    Column("step_id", Number, ForeignKey("text_steps.id"), nullable=False, unique=True),
    Column("opened_at", Instant, nullable=False),
    Column("due_at", Instant, nullable=False),
    Column("closed_at", Instant),
    Column("closed_by", Number, ForeignKey("accounts.id")),
    Column("finding", Text, comment="what the review found"),
    Index("ix_text_tasks_open", "due_at", postgresql_where=_OPEN, sqlite_where=_OPEN),
)
