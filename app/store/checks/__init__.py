"""What `keng reconcile` reads: questions of its own, from the records of the sources forward to the relay.

Nothing here calls what the stages themselves ask: a condition that is wrong in `store.outbox` or `store.deliveries` must
not be wrong here too.
"""

from app.store.checks.letters import letters_gone, letters_not_addressed
from app.store.checks.machinery import (
    audit_broken,
    holds_standing,
    jobs,
    relay,
    silent_sources,
    sources_failing,
    worker,
)
from app.store.checks.messages import (
    confirmations_gone,
    deliveries_gone,
    digests_missing,
    leases_lost,
    needs_human,
    not_gathered,
    overdue,
    unknown_for_long,
)
from app.store.checks.norms import alerts_matched, notices_labelled
from app.store.checks.proofs import digests_gone, proofs_missing
from app.store.checks.stages import (
    never_sorted,
    not_fanned_out,
    not_judged,
    notices_without_event,
    records_without_notice,
    wrongly_held,
)
from app.store.checks.subscribers import Released, Tally, living_questions, released, tally

__all__ = [
    "Released",
    "Tally",
    "alerts_matched",
    "audit_broken",
    "confirmations_gone",
    "deliveries_gone",
    "digests_gone",
    "digests_missing",
    "holds_standing",
    "jobs",
    "leases_lost",
    "letters_gone",
    "letters_not_addressed",
    "living_questions",
    "needs_human",
    "never_sorted",
    "not_fanned_out",
    "not_gathered",
    "not_judged",
    "notices_labelled",
    "notices_without_event",
    "overdue",
    "proofs_missing",
    "records_without_notice",
    "relay",
    "released",
    "silent_sources",
    "sources_failing",
    "tally",
    "unknown_for_long",
    "worker",
    "wrongly_held",
]
