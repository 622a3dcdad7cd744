"""The relay's log: how far it was read, and since when nobody knows the fate of a message."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0014"
down_revision = "0013"

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
DOCUMENT = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")
MOMENT = sa.DateTime(timezone=True)

MEASURED = "SHA-256 of the first `measured` octets of the file"
ENTERED = "Message-ID by queue name, not seen in the queue yet"
UNCLEAR = "since when the relay's log is asked how the last attempt ended"


def upgrade() -> None:
    op.create_table(
        "relay_logs",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False, comment=MEASURED),
        sa.Column("measured", sa.Integer(), nullable=False),
        sa.Column("read_to", NUMBER, nullable=False, comment="octets of the file that were read"),
        sa.Column("entered", DOCUMENT, nullable=False, comment=ENTERED),
        sa.Column("whole_since", MOMENT, nullable=False, comment="from then on no line was missed"),
        sa.Column("running", sa.Boolean(), nullable=False, comment="what the relay said last of itself"),
        sa.Column("started_at", MOMENT, comment="when we heard last that it started"),
        sa.Column("heard_at", MOMENT, nullable=False, comment="when a message of ours was last seen in it"),
        sa.PrimaryKeyConstraint("name", name="pk_relay_logs"),
    )
    op.create_table(
        "relay_sightings",
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.Column("queue_id", sa.Text(), nullable=False),
        sa.Column("logged", sa.Text(), nullable=False, comment="the time as the log has it"),
        sa.Column("seen_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("message_id", name="pk_relay_sightings"),
    )
    op.add_column("deliveries", sa.Column("unclear_since", MOMENT, comment=UNCLEAR))


def downgrade() -> None:
    op.drop_column("deliveries", "unclear_since")
    op.drop_table("relay_sightings")
    op.drop_table("relay_logs")
