"""What is kept of people who are gone, of what they asked about their data, and of how to name them without a name."""

from sqlalchemy import Column, Date, ForeignKey, Index, PrimaryKeyConstraint, Table, Text, text

from app.store.tables.base import Instant, Number, identity, metadata

_OPEN = text("finished_at IS NULL")

erased_identities = Table(
    "erased_identities",
    metadata,
    Column("identity_hash", Text, nullable=False, comment="keyed hash of an address that nobody knows any more"),
    Column("because", Text, nullable=False, comment="erased, or suppressed: forgotten while it was not to be mailed"),
    Column("erased_at", Instant, nullable=False),
    Column("lifted_at", Instant, comment="when the person came back by a confirmation link"),
    PrimaryKeyConstraint("identity_hash", "erased_at"),
)

subject_keys = Table(
    "subject_keys",
    metadata,
    Column("subscriber_id", Number, ForeignKey("subscribers.id"), primary_key=True, autoincrement=False),
    Column("key", Text, nullable=False, comment="of the hashes that stand for this person in the audit"),
)

person_requests = Table(
    "person_requests",
    metadata,
    identity(),
    Column("subscriber_id", Number, ForeignKey("subscribers.id"), index=True, comment="empty: nothing was held"),
    Column("kind", Text, nullable=False),
    Column("method", Text, nullable=False, comment="page: done by the person; staff: it came by letter, mail or phone"),
    Column("received_at", Instant, nullable=False),
    Column("answer_by", Date, nullable=False),
    Column("finish_by", Date, nullable=False),
    Column("answered_at", Instant),
    Column("finished_at", Instant),
    Column("outcome", Text),
    Index("ix_person_requests_open", "finish_by", postgresql_where=_OPEN, sqlite_where=_OPEN),
)

mailed_confirmations = Table(
    "mailed_confirmations",
    metadata,
    Column("identity_hash", Text, nullable=False, comment="keyed hash of an address whose wish was forgotten"),
    Column("mailed_at", Instant, nullable=False),
    PrimaryKeyConstraint("identity_hash", "mailed_at"),
)
