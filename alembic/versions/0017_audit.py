"""The audit is only ever appended to, and every row is sealed by a hash over itself and the row before it (MO-08)."""

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0017"
down_revision = "0016"

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
DOCUMENT = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")
INSTANT = sa.DateTime(timezone=True)

_TABLES = ("audit", "audit_seals", "audit_heads")
_KEPT = 729
"""Days: a day less than the audit is kept, so that the clock of who asks and that of the database need not agree."""
_AGE = {
    "audit": "OLD.at",
    "audit_seals": "(SELECT audit.at FROM audit WHERE audit.id = OLD.audit_id)",
    "audit_heads": "OLD.at",
}
_TAKEN = {
    "audit": "SELECT 1 FROM audit WHERE id = NEW.id",
    "audit_seals": "SELECT 1 FROM audit_seals WHERE number = NEW.number OR audit_id = NEW.audit_id",
    "audit_heads": "SELECT 1 FROM audit_heads WHERE id = NEW.id",
}
_PAGE = 5000


def upgrade() -> None:
    op.add_column(
        "audit",
        sa.Column("origin", sa.Text(), server_default="unknown", nullable=False, comment="as in domain.audit.Origin"),
    )
    op.create_table(
        "audit_seals",
        sa.Column(
            "number", NUMBER, autoincrement=False, nullable=False, comment="the place in the chain, from 1, no gaps"
        ),
        sa.Column("audit_id", NUMBER, nullable=False),
        sa.Column("previous", sa.Text(), nullable=False, comment="the hash of the row before"),
        sa.Column("hash", sa.Text(), nullable=False, comment="SHA-256 of `previous` and the row in canonical JSON"),
        sa.PrimaryKeyConstraint("number", name="pk_audit_seals"),
        sa.UniqueConstraint("audit_id", name="uq_audit_seals_audit_id"),
        sa.ForeignKeyConstraint(["audit_id"], ["audit.id"], name="fk_audit_seals_audit_id_audit"),
    )
    op.create_table(
        "audit_heads",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("at", INSTANT, nullable=False, comment="when the chain was verified"),
        sa.Column("number", NUMBER, nullable=False, comment="the last sound row in the order of the chain"),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("fault", sa.Text(), comment="how the chain is broken after it; null when it is whole"),
        sa.PrimaryKeyConstraint("id", name="pk_audit_heads"),
    )
    _seal(op.get_bind())
    _guard_postgresql() if op.get_context().dialect.name == "postgresql" else _guard_sqlite()


def downgrade() -> None:
    if op.get_context().dialect.name == "postgresql":
        for table in _TABLES:
            op.execute(f"DROP TRIGGER {table}_kept ON {table}")
            op.execute(f"DROP TRIGGER {table}_not_emptied ON {table}")
            op.execute(f"DROP FUNCTION {table}_kept()")
        op.execute("DROP FUNCTION audit_not_emptied()")
    else:
        for table in _TABLES:
            for name in ("changed", "removed", "replaced"):
                op.execute(f"DROP TRIGGER {table}_not_{name}")
    op.drop_table("audit_heads")
    op.drop_table("audit_seals")
    op.drop_column("audit", "origin")


def _guard_sqlite() -> None:
    """Refuse changes. REPLACE deletes what is in its way without asking the trigger for deletions, so it has its own."""
    for table in _TABLES:
        refuse = f"BEGIN SELECT RAISE(ABORT, '{table}: rows are only appended'); END"
        young = f"({_AGE[table]}) > datetime('now', '-{_KEPT} days')"
        op.execute(f"CREATE TRIGGER {table}_not_changed BEFORE UPDATE ON {table} {refuse}")
        op.execute(f"CREATE TRIGGER {table}_not_removed BEFORE DELETE ON {table} WHEN {young} {refuse}")
        op.execute(
            f"CREATE TRIGGER {table}_not_replaced BEFORE INSERT ON {table} WHEN EXISTS ({_TAKEN[table]}) {refuse}"
        )


def _guard_postgresql() -> None:
    """Refuse changes, also to who asks for triggers to be left out (`session_replication_role`)."""
    schema = op.get_bind().exec_driver_sql("SELECT quote_ident(current_schema())").scalar_one()
    # Unless it is named last, a session's own temporary tables are looked in first.
    fixed = f"SET search_path = pg_catalog, {schema}, pg_temp"
    raised = "RAISE EXCEPTION '%: rows are only appended', TG_TABLE_NAME USING ERRCODE = 'restrict_violation'"
    op.execute(
        f"CREATE FUNCTION audit_not_emptied() RETURNS trigger LANGUAGE plpgsql {fixed} AS $$ BEGIN {raised}; END $$"
    )
    for table in _TABLES:
        op.execute(
            f"""CREATE FUNCTION {table}_kept() RETURNS trigger LANGUAGE plpgsql {fixed} AS $$ BEGIN
                    IF TG_OP = 'DELETE' THEN
                        IF {_AGE[table]} <= now() - interval '{_KEPT} days' THEN RETURN OLD; END IF;
                    END IF;
                    {raised};
                END $$"""
        )
        op.execute(
            f"CREATE TRIGGER {table}_kept BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION {table}_kept()"
        )
        op.execute(
            f"CREATE TRIGGER {table}_not_emptied BEFORE TRUNCATE ON {table} EXECUTE FUNCTION audit_not_emptied()"
        )
        op.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_kept")
        op.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_not_emptied")


def _seal(connection: sa.Connection) -> None:
    """Take the rows that are there into the chain, page by page, oldest first."""
    names = ("id", "at", "actor", "origin", "verb", "subject")
    audit = sa.table(
        "audit", sa.column("at", INSTANT), sa.column("details", DOCUMENT), *map(sa.column, names[:1] + names[2:])
    )
    seals = sa.table("audit_seals", *map(sa.column, ("number", "audit_id", "previous", "hash")))
    number, previous, after = 0, "0" * 64, 0
    while True:
        page = sa.select(audit).where(audit.c.id > after).order_by(audit.c.id).limit(_PAGE)
        rows = connection.execute(page).mappings().all()
        made = []
        for row in rows:
            number, body = number + 1, {name: row[name] for name in names} | {"details": row["details"]}
            chained = _chained(previous, body | {"at": _moment(row["at"])})
            made.append({"number": number, "audit_id": row["id"], "previous": previous, "hash": chained})
            previous, after = chained, row["id"]
        if made:
            connection.execute(sa.insert(seals), made)
        if len(rows) < _PAGE:
            return


def _chained(previous: str, body: Mapping[str, Any]) -> str:
    """Return the hash of a row as `app.domain.audit` does; a migration keeps its own, which never changes."""
    written = json.dumps(_ordered(body), ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
    return hashlib.sha256(previous.encode("ascii") + written).hexdigest()


def _ordered(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _ordered(value[name]) for name in sorted(value, key=lambda name: name.encode("utf-16-be"))}
    return [_ordered(one) for one in value] if isinstance(value, list) else value


def _moment(value: datetime) -> str:
    aware = value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
    return f"{aware:%Y-%m-%dT%H:%M:%S.%fZ}"
