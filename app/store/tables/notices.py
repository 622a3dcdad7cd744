"""Measures, notices, what sources say of them, what they said when, and how they were sorted."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    false,
    text,
)

from app.store.tables.base import Document, Instant, Number, identity, metadata

_UNSORTED = text("sorted_at IS NULL")
_UNLISTED = text("linked_version IS NULL OR linked_version < version")
_ANNEX_DUE = text("annex_due")
_UNJUDGED = text("silence IS NULL AND judged_at IS NULL")
_WAITING = text("waiting IS NOT NULL AND released_at IS NULL AND silence IS NULL")
_UNMATCHED = text("matched = 0 AND silence IS NULL AND fanned_out_at IS NOT NULL AND set_aside_at IS NULL")
_SET_ASIDE = text("set_aside_at IS NOT NULL")
_ENTERED_WAITING = text("entered_by IS NOT NULL AND released_at IS NULL AND withdrawn_at IS NULL")
_UNTOLD = text("released_at IS NOT NULL AND fanned_out_at IS NULL")

measures = Table(
    "measures",
    metadata,
    identity(),
    Column("ref", Text, nullable=False, unique=True, comment="the first base symbol, or the ref of a warning"),
    Column("state", Text, nullable=False, comment="what is lasting: proposed, adopted, in_force, withdrawn"),
    Column("comment_deadline", Date),
    Column("adoption_on", Date),
    Column("in_force_on", Date),
    Column("told_at", Instant, comment="when the first alert of this measure was fanned out"),
    Column("created_at", Instant, nullable=False),
    Column("updated_at", Instant, nullable=False),
)

measure_symbols = Table(
    "measure_symbols",
    metadata,
    Column("symbol", Text, primary_key=True, comment="a base symbol"),
    Column("measure_id", Number, ForeignKey("measures.id"), nullable=False, index=True),
)

notices = Table(
    "notices",
    metadata,
    identity(),
    Column("ref", Text, nullable=False, unique=True),
    Column("measure_id", Number, ForeignKey("measures.id"), nullable=False, index=True),
    Column("source", Text, nullable=False),
    Column("entered_by", Text, comment="who entered it by hand; null when a source brought it"),
    Column("area", Text),
    Column("type", Text, nullable=False),
    Column("emergency", Boolean, nullable=False, default=False),
    Column("title", Text, nullable=False),
    Column("distributed_on", Date),
    Column("comment_deadline", Date),
    Column("adoption_on", Date),
    Column("in_force_on", Date),
    Column("content", Document, nullable=False, comment="the current version, as domain.notices.Content in JSON"),
    Column("fingerprint", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("flags", Document, nullable=False),
    Column("orphan", Boolean, nullable=False, default=False, comment="an addendum whose parent is not here"),
    Column("sought_at", Instant, comment="when the source was last asked for its missing parent"),
    Column("inherits_from", Text, comment="the ref of the parent that lends products and codes"),
    Column("classification_id", Number, comment="the current one in classifications"),
    Column("sorted_at", Instant, comment="null until it is sorted as it is now"),
    Column("sure", Boolean, nullable=False, default=False),
    Column("contradictory", Boolean, nullable=False, default=False),
    Column("linked_version", Integer, comment="the version whose links are listed in attachments"),
    Column("stored_at", Instant, nullable=False),
    Column("updated_at", Instant, nullable=False),
    Column("released_at", Instant),
    Column("withdrawn_at", Instant),
    Column("withdrawn_because", Text),
    Index("ix_notices_newest", text("distributed_on DESC"), text("id DESC")),
    Index("ix_notices_updated_at_id", "updated_at", "id"),
    Index("ix_notices_comment_deadline", "comment_deadline"),
    Index(
        "ix_notices_orphan",
        "comment_deadline",
        postgresql_where=text("orphan"),
        sqlite_where=text("orphan = 1"),
    ),
    Index("ix_notices_entered_waiting", "id", postgresql_where=_ENTERED_WAITING, sqlite_where=_ENTERED_WAITING),
    Index("ix_notices_unsorted", "id", postgresql_where=_UNSORTED, sqlite_where=_UNSORTED),
    Index("ix_notices_unlisted", "distributed_on", postgresql_where=_UNLISTED, sqlite_where=_UNLISTED),
)

notice_writers = Table(
    "notice_writers",
    metadata,
    Column("notice_id", Number, ForeignKey("notices.id"), nullable=False),
    Column("actor", Text, nullable=False, comment="who entered or changed a warning; never its releaser"),
    PrimaryKeyConstraint("notice_id", "actor"),
)

notice_symbols = Table(
    "notice_symbols",
    metadata,
    Column("symbol", Text, primary_key=True),
    Column("notice_id", Number, ForeignKey("notices.id"), nullable=False, index=True),
    Column("position", Integer, nullable=False),
)

notice_members = Table(
    "notice_members",
    metadata,
    Column("notice_id", Number, ForeignKey("notices.id"), nullable=False),
    Column("code", Text, nullable=False),
    Column("position", Integer, nullable=False),
    PrimaryKeyConstraint("notice_id", "code"),
    Index("ix_notice_members_code", "code", "notice_id"),
)

notice_codes = Table(
    "notice_codes",
    metadata,
    Column("notice_id", Number, ForeignKey("notices.id"), nullable=False),
    Column("nomenclature", Text, nullable=False, comment="hs or ics"),
    Column("code", Text, nullable=False),
    PrimaryKeyConstraint("notice_id", "nomenclature", "code"),
    Index("ix_notice_codes_code", "nomenclature", "code", "notice_id"),
)

notice_texts = Table(
    "notice_texts",
    metadata,
    Column("notice_id", Number, ForeignKey("notices.id"), primary_key=True),
    Column("folded", Text, nullable=False, comment="all that search looks in, folded by domain.folding"),
    Column("place", BigInteger, nullable=False, server_default="0", comment="its place among all, by day and number"),
    Column("annex", Text, nullable=False, server_default="", comment="what its attachments say, folded likewise"),
    Column("annex_due", Boolean, nullable=False, server_default=false(), comment="the annex is to be folded anew"),
    Index("uq_notice_texts_place", "place", unique=True),
    Index("ix_notice_texts_annex_due", "notice_id", postgresql_where=_ANNEX_DUE, sqlite_where=_ANNEX_DUE),
)

records = Table(
    "records",
    metadata,
    identity(),
    Column("source", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("revision", Number, nullable=False),
    Column("notice_id", Number, ForeignKey("notices.id"), nullable=False, index=True),
    Column("distributed_on", Date),
    Column("content", Document, nullable=False),
    Column("fingerprint", Text, nullable=False),
    Column("payload_hash", Text, nullable=False),
    Column("first_seen_at", Instant, nullable=False),
    Column("last_changed_at", Instant, nullable=False),
    UniqueConstraint("source", "key", "language"),
    Index("ix_records_source_distributed_on", "source", "distributed_on"),
)

versions = Table(
    "versions",
    metadata,
    identity(),
    Column("notice_id", Number, ForeignKey("notices.id"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("fingerprint", Text, nullable=False),
    Column("content", Document, nullable=False),
    Column("changes", Document, nullable=False, comment="field, before, after against the version before"),
    Column("pull_id", Number, ForeignKey("pulls.id")),
    Column("created_at", Instant, nullable=False),
    UniqueConstraint("notice_id", "number"),
)

classifications = Table(
    "classifications",
    metadata,
    identity(),
    Column("notice_id", Number, ForeignKey("notices.id"), nullable=False),
    Column("taxonomy_version", Text, nullable=False),
    Column("input_hash", Text, nullable=False, comment="of the content and of the parent that lent to it"),
    Column("sectors", Document, nullable=False),
    Column("themes", Document, nullable=False),
    Column("facets", Document, nullable=False, server_default="{}", comment="labels of the other facets, by facet"),
    Column("sure", Boolean, nullable=False),
    Column("contradictory", Boolean, nullable=False),
    Column("created_at", Instant, nullable=False),
    UniqueConstraint("notice_id", "taxonomy_version", "input_hash"),
)

labels = Table(
    "labels",
    metadata,
    Column("notice_id", Number, ForeignKey("notices.id"), nullable=False),
    Column("facet", Text, nullable=False, comment="as in domain.sectors.Facet"),
    Column("label", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("confidence", Float, nullable=False),
    Column("given_by", Text, nullable=False, comment="rule or staff"),
    Column("evidence", Document, nullable=False),
    PrimaryKeyConstraint("notice_id", "facet", "label"),
    Index("ix_labels_label", "facet", "label", "role", "notice_id"),
)

corrections = Table(
    "corrections",
    metadata,
    identity(),
    Column("notice_id", Number, ForeignKey("notices.id"), nullable=False),
    Column("facet", Text, nullable=False, server_default="sector", comment="as in domain.sectors.Facet"),
    Column("label", Text, nullable=False),
    Column("role", Text, nullable=False, comment="primary, related or none"),
    Column("because", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column(
        "inherited", Boolean, nullable=False, server_default=false(), comment="said of the document that lends goods"
    ),
    UniqueConstraint("notice_id", "facet", "label"),
)

taxonomies = Table(
    "taxonomies",
    metadata,
    Column("version", Text, primary_key=True),
    Column("body", LargeBinary, nullable=False, comment="the YAML file, compressed"),
    Column("applied_at", Instant, nullable=False),
    Column("applied_by", Text, comment="who put it in force"),
    Column("because", Text, nullable=False, server_default=""),
)

events = Table(
    "events",
    metadata,
    identity(),
    Column("key", Text, nullable=False, unique=True, comment="one fact, one row, however often it is seen"),
    Column("measure_id", Number, ForeignKey("measures.id"), nullable=False, index=True),
    Column("notice_id", Number, ForeignKey("notices.id"), nullable=False, index=True),
    Column("version", Integer, nullable=False),
    Column("kind", Text, nullable=False),
    Column("changes", Document, nullable=False),
    Column("because", Text, nullable=False, server_default=""),
    Column("happened_on", Date),
    Column("created_at", Instant, nullable=False),
    Column("silence", Text, comment="why nobody is told; null when people are"),
    Column("judged_at", Instant, comment="null until the release rule has looked at it as it is now"),
    Column("waiting", Text, comment="why it waits for a person; null when it does not"),
    Column("released_at", Instant),
    Column("released_by", Text),
    Column(
        "material", Boolean, comment="worth an alert at once, or only the weekly digest; null until that was judged"
    ),
    Column("material_by", Text, comment="rule, or who decided otherwise"),
    Column("material_because", Text, comment="the ground of the rule, or the reason that was given"),
    Column("audience", Text, comment="set at fan-out: additions or updates"),
    Column("fanned_out_at", Instant),
    Column("matched", Integer, comment="subscribers that the fan-out found"),
    Index("ix_events_to_judge", "id", postgresql_where=_UNJUDGED, sqlite_where=_UNJUDGED),
    Index("ix_events_to_fan_out", "id", postgresql_where=_UNTOLD, sqlite_where=_UNTOLD),
    Column("set_aside_at", Instant, comment="when somebody on the staff saw that nothing is to be done"),
    Column("set_aside_by", Text),
    Column("set_aside_because", Text),
    Index("ix_events_waiting", "notice_id", "created_at", "waiting", postgresql_where=_WAITING, sqlite_where=_WAITING),
    Index("ix_events_unmatched", "notice_id", "created_at", postgresql_where=_UNMATCHED, sqlite_where=_UNMATCHED),
    Index("ix_events_set_aside", "notice_id", postgresql_where=_SET_ASIDE, sqlite_where=_SET_ASIDE),
)
