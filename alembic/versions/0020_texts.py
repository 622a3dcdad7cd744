"""The life of the ministry's texts, with the rules of four eyes in the database itself.

Versions and steps are only appended; a step begins where the text stands, is an allowed one, and nobody approves what they
wrote since the last approval, but by breaking the glass, which opens a task for somebody else.
"""
# ruff: noqa: S608 - the statements are our own words

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0020"
down_revision = "0019"

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
DOCUMENT = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")
INSTANT = sa.DateTime(timezone=True)

_TABLES = ("texts", "text_versions", "text_steps", "text_compositions", "text_tasks")
_APPENDED = ("text_versions", "text_steps", "text_compositions")
_KEYS = {
    "texts": "id = NEW.id OR slug = NEW.slug",
    "text_versions": "id = NEW.id OR (text_id = NEW.text_id AND number = NEW.number)",
    "text_steps": "id = NEW.id",
    "text_compositions": "step_id = NEW.step_id",
    "text_tasks": "id = NEW.id OR step_id = NEW.step_id",
}

_STATE = (
    "COALESCE((SELECT was.to_state FROM text_steps was WHERE was.text_id = NEW.text_id ORDER BY was.id DESC LIMIT 1),"
    " 'draft')"
)
_KIND = "(SELECT texts.kind FROM texts WHERE texts.id = NEW.text_id)"
_PUBLIC = "('published', 'corrected')"
_WAS_PUBLIC = f"EXISTS (SELECT 1 FROM text_steps was WHERE was.text_id = NEW.text_id AND was.to_state IN {_PUBLIC})"
_REASON = "length(trim(NEW.because))"
_LAST_APPROVED = (
    "COALESCE((SELECT max(seen.number) FROM text_steps was JOIN text_versions seen ON seen.id = was.version_id"
    " WHERE was.text_id = NEW.text_id AND was.to_state = 'approved' AND NOT was.break_glass), 0)"
)
_WROTE_SINCE = (
    "EXISTS (SELECT 1 FROM text_versions own WHERE own.text_id = NEW.text_id"
    f' AND own.written_by = NEW."by" AND own.number > {_LAST_APPROVED})'
)
_NEWEST = "(SELECT newest.id FROM text_versions newest WHERE newest.text_id = NEW.text_id ORDER BY newest.number DESC LIMIT 1)"
_MOVES = (
    "((NEW.from_state = 'draft' AND NEW.to_state = 'in_review')"
    f" OR (NEW.from_state = 'draft' AND NEW.to_state = 'withdrawn' AND NOT {_WAS_PUBLIC})"
    " OR (NEW.from_state = 'in_review' AND NEW.to_state IN ('draft', 'approved'))"
    " OR (NEW.from_state = 'approved' AND NEW.to_state = 'draft')"
    f" OR (NEW.from_state = 'approved' AND NEW.to_state = 'published' AND NOT {_WAS_PUBLIC})"
    f" OR (NEW.from_state = 'approved' AND NEW.to_state IN ('corrected', 'withdrawn') AND {_WAS_PUBLIC})"
    f" OR (NEW.from_state IN {_PUBLIC} AND NEW.to_state = 'draft'))"
)
_STEP_RULES = {
    "a step begins in the state that the text is in": f"NEW.from_state <> {_STATE}",
    "no such step": f"NOT {_MOVES}",
    "only the newest version goes on": f"COALESCE({_NEWEST}, 0) <> NEW.version_id",
    "what was told is not changed": f"NEW.from_state IN {_PUBLIC} AND {_KIND} IN ('letter', 'withdrawal')",
    "glass is broken only to approve": "NEW.break_glass AND NEW.to_state <> 'approved'",
    "nobody approves what they wrote": f"NEW.to_state = 'approved' AND NOT NEW.break_glass AND {_WROTE_SINCE}",
    "breaking the glass needs a reason": f"NEW.break_glass AND {_REASON} < 30",
    "this step needs a reason": (
        f"(NEW.to_state = 'draft' OR (NEW.from_state = 'draft' AND NEW.to_state = 'withdrawn')) AND {_REASON} < 10"
    ),
}
_VERSION_RULES = {
    "only a draft is written": f"{_STATE} <> 'draft'",
    "versions are numbered upwards": (
        "NEW.number <= COALESCE((SELECT max(own.number) FROM text_versions own WHERE own.text_id = NEW.text_id), 0)"
    ),
}
_LATE = "EXISTS (SELECT 1 FROM text_steps was WHERE was.text_id = NEW.text_id AND was.id > NEW.id)"
_TEXT_RULES = {
    "what a text is about stays": (
        "NEW.id <> OLD.id OR NEW.kind <> OLD.kind OR NEW.notice_id IS DISTINCT FROM OLD.notice_id"
        " OR NEW.organisation_id IS DISTINCT FROM OLD.organisation_id OR NEW.period IS DISTINCT FROM OLD.period"
        " OR NEW.created_at <> OLD.created_at OR (OLD.slug IS NOT NULL AND NEW.slug IS DISTINCT FROM OLD.slug)"
    ),
    "its state is that of its newest step": f"NEW.state <> {_STATE.replace('NEW.text_id', 'NEW.id')}",
}
_TASK_RULES = {
    "a task is closed once, and nothing else of it changes": (
        "OLD.closed_at IS NOT NULL OR NEW.closed_at IS NULL OR NEW.closed_by IS NULL OR NEW.id <> OLD.id"
        " OR NEW.step_id <> OLD.step_id OR NEW.opened_at <> OLD.opened_at OR NEW.due_at <> OLD.due_at"
    ),
    "somebody else closes it": 'NEW.closed_by = (SELECT was."by" FROM text_steps was WHERE was.id = OLD.step_id)',
}
_CHECKED = (
    ("texts", "begun", "INSERT", {"a text begins as a draft": "NEW.state <> 'draft'"}),
    ("texts", "kept", "UPDATE", _TEXT_RULES),
    ("text_versions", "written", "INSERT", _VERSION_RULES),
    ("text_steps", "taken", "INSERT", _STEP_RULES),
    ("text_tasks", "begun", "INSERT", {"a task begins open": "NEW.closed_at IS NOT NULL OR NEW.closed_by IS NOT NULL"}),
    ("text_tasks", "closed", "UPDATE", _TASK_RULES),
)
"""Rows are looked at before they are written: a table, the name of the look, and what is refused with which words."""


def upgrade() -> None:
    for make in (_make_texts, _make_versions, _make_steps, _make_kept):
        make()
    _guard_postgresql() if op.get_context().dialect.name == "postgresql" else _guard_sqlite()


def downgrade() -> None:
    for table in reversed(_TABLES):
        op.drop_table(table)
    if op.get_context().dialect.name == "postgresql":
        for table, name, _, _ in _CHECKED:
            op.execute(f"DROP FUNCTION {table}_{name}()")
        for name in ("text_steps_followed", "texts_not_destroyed"):
            op.execute(f"DROP FUNCTION {name}()")


def _make_texts() -> None:
    op.create_table(
        "texts",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False, comment="as domain.publishing.TextKind"),
        sa.Column("notice_id", NUMBER),
        sa.Column("organisation_id", NUMBER, comment="whom a letter is to"),
        sa.Column("period", sa.Text(), comment="of a bulletin: 2026-03, 2026-W10, 2026-03-02"),
        sa.Column("slug", sa.Text(), comment="the address of what is public; kept from its first publication on"),
        sa.Column(
            "state",
            sa.Text(),
            server_default="draft",
            nullable=False,
            comment="that of the newest step, kept by a trigger",
        ),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_texts"),
        sa.ForeignKeyConstraint(["notice_id"], ["notices.id"], name="fk_texts_notice_id_notices"),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name="fk_texts_organisation_id_organisations"
        ),
        sa.UniqueConstraint("slug", name="uq_texts_slug"),
    )
    op.create_index("ix_texts_notice_id", "texts", ["notice_id"])
    op.create_index("ix_texts_organisation_id", "texts", ["organisation_id"])
    op.create_index("ix_texts_state_id", "texts", ["state", "id"])


def _make_versions() -> None:
    op.create_table(
        "text_versions",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("text_id", NUMBER, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("body", DOCUMENT, nullable=False, comment="what a person wrote, by field"),
        sa.Column("hash", sa.Text(), nullable=False, comment="SHA-256 of the body in canonical JSON"),
        sa.Column("written_by", NUMBER, nullable=False),
        sa.Column("written_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_text_versions"),
        sa.UniqueConstraint("text_id", "number", name="uq_text_versions_text_id_number"),
        sa.ForeignKeyConstraint(["text_id"], ["texts.id"], name="fk_text_versions_text_id_texts"),
        sa.ForeignKeyConstraint(["written_by"], ["accounts.id"], name="fk_text_versions_written_by_accounts"),
    )


def _make_steps() -> None:
    op.create_table(
        "text_steps",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("text_id", NUMBER, nullable=False),
        sa.Column("version_id", NUMBER, nullable=False),
        sa.Column("from_state", sa.Text(), nullable=False),
        sa.Column("to_state", sa.Text(), nullable=False),
        sa.Column("by", NUMBER, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("because", sa.Text(), server_default="", nullable=False),
        sa.Column(
            "break_glass",
            sa.Boolean(),
            server_default=sa.false(),
            nullable=False,
            comment="its own writer approved it",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_text_steps"),
        sa.ForeignKeyConstraint(["text_id"], ["texts.id"], name="fk_text_steps_text_id_texts"),
        sa.ForeignKeyConstraint(["version_id"], ["text_versions.id"], name="fk_text_steps_version_id_text_versions"),
        sa.ForeignKeyConstraint(["by"], ["accounts.id"], name="fk_text_steps_by_accounts"),
    )
    op.create_index("ix_text_steps_version_id", "text_steps", ["version_id"])
    op.create_index("ix_text_steps_text_id_id", "text_steps", ["text_id", "id"])


def _make_kept() -> None:
    op.create_table(
        "text_compositions",
        sa.Column("step_id", NUMBER, autoincrement=False, nullable=False),
        sa.Column("hash", sa.Text(), nullable=False, comment="SHA-256 of the body in canonical JSON"),
        sa.Column(
            "body", DOCUMENT, nullable=False, comment="the whole text as it was approved, and so as it is published"
        ),
        sa.PrimaryKeyConstraint("step_id", name="pk_text_compositions"),
        sa.ForeignKeyConstraint(["step_id"], ["text_steps.id"], name="fk_text_compositions_step_id_text_steps"),
    )
    op.create_table(
        "text_tasks",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("step_id", NUMBER, nullable=False),
        sa.Column("opened_at", INSTANT, nullable=False),
        sa.Column("due_at", INSTANT, nullable=False),
        sa.Column("closed_at", INSTANT),
        sa.Column("closed_by", NUMBER),
        sa.Column("finding", sa.Text(), comment="what the review found"),
        sa.PrimaryKeyConstraint("id", name="pk_text_tasks"),
        sa.UniqueConstraint("step_id", name="uq_text_tasks_step_id"),
        sa.ForeignKeyConstraint(["step_id"], ["text_steps.id"], name="fk_text_tasks_step_id_text_steps"),
        sa.ForeignKeyConstraint(["closed_by"], ["accounts.id"], name="fk_text_tasks_closed_by_accounts"),
    )
    still_open = sa.text("closed_at IS NULL")
    op.create_index(
        "ix_text_tasks_open", "text_tasks", ["due_at"], postgresql_where=still_open, sqlite_where=still_open
    )


def _guard_sqlite() -> None:
    """Refuse what breaks a rule. REPLACE deletes without asking the trigger for deletions, so inserts in the place of a
    row are refused too; the number of a new row is known only after it is written.
    """
    for table in _TABLES:
        refuse = f"BEGIN SELECT RAISE(ABORT, '{table}: rows are kept'); END"
        op.execute(f"CREATE TRIGGER {table}_not_removed BEFORE DELETE ON {table} {refuse}")
        there = f"EXISTS (SELECT 1 FROM {table} WHERE {_KEYS[table]})"
        op.execute(f"CREATE TRIGGER {table}_not_replaced BEFORE INSERT ON {table} WHEN {there} {refuse}")
        if table in _APPENDED:
            op.execute(f"CREATE TRIGGER {table}_not_changed BEFORE UPDATE ON {table} {refuse}")
    for table, name, act, rules in _CHECKED:
        cases = " ".join(
            f"SELECT RAISE(ABORT, '{table}: {words}') WHERE {refused.replace('IS DISTINCT FROM', 'IS NOT')};"
            for words, refused in rules.items()
        )
        op.execute(f"CREATE TRIGGER {table}_{name} BEFORE {act} ON {table} BEGIN {cases} END")
    op.execute(
        f"""CREATE TRIGGER text_steps_followed AFTER INSERT ON text_steps BEGIN
                SELECT RAISE(ABORT, 'text_steps: steps are numbered upwards') WHERE {_LATE};
                UPDATE texts SET state = NEW.to_state WHERE id = NEW.text_id;
                INSERT INTO text_tasks (step_id, opened_at, due_at)
                    SELECT NEW.id, NEW.at, strftime('%Y-%m-%d %H:%M:%f', NEW.at, '+24 hours') || '000'
                    WHERE NEW.break_glass;
            END"""
    )


def _guard_postgresql() -> None:
    """Refuse the same, also to who asks for triggers to be left out; writers of one text wait for each other."""
    raised = "RAISE EXCEPTION '%: {}', TG_TABLE_NAME USING ERRCODE = 'restrict_violation'"
    op.execute(
        "CREATE FUNCTION texts_not_destroyed() RETURNS trigger LANGUAGE plpgsql AS"
        f" $$ BEGIN {raised.format('rows are kept')}; END $$"
    )
    for table in _TABLES:
        refused = "UPDATE OR DELETE" if table in _APPENDED else "DELETE"
        _postgresql_trigger(table, "not_changed", f"BEFORE {refused}", "texts_not_destroyed")
        _postgresql_trigger(table, "not_emptied", "BEFORE TRUNCATE", "texts_not_destroyed", rows=False)
    for table, name, act, rules in _CHECKED:
        locked = "PERFORM 1 FROM texts WHERE id = NEW.text_id FOR UPDATE;" if table in _APPENDED else ""
        also = {"steps are numbered upwards": _LATE} if table == "text_steps" else {}
        cases = " ".join(
            f"IF {refused} THEN {raised.format(words)}; END IF;" for words, refused in (rules | also).items()
        )
        function = f"{table}_{name}"
        op.execute(
            f"CREATE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql AS"
            f" $$ BEGIN {locked} {cases} RETURN NEW; END $$"
        )
        _postgresql_trigger(table, name, f"BEFORE {act}", function)
    op.execute(
        """CREATE FUNCTION text_steps_followed() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
               UPDATE texts SET state = NEW.to_state WHERE id = NEW.text_id;
               IF NEW.break_glass THEN
                   INSERT INTO text_tasks (step_id, opened_at, due_at)
                       VALUES (NEW.id, NEW.at, NEW.at + interval '24 hours');
               END IF;
               RETURN NULL;
           END $$"""
    )
    _postgresql_trigger("text_steps", "followed", "AFTER INSERT", "text_steps_followed")


def _postgresql_trigger(table: str, name: str, when: str, function: str, *, rows: bool = True) -> None:
    each = "FOR EACH ROW " if rows else ""
    op.execute(f"CREATE TRIGGER {table}_{name} {when} ON {table} {each}EXECUTE FUNCTION {function}()")
    op.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_{name}")
