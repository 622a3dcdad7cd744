"""Delivering: the outbox is drained through a relay, each message at most twice and never lost."""

from app.flow.deliver.draining import GRACE, Drained, Ending, Mailer, Outgoing, drain, waiting_now
from app.flow.deliver.rendering import Stationery

__all__ = ["GRACE", "Drained", "Ending", "Mailer", "Outgoing", "Stationery", "drain", "waiting_now"]
