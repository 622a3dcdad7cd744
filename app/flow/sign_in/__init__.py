"""Let staff in and out, and look after who they are (SE-01 to SE-06)."""

from app.flow.sign_in.desk import AccountDesk
from app.flow.sign_in.entering import (
    Entry,
    Later,
    Session,
    SignedIn,
    resume,
    sign_in,
    sign_out,
    sign_out_everywhere,
)
from app.flow.sign_in.links import LinkAnswer, Opened, TakenUp, ask_password_link, open_link, take_up
from app.flow.sign_in.passwords import change_password
from app.flow.sign_in.people import (
    Made,
    add,
    disable,
    enable,
    erase,
    find,
    invite,
    remake,
    reset_factor,
    send_again,
    set_role,
)
from app.flow.sign_in.posting import Mailer, Post, forget_old, send_due

__all__ = [
    "AccountDesk",
    "Entry",
    "Later",
    "LinkAnswer",
    "Made",
    "Mailer",
    "Opened",
    "Post",
    "Session",
    "SignedIn",
    "TakenUp",
    "add",
    "ask_password_link",
    "change_password",
    "disable",
    "enable",
    "erase",
    "find",
    "forget_old",
    "invite",
    "open_link",
    "remake",
    "reset_factor",
    "resume",
    "send_again",
    "send_due",
    "set_role",
    "sign_in",
    "sign_out",
    "sign_out_everywhere",
    "take_up",
]
