"""Every table, with the unique keys that make each stage safe to run twice."""

from app.store.tables.access import (
    account_links,
    account_mails,
    accounts,
    openid_requests,
    recovery_codes,
    sessions,
    sign_in_tries,
)
from app.store.tables.alarms import alarm_mails, alarms, lifted_holds
from app.store.tables.assignments import assignments
from app.store.tables.attachments import attachment_hosts, attachment_texts, attachments
from app.store.tables.audit import audit, audit_heads, audit_seals
from app.store.tables.base import metadata
from app.store.tables.feedback import feedback, suppressions
from app.store.tables.holds import holds
from app.store.tables.intake import exports, payloads, pull_payloads, pulls, quarantine, sources
from app.store.tables.letters import letter_files, letter_recipients, letters
from app.store.tables.managing import address_changes, callers
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
    notice_writers,
    notices,
    records,
    taxonomies,
    versions,
)
from app.store.tables.operations import heartbeats, leases, ticks
from app.store.tables.organisations import contact_links, contacts, organisation_sectors, organisations
from app.store.tables.outbox import attempts, deliveries, digest_runs, digests, items, messages
from app.store.tables.personal_data import erased_identities, mailed_confirmations, person_requests, subject_keys
from app.store.tables.relay import relay_logs, relay_sightings
from app.store.tables.reminders import reminders
from app.store.tables.replays import catch_ups, replay_matches, replays, stops
from app.store.tables.silence import break_deadlines, digest_periods
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
from app.store.tables.texts import text_compositions, text_steps, text_tasks, text_versions, texts
from app.store.tables.translations import translations

__all__ = [
    "account_links",
    "account_mails",
    "accounts",
    "address_changes",
    "alarm_mails",
    "alarms",
    "assignments",
    "attachment_hosts",
    "attachment_texts",
    "attachments",
    "attempts",
    "audit",
    "audit_heads",
    "audit_seals",
    "blocked_confirmations",
    "break_deadlines",
    "callers",
    "catch_ups",
    "classifications",
    "confirmations",
    "consents",
    "contact_links",
    "contacts",
    "corrections",
    "criteria",
    "deliveries",
    "digest_periods",
    "digest_runs",
    "digests",
    "erased_identities",
    "event_criteria",
    "events",
    "exports",
    "feedback",
    "heartbeats",
    "holds",
    "items",
    "labels",
    "leases",
    "letter_files",
    "letter_recipients",
    "letters",
    "lifted_holds",
    "mailed_confirmations",
    "matches",
    "measure_symbols",
    "measures",
    "messages",
    "metadata",
    "notice_codes",
    "notice_members",
    "notice_symbols",
    "notice_texts",
    "notice_writers",
    "notices",
    "openid_requests",
    "organisation_sectors",
    "organisations",
    "payloads",
    "person_requests",
    "pull_payloads",
    "pulls",
    "quarantine",
    "records",
    "recovery_codes",
    "relay_logs",
    "relay_sightings",
    "reminders",
    "replay_matches",
    "replays",
    "sessions",
    "sign_in_tries",
    "sources",
    "stops",
    "subject_keys",
    "subscribers",
    "subscriptions",
    "suppressions",
    "taxonomies",
    "text_compositions",
    "text_steps",
    "text_tasks",
    "text_versions",
    "texts",
    "ticks",
    "translations",
    "versions",
]
