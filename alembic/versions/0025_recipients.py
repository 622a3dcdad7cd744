"""Organisations are found by folded words and may end; who put a taxonomy in force; nobody releases a warning of theirs."""

import unicodedata

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)
WAITING = sa.text("entered_by IS NOT NULL AND released_at IS NULL AND withdrawn_at IS NULL")

FOLDED = "key, abbreviation and names for search, folded by domain.folding"
ENDED = "when it came to its end; nothing goes there since"
_REFUSED = "four eyes: nobody releases a warning that they wrote"
_KEPT = "writers of a warning are only added"

_WROTE = "EXISTS (SELECT 1 FROM notice_writers w WHERE w.notice_id = NEW.notice_id AND w.actor = NEW.released_by)"
_OWN_HAND = (
    "EXISTS (SELECT 1 FROM notices n WHERE n.id = NEW.notice_id AND n.entered_by IS NOT NULL AND"
    " (NEW.released_by IS NULL OR NEW.released_by IN ('rule', n.entered_by)))"
)
_LET_OUT = "NEW.released_at IS NOT NULL AND NEW.kind <> 'withdrawn'"
_BY_NOBODY_ELSE = (
    "NOT EXISTS (SELECT 1 FROM events e WHERE e.notice_id = NEW.id AND e.released_at IS NOT NULL"
    " AND e.released_by NOT IN ('rule', NEW.entered_by)"
    " AND e.released_by NOT IN (SELECT w.actor FROM notice_writers w WHERE w.notice_id = NEW.id))"
)

_GUARDS = (
    # What a backup brings back row by row was lawful when it was written: an INSERT is judged by the writers alone.
    ("events_four_eyes_new", "events", "INSERT", f"{_LET_OUT} AND {_WROTE}", _REFUSED),
    (
        "events_four_eyes",
        "events",
        "UPDATE OF released_at, released_by, notice_id, kind",
        f"{_LET_OUT} AND ({_WROTE} OR {_OWN_HAND})",
        _REFUSED,
    ),
    (
        "notices_four_eyes",
        "notices",
        "UPDATE OF released_at",
        f"OLD.released_at IS NULL AND NEW.released_at IS NOT NULL AND NEW.entered_by IS NOT NULL AND {_BY_NOBODY_ELSE}",
        _REFUSED,
    ),
    (
        "notices_hand_kept",
        "notices",
        "UPDATE OF entered_by",
        "OLD.entered_by IS NOT NULL AND NEW.entered_by IS NULL",
        _KEPT,
    ),
    ("notice_writers_kept", "notice_writers", "UPDATE", "", _KEPT),
    ("notice_writers_stay", "notice_writers", "DELETE", "", _KEPT),
)
"""Triggers by name: the table, what is done to it, when that is refused (always, where nothing is said), and why."""
_NOTED = "INSERT INTO notice_writers (notice_id, actor) VALUES (NEW.id, NEW.entered_by) ON CONFLICT DO NOTHING"


def upgrade() -> None:
    _find_organisations()
    op.add_column("taxonomies", sa.Column("applied_by", sa.Text(), comment="who put it in force"))
    op.add_column("taxonomies", sa.Column("because", sa.Text(), server_default="", nullable=False))
    op.create_table(
        "notice_writers",
        sa.Column("notice_id", NUMBER, nullable=False),
        sa.Column("actor", sa.Text(), nullable=False, comment="who entered or changed a warning; never its releaser"),
        sa.PrimaryKeyConstraint("notice_id", "actor", name="pk_notice_writers"),
        sa.ForeignKeyConstraint(["notice_id"], ["notices.id"], name="fk_notice_writers_notice_id_notices"),
    )
    op.create_index("ix_notices_entered_waiting", "notices", ["id"], postgresql_where=WAITING, sqlite_where=WAITING)
    _name_writers()
    _guard_postgresql() if op.get_context().dialect.name == "postgresql" else _guard_sqlite()


def downgrade() -> None:
    on_postgresql = op.get_context().dialect.name == "postgresql"
    for name, table in (*((guard[0], guard[1]) for guard in _GUARDS), ("notices_writer_noted", "notices")):
        op.execute(f"DROP TRIGGER {name}" + (f" ON {table}" if on_postgresql else ""))
        if on_postgresql:
            op.execute(f"DROP FUNCTION {name}()")
    op.drop_index("ix_notices_entered_waiting", "notices")
    op.drop_table("notice_writers")
    op.drop_column("taxonomies", "because")
    op.drop_column("taxonomies", "applied_by")
    for name in ("ended_because", "ended_at", "folded"):
        op.drop_column("organisations", name)


def _find_organisations() -> None:
    op.add_column("organisations", sa.Column("folded", sa.Text(), server_default="", nullable=False, comment=FOLDED))
    op.add_column("organisations", sa.Column("ended_at", MOMENT, comment=ENDED))
    op.add_column("organisations", sa.Column("ended_because", sa.Text(), server_default="", nullable=False))
    names = ("key", "abbreviation", "name_vi", "name_en")
    table = sa.table("organisations", *map(sa.column, ("id", "folded", *names)))
    connection = op.get_bind()
    for row in connection.execute(sa.select(table)).mappings().all():
        words = _folded(" ".join(row[name] for name in names))
        connection.execute(sa.update(table).where(table.c.id == row["id"]).values(folded=words))


def _folded(text: str) -> str:
    """Return words without marks as `app.domain.folding` does; a migration keeps its own, which never changes."""
    plain = unicodedata.normalize("NFKD", text.casefold()).replace("đ", "d")
    letters = (one for one in plain if unicodedata.category(one)[0] != "M")
    return " ".join("".join(one if unicodedata.category(one)[0] in "LN" else " " for one in letters).split())


def _name_writers() -> None:
    """Take over who wrote what, but for whom the law of then let release it."""
    op.execute(
        "INSERT INTO notice_writers (notice_id, actor)"
        " SELECT n.id, n.entered_by FROM notices n WHERE n.entered_by IS NOT NULL"
        " UNION SELECT n.id, a.actor FROM audit a JOIN notices n ON n.ref = a.subject"
        " WHERE a.verb IN ('enter_warning', 'revise_warning') AND n.entered_by IS NOT NULL"
        " EXCEPT SELECT e.notice_id, e.released_by FROM events e WHERE e.released_at IS NOT NULL"
    )


def _guard_sqlite() -> None:
    for name, table, done, when, why in _GUARDS:
        condition = f" WHEN {when}" if when else ""
        op.execute(f"CREATE TRIGGER {name} BEFORE {done} ON {table}{condition} BEGIN SELECT RAISE(ABORT, '{why}'); END")
    op.execute(
        "CREATE TRIGGER notices_writer_noted AFTER UPDATE OF entered_by ON notices WHEN NEW.entered_by IS NOT NULL"
        f" BEGIN {_NOTED}; END"
    )


def _guard_postgresql() -> None:
    """Refuse it also to who asks for triggers to be left out (`session_replication_role`)."""
    for name, table, done, when, why in _GUARDS:
        refused = f"RAISE EXCEPTION '{why}' USING ERRCODE = 'restrict_violation'"
        body = f"IF {when} THEN {refused}; END IF; RETURN NEW" if when else refused
        _trigger(name, table, f"BEFORE {done}", body)
    _trigger(
        "notices_writer_noted",
        "notices",
        "AFTER UPDATE OF entered_by",
        f"IF NEW.entered_by IS NOT NULL THEN {_NOTED}; END IF; RETURN NULL",
    )


def _trigger(name: str, table: str, done: str, body: str) -> None:
    op.execute(f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {body}; END $$")
    op.execute(f"CREATE TRIGGER {name} {done} ON {table} FOR EACH ROW EXECUTE FUNCTION {name}()")
    op.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {name}")
