"""Telling of the past after the sorting changed: what each replay matched, what it adds up to, and the stop switch."""

from sqlalchemy import Boolean, Column, ForeignKey, Integer, PrimaryKeyConstraint, Table, Text

from app.store.tables.base import Document, Instant, Number, identity, metadata

replays = Table(
    "replays",
    metadata,
    identity(),
    Column("taxonomy_version", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("matched_at", Instant, nullable=False, comment="what was sorted after this moment is left out"),
)

replay_matches = Table(
    "replay_matches",
    metadata,
    Column("replay_id", Number, ForeignKey("replays.id"), nullable=False),
    Column("event_id", Number, ForeignKey("events.id"), nullable=False),
    Column("criteria_id", Number, ForeignKey("criteria.id"), nullable=False, index=True),
    Column("reasons", Document, nullable=False),
    Column("open", Boolean, nullable=False, comment="whether the notice took comments on the day of the replay"),
    PrimaryKeyConstraint("replay_id", "event_id", "criteria_id"),
)

catch_ups = Table(
    "catch_ups",
    metadata,
    Column("replay_id", Number, ForeignKey("replays.id"), nullable=False),
    Column("subscriber_id", Number, ForeignKey("subscribers.id"), nullable=False, index=True),
    Column("past", Integer, nullable=False, comment="notices that now match and were never told"),
    Column("still_open", Integer, nullable=False, comment="those of them that take comments: these are told"),
    PrimaryKeyConstraint("replay_id", "subscriber_id"),
)

stops = Table(
    "stops",
    metadata,
    Column("kind", Text, primary_key=True, comment="of deliveries that no worker may hand over while this row stands"),
    Column("actor", Text, nullable=False),
    Column("stopped_at", Instant, nullable=False),
)
