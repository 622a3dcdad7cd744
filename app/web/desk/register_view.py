"""How the register answers on a page and in a table: the sentence, the reasons, the entries."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request

from app.domain.access import Permission, permits
from app.domain.addresses import mask_address
from app.domain.events import EventKind
from app.domain.register import Answer, answer_of, days_left_at
from app.domain.scopes import EVERYTHING
from app.flow import explain, register
from app.flow.register import Answered, Listed
from app.i18n.catalogue import translator
from app.i18n.dates import VIETNAM, moment_in_words, today_in_vietnam
from app.store.register import RETRACTED, Place, Question, addresses_of, told_anyhow
from app.texts import register as words
from app.texts.csv_table import csv_rows
from app.texts.refusals import refusal_sentence
from app.web.desk.gate import caller
from app.web.doors import doors_of
from app.web.pages import language_of
from app.web.places import written
from app.web.views import Badge, badge

PAGE = 25
_TONES = {
    Answer.ACCEPTED: "good",
    Answer.TOLD: "good",
    Answer.WAITING: "open",
    Answer.LEFT_OUT: "said",
    Answer.BOUNCED: "urgent",
    Answer.REFUSED: "urgent",
}
_COLUMNS = (
    "address",
    "organisations",
    "notice",
    "what",
    "kind",
    "version",
    "listed_at",
    "queued_at",
    "handed_over_at",
    "accepted_at",
    "answer",
    "reason",
    "reply",
    "days_left_at_delivery",
    "message_id",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a page asks, as its address has it: numbers to ask by, and words to show."""

    question: Question
    notice: str = ""
    organisation: str = ""
    permit: int | None = None

    @property
    def query(self) -> dict[str, str]:
        """The same as parts of an address."""
        parts = {"notice": self.notice, "organisation": self.organisation}
        parts["look"] = "" if self.permit is None else str(self.permit)
        return {name: value for name, value in parts.items() if value}

    @property
    def is_empty(self) -> bool:
        """Whether nothing is asked."""
        return self.question == Question()


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One entry as the page shows it."""

    who: str
    organisations: str
    ref: str
    what: str
    kind: str
    version: int | None
    times: tuple[tuple[str, str], ...]
    outcome: str
    tone: str
    reason: str
    left: str
    late: bool
    rendered: bool


async def answered(request: Request, asked: Asked, after: Place | None) -> dict[str, Any]:
    """Return what the page says to a question: the sentence, then a page of entries."""
    doors, language, session = doors_of(request), language_of(request), caller(request)
    found = await register.answer(EVERYTHING, doors.database, asked.question, PAGE, after)
    may_read = permits(session.role, Permission.KEEP_RECIPIENTS)
    clear = may_read and asked.permit is not None
    last = found.entries[-1] if found.more else None
    cursor = "" if last is None else written(Place(last.listed_at, last.number, last.subscriber_id))
    # A later page holds older entries only: the answer stands on the first.
    answer = await _answer(request, asked, found) if after is None else {"sentence": ""}
    return answer | {
        "counts": [(words.answer_name(one, language), found.counts[one]) for one in Answer if found.counts.get(one)],
        "entries": [
            _shown(row, named, clear=clear, language=language)
            for row, named in zip(found.entries, found.named, strict=True)
        ],
        "hidden": asked.query,
        "may_read": may_read and not clear,
        "next": f"?{urlencode({**asked.query, 'after': cursor})}" if cursor else "",
        "later": after is not None,
    }


async def _answer(request: Request, asked: Asked, found: Answered) -> dict[str, Any]:
    language = language_of(request)
    return {
        "sentence": _sentence(asked, found, language),
        "tone": _tone(asked, found),
        "why": await _why_not(request, asked, found),
        "badge": _deadline(asked, found, language),
        "latest": _latest(asked, found, language),
    }


async def table(pages: AsyncIterator[Listed], *, clear: bool, language: str) -> AsyncIterator[str]:
    """Yield a table of entries, page by page, that a spreadsheet opens as UTF-8; addresses are masked unless `clear`."""
    yield "\ufeff" + csv_rows([_COLUMNS])
    async for page in pages:
        entries = zip(page.rows, page.named, strict=True)
        yield csv_rows(_row(row, named, clear=clear, language=language) for row, named in entries)


def _sentence(asked: Asked, found: Answered, language: str) -> str:
    _ = translator(language).gettext
    if found.decisive is None:
        return _("Không. Sổ theo dõi không có lượt nào.")
    if asked.question.notice_id is None or (asked.question.organisation_id, asked.question.subscriber_id) == (
        None,
        None,
    ):
        told = sum(found.counts.get(one, 0) for one in (Answer.ACCEPTED, Answer.TOLD))
        total = sum(found.counts.values())
        return _("Đã báo %(told)s trên %(total)s lượt.") % {"told": told, "total": total}
    row = found.decisive
    ground = words.Ground(
        version=row.version,
        left=_left(row),
        listed_at=row.listed_at,
        accepted_at=row.accepted_at,
        reason=row.reason,
        reply=row.reply,
        skipped=row.skipped,
    )
    return words.answer_sentence(answer_of(row.state, row.skipped), ground, language)


def _tone(asked: Asked, found: Answered) -> str:
    """Return how the bar around the answer looks; the words say the same."""
    if found.decisive is None:
        return "warn"
    if asked.question.notice_id is None:
        return "said"
    tone = _TONES.get(answer_of(found.decisive.state, found.decisive.skipped), "warn")
    return {"good": "good", "urgent": "failed"}.get(tone, "warn")


def _deadline(asked: Asked, found: Answered, language: str) -> Badge | None:
    """Return how long the notice that was asked for takes comments; None where none was, or nobody was told of it."""
    if asked.question.notice_id is None or found.decisive is None:
        return None
    withdrawn = any(row.what in {EventKind.WITHDRAWN, RETRACTED} for row in found.entries)
    return badge(found.decisive.deadline, today_in_vietnam(found.now), language, withdrawn=withdrawn)


def _latest(asked: Asked, found: Answered, language: str) -> str:
    """Return what became of the newest entry, where an older one settled the question otherwise."""
    named = asked.question.notice_id is not None and asked.question != Question(notice_id=asked.question.notice_id)
    if not named or found.decisive is None or found.newest is None:
        return ""
    decided = answer_of(found.decisive.state, found.decisive.skipped)
    if decided == found.newest:
        return ""
    said = translator(language).gettext("Riêng diễn biến mới nhất: %(answer)s.")
    return said % {"answer": words.answer_name(found.newest, language)}


async def _why_not(request: Request, asked: Asked, found: Answered) -> list[str]:
    """Return why somebody is not in the register for a notice, a line for each of their subscriptions."""
    doors, language, question = doors_of(request), language_of(request), asked.question
    _ = translator(language).gettext
    if found.decisive is not None or question.notice_id is None:
        return []
    if question.organisation_id is None and question.subscriber_id is None:
        return [_("Chưa ai được đưa vào danh sách nhận; xem thông báo đã phát hành hay đang chờ.")]
    people = [] if question.subscriber_id is None else [question.subscriber_id]
    async with doors.database.reading() as connection:
        if question.organisation_id is not None:
            people = [*people, *await addresses_of(EVERYTHING, connection, question.organisation_id)]
        elsewhere = await told_anyhow(connection, question.notice_id, people)
    if not people:
        return [_("Tổ chức này chưa có địa chỉ nào đã xác minh.")]
    # What an address got as its own explains itself; the rules would only say that it matches.
    before = [_("Một địa chỉ nay là của tổ chức đã nhận thông báo này khi chưa được xác minh là của tổ chức.")]
    others = [one for one in people if one not in elsewhere]
    names = doors.letterhead.names[language]
    unanswered = (
        await explain.why_not(doors.database, question.notice_id, others, doors.taxonomy.parents) if others else ()
    )
    lines = [line for one in unanswered for line in _refusals(one, names, language)]
    return (before if elsewhere else []) + lines or [_("Không có đăng ký nào.")]


def _refusals(one: explain.Unanswered, names: Any, language: str) -> list[str]:
    _ = translator(language).gettext
    if None in one.refusals:
        said = _("Khớp, nhưng chưa có trong sổ: đang chờ hệ thống, hoặc bị sót (xem trang sức khỏe).")
        sentences = [said]
    else:
        sentences = [refusal_sentence(refusal, language, names) for refusal in one.refusals if refusal is not None]
    return [
        _("Đăng ký số %(number)s: %(why)s") % {"number": one.subscription, "why": why}
        for why in dict.fromkeys(sentences)
    ]


def _left(row: Any) -> int | None:
    return days_left_at(row.deadline, None if row.accepted_at is None else today_in_vietnam(row.accepted_at))


def _who(row: Any, *, clear: bool, language: str) -> str:
    if not row.address:
        return translator(language).gettext("đã xóa dữ liệu")
    return row.address if clear else mask_address(row.address)


def _shown(row: Any, named: Sequence[str], *, clear: bool, language: str) -> Entry:
    answer, left = answer_of(row.state, row.skipped), _left(row)
    return Entry(
        who=_who(row, clear=clear, language=language),
        organisations=", ".join(named),
        ref=row.ref,
        what=words.what_words(row.what, language),
        kind=words.kind_words(row.kind, language),
        version=row.version,
        times=_times(row, language),
        outcome=words.answer_name(answer, language),
        tone=_TONES.get(answer, "warn"),
        reason=words.why_words(row.skipped if answer is Answer.LEFT_OUT else row.reason, row.reply, language),
        left=words.left_words(left, language),
        late=left is not None and left < 0,
        rendered=bool(row.rendered),
    )


def _times(row: Any, language: str) -> tuple[tuple[str, str], ...]:
    _ = translator(language).gettext
    said = (
        (_("ghi sổ"), row.listed_at),
        (_("vào hàng chờ"), row.queued_at),
        (_("bàn giao"), row.handed_over_at),
        (_("máy chủ nhận"), row.accepted_at),
    )
    return tuple((name, moment_in_words(moment, language)) for name, moment in said if moment is not None)


def _row(row: Any, named: Sequence[str], *, clear: bool, language: str) -> list[object]:
    answer = answer_of(row.state, row.skipped)
    moments = (row.listed_at, row.queued_at, row.handed_over_at, row.accepted_at)
    return [
        _who(row, clear=clear, language=language),
        " ".join(named),
        row.ref,
        row.what,
        row.kind,
        row.version,
        *(None if moment is None else moment.astimezone(VIETNAM).isoformat(timespec="seconds") for moment in moments),
        answer.value,
        words.why_words(row.skipped if answer is Answer.LEFT_OUT else row.reason, None, language),
        words.why_words(None, row.reply, language),
        _left(row),
        row.message_id,
    ]
