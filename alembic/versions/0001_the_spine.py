"""The spine: sources and notices, sorting and events, subscriptions, the outbox, what keeps processes in step."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
DOCUMENT = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")
INSTANT = sa.DateTime(timezone=True)

_SEARCH_ON_SQLITE = (
    """CREATE VIRTUAL TABLE notice_search USING fts5(
           folded, content='notice_texts', content_rowid='notice_id', tokenize='unicode61 remove_diacritics 0')""",
    """CREATE TRIGGER notice_texts_added AFTER INSERT ON notice_texts BEGIN
           INSERT INTO notice_search(rowid, folded) VALUES (new.notice_id, new.folded);
       END""",
    """CREATE TRIGGER notice_texts_removed AFTER DELETE ON notice_texts BEGIN
           INSERT INTO notice_search(notice_search, rowid, folded) VALUES ('delete', old.notice_id, old.folded);
       END""",
    """CREATE TRIGGER notice_texts_changed AFTER UPDATE ON notice_texts BEGIN
           INSERT INTO notice_search(notice_search, rowid, folded) VALUES ('delete', old.notice_id, old.folded);
           INSERT INTO notice_search(rowid, folded) VALUES (new.notice_id, new.folded);
       END""",
)
_SEARCH_ON_POSTGRESQL = (
    "CREATE INDEX ix_notice_texts_search ON notice_texts USING gin (to_tsvector('simple', folded))",
)


def upgrade() -> None:  # noqa: PLR0915 - one statement a table, in the order of their keys
    op.create_table(
        "audit",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("verb", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("details", DOCUMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_audit"),
    )
    op.create_table(
        "blocked_confirmations",
        sa.Column(
            "identity_hash", sa.Text(), nullable=False, comment="keyed hash of an address that said it was not them"
        ),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("identity_hash", name="pk_blocked_confirmations"),
    )
    op.create_table(
        "criteria",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("body", DOCUMENT, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_criteria"),
        sa.UniqueConstraint("digest", name="uq_criteria_digest"),
    )
    op.create_table(
        "digest_runs",
        sa.Column("frequency", sa.Text(), nullable=False),
        sa.Column("local_date", sa.Date(), nullable=False, comment="the day in Viet Nam on which the window closes"),
        sa.Column("closed_at", INSTANT, nullable=False),
        sa.Column("digests", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("frequency", "local_date", name="pk_digest_runs"),
    )
    op.create_table(
        "heartbeats",
        sa.Column("job", sa.Text(), nullable=False),
        sa.Column("beat_at", INSTANT, nullable=False),
        sa.Column("period_seconds", sa.Integer(), nullable=False),
        sa.Column("fault", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("job", name="pk_heartbeats"),
    )
    op.create_table(
        "leases",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("until", INSTANT, nullable=False),
        sa.Column("fence", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_leases"),
    )
    op.create_table(
        "measures",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("ref", sa.Text(), nullable=False, comment="the first base symbol, or the ref of a warning"),
        sa.Column(
            "state", sa.Text(), nullable=False, comment="what is lasting: proposed, adopted, in_force, withdrawn"
        ),
        sa.Column("comment_deadline", sa.Date(), nullable=True),
        sa.Column("adoption_on", sa.Date(), nullable=True),
        sa.Column("in_force_on", sa.Date(), nullable=True),
        sa.Column("told_at", INSTANT, nullable=True, comment="when the first alert of this measure was fanned out"),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_measures"),
        sa.UniqueConstraint("ref", name="uq_measures_ref"),
    )
    op.create_table(
        "messages",
        sa.Column("hash", sa.Text(), nullable=False, comment="SHA-256 of the bytes on the wire"),
        sa.Column("body", sa.LargeBinary(), nullable=False, comment="compressed with zlib"),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("hash", name="pk_messages"),
    )
    op.create_table(
        "payloads",
        sa.Column("hash", sa.Text(), nullable=False, comment="SHA-256 of the bytes as they came"),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False, comment="compressed with zlib"),
        sa.Column("stored_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("hash", name="pk_payloads"),
    )
    op.create_table(
        "pulls",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("window_first", sa.Date(), nullable=True),
        sa.Column("window_last", sa.Date(), nullable=True),
        sa.Column("started_at", INSTANT, nullable=False),
        sa.Column("finished_at", INSTANT, nullable=True),
        sa.Column("duration_ms", sa.Integer(), nullable=True),
        sa.Column(
            "result",
            sa.Text(),
            nullable=False,
            comment="running, sound, unchanged, unreachable, refused, busy, unsound",
        ),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("remarks", DOCUMENT, nullable=False),
        sa.Column("pages", sa.Integer(), server_default="0", nullable=False),
        sa.Column("records", sa.Integer(), server_default="0", nullable=False),
        sa.Column("added", sa.Integer(), server_default="0", nullable=False),
        sa.Column("changed", sa.Integer(), server_default="0", nullable=False),
        sa.Column("quarantined", sa.Integer(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_pulls"),
    )
    op.create_index("ix_pulls_source", "pulls", ["source"], unique=False)
    op.create_table(
        "sources",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("baseline_at", INSTANT, nullable=True, comment="when the first visit succeeded"),
        sa.Column("last_visit_at", INSTANT, nullable=True),
        sa.Column("last_success_at", INSTANT, nullable=True),
        sa.Column("reached", sa.Date(), nullable=True, comment="last day of circulation that a sound visit covered"),
        sa.Column("failures", sa.Integer(), server_default="0", nullable=False, comment="unsound visits in a row"),
        sa.Column("resume_at", INSTANT, nullable=True, comment="not visited by the clock before this moment"),
        sa.Column("last_fault", sa.Text(), nullable=True),
        sa.Column("etag", sa.Text(), server_default="", nullable=False),
        sa.Column("last_modified", sa.Text(), server_default="", nullable=False),
        sa.Column("body_hash", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_sources"),
    )
    op.create_table(
        "subscribers",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("address", sa.Text(), nullable=False, comment="as first typed"),
        sa.Column(
            "wire",
            sa.Text(),
            nullable=False,
            comment="the same with its domain as A-labels: this is what mail is sent to",
        ),
        sa.Column("identity", sa.Text(), nullable=False, comment="how addresses are compared"),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("suppressed_at", INSTANT, nullable=True),
        sa.Column("suppressed_because", sa.Text(), nullable=True),
        sa.Column("last_instant_at", INSTANT, nullable=True, comment="when the last instant mail was gathered"),
        sa.PrimaryKeyConstraint("id", name="pk_subscribers"),
        sa.UniqueConstraint("identity", name="uq_subscribers_identity"),
    )
    op.create_table(
        "taxonomies",
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False, comment="the YAML file, compressed"),
        sa.Column("applied_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("version", name="pk_taxonomies"),
    )
    op.create_table(
        "ticks",
        sa.Column("job", sa.Text(), nullable=False),
        sa.Column("slot", sa.Text(), nullable=False, comment="the moment that the calendar meant"),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("started_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("job", "slot", name="pk_ticks"),
    )
    op.create_table(
        "digests",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("subscriber_id", NUMBER, nullable=False),
        sa.Column("frequency", sa.Text(), nullable=False),
        sa.Column("local_date", sa.Date(), nullable=False),
        sa.Column(
            "late", sa.Integer(), server_default="0", nullable=False, comment="days after its own day that it was made"
        ),
        sa.ForeignKeyConstraint(["subscriber_id"], ["subscribers.id"], name="fk_digests_subscriber_id_subscribers"),
        sa.PrimaryKeyConstraint("id", name="pk_digests"),
        sa.UniqueConstraint(
            "subscriber_id", "frequency", "local_date", name="uq_digests_subscriber_id_frequency_local_date"
        ),
    )
    op.create_table(
        "measure_symbols",
        sa.Column("symbol", sa.Text(), nullable=False, comment="a base symbol"),
        sa.Column("measure_id", NUMBER, nullable=False),
        sa.ForeignKeyConstraint(["measure_id"], ["measures.id"], name="fk_measure_symbols_measure_id_measures"),
        sa.PrimaryKeyConstraint("symbol", name="pk_measure_symbols"),
    )
    op.create_index("ix_measure_symbols_measure_id", "measure_symbols", ["measure_id"], unique=False)
    op.create_table(
        "notices",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("ref", sa.Text(), nullable=False),
        sa.Column("measure_id", NUMBER, nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("area", sa.Text(), nullable=True),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("emergency", sa.Boolean(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("distributed_on", sa.Date(), nullable=True),
        sa.Column("comment_deadline", sa.Date(), nullable=True),
        sa.Column("adoption_on", sa.Date(), nullable=True),
        sa.Column("in_force_on", sa.Date(), nullable=True),
        sa.Column(
            "content", DOCUMENT, nullable=False, comment="the current version, as domain.notices.Content in JSON"
        ),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("flags", DOCUMENT, nullable=False),
        sa.Column("orphan", sa.Boolean(), nullable=False, comment="an addendum whose parent is not here"),
        sa.Column("sought_at", INSTANT, nullable=True, comment="when the source was last asked for its missing parent"),
        sa.Column(
            "inherits_from", sa.Text(), nullable=True, comment="the ref of the parent that lends products and codes"
        ),
        sa.Column("classification_id", NUMBER, nullable=True, comment="the current one in classifications"),
        sa.Column("sorted_at", INSTANT, nullable=True, comment="null until it is sorted as it is now"),
        sa.Column("sure", sa.Boolean(), nullable=False),
        sa.Column("contradictory", sa.Boolean(), nullable=False),
        sa.Column("stored_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.Column("released_at", INSTANT, nullable=True),
        sa.Column("withdrawn_at", INSTANT, nullable=True),
        sa.Column("withdrawn_because", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["measure_id"], ["measures.id"], name="fk_notices_measure_id_measures"),
        sa.PrimaryKeyConstraint("id", name="pk_notices"),
        sa.UniqueConstraint("ref", name="uq_notices_ref"),
    )
    op.create_index("ix_notices_comment_deadline", "notices", ["comment_deadline"], unique=False)
    op.create_index("ix_notices_measure_id", "notices", ["measure_id"], unique=False)
    op.create_index(
        "ix_notices_newest",
        "notices",
        [sa.literal_column("distributed_on DESC"), sa.literal_column("id DESC")],
        unique=False,
    )
    op.create_index(
        "ix_notices_unsorted",
        "notices",
        ["id"],
        unique=False,
        postgresql_where=sa.text("sorted_at IS NULL"),
        sqlite_where=sa.text("sorted_at IS NULL"),
    )
    op.create_index("ix_notices_updated_at_id", "notices", ["updated_at", "id"], unique=False)
    op.create_table(
        "pull_payloads",
        sa.Column("pull_id", NUMBER, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("payload_hash", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["payload_hash"], ["payloads.hash"], name="fk_pull_payloads_payload_hash_payloads"),
        sa.ForeignKeyConstraint(["pull_id"], ["pulls.id"], name="fk_pull_payloads_pull_id_pulls"),
        sa.PrimaryKeyConstraint("pull_id", "position", name="pk_pull_payloads"),
    )
    op.create_table(
        "quarantine",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("payload_hash", sa.Text(), nullable=False),
        sa.Column("position", sa.Text(), nullable=False),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("excerpt", sa.Text(), nullable=False),
        sa.Column("pull_id", NUMBER, nullable=True),
        sa.Column("noticed_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["pull_id"], ["pulls.id"], name="fk_quarantine_pull_id_pulls"),
        sa.PrimaryKeyConstraint("id", name="pk_quarantine"),
        sa.UniqueConstraint(
            "source", "payload_hash", "position", "field", name="uq_quarantine_source_payload_hash_position_field"
        ),
    )
    op.create_table(
        "subscriptions",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("subscriber_id", NUMBER, nullable=False),
        sa.Column("criteria_id", NUMBER, nullable=False),
        sa.Column("frequency", sa.Text(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("confirmed_at", INSTANT, nullable=True),
        sa.Column("ended_at", INSTANT, nullable=True),
        sa.Column("ended_because", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["criteria_id"], ["criteria.id"], name="fk_subscriptions_criteria_id_criteria"),
        sa.ForeignKeyConstraint(
            ["subscriber_id"], ["subscribers.id"], name="fk_subscriptions_subscriber_id_subscribers"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_subscriptions"),
    )
    op.create_index(
        "ix_subscriptions_active",
        "subscriptions",
        ["criteria_id", "id"],
        unique=False,
        postgresql_where=sa.text("confirmed_at IS NOT NULL AND ended_at IS NULL"),
        sqlite_where=sa.text("confirmed_at IS NOT NULL AND ended_at IS NULL"),
    )
    op.create_index(
        "uq_subscriptions_living",
        "subscriptions",
        ["subscriber_id", "criteria_id"],
        unique=True,
        postgresql_where=sa.text("ended_at IS NULL"),
        sqlite_where=sa.text("ended_at IS NULL"),
    )
    op.create_table(
        "classifications",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("notice_id", NUMBER, nullable=False),
        sa.Column("taxonomy_version", sa.Text(), nullable=False),
        sa.Column("input_hash", sa.Text(), nullable=False, comment="of the content and of the parent that lent to it"),
        sa.Column("sectors", DOCUMENT, nullable=False),
        sa.Column("themes", DOCUMENT, nullable=False),
        sa.Column("sure", sa.Boolean(), nullable=False),
        sa.Column("contradictory", sa.Boolean(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["notice_id"], ["notices.id"], name="fk_classifications_notice_id_notices"),
        sa.PrimaryKeyConstraint("id", name="pk_classifications"),
        sa.UniqueConstraint(
            "notice_id",
            "taxonomy_version",
            "input_hash",
            name="uq_classifications_notice_id_taxonomy_version_input_hash",
        ),
    )
    op.create_table(
        "confirmations",
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("subscription_id", NUMBER, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.Column("used_at", INSTANT, nullable=True),
        sa.ForeignKeyConstraint(
            ["subscription_id"], ["subscriptions.id"], name="fk_confirmations_subscription_id_subscriptions"
        ),
        sa.PrimaryKeyConstraint("token_hash", name="pk_confirmations"),
    )
    op.create_index("ix_confirmations_subscription_id", "confirmations", ["subscription_id"], unique=False)
    op.create_table(
        "consents",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("subscription_id", NUMBER, nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("wording", sa.Text(), nullable=False, comment="version of the text that was agreed to"),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("method", sa.Text(), nullable=False, comment="double_opt_in or given_to_staff"),
        sa.Column("given_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(
            ["subscription_id"], ["subscriptions.id"], name="fk_consents_subscription_id_subscriptions"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_consents"),
    )
    op.create_index("ix_consents_subscription_id", "consents", ["subscription_id"], unique=False)
    op.create_table(
        "corrections",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("notice_id", NUMBER, nullable=False),
        sa.Column("sector", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False, comment="primary, related or none"),
        sa.Column("because", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["notice_id"], ["notices.id"], name="fk_corrections_notice_id_notices"),
        sa.PrimaryKeyConstraint("id", name="pk_corrections"),
        sa.UniqueConstraint("notice_id", "sector", name="uq_corrections_notice_id_sector"),
    )
    op.create_table(
        "deliveries",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("key", sa.Text(), nullable=False, comment="what it is and for whom: made once"),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("subscriber_id", NUMBER, nullable=False),
        sa.Column("digest_id", NUMBER, nullable=True),
        sa.Column("part", sa.Integer(), server_default="1", nullable=False),
        sa.Column("parts", sa.Integer(), server_default="1", nullable=False),
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.Column("message_hash", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column(
            "ambiguous", sa.Integer(), server_default="0", nullable=False, comment="attempts whose end nobody knows"
        ),
        sa.Column("due_at", INSTANT, nullable=False),
        sa.Column("leased_by", sa.Text(), nullable=True),
        sa.Column("leased_until", INSTANT, nullable=True),
        sa.Column("fence", sa.Integer(), server_default="0", nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("handed_over_at", INSTANT, nullable=True),
        sa.Column("accepted_at", INSTANT, nullable=True),
        sa.Column("reply", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["digest_id"], ["digests.id"], name="fk_deliveries_digest_id_digests"),
        sa.ForeignKeyConstraint(["message_hash"], ["messages.hash"], name="fk_deliveries_message_hash_messages"),
        sa.ForeignKeyConstraint(["subscriber_id"], ["subscribers.id"], name="fk_deliveries_subscriber_id_subscribers"),
        sa.PrimaryKeyConstraint("id", name="pk_deliveries"),
        sa.UniqueConstraint("key", name="uq_deliveries_key"),
        sa.UniqueConstraint("message_id", name="uq_deliveries_message_id"),
    )
    op.create_index(
        "ix_deliveries_due",
        "deliveries",
        ["priority", "due_at", "id"],
        unique=False,
        postgresql_where=sa.text("state IN ('pending', 'deferred', 'unknown')"),
        sqlite_where=sa.text("state IN ('pending', 'deferred', 'unknown')"),
    )
    op.create_index(
        "ix_deliveries_held",
        "deliveries",
        ["leased_until"],
        unique=False,
        postgresql_where=sa.text("state IN ('leased', 'handing_over')"),
        sqlite_where=sa.text("state IN ('leased', 'handing_over')"),
    )
    op.create_index("ix_deliveries_state", "deliveries", ["state"], unique=False)
    op.create_index("ix_deliveries_subscriber_id", "deliveries", ["subscriber_id"], unique=False)
    op.create_table(
        "events",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("key", sa.Text(), nullable=False, comment="one fact, one row, however often it is seen"),
        sa.Column("measure_id", NUMBER, nullable=False),
        sa.Column("notice_id", NUMBER, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("changes", DOCUMENT, nullable=False),
        sa.Column("because", sa.Text(), server_default="", nullable=False),
        sa.Column("happened_on", sa.Date(), nullable=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("silence", sa.Text(), nullable=True, comment="why nobody is told; null when people are"),
        sa.Column(
            "judged_at", INSTANT, nullable=True, comment="null until the release rule has looked at it as it is now"
        ),
        sa.Column("waiting", sa.Text(), nullable=True, comment="why it waits for a person; null when it does not"),
        sa.Column("released_at", INSTANT, nullable=True),
        sa.Column("released_by", sa.Text(), nullable=True),
        sa.Column("audience", sa.Text(), nullable=True, comment="set at fan-out: additions or updates"),
        sa.Column("fanned_out_at", INSTANT, nullable=True),
        sa.Column("matched", sa.Integer(), nullable=True, comment="subscribers that the fan-out found"),
        sa.ForeignKeyConstraint(["measure_id"], ["measures.id"], name="fk_events_measure_id_measures"),
        sa.ForeignKeyConstraint(["notice_id"], ["notices.id"], name="fk_events_notice_id_notices"),
        sa.PrimaryKeyConstraint("id", name="pk_events"),
        sa.UniqueConstraint("key", name="uq_events_key"),
    )
    op.create_index("ix_events_measure_id", "events", ["measure_id"], unique=False)
    op.create_index("ix_events_notice_id", "events", ["notice_id"], unique=False)
    op.create_index(
        "ix_events_to_fan_out",
        "events",
        ["id"],
        unique=False,
        postgresql_where=sa.text("released_at IS NOT NULL AND fanned_out_at IS NULL"),
        sqlite_where=sa.text("released_at IS NOT NULL AND fanned_out_at IS NULL"),
    )
    op.create_index(
        "ix_events_to_judge",
        "events",
        ["id"],
        unique=False,
        postgresql_where=sa.text("silence IS NULL AND judged_at IS NULL"),
        sqlite_where=sa.text("silence IS NULL AND judged_at IS NULL"),
    )
    op.create_index("ix_events_waiting", "events", ["waiting"], unique=False)
    op.create_table(
        "labels",
        sa.Column("notice_id", NUMBER, nullable=False),
        sa.Column("facet", sa.Text(), nullable=False, comment="sector or theme"),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("confidence", sa.Float(), nullable=False),
        sa.Column("given_by", sa.Text(), nullable=False, comment="rule or staff"),
        sa.Column("evidence", DOCUMENT, nullable=False),
        sa.ForeignKeyConstraint(["notice_id"], ["notices.id"], name="fk_labels_notice_id_notices"),
        sa.PrimaryKeyConstraint("notice_id", "facet", "label", name="pk_labels"),
    )
    op.create_index("ix_labels_label", "labels", ["facet", "label", "role", "notice_id"], unique=False)
    op.create_table(
        "notice_codes",
        sa.Column("notice_id", NUMBER, nullable=False),
        sa.Column("nomenclature", sa.Text(), nullable=False, comment="hs or ics"),
        sa.Column("code", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["notice_id"], ["notices.id"], name="fk_notice_codes_notice_id_notices"),
        sa.PrimaryKeyConstraint("notice_id", "nomenclature", "code", name="pk_notice_codes"),
    )
    op.create_index("ix_notice_codes_code", "notice_codes", ["nomenclature", "code", "notice_id"], unique=False)
    op.create_table(
        "notice_members",
        sa.Column("notice_id", NUMBER, nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["notice_id"], ["notices.id"], name="fk_notice_members_notice_id_notices"),
        sa.PrimaryKeyConstraint("notice_id", "code", name="pk_notice_members"),
    )
    op.create_index("ix_notice_members_code", "notice_members", ["code", "notice_id"], unique=False)
    op.create_table(
        "notice_symbols",
        sa.Column("symbol", sa.Text(), nullable=False),
        sa.Column("notice_id", NUMBER, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["notice_id"], ["notices.id"], name="fk_notice_symbols_notice_id_notices"),
        sa.PrimaryKeyConstraint("symbol", name="pk_notice_symbols"),
    )
    op.create_index("ix_notice_symbols_notice_id", "notice_symbols", ["notice_id"], unique=False)
    op.create_table(
        "notice_texts",
        sa.Column("notice_id", NUMBER, nullable=False),
        sa.Column("folded", sa.Text(), nullable=False, comment="all that search looks in, folded by domain.folding"),
        sa.ForeignKeyConstraint(["notice_id"], ["notices.id"], name="fk_notice_texts_notice_id_notices"),
        sa.PrimaryKeyConstraint("notice_id", name="pk_notice_texts"),
    )
    op.create_table(
        "records",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("revision", NUMBER, nullable=False),
        sa.Column("notice_id", NUMBER, nullable=False),
        sa.Column("distributed_on", sa.Date(), nullable=True),
        sa.Column("content", DOCUMENT, nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("payload_hash", sa.Text(), nullable=False),
        sa.Column("first_seen_at", INSTANT, nullable=False),
        sa.Column("last_changed_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["notice_id"], ["notices.id"], name="fk_records_notice_id_notices"),
        sa.PrimaryKeyConstraint("id", name="pk_records"),
        sa.UniqueConstraint("source", "key", "language", name="uq_records_source_key_language"),
    )
    op.create_index("ix_records_notice_id", "records", ["notice_id"], unique=False)
    op.create_index("ix_records_source_distributed_on", "records", ["source", "distributed_on"], unique=False)
    op.create_table(
        "versions",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("notice_id", NUMBER, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("content", DOCUMENT, nullable=False),
        sa.Column("changes", DOCUMENT, nullable=False, comment="field, before, after against the version before"),
        sa.Column("pull_id", NUMBER, nullable=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["notice_id"], ["notices.id"], name="fk_versions_notice_id_notices"),
        sa.ForeignKeyConstraint(["pull_id"], ["pulls.id"], name="fk_versions_pull_id_pulls"),
        sa.PrimaryKeyConstraint("id", name="pk_versions"),
        sa.UniqueConstraint("notice_id", "number", name="uq_versions_notice_id_number"),
    )
    op.create_table(
        "attempts",
        sa.Column("delivery_id", NUMBER, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("message_hash", sa.Text(), nullable=False),
        sa.Column("started_at", INSTANT, nullable=False),
        sa.Column("ended_at", INSTANT, nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("reply", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["delivery_id"], ["deliveries.id"], name="fk_attempts_delivery_id_deliveries"),
        sa.PrimaryKeyConstraint("delivery_id", "number", name="pk_attempts"),
    )
    op.create_table(
        "event_criteria",
        sa.Column("event_id", NUMBER, nullable=False),
        sa.Column("criteria_id", NUMBER, nullable=False),
        sa.Column("reasons", DOCUMENT, nullable=False),
        sa.ForeignKeyConstraint(["criteria_id"], ["criteria.id"], name="fk_event_criteria_criteria_id_criteria"),
        sa.ForeignKeyConstraint(["event_id"], ["events.id"], name="fk_event_criteria_event_id_events"),
        sa.PrimaryKeyConstraint("event_id", "criteria_id", name="pk_event_criteria"),
    )
    op.create_table(
        "items",
        sa.Column("event_id", NUMBER, nullable=False),
        sa.Column("subscriber_id", NUMBER, nullable=False),
        sa.Column(
            "frequency", sa.Text(), nullable=False, comment="the soonest that any matching subscription asked for"
        ),
        sa.Column("delivery_id", NUMBER, nullable=True),
        sa.Column("skipped", sa.Text(), nullable=True, comment="why this subscriber is not told after all"),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["delivery_id"], ["deliveries.id"], name="fk_items_delivery_id_deliveries"),
        sa.ForeignKeyConstraint(["event_id"], ["events.id"], name="fk_items_event_id_events"),
        sa.ForeignKeyConstraint(["subscriber_id"], ["subscribers.id"], name="fk_items_subscriber_id_subscribers"),
        sa.PrimaryKeyConstraint("event_id", "subscriber_id", name="pk_items"),
    )
    op.create_index("ix_items_delivery_id", "items", ["delivery_id"], unique=False)
    op.create_index(
        "ix_items_untold",
        "items",
        ["frequency", "subscriber_id"],
        unique=False,
        postgresql_where=sa.text("delivery_id IS NULL AND skipped IS NULL"),
        sqlite_where=sa.text("delivery_id IS NULL AND skipped IS NULL"),
    )
    op.create_table(
        "matches",
        sa.Column("event_id", NUMBER, nullable=False),
        sa.Column("subscription_id", NUMBER, nullable=False),
        sa.ForeignKeyConstraint(["event_id"], ["events.id"], name="fk_matches_event_id_events"),
        sa.ForeignKeyConstraint(
            ["subscription_id"], ["subscriptions.id"], name="fk_matches_subscription_id_subscriptions"
        ),
        sa.PrimaryKeyConstraint("event_id", "subscription_id", name="pk_matches"),
    )
    op.create_index("ix_matches_subscription_id", "matches", ["subscription_id"], unique=False)
    sqlite = op.get_bind().dialect.name == "sqlite"
    for statement in _SEARCH_ON_SQLITE if sqlite else _SEARCH_ON_POSTGRESQL:
        op.execute(statement)


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TABLE notice_search")
    for table in (
        "matches",
        "items",
        "event_criteria",
        "attempts",
        "versions",
        "records",
        "notice_texts",
        "notice_symbols",
        "notice_members",
        "notice_codes",
        "labels",
        "events",
        "deliveries",
        "corrections",
        "consents",
        "confirmations",
        "classifications",
        "subscriptions",
        "quarantine",
        "pull_payloads",
        "notices",
        "measure_symbols",
        "digests",
        "ticks",
        "taxonomies",
        "subscribers",
        "sources",
        "pulls",
        "payloads",
        "messages",
        "measures",
        "leases",
        "heartbeats",
        "digest_runs",
        "criteria",
        "blocked_confirmations",
        "audit",
    ):
        op.drop_table(table)
