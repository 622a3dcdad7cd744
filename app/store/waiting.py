"""What waits for a person: one definition for the command line, the radar and the desk.

The numbers are written into the conditions, for an index over a part of the rows serves no value that comes later.
"""

from sqlalchemy import ColumnElement, Integer, and_, exists, literal_column

from app.store.tables import events, notices

NOBODY: ColumnElement[int] = literal_column("0", Integer)


def waits() -> ColumnElement[bool]:
    """Whether the release rule put an event in the queue and nobody decided about it yet."""
    return and_(events.c.waiting.is_not(None), events.c.released_at.is_(None), events.c.silence.is_(None))


def concerned_nobody() -> ColumnElement[bool]:
    """Whether a released alert found no reader: a result to look at, until somebody did (MO-02)."""
    fanned_out = events.c.fanned_out_at.is_not(None)
    return and_(events.c.matched == NOBODY, events.c.silence.is_(None), fanned_out, events.c.set_aside_at.is_(None))


def orphaned() -> ColumnElement[bool]:
    """Whether the base of an addendum or corrigendum is not here, and nobody saw that (N20)."""
    seen = exists().where(events.c.notice_id == notices.c.id, events.c.set_aside_at.is_not(None))
    return and_(notices.c.orphan, notices.c.withdrawn_at.is_(None), ~seen)
