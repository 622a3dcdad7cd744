"""Letters of the ministry to organisations: each version once, its documents for good, and who of them was written to."""

from sqlalchemy import Column, ForeignKey, Integer, LargeBinary, PrimaryKeyConstraint, Table, Text, UniqueConstraint

from app.store.tables.base import Document, Instant, Number, identity, metadata

letter_files = Table(
    "letter_files",
    metadata,
    Column("hash", Text, primary_key=True, comment="SHA-256 of the Word document, which names no person"),
    Column("body", LargeBinary, nullable=False, comment="compressed with zlib; kept for good"),
    Column("created_at", Instant, nullable=False),
)

letters = Table(
    "letters",
    metadata,
    identity(),
    Column("notice_id", Number, ForeignKey("notices.id"), nullable=False),
    Column("organisation_id", Number, ForeignKey("organisations.id"), nullable=False, index=True),
    Column("version", Integer, nullable=False, comment="of the letter, counted from 1"),
    Column("body", Document, nullable=False, comment="as domain.letters.LetterBody"),
    Column("letter_hash", Text, ForeignKey("letter_files.hash"), nullable=False),
    Column("form_hash", Text, ForeignKey("letter_files.hash"), comment="the comment form, where there is one"),
    Column("sent_by", Text, nullable=False, comment="the actor, as in the audit"),
    Column("queued_at", Instant, nullable=False, index=True),
    UniqueConstraint("notice_id", "organisation_id", "version"),
)

letter_recipients = Table(
    "letter_recipients",
    metadata,
    Column("letter_id", Number, ForeignKey("letters.id"), nullable=False),
    Column("subscriber_id", Number, ForeignKey("subscribers.id"), nullable=False, index=True),
    Column("delivery_id", Number, ForeignKey("deliveries.id"), index=True),
    Column("skipped", Text, comment="why nothing goes there, or what became of a delivery that is no longer kept"),
    Column("created_at", Instant, nullable=False),
    PrimaryKeyConstraint("letter_id", "subscriber_id"),
)
