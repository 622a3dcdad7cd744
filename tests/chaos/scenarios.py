"""All scenarios, entered by importing their modules."""

from tests.chaos import aftermath, databases, kills, others, processes, smtp
from tests.chaos.runs import FAULTS

__all__ = ["FAULTS", "aftermath", "databases", "kills", "others", "processes", "smtp"]
