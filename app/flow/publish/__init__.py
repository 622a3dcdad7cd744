"""The life of the ministry's texts: begun, written, looked at by a second person, published, corrected, withdrawn."""

from app.flow.publish.composing import LONGEST_FIELD, TextDesk
from app.flow.publish.looking import Sheet, document, look
from app.flow.publish.stepping import (
    By,
    approve,
    close_review,
    drop,
    publish,
    reopen,
    send_back,
    submit,
)
from app.flow.publish.writing import FIELDS, Wanted, begin, write

__all__ = [
    "FIELDS",
    "LONGEST_FIELD",
    "By",
    "Sheet",
    "TextDesk",
    "Wanted",
    "approve",
    "begin",
    "close_review",
    "document",
    "drop",
    "look",
    "publish",
    "reopen",
    "send_back",
    "submit",
    "write",
]
