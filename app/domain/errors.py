"""The refusals that a use case may answer with.

An error carries a *kind*, never an HTTP status: `api` and `web` translate it for their own readers.
"""

from enum import StrEnum


class Kind(StrEnum):
    """What sort of refusal it is."""

    MISSING = "missing"
    CONFLICT = "conflict"
    INVALID = "invalid"
    FORBIDDEN = "forbidden"
    UNAVAILABLE = "unavailable"


class AppError(Exception):
    """A refusal with a kind, a stable code and a sentence for people.

    `code` is a stable, hyphenated word that machines may compare; `field` names the input at fault.
    """

    def __init__(self, kind: Kind, code: str, message: str, *, field: str | None = None) -> None:
        super().__init__(message)
        self.kind = kind
        self.code = code
        self.message = message
        self.field = field


def missing(code: str, message: str) -> AppError:
    """Return the error for something that is not there, or not there for this caller."""
    return AppError(Kind.MISSING, code, message)


def invalid(code: str, message: str, *, field: str | None = None) -> AppError:
    """Return the error for input that cannot be taken, naming the field at fault."""
    return AppError(Kind.INVALID, code, message, field=field)


def conflict(code: str, message: str) -> AppError:
    """Return the error for a wish that the present state does not allow."""
    return AppError(Kind.CONFLICT, code, message)


def unavailable(code: str, message: str) -> AppError:
    """Return the error for something that works again later without the caller's doing."""
    return AppError(Kind.UNAVAILABLE, code, message)
