"""What people wrote in Vietnamese for the boxes of notices, or a machine drafted: versions that are only added to."""

from sqlalchemy import CheckConstraint, Column, ForeignKey, Integer, Table, Text, UniqueConstraint

from app.store.tables.base import Instant, Number, identity, metadata

translations = Table(
    "translations",
    metadata,
    identity(),
    Column("notice_id", Number, ForeignKey("notices.id"), nullable=False),
    Column("box", Text, nullable=False, comment="as domain.boxes.Box"),
    Column("number", Integer, nullable=False, comment="the version of this box, from 1"),
    Column("text", Text, nullable=False),
    Column("state", Text, nullable=False, comment="machine, translated or reviewed"),
    Column("original", Text, nullable=False, comment="the words of the box that it was written for"),
    Column("written_by", Number, ForeignKey("accounts.id"), comment="nobody, where a machine drafted it"),
    Column("reviewed_by", Number, ForeignKey("accounts.id"), comment="somebody else than who wrote it"),
    Column("at", Instant, nullable=False),
    Column("asked_by", Number, ForeignKey("accounts.id"), comment="who asked the machine"),
    UniqueConstraint("notice_id", "box", "number"),
    CheckConstraint("(state = 'reviewed') = (reviewed_by IS NOT NULL)", name="reviewed"),
    CheckConstraint("(state = 'machine') = (written_by IS NULL)", name="writer"),
    CheckConstraint("(state = 'machine') = (asked_by IS NOT NULL)", name="asker"),
    CheckConstraint("reviewed_by <> written_by", name="two_people"),
)
