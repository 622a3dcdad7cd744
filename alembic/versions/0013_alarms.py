"""Somebody looks: alarms, their mails, when holds were lifted, and since when a job fails."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0013"
down_revision = "0012"

_INSTANT = sa.DateTime(timezone=True)
_FAILING = "the first of the runs in a row that failed; null when the last did not"
_DOCUMENT = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")


def upgrade() -> None:
    op.create_table(
        "alarms",
        sa.Column("name", sa.Text(), nullable=False, comment="as in domain.alarms.Alarm"),
        sa.Column("raised_at", _INSTANT, nullable=False, comment="when it was first seen since it last was over"),
        sa.Column("seen_at", _INSTANT, nullable=False, comment="when it was last seen"),
        sa.Column("gone_at", _INSTANT, comment="the first look that did not find it any more; null while it stands"),
        sa.Column("recovered_at", _INSTANT, comment="when it counted as over"),
        sa.Column("total", sa.Integer(), nullable=False, comment="how many findings there were at the last look"),
        sa.Column("findings", _DOCUMENT, nullable=False, comment="the first of them: check, ref, count, note"),
        sa.PrimaryKeyConstraint("name", name="pk_alarms"),
    )
    op.create_table(
        "alarm_mails",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("raised_at", _INSTANT, nullable=False, comment="as in alarms: which time it was raised"),
        sa.Column("news", sa.Text(), nullable=False, comment="standing or recovered"),
        sa.Column(
            "local_date", sa.Date(), nullable=False, comment="the day in Viet Nam; one mail a day while it stands"
        ),
        sa.Column("recipient", sa.Text(), nullable=False, comment="keyed hash of the operator's address"),
        sa.Column("tries", sa.Integer(), server_default="0", nullable=False),
        sa.Column("due_at", _INSTANT, nullable=False, comment="not tried, or tried again, before this moment"),
        sa.Column("sent_at", _INSTANT),
        sa.PrimaryKeyConstraint("name", "raised_at", "news", "local_date", "recipient", name="pk_alarm_mails"),
    )
    op.create_table(
        "lifted_holds",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("lifted_at", _INSTANT, nullable=False, comment="from here the brake counts anew"),
        sa.PrimaryKeyConstraint("name", name="pk_lifted_holds"),
    )
    op.add_column("heartbeats", sa.Column("failing_since", _INSTANT, comment=_FAILING))
    op.create_index("ix_attempts_started_at", "attempts", ["started_at"])


def downgrade() -> None:
    op.drop_index("ix_attempts_started_at", "attempts")
    op.drop_column("heartbeats", "failing_since")
    for table in ("lifted_holds", "alarm_mails", "alarms"):
        op.drop_table(table)
