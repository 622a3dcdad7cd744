"""Who asked to be told what, and the proof that they did."""

from sqlalchemy import (
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Table,
    Text,
    Time,
    text,
    true,
)

from app.store.tables.base import Document, Instant, Number, identity, metadata

_OWN_QUIET = text("quiet_from IS NOT NULL")

subscribers = Table(
    "subscribers",
    metadata,
    identity(),
    Column("address", Text, nullable=False, comment="as first typed"),
    Column("wire", Text, nullable=False, comment="the same with its domain as A-labels: this is what mail is sent to"),
    Column("identity", Text, nullable=False, unique=True, comment="how addresses are compared"),
    Column("language", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("last_instant_at", Instant, comment="when the last instant mail was gathered"),
    Column("quiet_from", Time, comment="null: the operator's quiet hours"),
    Column("quiet_until", Time, comment="equal to quiet_from: written to at any hour"),
    Column("reminders", Boolean, nullable=False, server_default=true(), comment="whether deadlines are said again"),
    Index("ix_subscribers_quiet", "quiet_from", "quiet_until", postgresql_where=_OWN_QUIET, sqlite_where=_OWN_QUIET),
    Column(
        "moves",
        Integer,
        nullable=False,
        server_default="0",
        comment="how often the address changed: manage links mailed before are void",
    ),
    Column("forgotten_at", Instant, comment="when address and identity were destroyed"),
)

criteria = Table(
    "criteria",
    metadata,
    identity(),
    Column("digest", Text, nullable=False, unique=True),
    Column("body", Document, nullable=False),
    Column("created_at", Instant, nullable=False),
)

subscriptions = Table(
    "subscriptions",
    metadata,
    identity(),
    Column("subscriber_id", Number, ForeignKey("subscribers.id"), nullable=False, index=True),
    Column("criteria_id", Number, ForeignKey("criteria.id"), nullable=False),
    Column("frequency", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("confirmed_at", Instant),
    Column("ended_at", Instant),
    Column("ended_because", Text),
    Column("paused_at", Instant, comment="from then on nothing is told, until it is resumed"),
    Column("paused_until", Instant, comment="when it is resumed by itself"),
    Column("resumes_with", Text, comment="what is told then of the time between: open or nothing"),
    Index(
        "uq_subscriptions_living",
        "subscriber_id",
        "criteria_id",
        unique=True,
        postgresql_where=text("ended_at IS NULL"),
        sqlite_where=text("ended_at IS NULL"),
    ),
    Index(
        "ix_subscriptions_active",
        "criteria_id",
        "id",
        postgresql_where=text("confirmed_at IS NOT NULL AND ended_at IS NULL"),
        sqlite_where=text("confirmed_at IS NOT NULL AND ended_at IS NULL"),
    ),
    Index(
        "ix_subscriptions_paused_until",
        "paused_until",
        postgresql_where=text("paused_until IS NOT NULL"),
        sqlite_where=text("paused_until IS NOT NULL"),
    ),
)

consents = Table(
    "consents",
    metadata,
    identity(),
    Column("subscription_id", Number, ForeignKey("subscriptions.id"), nullable=False, index=True),
    Column("purpose", Text, nullable=False),
    Column("wording", Text, nullable=False, comment="version of the text that was agreed to"),
    Column("language", Text, nullable=False),
    Column("method", Text, nullable=False, comment="double_opt_in or given_to_staff"),
    Column("given_at", Instant, nullable=False),
    Column("confirmation", Text, comment="hash of the confirmation link whose button was pressed"),
    Column("ip", Text, comment="where the button was pressed; destroyed after thirty days"),
    Column("network", Text, comment="the same with the end masked"),
    Column("withdrawn_at", Instant),
    Column("withdrawn_because", Text),
)

confirmations = Table(
    "confirmations",
    metadata,
    Column("token_hash", Text, primary_key=True),
    Column("subscription_id", Number, ForeignKey("subscriptions.id"), nullable=False, index=True),
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("used_at", Instant),
    Column("abuse_hash", Text, index=True, comment="keyed hash of what the spellings of one address have in common"),
)

blocked_confirmations = Table(
    "blocked_confirmations",
    metadata,
    Column("identity_hash", Text, primary_key=True, comment="keyed hash of an address that said it was not them"),
    Column("created_at", Instant, nullable=False),
)

event_criteria = Table(
    "event_criteria",
    metadata,
    Column("event_id", Number, ForeignKey("events.id"), nullable=False),
    Column("criteria_id", Number, ForeignKey("criteria.id"), nullable=False),
    Column("reasons", Document, nullable=False),
    PrimaryKeyConstraint("event_id", "criteria_id"),
)

matches = Table(
    "matches",
    metadata,
    Column("event_id", Number, ForeignKey("events.id"), nullable=False),
    Column("subscription_id", Number, ForeignKey("subscriptions.id"), nullable=False),
    PrimaryKeyConstraint("event_id", "subscription_id"),
    Index("ix_matches_subscription_id", "subscription_id"),
)
