"""Deadlines inside a break are found by their measure, which is withdrawn or moved."""

from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    op.create_index("ix_break_deadlines_measure_id", "break_deadlines", ["measure_id"])


def downgrade() -> None:
    op.drop_index("ix_break_deadlines_measure_id", "break_deadlines")
