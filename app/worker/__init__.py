"""The scheduler and the delivery loop.

Any number of workers may run. One of them holds the clock (a lease row) and does what the calendar asks; every one of
them delivers. APScheduler is only the clock: what is due is read from the database, so a missed beat loses nothing.
"""

from app.worker.jobs import Worker
from app.worker.lifetime import work

__all__ = ["Worker", "work"]
