"""What slows mail down before it does harm: the total of a day, and what one address is sent in an hour (DL-13)."""

from datetime import timedelta
from typing import Final

COUNTED_OVER: Final = timedelta(hours=24)
"""The emergency brake counts the hand-overs of so long, from the last time that it was lifted."""
AN_HOUR: Final = timedelta(hours=1)
INSTANT_AN_HOUR: Final = 3
"""Instant mails to one address in an hour; what comes after them gathers until the hour is over."""
