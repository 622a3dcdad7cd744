"""What a person said of a notice's sectors and themes holds for the documents that its goods are lent to."""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"

INHERITED = "said of the document that lends goods"
_BORROWERS = """
    UPDATE notices SET sorted_at = NULL WHERE inherits_from IN (
        SELECT lenders.ref FROM notices lenders JOIN corrections ON corrections.notice_id = lenders.id
        WHERE corrections.facet IN ('sector', 'theme')
    )
"""


def upgrade() -> None:
    column = sa.Column("inherited", sa.Boolean, nullable=False, server_default=sa.false(), comment=INHERITED)
    op.add_column("corrections", column)
    op.execute(_BORROWERS)


def downgrade() -> None:
    # The program of that schema would take them for what was said of the notice itself, for ever.
    op.execute(
        sa.text("UPDATE notices SET sorted_at = NULL WHERE id IN (SELECT notice_id FROM corrections WHERE inherited)")
    )
    op.execute(sa.text("DELETE FROM corrections WHERE inherited"))
    with op.batch_alter_table("corrections") as corrections:
        corrections.drop_column("inherited")
