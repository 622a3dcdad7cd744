"""Privacy: where consent came from and when it was withdrawn, requests with their clocks, and what erasure leaves."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True)

_OPEN = sa.text("finished_at IS NULL")


def upgrade() -> None:
    _consents()
    op.add_column("subscribers", sa.Column("forgotten_at", INSTANT, comment="when address and identity were destroyed"))
    op.create_index("ix_deliveries_message_hash", "deliveries", ["message_hash"])
    op.create_index("ix_messages_created_at", "messages", ["created_at"])
    _withdraw_with_what_ended()
    _what_is_left()
    _requests()


def downgrade() -> None:
    op.drop_index("ix_person_requests_open", table_name="person_requests")
    op.drop_index("ix_person_requests_subscriber_id", table_name="person_requests")
    for table in ("mailed_confirmations", "person_requests", "subject_keys", "erased_identities"):
        op.drop_table(table)
    op.drop_index("ix_messages_created_at", table_name="messages")
    op.drop_index("ix_deliveries_message_hash", table_name="deliveries")
    op.drop_column("subscribers", "forgotten_at")
    for column in ("withdrawn_because", "withdrawn_at", "network", "ip", "confirmation"):
        op.drop_column("consents", column)


def _consents() -> None:
    for column in (
        sa.Column("confirmation", sa.Text(), comment="hash of the confirmation link whose button was pressed"),
        sa.Column("ip", sa.Text(), comment="where the button was pressed; destroyed after thirty days"),
        sa.Column("network", sa.Text(), comment="the same with the end masked"),
        sa.Column("withdrawn_at", INSTANT),
        sa.Column("withdrawn_because", sa.Text()),
    ):
        op.add_column("consents", column)


def _withdraw_with_what_ended() -> None:
    """Write the withdrawal of every consent whose subscription ended before withdrawals were written."""
    op.execute(
        "UPDATE consents SET "
        "withdrawn_at = (SELECT ended_at FROM subscriptions WHERE subscriptions.id = consents.subscription_id), "
        "withdrawn_because = (SELECT ended_because FROM subscriptions WHERE subscriptions.id = consents.subscription_id)"
    )


def _what_is_left() -> None:
    op.create_table(
        "erased_identities",
        sa.Column(
            "identity_hash", sa.Text(), nullable=False, comment="keyed hash of an address that nobody knows any more"
        ),
        sa.Column(
            "because",
            sa.Text(),
            nullable=False,
            comment="erased, or suppressed: forgotten while it was not to be mailed",
        ),
        sa.Column("erased_at", INSTANT, nullable=False),
        sa.Column("lifted_at", INSTANT, comment="when the person came back by a confirmation link"),
        sa.PrimaryKeyConstraint("identity_hash", "erased_at", name="pk_erased_identities"),
    )
    op.create_table(
        "subject_keys",
        sa.Column("subscriber_id", NUMBER, autoincrement=False, nullable=False),
        sa.Column("key", sa.Text(), nullable=False, comment="of the hashes that stand for this person in the audit"),
        sa.ForeignKeyConstraint(
            ["subscriber_id"], ["subscribers.id"], name="fk_subject_keys_subscriber_id_subscribers"
        ),
        sa.PrimaryKeyConstraint("subscriber_id", name="pk_subject_keys"),
    )
    op.create_table(
        "mailed_confirmations",
        sa.Column(
            "identity_hash", sa.Text(), nullable=False, comment="keyed hash of an address whose wish was forgotten"
        ),
        sa.Column("mailed_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("identity_hash", "mailed_at", name="pk_mailed_confirmations"),
    )


def _requests() -> None:
    op.create_table(
        "person_requests",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("subscriber_id", NUMBER, nullable=True, comment="empty: nothing was held"),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column(
            "method",
            sa.Text(),
            nullable=False,
            comment="page: done by the person; staff: it came by letter, mail or phone",
        ),
        sa.Column("received_at", INSTANT, nullable=False),
        sa.Column("answer_by", sa.Date(), nullable=False),
        sa.Column("finish_by", sa.Date(), nullable=False),
        sa.Column("answered_at", INSTANT),
        sa.Column("finished_at", INSTANT),
        sa.Column("outcome", sa.Text()),
        sa.ForeignKeyConstraint(
            ["subscriber_id"], ["subscribers.id"], name="fk_person_requests_subscriber_id_subscribers"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_person_requests"),
    )
    op.create_index("ix_person_requests_subscriber_id", "person_requests", ["subscriber_id"])
    op.create_index(
        "ix_person_requests_open", "person_requests", ["finish_by"], postgresql_where=_OPEN, sqlite_where=_OPEN
    )
