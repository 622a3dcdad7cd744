"""Replays: what a change of the sorting tells of the past, and the switch that stops it."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
DOCUMENT = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")
INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "replays",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("taxonomy_version", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("matched_at", INSTANT, nullable=False, comment="what was sorted after this moment is left out"),
        sa.PrimaryKeyConstraint("id", name="pk_replays"),
    )
    _matches()
    _catch_ups()
    op.create_table(
        "stops",
        sa.Column(
            "kind",
            sa.Text(),
            nullable=False,
            comment="of deliveries that no worker may hand over while this row stands",
        ),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("stopped_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("kind", name="pk_stops"),
    )
    op.add_column("deliveries", sa.Column("replay_id", NUMBER, nullable=True, comment="of a catch-up mail, in replays"))


def downgrade() -> None:
    op.drop_column("deliveries", "replay_id")
    for table in ("stops", "catch_ups", "replay_matches", "replays"):
        op.drop_table(table)


def _matches() -> None:
    op.create_table(
        "replay_matches",
        sa.Column("replay_id", NUMBER, nullable=False),
        sa.Column("event_id", NUMBER, nullable=False),
        sa.Column("criteria_id", NUMBER, nullable=False),
        sa.Column("reasons", DOCUMENT, nullable=False),
        sa.Column(
            "open", sa.Boolean(), nullable=False, comment="whether the notice took comments on the day of the replay"
        ),
        sa.ForeignKeyConstraint(["replay_id"], ["replays.id"], name="fk_replay_matches_replay_id_replays"),
        sa.ForeignKeyConstraint(["event_id"], ["events.id"], name="fk_replay_matches_event_id_events"),
        sa.ForeignKeyConstraint(["criteria_id"], ["criteria.id"], name="fk_replay_matches_criteria_id_criteria"),
        sa.PrimaryKeyConstraint("replay_id", "event_id", "criteria_id", name="pk_replay_matches"),
    )
    op.create_index("ix_replay_matches_criteria_id", "replay_matches", ["criteria_id"], unique=False)


def _catch_ups() -> None:
    op.create_table(
        "catch_ups",
        sa.Column("replay_id", NUMBER, nullable=False),
        sa.Column("subscriber_id", NUMBER, nullable=False),
        sa.Column("past", sa.Integer(), nullable=False, comment="notices that now match and were never told"),
        sa.Column(
            "still_open", sa.Integer(), nullable=False, comment="those of them that take comments: these are told"
        ),
        sa.ForeignKeyConstraint(["replay_id"], ["replays.id"], name="fk_catch_ups_replay_id_replays"),
        sa.ForeignKeyConstraint(["subscriber_id"], ["subscribers.id"], name="fk_catch_ups_subscriber_id_subscribers"),
        sa.PrimaryKeyConstraint("replay_id", "subscriber_id", name="pk_catch_ups"),
    )
    op.create_index("ix_catch_ups_subscriber_id", "catch_ups", ["subscriber_id"], unique=False)
