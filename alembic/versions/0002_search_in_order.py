"""Search in the order of pages: a place for each notice, HS codes as words, and a kept tsvector."""

from collections.abc import Iterator
from itertools import groupby
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_BATCH = 1000

_PLACE = {
    "sqlite": "CAST(coalesce(julianday(distributed_on) - 1721424.5, 0) AS INTEGER) << 40 | id",
    "postgresql": "(coalesce(distributed_on - DATE '0001-01-01' + 1, 0)::bigint << 40) | id",
}
_TRIGGERS = ("added", "removed", "changed")


def upgrade() -> None:
    engine = op.get_bind().dialect.name
    if engine == "sqlite":
        _drop_index_of_sqlite()
    op.add_column(
        "notice_texts",
        sa.Column(
            "place",
            sa.BigInteger(),
            nullable=False,
            server_default="0",
            comment="its place among all, by day and number",
        ),
    )
    op.execute(
        f"UPDATE notice_texts SET place = (SELECT {_PLACE[engine]} FROM notices WHERE id = notice_id)"  # noqa: S608 - our own words
    )
    _add_codes()
    op.create_index("uq_notice_texts_place", "notice_texts", ["place"], unique=True)
    if engine == "sqlite":
        _index_sqlite("place")
        return
    op.execute("DROP INDEX ix_notice_texts_search")
    op.execute(
        "ALTER TABLE notice_texts ADD COLUMN vector tsvector GENERATED ALWAYS AS (to_tsvector('simple', folded)) STORED"
    )
    op.execute("CREATE INDEX ix_notice_texts_search ON notice_texts USING gin (vector)")
    # The planner walks the newest notices for a frequent word and takes the index for a rare one; by default it knows the
    # frequency of a thousand words only and walks through all notices for one that it has never met.
    op.execute("ALTER TABLE notice_texts ALTER COLUMN vector SET STATISTICS 1000")
    op.execute("ANALYZE notice_texts")


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        _drop_index_of_sqlite()
        op.drop_index("uq_notice_texts_place", "notice_texts")
        op.drop_column("notice_texts", "place")
        _index_sqlite("notice_id")
        return
    op.execute("DROP INDEX ix_notice_texts_search")
    op.drop_index("uq_notice_texts_place", "notice_texts")
    op.drop_column("notice_texts", "vector")
    op.drop_column("notice_texts", "place")
    op.execute("CREATE INDEX ix_notice_texts_search ON notice_texts USING gin (to_tsvector('simple', folded))")


def _add_codes() -> None:
    """Put the HS codes of each notice behind its words: `hs` with each beginning, `hsis` with the code itself."""
    connection = op.get_bind()
    codes = connection.execute(
        sa.text("SELECT notice_id, code FROM notice_codes WHERE nomenclature = 'hs' ORDER BY notice_id, code")
    ).all()
    rows = [
        {"number": number, "words": " " + " ".join(dict.fromkeys(word for row in group for word in _words(row.code)))}
        for number, group in groupby(codes, key=lambda row: row.notice_id)
    ]
    statement = sa.text("UPDATE notice_texts SET folded = folded || :words WHERE notice_id = :number")
    for start in range(0, len(rows), _BATCH):
        connection.execute(statement, rows[start : start + _BATCH])


def _words(code: str) -> Iterator[str]:
    digits = "".join(filter(str.isdigit, code))
    yield from (f"hs{digits[:length]}" for length in range(2, len(digits) + 1))
    yield f"hsis{digits}"


def _drop_index_of_sqlite() -> None:
    for name in _TRIGGERS:
        op.execute(f"DROP TRIGGER notice_texts_{name}")
    op.execute("DROP TABLE notice_search")


def _index_sqlite(number: str) -> None:
    """Make the index of words with `number` of notice_texts for its rows."""
    add = f"INSERT INTO notice_search(rowid, folded) VALUES (new.{number}, new.folded);"  # noqa: S608 - our own words
    remove = f"INSERT INTO notice_search(notice_search, rowid, folded) VALUES ('delete', old.{number}, old.folded);"  # noqa: S608 - our own words
    bodies: dict[str, Any] = {
        "added": ("INSERT", add),
        "removed": ("DELETE", remove),
        "changed": ("UPDATE", remove + add),
    }
    op.execute(
        f"""CREATE VIRTUAL TABLE notice_search USING fts5(
               folded, content='notice_texts', content_rowid='{number}', tokenize='unicode61 remove_diacritics 0')"""
    )
    for name, (verb, body) in bodies.items():
        op.execute(f"CREATE TRIGGER notice_texts_{name} AFTER {verb} ON notice_texts BEGIN {body} END")
    op.execute("INSERT INTO notice_search(notice_search) VALUES ('rebuild')")
