"""The door through which mail leaves: an SMTP conversation of our own over kept connections to one relay."""

from app.senders.smtp.configuration import RelayAddress, Security, Timeouts, parse_smtp_url
from app.senders.smtp.inspection import Inspection, inspect
from app.senders.smtp.relay import Relay

__all__ = ["Inspection", "Relay", "RelayAddress", "Security", "Timeouts", "inspect", "parse_smtp_url"]
