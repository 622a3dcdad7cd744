"""Feedback: bounces and complaints, and suppressions with a reason, an expiry and an end, in a table of their own."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    _feedback()
    _suppressions()
    # Every suppression so far was written where a relay refused an address that does not exist.
    op.execute(
        "INSERT INTO suppressions (subscriber_id, reason, detail, source, began_at)"
        " SELECT id, 'no_such_address', coalesce(suppressed_because, ''), 'relay', suppressed_at"
        " FROM subscribers WHERE suppressed_at IS NOT NULL"
    )
    op.drop_column("subscribers", "suppressed_because")
    op.drop_column("subscribers", "suppressed_at")


def downgrade() -> None:
    op.add_column("subscribers", sa.Column("suppressed_at", INSTANT, nullable=True))
    op.add_column("subscribers", sa.Column("suppressed_because", sa.Text(), nullable=True))
    living = "FROM suppressions WHERE subscriber_id = subscribers.id AND ended_at IS NULL"
    op.execute(
        f"UPDATE subscribers SET suppressed_at = (SELECT began_at {living}),"  # noqa: S608 - two constants
        f" suppressed_because = (SELECT detail {living})"
    )
    op.drop_table("suppressions")
    op.drop_table("feedback")


def _feedback() -> None:
    op.create_table(
        "feedback",
        sa.Column("delivery_id", NUMBER, nullable=False),
        sa.Column("verdict", sa.Text(), nullable=False, comment="hard, soft, policy or complaint"),
        sa.Column("subscriber_id", NUMBER, nullable=False),
        sa.Column(
            "status", sa.Text(), nullable=False, comment="the enhanced code (RFC 3463); empty when none was given"
        ),
        sa.Column("door", sa.Text(), nullable=False, comment="where it came in: relay, maildir, imap, http or command"),
        sa.Column("received_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["delivery_id"], ["deliveries.id"], name="fk_feedback_delivery_id_deliveries"),
        sa.ForeignKeyConstraint(["subscriber_id"], ["subscribers.id"], name="fk_feedback_subscriber_id_subscribers"),
        sa.PrimaryKeyConstraint("delivery_id", "verdict", name="pk_feedback"),
    )
    op.create_index("ix_feedback_subscriber_id_received_at", "feedback", ["subscriber_id", "received_at"])
    op.create_index("ix_feedback_received_at", "feedback", ["received_at"])


def _suppressions() -> None:
    op.create_table(
        "suppressions",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("subscriber_id", NUMBER, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False, comment="the status of the bounce, or what staff wrote"),
        sa.Column(
            "source", sa.Text(), nullable=False, comment="the door that the message came in by, or who of the staff"
        ),
        sa.Column("began_at", INSTANT, nullable=False),
        sa.Column("expires_at", INSTANT, nullable=True, comment="none: until somebody ends it"),
        sa.Column("ended_at", INSTANT, nullable=True),
        sa.Column("ended_because", sa.Text(), nullable=True, comment="expired, confirmed, released or outweighed"),
        sa.Column("ended_by", sa.Text(), nullable=True, comment="who of the staff released it"),
        sa.ForeignKeyConstraint(
            ["subscriber_id"], ["subscribers.id"], name="fk_suppressions_subscriber_id_subscribers"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_suppressions"),
    )
    op.create_index(
        "uq_suppressions_living",
        "suppressions",
        ["subscriber_id"],
        unique=True,
        postgresql_where=sa.text("ended_at IS NULL"),
        sqlite_where=sa.text("ended_at IS NULL"),
    )
    op.create_index("ix_suppressions_subscriber_id", "suppressions", ["subscriber_id"])
