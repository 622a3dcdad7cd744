"""Who may use the desk: accounts, their second factor, sessions, mailed links and the mails that bring them."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"

_INSTANT = sa.DateTime(timezone=True)
_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    _people()
    _signing_in()
    _links()


def downgrade() -> None:
    for table in ("account_mails", "account_links", "sign_in_tries", "sessions", "recovery_codes", "accounts"):
        op.drop_table(table)


def _people() -> None:
    op.create_table(
        "accounts",
        sa.Column("id", _NUMBER, autoincrement=True, nullable=False),
        sa.Column("address", sa.Text(), nullable=False, comment="as first typed"),
        sa.Column("wire", sa.Text(), nullable=False, comment="what mail is sent to"),
        sa.Column("identity", sa.Text(), nullable=False, comment="how addresses are compared"),
        sa.Column("role", sa.Text(), nullable=False, comment="as in domain.access.Role"),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), comment="Argon2id; null until an invitation is taken up"),
        sa.Column(
            "factor_seed",
            sa.Text(),
            comment="with the installation's key it makes the secret; null where there is none",
        ),
        sa.Column(
            "factor_step", _NUMBER, server_default="0", nullable=False, comment="of the last code that was taken"
        ),
        sa.Column("created_at", _INSTANT, nullable=False),
        sa.Column("signed_in_at", _INSTANT),
        sa.Column("disabled_at", _INSTANT),
        sa.PrimaryKeyConstraint("id", name="pk_accounts"),
        sa.UniqueConstraint("identity", name="uq_accounts_identity"),
    )
    op.create_table(
        "recovery_codes",
        sa.Column("account_id", _NUMBER, nullable=False),
        sa.Column("code_hash", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name="fk_recovery_codes_account_id_accounts"),
        sa.PrimaryKeyConstraint("account_id", "code_hash", name="pk_recovery_codes"),
    )


def _signing_in() -> None:
    op.create_table(
        "sessions",
        sa.Column("token_hash", sa.Text(), nullable=False, comment="SHA-256 of what the cookie holds"),
        sa.Column("account_id", _NUMBER, nullable=False),
        sa.Column("began_at", _INSTANT, nullable=False),
        sa.Column("seen_at", _INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name="fk_sessions_account_id_accounts"),
        sa.PrimaryKeyConstraint("token_hash", name="pk_sessions"),
    )
    op.create_index("ix_sessions_account_id", "sessions", ["account_id"])
    op.create_table(
        "sign_in_tries",
        sa.Column("id", _NUMBER, autoincrement=True, nullable=False),
        sa.Column("counted_for", sa.Text(), nullable=False, comment="keyed hash of an address, a network, a browser"),
        sa.Column("tried_at", _INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_sign_in_tries"),
    )
    op.create_index("ix_sign_in_tries_tried_at", "sign_in_tries", ["tried_at"])
    op.create_index("ix_sign_in_tries_counted_for_tried_at", "sign_in_tries", ["counted_for", "tried_at"])


def _links() -> None:
    op.create_table(
        "account_links",
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("account_id", _NUMBER, nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False, comment="as in domain.access.LinkPurpose"),
        sa.Column("created_at", _INSTANT, nullable=False),
        sa.Column("expires_at", _INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name="fk_account_links_account_id_accounts"),
        sa.PrimaryKeyConstraint("token_hash", name="pk_account_links"),
    )
    op.create_index("ix_account_links_account_id", "account_links", ["account_id"])
    op.create_table(
        "account_mails",
        sa.Column("id", _NUMBER, autoincrement=True, nullable=False),
        sa.Column("account_id", _NUMBER, nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), comment="the bytes on the wire; destroyed once the mail came to an end"),
        sa.Column("state", sa.Text(), nullable=False, comment="pending, accepted, rejected or skipped"),
        sa.Column("reply", sa.Text()),
        sa.Column("tries", sa.Integer(), server_default="0", nullable=False),
        sa.Column("created_at", _INSTANT, nullable=False),
        sa.Column("due_at", _INSTANT, nullable=False, comment="not tried, or tried again, before this moment"),
        sa.Column("expires_at", _INSTANT, nullable=False, comment="when the link in it ends, and with it the tries"),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name="fk_account_mails_account_id_accounts"),
        sa.PrimaryKeyConstraint("id", name="pk_account_mails"),
    )
    op.create_index("ix_account_mails_account_id", "account_mails", ["account_id"])
    op.create_index("ix_account_mails_state_due_at", "account_mails", ["state", "due_at"])
