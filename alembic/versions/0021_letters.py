"""Letters to organisations, their documents, and who of them was written to."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0021"
down_revision = "0020"

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
DOCUMENT = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")
MOMENT = sa.DateTime(timezone=True)

FILE = "SHA-256 of the Word document, which names no person"
SKIPPED = "why nothing goes there, or what became of a delivery that is no longer kept"


def upgrade() -> None:
    op.create_table(
        "letter_files",
        sa.Column("hash", sa.Text(), nullable=False, comment=FILE),
        sa.Column("body", sa.LargeBinary(), nullable=False, comment="compressed with zlib; kept for good"),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("hash", name="pk_letter_files"),
    )
    _create_letters()
    _create_recipients()


def downgrade() -> None:
    _fold_kind()
    for table in ("letter_recipients", "letters", "letter_files"):
        op.drop_table(table)


def _create_letters() -> None:
    op.create_table(
        "letters",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("notice_id", NUMBER, nullable=False),
        sa.Column("organisation_id", NUMBER, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False, comment="of the letter, counted from 1"),
        sa.Column("body", DOCUMENT, nullable=False, comment="as domain.letters.LetterBody"),
        sa.Column("letter_hash", sa.Text(), nullable=False),
        sa.Column("form_hash", sa.Text(), comment="the comment form, where there is one"),
        sa.Column("sent_by", sa.Text(), nullable=False, comment="the actor, as in the audit"),
        sa.Column("queued_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_letters"),
        sa.ForeignKeyConstraint(["notice_id"], ["notices.id"], name="fk_letters_notice_id_notices"),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name="fk_letters_organisation_id_organisations"
        ),
        sa.ForeignKeyConstraint(["letter_hash"], ["letter_files.hash"], name="fk_letters_letter_hash_letter_files"),
        sa.ForeignKeyConstraint(["form_hash"], ["letter_files.hash"], name="fk_letters_form_hash_letter_files"),
        sa.UniqueConstraint(
            "notice_id", "organisation_id", "version", name="uq_letters_notice_id_organisation_id_version"
        ),
    )
    op.create_index("ix_letters_organisation_id", "letters", ["organisation_id"])
    op.create_index("ix_letters_queued_at", "letters", ["queued_at"])


def _create_recipients() -> None:
    op.create_table(
        "letter_recipients",
        sa.Column("letter_id", NUMBER, nullable=False),
        sa.Column("subscriber_id", NUMBER, nullable=False),
        sa.Column("delivery_id", NUMBER),
        sa.Column("skipped", sa.Text(), comment=SKIPPED),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("letter_id", "subscriber_id", name="pk_letter_recipients"),
        sa.ForeignKeyConstraint(["letter_id"], ["letters.id"], name="fk_letter_recipients_letter_id_letters"),
        sa.ForeignKeyConstraint(
            ["subscriber_id"], ["subscribers.id"], name="fk_letter_recipients_subscriber_id_subscribers"
        ),
        sa.ForeignKeyConstraint(["delivery_id"], ["deliveries.id"], name="fk_letter_recipients_delivery_id_deliveries"),
    )
    for column in ("subscriber_id", "delivery_id"):
        op.create_index(f"ix_letter_recipients_{column}", "letter_recipients", [column])


def _fold_kind() -> None:
    """Make instant mails, which the program before can read, of the mails that carried letters; none of them goes on."""
    op.execute(
        "UPDATE deliveries SET state = 'skipped', leased_by = NULL, leased_until = NULL, fence = fence + 1,"
        " reason = CASE WHEN ambiguous > 0 OR state = 'handing_over'"
        " THEN 'schema undone (may have arrived)' ELSE 'schema undone' END"
        " WHERE kind = 'letter' AND state NOT IN ('accepted', 'rejected', 'bounced', 'skipped', 'superseded')"
    )
    op.execute("UPDATE deliveries SET kind = 'instant' WHERE kind = 'letter'")
    op.execute("DELETE FROM stops WHERE kind = 'letter'")
