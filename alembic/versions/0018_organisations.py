"""Organisations with their sectors, and their addresses, which are written to once they are verified."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0018"
down_revision = "0017"

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
DOCUMENT = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")
MOMENT = sa.DateTime(timezone=True)
LIVING = sa.text("ended_at IS NULL")
UNPROVEN = sa.text("kind IN ('confirmation', 'new_address', 'contact')")
UNPROVEN_BEFORE = sa.text("kind IN ('confirmation', 'new_address')")

KEY = "what staff call it; abbreviations are not unique"
HS = "digits of the HS codes of its goods; none: all of its sectors"
WEBSITE = "one that was seen, to look it up; mail is never derived from it"
SECTOR = "of the taxonomy, or * for what concerns every sector"
VERIFIED = "nothing goes there for the organisation before, but the mail that verifies it"


def upgrade() -> None:
    _create_organisations()
    _create_contacts()
    op.drop_index("ix_deliveries_unproven", "deliveries")
    _index_unproven(UNPROVEN)
    op.create_index(
        "ix_notices_orphan",
        "notices",
        ["comment_deadline"],
        postgresql_where=sa.text("orphan"),
        sqlite_where=sa.text("orphan = 1"),
    )


def downgrade() -> None:
    _fold_kinds()
    op.drop_index("ix_notices_orphan", "notices")
    op.drop_index("ix_deliveries_unproven", "deliveries")
    _index_unproven(UNPROVEN_BEFORE)
    for table in ("contact_links", "contacts", "organisation_sectors", "organisations"):
        op.drop_table(table)


def _create_organisations() -> None:
    op.create_table(
        "organisations",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("key", sa.Text(), nullable=False, comment=KEY),
        sa.Column("kind", sa.Text(), nullable=False, comment="as domain.organisations.OrganisationKind"),
        sa.Column("level", sa.Text(), nullable=False, comment="national or local"),
        sa.Column("name_vi", sa.Text(), nullable=False, comment="in house forms"),
        sa.Column("name_en", sa.Text(), nullable=False),
        sa.Column("abbreviation", sa.Text(), nullable=False),
        sa.Column("hs", DOCUMENT, nullable=False, comment=HS),
        sa.Column("website", sa.Text(), nullable=False, comment=WEBSITE),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_organisations"),
        sa.UniqueConstraint("key", name="uq_organisations_key"),
    )
    op.create_table(
        "organisation_sectors",
        sa.Column("organisation_id", NUMBER, nullable=False),
        sa.Column("sector", sa.Text(), nullable=False, comment=SECTOR),
        sa.Column("responsibility", sa.Text(), nullable=False, comment="primary or related"),
        sa.PrimaryKeyConstraint("organisation_id", "sector", name="pk_organisation_sectors"),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name="fk_organisation_sectors_organisation_id_organisations"
        ),
    )


def _create_contacts() -> None:
    op.create_table(
        "contacts",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("organisation_id", NUMBER, nullable=False),
        sa.Column("subscriber_id", NUMBER, nullable=False),
        sa.Column("role", sa.Text(), nullable=False, comment="whose mailbox it is: the office, the chair"),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("verified_at", MOMENT, comment=VERIFIED),
        sa.Column("verified_by", sa.Text(), comment="link or staff"),
        sa.Column("because", sa.Text(), server_default="", nullable=False, comment="why staff hold it to be right"),
        sa.Column("source", sa.Text(), server_default="", nullable=False, comment="where staff have it from"),
        sa.Column("ended_at", MOMENT),
        sa.PrimaryKeyConstraint("id", name="pk_contacts"),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name="fk_contacts_organisation_id_organisations"
        ),
        sa.ForeignKeyConstraint(["subscriber_id"], ["subscribers.id"], name="fk_contacts_subscriber_id_subscribers"),
    )
    op.create_index("ix_contacts_organisation_id", "contacts", ["organisation_id"])
    op.create_index("ix_contacts_subscriber_id", "contacts", ["subscriber_id"])
    op.create_index(
        "uq_contacts_living",
        "contacts",
        ["organisation_id", "subscriber_id"],
        unique=True,
        postgresql_where=LIVING,
        sqlite_where=LIVING,
    )
    op.create_table(
        "contact_links",
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("contact_id", NUMBER, nullable=False),
        sa.Column("asked_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("used_at", MOMENT),
        sa.PrimaryKeyConstraint("token_hash", name="pk_contact_links"),
        sa.ForeignKeyConstraint(["contact_id"], ["contacts.id"], name="fk_contact_links_contact_id_contacts"),
    )
    op.create_index("ix_contact_links_contact_id", "contact_links", ["contact_id"])


def _index_unproven(condition: sa.TextClause) -> None:
    op.create_index(
        "ix_deliveries_unproven", "deliveries", ["created_at"], postgresql_where=condition, sqlite_where=condition
    )


def _fold_kinds() -> None:
    """Make confirmations, which the program before can read, of the mails that verify an address; none of them goes on."""
    op.execute(
        "UPDATE deliveries SET state = 'skipped', leased_by = NULL, leased_until = NULL, fence = fence + 1,"
        " reason = CASE WHEN ambiguous > 0 OR state = 'handing_over'"
        " THEN 'schema undone (may have arrived)' ELSE 'schema undone' END"
        " WHERE kind = 'contact' AND state NOT IN ('accepted', 'rejected', 'bounced', 'skipped', 'superseded')"
    )
    op.execute("UPDATE deliveries SET kind = 'confirmation' WHERE kind = 'contact'")
    op.execute("DELETE FROM stops WHERE kind = 'contact'")
