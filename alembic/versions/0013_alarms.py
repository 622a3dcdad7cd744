"""Somebody looks: alarms, their mails, when holds were lifted, and since when a job fails."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0013"
down_revision = "0007"

_INSTANT = sa.DateTime(timezone=True)
_DOCUMENT = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")


def upgrade() -> None:
    op.create_table(
        "alarms",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("raised_at", _INSTANT, nullable=False),
        sa.Column("seen_at", _INSTANT, nullable=False),
        sa.Column("gone_at", _INSTANT),
        sa.Column("recovered_at", _INSTANT),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("findings", _DOCUMENT, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_alarms"),
    )
    op.create_table(
        "alarm_mails",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("raised_at", _INSTANT, nullable=False),
        sa.Column("news", sa.Text(), nullable=False),
        sa.Column("local_date", sa.Date(), nullable=False),
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.Column("tries", sa.Integer(), server_default="0", nullable=False),
        sa.Column("due_at", _INSTANT, nullable=False),
        sa.Column("sent_at", _INSTANT),
        sa.PrimaryKeyConstraint("name", "raised_at", "news", "local_date", "recipient", name="pk_alarm_mails"),
    )
    op.create_table(
        "lifted_holds",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("lifted_at", _INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_lifted_holds"),
    )
    op.add_column("heartbeats", sa.Column("failing_since", _INSTANT))
    op.create_index("ix_attempts_started_at", "attempts", ["started_at"])


def downgrade() -> None:
    op.drop_index("ix_attempts_started_at", "attempts")
    op.drop_column("heartbeats", "failing_since")
    for table in ("lifted_holds", "alarm_mails", "alarms"):
        op.drop_table(table)
