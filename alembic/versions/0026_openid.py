"""Staff may sign in with an account of an issuer (OpenID Connect): whose it is, and who is away there just now."""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)

LETS_IN = "whose account of an issuer lets them in; null where none is linked"


def upgrade() -> None:
    op.add_column("accounts", sa.Column("openid_issuer", sa.Text(), comment=LETS_IN))
    op.add_column("accounts", sa.Column("openid_subject", sa.Text(), comment="how that issuer names them, for good"))
    op.add_column("accounts", sa.Column("linked_at", MOMENT))
    op.create_index("uq_accounts_openid", "accounts", ["openid_issuer", "openid_subject"], unique=True)
    op.create_table(
        "openid_requests",
        sa.Column(
            "state_hash", sa.Text(), nullable=False, comment="SHA-256 of what goes to the issuer and comes back, once"
        ),
        sa.Column("browser_hash", sa.Text(), nullable=False, comment="SHA-256 of what the browser's cookie holds"),
        sa.Column("after", sa.Text(), nullable=False, comment="the page of the desk that was wanted"),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("taken_at", MOMENT, comment="when the browser came back with it"),
        sa.Column("account_id", NUMBER, comment="whom the issuer proved, whose own second factor is still asked for"),
        sa.Column("subject", sa.Text(), comment="how the issuer names them"),
        sa.PrimaryKeyConstraint("state_hash", name="pk_openid_requests"),
        sa.UniqueConstraint("browser_hash", name="uq_openid_requests_browser_hash"),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name="fk_openid_requests_account_id_accounts"),
    )
    op.create_index("ix_openid_requests_expires_at", "openid_requests", ["expires_at"])
    op.create_index("ix_openid_requests_account_id", "openid_requests", ["account_id"])


def downgrade() -> None:
    op.drop_table("openid_requests")
    op.drop_index("uq_accounts_openid", "accounts")
    for column in ("linked_at", "openid_subject", "openid_issuer"):
        op.drop_column("accounts", column)
