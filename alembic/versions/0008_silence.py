"""The weekly proof of silence, deadlines named before a break, and quiet hours."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008"
down_revision = "0007"

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_DOCUMENT = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
_INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    _add_periods()
    _add_break_deadlines()
    _add_quiet_hours()
    op.create_index("ix_items_subscriber_id_created_at", "items", ["subscriber_id", "created_at"])
    op.create_index("ix_pulls_started_at", "pulls", ["started_at"])


def downgrade() -> None:
    _fold_proofs()
    op.drop_index("ix_pulls_started_at", "pulls")
    op.drop_index("ix_items_subscriber_id_created_at", "items")
    op.drop_index("ix_subscribers_quiet", "subscribers")
    op.drop_column("subscribers", "quiet_until")
    op.drop_column("subscribers", "quiet_from")
    op.drop_index("ix_break_deadlines_delivery_id", "break_deadlines")
    op.drop_table("break_deadlines")
    op.drop_table("digest_periods")


def _fold_proofs() -> None:
    """Make digests of the weekly proofs, a kind of mail that the program before cannot read.

    They stay, for a bounce still names them by their number, which SQLite would give out anew. What was not handed over
    is skipped: the program before cannot make it.
    """
    op.execute(
        "UPDATE deliveries SET state = 'skipped', leased_by = NULL, leased_until = NULL, fence = fence + 1,"
        " reason = CASE WHEN ambiguous > 0 OR state = 'handing_over'"
        " THEN 'schema undone (may have arrived)' ELSE 'schema undone' END"
        " WHERE kind = 'proof' AND state NOT IN ('accepted', 'rejected', 'bounced', 'skipped', 'superseded')"
    )
    op.execute("UPDATE deliveries SET kind = 'digest' WHERE kind = 'proof'")
    op.execute("DELETE FROM stops WHERE kind = 'proof'")


def _add_periods() -> None:
    op.create_table(
        "digest_periods",
        sa.Column("frequency", sa.Text(), nullable=False),
        sa.Column("local_date", sa.Date(), nullable=False, comment="the day in Viet Nam on which the window closes"),
        sa.Column(
            "coverage", _DOCUMENT, comment="as domain.coverage.Coverage in JSON; null where no source is configured"
        ),
        sa.Column(
            "break_first", sa.Date(), comment="first day off of the long break before which this is the last digest"
        ),
        sa.Column("break_last", sa.Date()),
        sa.Column("written_at", _INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("frequency", "local_date", name="pk_digest_periods"),
    )


def _add_break_deadlines() -> None:
    op.create_table(
        "break_deadlines",
        sa.Column("subscriber_id", _NUMBER, nullable=False),
        sa.Column("measure_id", _NUMBER, nullable=False),
        sa.Column("comment_deadline", sa.Date(), nullable=False, comment="one that lies inside a long break"),
        sa.Column("event_id", _NUMBER, nullable=False, comment="the last that they were told of"),
        sa.Column("frequency", sa.Text(), nullable=False, comment="of the digest that names it"),
        sa.Column("delivery_id", _NUMBER),
        sa.ForeignKeyConstraint(
            ["subscriber_id"], ["subscribers.id"], name="fk_break_deadlines_subscriber_id_subscribers"
        ),
        sa.ForeignKeyConstraint(["measure_id"], ["measures.id"], name="fk_break_deadlines_measure_id_measures"),
        sa.ForeignKeyConstraint(["event_id"], ["events.id"], name="fk_break_deadlines_event_id_events"),
        sa.ForeignKeyConstraint(["delivery_id"], ["deliveries.id"], name="fk_break_deadlines_delivery_id_deliveries"),
        sa.PrimaryKeyConstraint("subscriber_id", "measure_id", "comment_deadline", name="pk_break_deadlines"),
    )
    op.create_index("ix_break_deadlines_delivery_id", "break_deadlines", ["delivery_id"])


def _add_quiet_hours() -> None:
    op.add_column("subscribers", sa.Column("quiet_from", sa.Time(), comment="null: the operator's quiet hours"))
    op.add_column(
        "subscribers", sa.Column("quiet_until", sa.Time(), comment="equal to quiet_from: written to at any hour")
    )
    own = sa.text("quiet_from IS NOT NULL")
    op.create_index(
        "ix_subscribers_quiet",
        "subscribers",
        ["quiet_from", "quiet_until"],
        postgresql_where=own,
        sqlite_where=own,
    )
