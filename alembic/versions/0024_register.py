"""What the pages of health ask for: the last act of a kind, and the visits to a source in their order."""

from alembic import op

revision = "0024"
down_revision = "0023"


def upgrade() -> None:
    op.create_index("ix_audit_verb", "audit", ["verb", "id"])
    op.create_index("ix_pulls_source_started_at", "pulls", ["source", "started_at"])
    op.drop_index("ix_pulls_source", "pulls")


def downgrade() -> None:
    op.create_index("ix_pulls_source", "pulls", ["source"])
    op.drop_index("ix_pulls_source_started_at", "pulls")
    op.drop_index("ix_audit_verb", "audit")
