"""How far the relay's log was read, and what it says of messages whose end is not written down."""

from sqlalchemy import Boolean, Column, Integer, Table, Text

from app.store.tables.base import Document, Instant, Number, metadata

relay_logs = Table(
    "relay_logs",
    metadata,
    Column("name", Text, primary_key=True),
    Column("fingerprint", Text, nullable=False, comment="SHA-256 of the first `measured` octets of the file"),
    Column("measured", Integer, nullable=False),
    Column("read_to", Number, nullable=False, comment="octets of the file that were read"),
    Column("entered", Document, nullable=False, comment="Message-ID by queue name, not seen in the queue yet"),
    Column("whole_since", Instant, nullable=False, comment="from then on no line was missed"),
    Column("running", Boolean, nullable=False, comment="what the relay said last of itself"),
    Column("started_at", Instant, comment="when we heard last that it started"),
    Column("heard_at", Instant, nullable=False, comment="when a message of ours was last seen in it"),
)

relay_sightings = Table(
    "relay_sightings",
    metadata,
    Column("message_id", Text, primary_key=True),
    Column("queue_id", Text, nullable=False),
    Column("logged", Text, nullable=False, comment="the time as the log has it"),
    Column("seen_at", Instant, nullable=False),
)
