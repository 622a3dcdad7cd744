"""What the signed links in mails let their bearer do; a token made for one opens no other (SE-05)."""

from typing import Final

UNSUBSCRIBE: Final = "unsubscribe"
"""Stop everything that a subscriber asked for."""
MANAGE: Final = "manage"
"""See what a subscriber asked for, and stop parts of it."""
