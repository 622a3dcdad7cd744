"""Who has which notice in hand, what was set aside, and indexes by which the queue is read."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)
LIVING = sa.text("ended_at IS NULL")
WAITING = sa.text("waiting IS NOT NULL AND released_at IS NULL AND silence IS NULL")
UNMATCHED = sa.text("matched = 0 AND silence IS NULL AND fanned_out_at IS NOT NULL AND set_aside_at IS NULL")
SET_ASIDE = sa.text("set_aside_at IS NOT NULL")


def upgrade() -> None:
    seen = "when somebody on the staff saw that nothing is to be done"
    op.add_column("events", sa.Column("set_aside_at", MOMENT, comment=seen))
    op.add_column("events", sa.Column("set_aside_by", sa.Text()))
    op.add_column("events", sa.Column("set_aside_because", sa.Text()))
    op.drop_index("ix_events_waiting", "events")
    _index("ix_events_waiting", "events", ["notice_id", "created_at", "waiting"], WAITING)
    _index("ix_events_unmatched", "events", ["notice_id", "created_at"], UNMATCHED)
    _index("ix_events_set_aside", "events", ["notice_id"], SET_ASIDE)
    _create_assignments()


def downgrade() -> None:
    op.drop_table("assignments")
    for name in ("ix_events_set_aside", "ix_events_unmatched", "ix_events_waiting"):
        op.drop_index(name, "events")
    op.create_index("ix_events_waiting", "events", ["waiting"])
    # The program of that schema can let out what is silent, and knows no other word for what nobody is to be told of.
    op.execute("UPDATE events SET silence = 'silent' WHERE silence = 'set_aside'")
    for column in ("set_aside_because", "set_aside_by", "set_aside_at"):
        op.drop_column("events", column)


def _create_assignments() -> None:
    op.create_table(
        "assignments",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("notice_id", NUMBER, nullable=False),
        sa.Column("organisation_id", NUMBER, comment="a unit of the ministry"),
        sa.Column("account_id", NUMBER, comment="or somebody on the staff"),
        sa.Column("assigned_by", sa.Text(), nullable=False),
        sa.Column("assigned_at", MOMENT, nullable=False),
        sa.Column("ended_at", MOMENT),
        sa.PrimaryKeyConstraint("id", name="pk_assignments"),
        sa.ForeignKeyConstraint(["notice_id"], ["notices.id"], name="fk_assignments_notice_id_notices"),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name="fk_assignments_organisation_id_organisations"
        ),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name="fk_assignments_account_id_accounts"),
        sa.CheckConstraint("(organisation_id IS NULL) <> (account_id IS NULL)", name=op.f("ck_assignments_one_holder")),
    )
    op.create_index("ix_assignments_notice_id", "assignments", ["notice_id"])
    _index("uq_assignments_living", "assignments", ["notice_id"], LIVING, unique=True)
    _index("ix_assignments_organisation_id", "assignments", ["organisation_id"], LIVING)
    _index("ix_assignments_account_id", "assignments", ["account_id"], LIVING)


def _index(name: str, table: str, columns: list[str], condition: sa.TextClause, *, unique: bool = False) -> None:
    op.create_index(name, table, columns, unique=unique, postgresql_where=condition, sqlite_where=condition)
