"""What a digest's period was checked for, and the deadlines that were named before a break."""

from sqlalchemy import Column, Date, ForeignKey, PrimaryKeyConstraint, Table, Text

from app.store.tables.base import Document, Instant, Number, metadata

digest_periods = Table(
    "digest_periods",
    metadata,
    Column("frequency", Text, nullable=False),
    Column("local_date", Date, nullable=False, comment="the day in Viet Nam on which the window closes"),
    Column("coverage", Document, comment="as domain.coverage.Coverage in JSON; null where no source is configured"),
    Column("break_first", Date, comment="first day off of the long break before which this is the last digest"),
    Column("break_last", Date),
    Column("written_at", Instant, nullable=False),
    PrimaryKeyConstraint("frequency", "local_date"),
)

break_deadlines = Table(
    "break_deadlines",
    metadata,
    Column("subscriber_id", Number, ForeignKey("subscribers.id"), nullable=False),
    Column("measure_id", Number, ForeignKey("measures.id"), nullable=False, index=True),
    Column("comment_deadline", Date, nullable=False, comment="one that lies inside a long break"),
    Column("event_id", Number, ForeignKey("events.id"), nullable=False, comment="the last that they were told of"),
    Column("frequency", Text, nullable=False, comment="of the digest that names it"),
    Column("delivery_id", Number, ForeignKey("deliveries.id"), index=True),
    PrimaryKeyConstraint("subscriber_id", "measure_id", "comment_deadline"),
)
