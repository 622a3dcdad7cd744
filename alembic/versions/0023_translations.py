"""What people write in Vietnamese for the boxes of notices; and corrections of any facet, where only sectors had them."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)

FACET = "as in domain.sectors.Facet"


def upgrade() -> None:
    op.create_table(
        "translations",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("notice_id", NUMBER, nullable=False),
        sa.Column("box", sa.Text(), nullable=False, comment="as domain.boxes.Box"),
        sa.Column("number", sa.Integer(), nullable=False, comment="the version of this box, from 1"),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False, comment="translated or reviewed"),
        sa.Column("original", sa.Text(), nullable=False, comment="the words of the box that it was written for"),
        sa.Column("written_by", NUMBER, nullable=False),
        sa.Column("reviewed_by", NUMBER, comment="somebody else than who wrote it"),
        sa.Column("at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_translations"),
        sa.UniqueConstraint("notice_id", "box", "number", name="uq_translations_notice_id_box_number"),
        sa.CheckConstraint("(state = 'reviewed') = (reviewed_by IS NOT NULL)", name=op.f("ck_translations_reviewed")),
        sa.CheckConstraint("reviewed_by <> written_by", name=op.f("ck_translations_two_people")),
        sa.ForeignKeyConstraint(["notice_id"], ["notices.id"], name="fk_translations_notice_id_notices"),
        sa.ForeignKeyConstraint(["written_by"], ["accounts.id"], name="fk_translations_written_by_accounts"),
        sa.ForeignKeyConstraint(["reviewed_by"], ["accounts.id"], name="fk_translations_reviewed_by_accounts"),
    )
    # Two steps: SQLite copies the table, and one copy can not both name a column anew and lay a key over it.
    with op.batch_alter_table("corrections") as corrections:
        corrections.add_column(sa.Column("facet", sa.Text(), server_default="sector", nullable=False, comment=FACET))
        corrections.drop_constraint("uq_corrections_notice_id_sector", type_="unique")
        corrections.alter_column("sector", new_column_name="label")
    with op.batch_alter_table("corrections") as corrections:
        corrections.create_unique_constraint("uq_corrections_notice_id_facet_label", ["notice_id", "facet", "label"])


def downgrade() -> None:
    # The program of that schema knows corrections of sectors alone; it would take any other label for one.
    op.execute("DELETE FROM corrections WHERE facet <> 'sector'")
    with op.batch_alter_table("corrections") as corrections:
        corrections.drop_constraint("uq_corrections_notice_id_facet_label", type_="unique")
        corrections.alter_column("label", new_column_name="sector")
        corrections.drop_column("facet")
    with op.batch_alter_table("corrections") as corrections:
        corrections.create_unique_constraint("uq_corrections_notice_id_sector", ["notice_id", "sector"])
    op.drop_table("translations")
