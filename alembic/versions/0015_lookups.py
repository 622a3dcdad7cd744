"""Deadlines inside a break are found by their measure, and all that somebody ever asked for by the subscriber."""

from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    op.create_index("ix_break_deadlines_measure_id", "break_deadlines", ["measure_id"])
    op.create_index("ix_subscriptions_subscriber_id", "subscriptions", ["subscriber_id"])


def downgrade() -> None:
    op.drop_index("ix_subscriptions_subscriber_id", "subscriptions")
    op.drop_index("ix_break_deadlines_measure_id", "break_deadlines")
