"""What slows mail down before it does harm, or marks it: the total of a day, an address's hour (DL-13), age (DL-12)."""

from datetime import timedelta
from typing import Final

COUNTED_OVER: Final = timedelta(hours=24)
"""The emergency brake counts the hand-overs of so long, from the last time that it was lifted."""
AN_HOUR: Final = timedelta(hours=1)
INSTANT_AN_HOUR: Final = 3
"""Instant mails to one address in an hour; what comes after them gathers until the hour is over."""

LATE_AFTER: Final = timedelta(hours=48)
"""An alert that is first handed over so long after its release says that it comes late (DL-12)."""
