"""What the desk's lists are read by: entries of the register in their order, from an index alone."""

from alembic import op

revision = "0027"
down_revision = "0026"


def upgrade() -> None:
    op.create_index("ix_items_subscriber_id_created_at_event_id", "items", ["subscriber_id", "created_at", "event_id"])
    op.drop_index("ix_items_subscriber_id_created_at", "items")


def downgrade() -> None:
    op.create_index("ix_items_subscriber_id_created_at", "items", ["subscriber_id", "created_at"])
    op.drop_index("ix_items_subscriber_id_created_at_event_id", "items")
