"""A letter of the ministry that is ready to go: what its mail says, its documents, and who of an organisation it goes to."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from enum import StrEnum
from typing import Any, Final

from app.domain.articles import Unit
from app.domain.errors import AppError, conflict, invalid, missing

LARGEST: Final = 7_000_000
"""Bytes of both documents together. In base64 they come to 9.6 MB; relays commonly take 10 MB (Postfix: 10,240,000)."""
_WORD_FILE: Final = b"PK\x03\x04"


class Unwritable(StrEnum):
    """Why an address of an organisation gets no letter."""

    UNVERIFIED = "unverified"
    SUPPRESSED = "suppressed"
    ERASED = "erased"


class NotSent(StrEnum):
    """Why a letter is not written into the outbox at all."""

    NO_NOTICE = "no-such-notice"
    NOTICE_WITHDRAWN = "notice-withdrawn"
    NO_ORGANISATION = "organisation-missing"
    ORGANISATION_ENDED = "organisation-ended"
    OVERTAKEN = "letter-overtaken"
    OTHER_WORDS = "letter-differs"


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterBody:
    """What the mail around a letter says, as it was approved.

    `subject` is its trích yếu, `points` and `request` its sentences, all in Vietnamese. `answer_by` is the internal
    deadline, None when nobody is asked; `comment_deadline` that of the WTO, stated or computed.
    """

    addressee: str
    subject: str
    symbols: str
    points: tuple[str, ...]
    request: tuple[str, ...]
    comment_deadline: date | None
    answer_by: date | None
    urgent: bool
    written_on: date
    unit: Unit

    def to_json(self) -> dict[str, Any]:
        """Return it as a JSON object, dates in ISO 8601."""
        days = {name: _iso(getattr(self, name)) for name in ("comment_deadline", "answer_by", "written_on")}
        return {**asdict(self), **days, "points": list(self.points), "request": list(self.request)}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> "LetterBody":
        """Return what `to_json` wrote."""
        days = {name: _day(values[name]) for name in ("comment_deadline", "answer_by")}
        lists = {name: tuple(values[name]) for name in ("points", "request")}
        written_on = date.fromisoformat(values["written_on"])
        return cls(**{**values, **days, **lists, "written_on": written_on, "unit": Unit(**values["unit"])})


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadyLetter:
    """A letter that may leave: about the notice `ref`, to the organisation with that key, in that version from 1 on.

    `letter` and `form` are Word files, the comment form None where no comments are taken. Neither names a person.
    AppError (invalid), naming the field, for one that no mail can carry.
    """

    ref: str
    organisation: str
    version: int
    body: LetterBody
    letter: bytes
    form: bytes | None = None

    def __post_init__(self) -> None:
        """Refuse what could not be handed to a relay: no version, no subject, no Word file, more than `LARGEST`."""
        if self.version < 1:
            raise invalid("letter-version", f"version {self.version}: letters are counted from 1", field="version")
        if not self.body.subject.strip():
            raise invalid("letter-subject", "a letter needs its subject (trích yếu)", field="subject")
        for field, document in (("letter", self.letter), ("form", self.form)):
            if document is not None and not document.startswith(_WORD_FILE):
                raise invalid("letter-document", f"{field}: is no Word document (.docx)", field=field)
        size = len(self.letter) + len(self.form or b"")
        if size > LARGEST:
            said = f"letter and form are {size:,} bytes together; at most {LARGEST:,} fit into a mail that relays take"
            raise invalid("letter-too-large", said, field="letter")


@dataclass(frozen=True, slots=True)
class Addressed:
    """One address of the organisation, by its subscriber, and why nothing goes there; None: the letter does."""

    subscriber_id: int
    unwritable: Unwritable | None = None


@dataclass(frozen=True, slots=True)
class Enqueued:
    """A letter in the outbox, every address of its organisation named; `fresh` is false when it was there before."""

    letter_id: int
    addressed: tuple[Addressed, ...]
    fresh: bool = True

    @property
    def written(self) -> int:
        """How many addresses the letter goes to; with none nobody could be written to."""
        return sum(one.unwritable is None for one in self.addressed)


def refusal(why: NotSent, ready: ReadyLetter) -> AppError:
    """Return the error that says why a letter is not sent."""
    named = f"{ready.ref}, {ready.organisation}, version {ready.version}"
    match why:
        case NotSent.NO_NOTICE:
            return missing(why, f"{ready.ref}: no such notice")
        case NotSent.NO_ORGANISATION:
            return missing(why, f"{ready.organisation}: no such organisation")
        case NotSent.ORGANISATION_ENDED:
            return conflict(why, f"{ready.organisation}: it ended, and no letter goes there")
        case NotSent.NOTICE_WITHDRAWN:
            return conflict(why, f"{ready.ref} was withdrawn: no letter goes out about it")
        case NotSent.OVERTAKEN:
            return conflict(why, f"{named}: a later version was sent already")
        case NotSent.OTHER_WORDS:
            return conflict(why, f"{named}: was sent already, in other words")


def _iso(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _day(value: str | None) -> date | None:
    return None if value is None else date.fromisoformat(value)
