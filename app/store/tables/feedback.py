"""What came back of the mails that went out, and who is therefore not written to."""

from sqlalchemy import Column, ForeignKey, Index, PrimaryKeyConstraint, Table, Text, text

from app.store.tables.base import Instant, Number, identity, metadata

feedback = Table(
    "feedback",
    metadata,
    Column("delivery_id", Number, ForeignKey("deliveries.id"), nullable=False),
    Column("verdict", Text, nullable=False, comment="hard, soft, policy or complaint"),
    Column("subscriber_id", Number, ForeignKey("subscribers.id"), nullable=False),
    Column("status", Text, nullable=False, comment="the enhanced code (RFC 3463); empty when none was given"),
    Column("door", Text, nullable=False, comment="where it came in: relay, maildir, imap, http or command"),
    Column("received_at", Instant, nullable=False),
    PrimaryKeyConstraint("delivery_id", "verdict"),
    Index("ix_feedback_subscriber_id_received_at", "subscriber_id", "received_at"),
    Index("ix_feedback_received_at", "received_at"),
)

suppressions = Table(
    "suppressions",
    metadata,
    identity(),
    Column("subscriber_id", Number, ForeignKey("subscribers.id"), nullable=False),
    Column("reason", Text, nullable=False),
    Column("detail", Text, nullable=False, comment="the status of the bounce, or what staff wrote"),
    Column("source", Text, nullable=False, comment="the door that the message came in by, or who of the staff"),
    Column("began_at", Instant, nullable=False),
    Column("expires_at", Instant, comment="none: until somebody ends it"),
    Column("ended_at", Instant),
    Column("ended_because", Text, comment="expired, confirmed, released or outweighed"),
    Column("ended_by", Text, comment="who of the staff released it"),
    Index(
        "uq_suppressions_living",
        "subscriber_id",
        unique=True,
        postgresql_where=text("ended_at IS NULL"),
        sqlite_where=text("ended_at IS NULL"),
    ),
    Index("ix_suppressions_subscriber_id", "subscriber_id"),
)
