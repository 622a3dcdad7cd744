"""Who was reminded of which comment deadline: each stage of each deadline once."""

from sqlalchemy import Boolean, Column, Date, ForeignKey, Index, Integer, PrimaryKeyConstraint, Table, text

from app.store.tables.base import Instant, Number, metadata

_UNGATHERED = text("delivery_id IS NULL")

reminders = Table(
    "reminders",
    metadata,
    Column("subscriber_id", Number, ForeignKey("subscribers.id"), nullable=False),
    Column("measure_id", Number, ForeignKey("measures.id"), nullable=False, index=True),
    Column("deadline", Date, nullable=False, comment="the one that is said, which an extension may have moved since"),
    Column("stage", Integer, nullable=False, comment="working days before the deadline: 14 or 5"),
    Column("moved", Boolean, nullable=False, comment="whether this reader was told another deadline before"),
    Column("delivery_id", Number, ForeignKey("deliveries.id"), index=True),
    Column("created_at", Instant, nullable=False),
    PrimaryKeyConstraint("subscriber_id", "measure_id", "deadline", "stage"),
    Index("ix_reminders_ungathered", "subscriber_id", postgresql_where=_UNGATHERED, sqlite_where=_UNGATHERED),
)
