"""Drafts that a machine wrote for a box when somebody asked it to: they have an asker and no writer."""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
STATE = "translated or reviewed"
WRITER = "nobody, where a machine drafted it"


def upgrade() -> None:
    with op.batch_alter_table("translations") as translations:
        translations.alter_column("state", existing_type=sa.Text(), comment=f"machine, {STATE}", existing_comment=STATE)
        translations.alter_column("written_by", existing_type=NUMBER, nullable=True, comment=WRITER)
        translations.add_column(sa.Column("asked_by", NUMBER, comment="who asked the machine"))
        translations.create_foreign_key("fk_translations_asked_by_accounts", "accounts", ["asked_by"], ["id"])
        translations.create_check_constraint(
            op.f("ck_translations_writer"), "(state = 'machine') = (written_by IS NULL)"
        )
        translations.create_check_constraint(
            op.f("ck_translations_asker"), "(state = 'machine') = (asked_by IS NOT NULL)"
        )


def downgrade() -> None:
    # The program of that schema knows nobody who wrote nothing.
    op.execute("DELETE FROM translations WHERE state = 'machine'")
    with op.batch_alter_table("translations") as translations:
        translations.drop_constraint(op.f("ck_translations_writer"), type_="check")
        translations.drop_constraint(op.f("ck_translations_asker"), type_="check")
        translations.drop_constraint("fk_translations_asked_by_accounts", type_="foreignkey")
        translations.drop_column("asked_by")
        translations.alter_column(
            "written_by", existing_type=NUMBER, nullable=False, comment=None, existing_comment=WRITER
        )
        translations.alter_column("state", existing_type=sa.Text(), comment=STATE, existing_comment=f"machine, {STATE}")
