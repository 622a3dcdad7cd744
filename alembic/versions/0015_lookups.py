"""What is found by its measure, its subscriber, its digest or its day: without an index it was looked for everywhere."""

from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    op.create_index("ix_break_deadlines_measure_id", "break_deadlines", ["measure_id"])
    op.create_index("ix_subscriptions_subscriber_id", "subscriptions", ["subscriber_id"])
    op.create_index("ix_deliveries_digest_id", "deliveries", ["digest_id"])
    op.create_index("ix_digests_local_date", "digests", ["local_date"])


def downgrade() -> None:
    op.drop_index("ix_digests_local_date", "digests")
    op.drop_index("ix_deliveries_digest_id", "deliveries")
    op.drop_index("ix_subscriptions_subscriber_id", "subscriptions")
    op.drop_index("ix_break_deadlines_measure_id", "break_deadlines")
