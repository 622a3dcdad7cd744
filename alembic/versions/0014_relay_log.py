"""The relay's log: how far it was read, and since when nobody knows the fate of a message."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0014"
down_revision = "0010"


def upgrade() -> None:
    op.create_table(
        "relay_logs",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column(
            "fingerprint", sa.Text(), nullable=False, comment="SHA-256 of the first `measured` octets of the file"
        ),
        sa.Column("measured", sa.Integer(), nullable=False),
        sa.Column(
            "read_to",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=False,
            comment="octets of the file that were read",
        ),
        sa.Column(
            "entered",
            sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql"),
            nullable=False,
            comment="Message-ID by queue name, not seen in the queue yet",
        ),
        sa.Column("whole_since", sa.DateTime(timezone=True), nullable=False, comment="from then on no line was missed"),
        sa.Column(
            "running",
            sa.Boolean(),
            nullable=False,
            server_default=sa.text("true"),
            comment="what the relay said last of itself",
        ),
        sa.Column("started_at", sa.DateTime(timezone=True), comment="when we heard last that it started"),
        sa.Column(
            "heard_at",
            sa.DateTime(timezone=True),
            nullable=False,
            comment="when a message of ours was last seen in it",
        ),
        sa.PrimaryKeyConstraint("name", name="pk_relay_logs"),
    )
    op.create_table(
        "relay_sightings",
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.Column("queue_id", sa.Text(), nullable=False),
        sa.Column("logged", sa.Text(), nullable=False, comment="the time as the log has it"),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("message_id", name="pk_relay_sightings"),
    )
    op.add_column(
        "deliveries",
        sa.Column(
            "unclear_since",
            sa.DateTime(timezone=True),
            comment="since when the relay's log is asked how the last attempt ended",
        ),
    )


def downgrade() -> None:
    op.drop_column("deliveries", "unclear_since")
    op.drop_table("relay_sightings")
    op.drop_table("relay_logs")
