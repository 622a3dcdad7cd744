"""Telling: released events become matches, matches become items, items become messages in the outbox."""

from app.flow.fanout.digests import close_digests, note_closing
from app.flow.fanout.gathering import gather_instant
from app.flow.fanout.matching import fan_out
from app.flow.fanout.reminding import gather_reminders, write_reminders
from app.flow.fanout.replaying import gather_replays, plan_replay, resume_replays, send_replay, stop_replays

__all__ = [
    "close_digests",
    "fan_out",
    "gather_instant",
    "gather_reminders",
    "gather_replays",
    "note_closing",
    "plan_replay",
    "resume_replays",
    "send_replay",
    "stop_replays",
    "write_reminders",
]
