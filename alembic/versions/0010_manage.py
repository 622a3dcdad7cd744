"""Stopping and changing: pauses, changes of address, ceilings that all processes share."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True)
PAUSE = (
    ("paused_at", INSTANT, "from then on nothing is told, until it is resumed"),
    ("paused_until", INSTANT, "when it is resumed by itself"),
    ("resumes_with", sa.Text(), "what is told then of the time between: open or nothing"),
)
PAUSED = sa.text("paused_until IS NOT NULL")
UNPROVEN = sa.text("kind IN ('confirmation', 'new_address')")


def upgrade() -> None:
    op.add_column(
        "subscribers",
        sa.Column(
            "moves",
            sa.Integer(),
            nullable=False,
            server_default="0",
            comment="how often the address changed: manage links mailed before are void",
        ),
    )
    for name, kind, meaning in PAUSE:
        op.add_column("subscriptions", sa.Column(name, kind, nullable=True, comment=meaning))
    op.create_index(
        "ix_subscriptions_paused_until",
        "subscriptions",
        ["paused_until"],
        postgresql_where=PAUSED,
        sqlite_where=PAUSED,
    )
    spellings = "keyed hash of what the spellings of one address have in common"
    op.add_column("confirmations", sa.Column("abuse_hash", sa.Text(), nullable=True, comment=spellings))
    op.create_index("ix_confirmations_abuse_hash", "confirmations", ["abuse_hash"])
    elsewhere = "where it goes, if not to the address of the subscriber"
    op.add_column("deliveries", sa.Column("recipient", sa.Text(), nullable=True, comment=elsewhere))
    op.create_index(
        "ix_deliveries_unproven", "deliveries", ["created_at"], postgresql_where=UNPROVEN, sqlite_where=UNPROVEN
    )
    _address_changes()
    _callers()


def _address_changes() -> None:
    op.create_table(
        "address_changes",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("subscriber_id", NUMBER, nullable=False),
        sa.Column("address", sa.Text(), nullable=False, comment="the new one as it was typed"),
        *(
            sa.Column(name, sa.Text(), nullable=False)
            for name in ("wire", "identity", "old_address", "old_wire", "old_identity")
        ),
        sa.Column("confirm_hash", sa.Text(), nullable=False, comment="of the token that was mailed to the new one"),
        sa.Column("undo_hash", sa.Text(), nullable=False, comment="of the token that was mailed to the old one"),
        sa.Column("asked_at", INSTANT, nullable=False),
        sa.Column("confirmed_at", INSTANT, nullable=True),
        sa.Column("closed_at", INSTANT, nullable=True, comment="when it was undone, or another took its place"),
        sa.PrimaryKeyConstraint("id", name="pk_address_changes"),
        sa.ForeignKeyConstraint(
            ["subscriber_id"], ["subscribers.id"], name="fk_address_changes_subscriber_id_subscribers"
        ),
        sa.UniqueConstraint("confirm_hash", name="uq_address_changes_confirm_hash"),
        sa.UniqueConstraint("undo_hash", name="uq_address_changes_undo_hash"),
    )
    op.create_index("ix_address_changes_subscriber_id", "address_changes", ["subscriber_id"])
    op.create_index("ix_address_changes_identity", "address_changes", ["identity"])


def _callers() -> None:
    op.create_table(
        "callers",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("network_hash", sa.Text(), nullable=False, comment="keyed hash of the network that asked for a mail"),
        sa.Column("asked_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_callers"),
    )
    op.create_index("ix_callers_network_hash_asked_at", "callers", ["network_hash", "asked_at"])
    op.create_index("ix_callers_asked_at", "callers", ["asked_at"])


def downgrade() -> None:
    _fold_kinds()
    op.drop_table("callers")
    op.drop_table("address_changes")
    op.drop_index("ix_deliveries_unproven", "deliveries")
    op.drop_column("deliveries", "recipient")
    op.drop_index("ix_confirmations_abuse_hash", "confirmations")
    op.drop_column("confirmations", "abuse_hash")
    op.drop_index("ix_subscriptions_paused_until", "subscriptions")
    for name in ("resumes_with", "paused_until", "paused_at"):
        op.drop_column("subscriptions", name)
    op.drop_column("subscribers", "moves")


def _fold_kinds() -> None:
    """Make confirmations, which say nothing of an alert either, of the kinds of mail that the program before cannot read.

    They stay, for a bounce still names them by their number, which SQLite would give out anew. What was not handed over
    is skipped: without the column that names its recipient it would go to another address.
    """
    op.execute(
        "UPDATE deliveries SET state = 'skipped', leased_by = NULL, leased_until = NULL, fence = fence + 1,"
        " reason = CASE WHEN ambiguous > 0 OR state = 'handing_over'"
        " THEN 'schema undone (may have arrived)' ELSE 'schema undone' END"
        " WHERE kind IN ('link', 'new_address', 'old_address')"
        " AND state NOT IN ('accepted', 'rejected', 'bounced', 'skipped', 'superseded')"
    )
    op.execute("UPDATE deliveries SET kind = 'confirmation' WHERE kind IN ('link', 'new_address', 'old_address')")
    op.execute("DELETE FROM stops WHERE kind IN ('link', 'new_address', 'old_address')")
