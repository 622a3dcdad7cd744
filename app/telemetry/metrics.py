"""The numbers at `/metrics`, in the Prometheus text format (MO-06).

Counters and histograms tell what this process did. Gauges tell what stands in the database, whichever process put it
there, and are set from it when they are asked for.
"""

from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

CONTENT_TYPE: Final = CONTENT_TYPE_LATEST

_MINUTE, _HOUR, _DAY = 60, 3_600, 86_400
_LAG = (15 * _MINUTE, _HOUR, 6 * _HOUR, 12 * _HOUR, _DAY, 2 * _DAY, 3 * _DAY, 7 * _DAY, 30 * _DAY)
_DELAY = (1, 5, 15, _MINUTE, 5 * _MINUTE, 15 * _MINUTE, _HOUR, 3 * _HOUR, _DAY)


class Metrics:
    """Every number that Kẻng counts, made once by bootstrap and handed to whoever counts."""

    def __init__(self) -> None:
        registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        self._registry = registry
        self._count_intake(registry)
        self._count_sending(registry)
        self._gauge_database(registry)

    def rendered(self) -> bytes:
        """Return all numbers as `/metrics` shows them, under `CONTENT_TYPE`."""
        return generate_latest(self._registry)

    def _count_intake(self, registry: CollectorRegistry) -> None:
        self.pulls = Counter("keng_pulls", "Visits to a source.", ["source", "result"], registry=registry)
        self.notices = Counter(
            "keng_notices", "Records taken in, by what they changed.", ["source", "change"], registry=registry
        )
        self.complaints = Counter(
            "keng_complaints", "Records that could not be taken and are in quarantine.", ["source"], registry=registry
        )
        self.attachments = Counter(
            "keng_attachments", "Tries to bring a document, by the state they ended in.", ["state"], registry=registry
        )
        self.ingest_lag = Histogram(
            "keng_ingest_lag_seconds",
            "From the start of the day of circulation to the notice being stored.",
            ["source"],
            buckets=_LAG,
            registry=registry,
        )
        self.releases = Counter("keng_releases", "Events released by rule.", registry=registry)
        self.fanned_out = Counter("keng_fanned_out", "Released events matched and fanned out.", registry=registry)

    def _count_sending(self, registry: CollectorRegistry) -> None:
        self.attempts = Counter(
            "keng_delivery_attempts", "Claims of messages, by the state they ended in.", ["state"], registry=registry
        )
        self.ticks = Counter("keng_ticks", "Runs of the scheduler's jobs.", ["job", "result"], registry=registry)
        self.feedback = Counter(
            "keng_feedback",
            "Messages that came back, by what they did: bounces, complaints, unsigned ones and others.",
            ["door", "effect"],
            registry=registry,
        )
        self.handover_delay = Histogram(
            "keng_handover_delay_seconds",
            "From the making of a message to the relay taking it.",
            buckets=_DELAY,
            registry=registry,
        )

    def _gauge_database(self, registry: CollectorRegistry) -> None:
        self.deliveries = Gauge("keng_deliveries", "Deliveries in the database.", ["kind", "state"], registry=registry)
        self.ambiguous = Gauge(
            "keng_ambiguous_deliveries",
            "Deliveries of which an attempt ended unclearly: a second, identical copy may have arrived.",
            ["kind", "state"],
            registry=registry,
        )
        self.holds = Gauge(
            "keng_holds", "Holds that keep mail in the outbox: 1 while one stands.", ["name"], registry=registry
        )
        self.queue_age = Gauge(
            "keng_queue_age_seconds", "How long the oldest delivery has been due.", ["kind"], registry=registry
        )
        self.heartbeat_age = Gauge(
            "keng_heartbeat_age_seconds", "Time since a job last finished.", ["job"], registry=registry
        )
        self.alarms = Gauge("keng_alarms", "Findings of each alarm that stands.", ["alarm"], registry=registry)
