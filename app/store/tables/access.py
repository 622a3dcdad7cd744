"""Who may use the desk, how they sign in, and the mails that bring them their links."""

from sqlalchemy import Column, ForeignKey, Index, Integer, LargeBinary, PrimaryKeyConstraint, Table, Text

from app.store.tables.base import Instant, Number, identity, metadata

accounts = Table(
    "accounts",
    metadata,
    identity(),
    Column("address", Text, nullable=False, comment="as first typed"),
    Column("wire", Text, nullable=False, comment="what mail is sent to"),
    Column("identity", Text, nullable=False, unique=True, comment="how addresses are compared"),
    Column("role", Text, nullable=False, comment="as in domain.access.Role"),
    Column("language", Text, nullable=False),
    Column("password_hash", Text, comment="Argon2id; null until an invitation is taken up"),
    Column("factor_seed", Text, comment="with the installation's key it makes the secret; null where there is none"),
    Column("factor_step", Number, nullable=False, server_default="0", comment="of the last code that was taken"),
    Column("created_at", Instant, nullable=False),
    Column("signed_in_at", Instant),
    Column("disabled_at", Instant),
    Column("openid_issuer", Text, comment="whose account of an issuer lets them in; null where none is linked"),
    Column("openid_subject", Text, comment="how that issuer names them, for good"),
    Column("linked_at", Instant),
    Index("uq_accounts_openid", "openid_issuer", "openid_subject", unique=True),
)

recovery_codes = Table(
    "recovery_codes",
    metadata,
    Column("account_id", Number, ForeignKey("accounts.id"), nullable=False),
    Column("code_hash", Text, nullable=False),
    PrimaryKeyConstraint("account_id", "code_hash"),
)

sessions = Table(
    "sessions",
    metadata,
    Column("token_hash", Text, primary_key=True, comment="SHA-256 of what the cookie holds"),
    Column("account_id", Number, ForeignKey("accounts.id"), nullable=False, index=True),
    Column("began_at", Instant, nullable=False),
    Column("seen_at", Instant, nullable=False),
)

openid_requests = Table(
    "openid_requests",
    metadata,
    Column("state_hash", Text, primary_key=True, comment="SHA-256 of what goes to the issuer and comes back, once"),
    Column("browser_hash", Text, nullable=False, unique=True, comment="SHA-256 of what the browser's cookie holds"),
    Column("after", Text, nullable=False, comment="the page of the desk that was wanted"),
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False, index=True),
    Column("taken_at", Instant, comment="when the browser came back with it"),
    Column(
        "account_id",
        Number,
        ForeignKey("accounts.id"),
        index=True,
        comment="whom the issuer proved, whose own second factor is still asked for",
    ),
    Column("subject", Text, comment="how the issuer names them"),
)

sign_in_tries = Table(
    "sign_in_tries",
    metadata,
    identity(),
    Column("counted_for", Text, nullable=False, comment="keyed hash of an address, a network, a browser"),
    Column("tried_at", Instant, nullable=False, index=True),
    Index("ix_sign_in_tries_counted_for_tried_at", "counted_for", "tried_at"),
)

account_links = Table(
    "account_links",
    metadata,
    Column("token_hash", Text, primary_key=True),
    Column("account_id", Number, ForeignKey("accounts.id"), nullable=False, index=True),
    Column("purpose", Text, nullable=False, comment="as in domain.access.LinkPurpose"),
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
)

account_mails = Table(
    "account_mails",
    metadata,
    identity(),
    Column("account_id", Number, ForeignKey("accounts.id"), nullable=False, index=True),
    Column("purpose", Text, nullable=False),
    Column("message_id", Text, nullable=False),
    Column("body", LargeBinary, comment="the bytes on the wire; destroyed once the mail came to an end"),
    Column("state", Text, nullable=False, comment="pending, accepted, rejected or skipped"),
    Column("reply", Text),
    Column("tries", Integer, nullable=False, server_default="0"),
    Column("created_at", Instant, nullable=False),
    Column("due_at", Instant, nullable=False, comment="not tried, or tried again, before this moment"),
    Column("expires_at", Instant, nullable=False, comment="when the link in it ends, and with it the tries"),
    Index("ix_account_mails_state_due_at", "state", "due_at"),
)
