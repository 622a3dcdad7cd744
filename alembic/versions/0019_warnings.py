"""Who entered a notice by hand, and whether an event is worth an alert at once."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"

ENTERED_BY = "who entered it by hand; null when a source brought it"
MATERIAL = "worth an alert at once, or only the weekly digest; null until that was judged"
MATERIAL_BY = "rule, or who decided otherwise"
MATERIAL_BECAUSE = "the ground of the rule, or the reason that was given"


def upgrade() -> None:
    op.add_column("notices", sa.Column("entered_by", sa.Text(), comment=ENTERED_BY))
    op.execute("UPDATE notices SET entered_by = source WHERE source IN ('staff', 'manual')")
    op.add_column("events", sa.Column("material", sa.Boolean(), comment=MATERIAL))
    op.add_column("events", sa.Column("material_by", sa.Text(), comment=MATERIAL_BY))
    op.add_column("events", sa.Column("material_because", sa.Text(), comment=MATERIAL_BECAUSE))


def downgrade() -> None:
    # The program of that schema knows what was entered by hand by its source alone; nobody released these.
    op.execute("UPDATE notices SET source = 'staff' WHERE entered_by IS NOT NULL AND released_at IS NULL")
    op.drop_column("events", "material_because")
    op.drop_column("events", "material_by")
    op.drop_column("events", "material")
    op.drop_column("notices", "entered_by")
