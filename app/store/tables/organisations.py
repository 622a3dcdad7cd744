"""Whom the ministry writes to as organisations, what they answer for, and which of their addresses are verified."""

from sqlalchemy import Column, ForeignKey, Index, PrimaryKeyConstraint, Table, Text, text

from app.store.tables.base import Document, Instant, Number, identity, metadata

_LIVING = text("ended_at IS NULL")

organisations = Table(
    "organisations",
    metadata,
    identity(),
    Column("key", Text, nullable=False, unique=True, comment="what staff call it; abbreviations are not unique"),
    Column("kind", Text, nullable=False, comment="as domain.organisations.OrganisationKind"),
    Column("level", Text, nullable=False, comment="national or local"),
    Column("name_vi", Text, nullable=False, comment="in house forms"),
    Column("name_en", Text, nullable=False),
    Column("abbreviation", Text, nullable=False),
    Column("hs", Document, nullable=False, comment="digits of the HS codes of its goods; none: all of its sectors"),
    Column("website", Text, nullable=False, comment="one that was seen, to look it up; mail is never derived from it"),
    Column("note", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("updated_at", Instant, nullable=False),
    Column(
        "folded",
        Text,
        nullable=False,
        server_default="",
        comment="key, abbreviation and names for search, folded by domain.folding",
    ),
    Column("ended_at", Instant, comment="when it came to its end; nothing goes there since"),
    Column("ended_because", Text, nullable=False, server_default=""),
)

organisation_sectors = Table(
    "organisation_sectors",
    metadata,
    Column("organisation_id", Number, ForeignKey("organisations.id"), nullable=False),
    Column("sector", Text, nullable=False, comment="of the taxonomy, or * for what concerns every sector"),
    Column("responsibility", Text, nullable=False, comment="primary or related"),
    PrimaryKeyConstraint("organisation_id", "sector"),
)

contacts = Table(
    "contacts",
    metadata,
    identity(),
    Column("organisation_id", Number, ForeignKey("organisations.id"), nullable=False, index=True),
    Column("subscriber_id", Number, ForeignKey("subscribers.id"), nullable=False, index=True),
    Column("role", Text, nullable=False, comment="whose mailbox it is: the office, the chair"),
    Column("created_at", Instant, nullable=False),
    Column(
        "verified_at", Instant, comment="nothing goes there for the organisation before, but the mail that verifies it"
    ),
    Column("verified_by", Text, comment="link or staff"),
    Column("because", Text, nullable=False, server_default="", comment="why staff hold it to be right"),
    Column("source", Text, nullable=False, server_default="", comment="where staff have it from"),
    Column("ended_at", Instant),
    Index(
        "uq_contacts_living",
        "organisation_id",
        "subscriber_id",
        unique=True,
        postgresql_where=_LIVING,
        sqlite_where=_LIVING,
    ),
)

contact_links = Table(
    "contact_links",
    metadata,
    Column("token_hash", Text, primary_key=True),
    Column("contact_id", Number, ForeignKey("contacts.id"), nullable=False, index=True),
    Column("asked_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("used_at", Instant),
)
