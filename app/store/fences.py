"""What takes a message out of a worker's hands: with the fence raised, whatever that worker still does is void."""

from app.store.tables import deliveries

FREED = {"fence": deliveries.c.fence + 1, "leased_by": None, "leased_until": None}
