"""Attachments: the documents behind the links of notices, and what they say as a second, weaker field of search."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True)

_TRIGGERS = ("added", "removed", "changed")
_WAITING = sa.text("state = 'waiting'")
_UNLISTED = sa.text("linked_version IS NULL OR linked_version < version")
_ANNEX_DUE = sa.text("annex_due")
_OWN_WORDS = "to_tsvector('simple', folded)"
# The weights tell a notice's own words from those of its annexes, and cost nothing where nobody asks for them.
_BOTH = f"setweight({_OWN_WORDS}, 'A') || setweight(to_tsvector('simple', annex), 'D')"


def upgrade() -> None:
    _add_attachments()
    _add_texts_and_hosts()
    op.add_column(
        "notices",
        sa.Column(
            "linked_version", sa.Integer(), nullable=True, comment="the version whose links are listed in attachments"
        ),
    )
    op.create_index(
        "ix_notices_unlisted", "notices", ["distributed_on"], postgresql_where=_UNLISTED, sqlite_where=_UNLISTED
    )
    if op.get_bind().dialect.name == "sqlite":
        _drop_index_of_sqlite()
    annex = sa.Column(
        "annex", sa.Text(), nullable=False, server_default="", comment="what its attachments say, folded likewise"
    )
    due: sa.Column[bool] = sa.Column(
        "annex_due", sa.Boolean(), nullable=False, server_default=sa.false(), comment="the annex is to be folded anew"
    )
    op.add_column("notice_texts", annex)
    op.add_column("notice_texts", due)
    op.create_index(
        "ix_notice_texts_annex_due",
        "notice_texts",
        ["notice_id"],
        postgresql_where=_ANNEX_DUE,
        sqlite_where=_ANNEX_DUE,
    )
    if op.get_bind().dialect.name == "sqlite":
        _index_sqlite("folded", "annex")
    else:
        _index_postgresql(_BOTH)


def downgrade() -> None:
    sqlite = op.get_bind().dialect.name == "sqlite"
    if sqlite:
        _drop_index_of_sqlite()
    else:
        _index_postgresql(_OWN_WORDS)
    op.drop_index("ix_notice_texts_annex_due", "notice_texts")
    op.drop_column("notice_texts", "annex_due")
    op.drop_column("notice_texts", "annex")
    if sqlite:
        _index_sqlite("folded")
    op.drop_index("ix_notices_unlisted", "notices")
    op.drop_column("notices", "linked_version")
    for table in ("attachment_hosts", "attachment_texts", "attachments"):
        op.drop_table(table)


def _add_attachments() -> None:
    op.create_table(
        "attachments",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("notice_id", NUMBER, nullable=False),
        sa.Column("url", sa.Text(), nullable=False, comment="the link as the notice gives it"),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False, comment="notice or text"),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False, comment="as domain.attachments.AttachmentState"),
        sa.Column("reason", sa.Text(), nullable=False, server_default=""),
        sa.Column("attempts", sa.Integer(), nullable=False, server_default="0"),
        sa.Column(
            "next_try_at",
            INSTANT,
            nullable=True,
            comment="not asked for before this moment; null when it may be at once, or never",
        ),
        sa.Column("hash", sa.Text(), nullable=True, comment="SHA-256 of the document, which names its row in payloads"),
        sa.Column("pages", sa.Integer(), nullable=True),
        sa.Column("characters", sa.Integer(), nullable=True),
        sa.Column("fetched_at", INSTANT, nullable=True),
        sa.ForeignKeyConstraint(["notice_id"], ["notices.id"], name="fk_attachments_notice_id_notices"),
        sa.PrimaryKeyConstraint("id", name="pk_attachments"),
        sa.UniqueConstraint("notice_id", "url", name="uq_attachments_notice_id_url"),
    )
    op.create_index(
        "ix_attachments_waiting", "attachments", ["next_try_at"], postgresql_where=_WAITING, sqlite_where=_WAITING
    )


def _add_texts_and_hosts() -> None:
    op.create_table(
        "attachment_texts",
        sa.Column("hash", sa.Text(), nullable=False, comment="of the document that it was read in"),
        sa.Column("body", sa.LargeBinary(), nullable=False, comment="plain text, compressed with zlib"),
        sa.PrimaryKeyConstraint("hash", name="pk_attachment_texts"),
    )
    op.create_table(
        "attachment_hosts",
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False, comment="requests in a row that it did not serve"),
        sa.Column("resume_at", INSTANT, nullable=True, comment="not asked before this moment"),
        sa.PrimaryKeyConstraint("host", name="pk_attachment_hosts"),
    )


def _index_postgresql(words: str) -> None:
    """Keep another vector, with the index and the statistics that 0002 gave to the one before."""
    op.execute("DROP INDEX ix_notice_texts_search")
    op.execute("ALTER TABLE notice_texts DROP COLUMN vector")
    op.execute(f"ALTER TABLE notice_texts ADD COLUMN vector tsvector GENERATED ALWAYS AS ({words}) STORED")
    op.execute("CREATE INDEX ix_notice_texts_search ON notice_texts USING gin (vector)")
    op.execute("ALTER TABLE notice_texts ALTER COLUMN vector SET STATISTICS 1000")
    op.execute("ANALYZE notice_texts")


def _drop_index_of_sqlite() -> None:
    for name in _TRIGGERS:
        op.execute(f"DROP TRIGGER notice_texts_{name}")
    op.execute("DROP TABLE notice_search")


def _index_sqlite(*fields: str) -> None:
    """Make the index of words over some fields of notice_texts."""
    listed = ", ".join(fields)
    new, old = (", ".join(f"{row}.{field}" for field in ("place", *fields)) for row in ("new", "old"))
    add = f"INSERT INTO notice_search(rowid, {listed}) VALUES ({new});"  # noqa: S608 - our own words
    remove = f"INSERT INTO notice_search(notice_search, rowid, {listed}) VALUES ('delete', {old});"  # noqa: S608 - our own words
    bodies: dict[str, Any] = {
        "added": ("INSERT", add),
        "removed": ("DELETE", remove),
        "changed": (f"UPDATE OF place, {listed}", remove + add),
    }
    op.execute(
        f"""CREATE VIRTUAL TABLE notice_search USING fts5(
               {listed}, content='notice_texts', content_rowid='place', tokenize='unicode61 remove_diacritics 0')"""
    )
    for name, (verb, body) in bodies.items():
        op.execute(f"CREATE TRIGGER notice_texts_{name} AFTER {verb} ON notice_texts BEGIN {body} END")
    op.execute("INSERT INTO notice_search(notice_search) VALUES ('rebuild')")
