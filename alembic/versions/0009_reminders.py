"""Reminders of comment deadlines, and the subscriber's switch for them."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    switch: sa.Column[bool] = sa.Column(
        "reminders",
        sa.Boolean(),
        nullable=False,
        server_default=sa.true(),
        comment="whether deadlines are said again",
    )
    op.add_column("subscribers", switch)
    op.create_table(
        "reminders",
        sa.Column("subscriber_id", _NUMBER, nullable=False),
        sa.Column("measure_id", _NUMBER, nullable=False),
        sa.Column(
            "deadline",
            sa.Date(),
            nullable=False,
            comment="the one that is said, which an extension may have moved since",
        ),
        sa.Column("stage", sa.Integer(), nullable=False, comment="working days before the deadline: 14 or 5"),
        sa.Column(
            "moved", sa.Boolean(), nullable=False, comment="whether this reader was told another deadline before"
        ),
        sa.Column("delivery_id", _NUMBER, nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["subscriber_id"], ["subscribers.id"], name="fk_reminders_subscriber_id_subscribers"),
        sa.ForeignKeyConstraint(["measure_id"], ["measures.id"], name="fk_reminders_measure_id_measures"),
        sa.ForeignKeyConstraint(["delivery_id"], ["deliveries.id"], name="fk_reminders_delivery_id_deliveries"),
        sa.PrimaryKeyConstraint("subscriber_id", "measure_id", "deadline", "stage", name="pk_reminders"),
    )
    op.create_index("ix_reminders_measure_id", "reminders", ["measure_id"])
    op.create_index("ix_reminders_delivery_id", "reminders", ["delivery_id"])
    op.create_index(
        "ix_reminders_ungathered",
        "reminders",
        ["subscriber_id"],
        postgresql_where=sa.text("delivery_id IS NULL"),
        sqlite_where=sa.text("delivery_id IS NULL"),
    )


def downgrade() -> None:
    _fold_reminders()
    op.drop_table("reminders")
    op.drop_column("subscribers", "reminders")


def _fold_reminders() -> None:
    """Make digests of the reminders, a kind of mail that the program before cannot read.

    They stay, for a bounce still names them by their number, which SQLite would give out anew. What was not handed over
    is skipped: what it says is dropped with its table.
    """
    op.execute(
        "UPDATE deliveries SET state = 'skipped', leased_by = NULL, leased_until = NULL, fence = fence + 1,"
        " reason = CASE WHEN ambiguous > 0 OR state = 'handing_over'"
        " THEN 'schema undone (may have arrived)' ELSE 'schema undone' END"
        " WHERE kind = 'reminder' AND state NOT IN ('accepted', 'rejected', 'bounced', 'skipped', 'superseded')"
    )
    op.execute("UPDATE deliveries SET kind = 'digest' WHERE kind = 'reminder'")
    op.execute("DELETE FROM stops WHERE kind = 'reminder'")
