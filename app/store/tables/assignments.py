"""Who has which notice in hand."""

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, Table, Text, text

from app.store.tables.base import Instant, Number, identity, metadata

_LIVING = text("ended_at IS NULL")

assignments = Table(
    "assignments",
    metadata,
    identity(),
    Column("notice_id", Number, ForeignKey("notices.id"), nullable=False, index=True),
    Column("organisation_id", Number, ForeignKey("organisations.id"), comment="a unit of the ministry"),
    Column("account_id", Number, ForeignKey("accounts.id"), comment="or somebody on the staff"),
    Column("assigned_by", Text, nullable=False),
    Column("assigned_at", Instant, nullable=False),
    Column("ended_at", Instant),
    CheckConstraint("(organisation_id IS NULL) <> (account_id IS NULL)", name="one_holder"),
    Index("uq_assignments_living", "notice_id", unique=True, postgresql_where=_LIVING, sqlite_where=_LIVING),
    Index("ix_assignments_organisation_id", "organisation_id", postgresql_where=_LIVING, sqlite_where=_LIVING),
    Index("ix_assignments_account_id", "account_id", postgresql_where=_LIVING, sqlite_where=_LIVING),
)
