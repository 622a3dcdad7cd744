"""A lease on each visit under way, so that one whose process is gone is known by its silence."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.add_column(
        "pulls",
        sa.Column(
            "leased_until",
            sa.DateTime(timezone=True),
            comment="a visit that runs and is not heard of until then has lost its process",
        ),
    )


def downgrade() -> None:
    op.drop_column("pulls", "leased_until")
