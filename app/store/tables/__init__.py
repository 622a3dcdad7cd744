"""Every table, with the unique keys that make each stage safe to run twice."""

from app.store.tables.attachments import attachment_hosts, attachment_texts, attachments
from app.store.tables.base import metadata
from app.store.tables.feedback import feedback, suppressions
from app.store.tables.holds import holds
from app.store.tables.intake import exports, payloads, pull_payloads, pulls, quarantine, sources
from app.store.tables.notices import (
    classifications,
    corrections,
    events,
    labels,
    measure_symbols,
    measures,
    notice_codes,
    notice_members,
    notice_symbols,
    notice_texts,
    notices,
    records,
    taxonomies,
    versions,
)
from app.store.tables.operations import audit, heartbeats, leases, ticks
from app.store.tables.outbox import attempts, deliveries, digest_runs, digests, items, messages
from app.store.tables.replays import catch_ups, replay_matches, replays, stops
from app.store.tables.subscriptions import (
    blocked_confirmations,
    confirmations,
    consents,
    criteria,
    event_criteria,
    matches,
    subscribers,
    subscriptions,
)

__all__ = [
    "attachment_hosts",
    "attachment_texts",
    "attachments",
    "attempts",
    "audit",
    "blocked_confirmations",
    "catch_ups",
    "classifications",
    "confirmations",
    "consents",
    "corrections",
    "criteria",
    "deliveries",
    "digest_runs",
    "digests",
    "event_criteria",
    "events",
    "exports",
    "feedback",
    "heartbeats",
    "holds",
    "items",
    "labels",
    "leases",
    "matches",
    "measure_symbols",
    "measures",
    "messages",
    "metadata",
    "notice_codes",
    "notice_members",
    "notice_symbols",
    "notice_texts",
    "notices",
    "payloads",
    "pull_payloads",
    "pulls",
    "quarantine",
    "records",
    "replay_matches",
    "replays",
    "sources",
    "stops",
    "subscribers",
    "subscriptions",
    "suppressions",
    "taxonomies",
    "ticks",
    "versions",
]
