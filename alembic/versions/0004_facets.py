"""Every facet of sorting is kept, and the operator's table of exports that importance goes by.

What is stored is sorted anew once, so that it has these labels too: a classification stays the one it is, nothing is
released and nobody is told by that.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
_NEW = "'measure_type', 'standard', 'substance', 'agreement', 'origin', 'affected', 'importance'"
_DOCUMENT = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")


def upgrade() -> None:
    op.add_column(
        "classifications",
        sa.Column(
            "facets",
            _DOCUMENT,
            nullable=False,
            server_default="{}",
            comment="labels of the other facets, by facet",
        ),
    )
    op.create_table(
        "exports",
        sa.Column("member", sa.Text(), nullable=False, comment="where the goods went"),
        sa.Column("hs", sa.Text(), nullable=False, comment="digits of an HS code"),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False, comment="US dollars"),
        sa.Column("chapter", sa.Text(), nullable=False, comment="the first two digits of hs, to be found by"),
        sa.PrimaryKeyConstraint("member", "hs", "year", name="pk_exports"),
    )
    op.create_index("ix_exports_chapter", "exports", ["member", "year", "chapter"])
    _say_what_facet_holds("as in domain.sectors.Facet", before="sector or theme")
    op.execute("UPDATE notices SET sorted_at = NULL")


def downgrade() -> None:
    _say_what_facet_holds("sector or theme", before="as in domain.sectors.Facet")
    op.execute(f"DELETE FROM labels WHERE facet IN ({_NEW})")  # noqa: S608 - our own words
    op.drop_table("exports")
    op.drop_column("classifications", "facets")


def _say_what_facet_holds(words: str, before: str) -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.alter_column("labels", "facet", existing_type=sa.Text(), comment=words, existing_comment=before)
