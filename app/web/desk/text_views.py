"""A text of the ministry as its page shows it: values in the reader's language, ready to be printed."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.domain.access import Permission, permits
from app.domain.differences import Piece, word_differences
from app.domain.publishing import PUBLIC, TextKind, TextState
from app.flow.publish import FIELDS, Sheet
from app.flow.sign_in import Session
from app.i18n.catalogue import translator
from app.i18n.dates import moment_in_words
from app.store.texts import TextRow
from app.web.desk.text_words import doubt_name, field_hint, field_label, kind_name, rule_name, state_name, waits_for
from app.web.views import Badge, badge

_CHIPS = {
    TextState.DRAFT: "said",
    TextState.IN_REVIEW: "warn",
    TextState.APPROVED: "open",
    TextState.PUBLISHED: "good",
    TextState.CORRECTED: "good",
    TextState.WITHDRAWN: "said",
}
_WAY = (TextState.DRAFT, TextState.IN_REVIEW, TextState.APPROVED, TextState.PUBLISHED)
_LONG = {"description", "impact", "recommendation", "rows", "because", "correction", "withdrawal"}
_FILES = {
    TextKind.ARTICLE: ("docx", "html", "txt"),
    TextKind.LETTER: ("docx", "form", "txt"),
    TextKind.BULLETIN: ("docx", "pdf", "html", "txt"),
    TextKind.WITHDRAWAL: ("txt",),
}
_SEPARATOR = " | "


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One text in a list."""

    number: int
    name: str
    about: str
    subject: str
    waits: str
    by: str
    since: str
    badge: Badge | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One field that people write."""

    name: str
    label: str
    hint: str
    value: str
    long: bool


@dataclass(frozen=True, slots=True)
class Change:
    """What became of a field since the last approval, word by word."""

    label: str
    pieces: tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong, where, and what should stand there; without a proposal a person must say."""

    where: str
    what: str
    found: str
    proposal: str


@dataclass(frozen=True, slots=True)
class Entered:
    """One line of the history."""

    when: str
    what: str
    by: str
    because: str
    note: str = ""


def entry(text: TextRow, row: Any, today: Any, language: str) -> Entry:
    """Return a text as one entry of a list; `row` has its newest version, when it came to its state, and its subject."""
    dated = None
    if text.ref is not None and text.state not in PUBLIC:
        dated = badge(text.deadline, today, language, withdrawn=text.state is TextState.WITHDRAWN)
    return Entry(
        number=text.id,
        name=kind_name(text.kind, language),
        about=about(text),
        subject=row.subject or "",
        waits=waits_for(text.state, language),
        by=person(row.address, row.written_by, language),
        since=moment_in_words(row.stepped_at, language),
        badge=dated,
    )


def about(text: TextRow) -> str:
    """Return what a text is about: the ref of its notice with whom it is to, or its period."""
    return " → ".join(filter(None, (text.ref or text.period, text.addressee)))


def person(address: str, number: int, language: str) -> str:
    """Return who did something; of an account that was erased only its number is left."""
    return address or translator(language).gettext("tài khoản đã xóa số %(number)s") % {"number": number}


def shown(sheet: Sheet, session: Session, language: str) -> dict[str, Any]:
    """Return everything that the page of a text shows."""
    text = sheet.text
    return {
        "text": text,
        "name": kind_name(text.kind, language),
        "about": about(text),
        "state": state_name(text.state, language),
        "chip_kind": _CHIPS[text.state],
        "way": [state_name(one, language) for one in _WAY],
        "place": _WAY.index(text.state) if text.state in _WAY else len(_WAY) - 1,
        "badge": None if text.ref is None else badge(text.deadline, sheet.today, language, withdrawn=False),
        "version": sheet.life.newest,
        "fields": list(_fields(sheet, language)),
        "composed": sheet.composed,
        "faults": [
            Fault(_where(sheet, one.field, language), rule_name(one.rule, language), one.found, one.proposal)
            for one in sheet.faults
        ],
        "mendable": any(one.proposal and one.field in sheet.body for one in sheet.faults),
        "doubts": [doubt_name(one, language) for one in sheet.doubts],
        "changes": _changes(sheet, language),
        "approved": None if sheet.former is None else sheet.former.number,
        "history": _history(sheet, language),
        "files": _FILES[text.kind] if sheet.composed is not None else (),
        "review": [(moment_in_words(one.due_at, language), one.due_at < sheet.now, one.because) for one in sheet.tasks],
        "may": _may(sheet, session),
        "own": text.state is TextState.IN_REVIEW and session.account_id in sheet.life.writers,
    }


def rows_in_words(rows: Sequence[Sequence[str]]) -> str:
    """Return the lines of a table as the form shows them."""
    return "\n".join(_SEPARATOR.join(row) for row in rows)


def rows_from_words(written: str) -> list[list[str]]:
    """Return the lines of a table from what the form sends; a line may have any number of cells."""
    return [[cell.strip() for cell in line.split("|")] for line in written.splitlines() if line.strip()]


def _fields(sheet: Sheet, language: str) -> Iterator[Field]:
    again = ("withdrawal",) if "withdrawal" in sheet.body else ("correction",)
    for name in (*FIELDS[sheet.text.kind], *(again if sheet.life.was_public else ())):
        label, hint = field_label(name, language), field_hint(name, language)
        yield Field(name=name, label=label, hint=hint, value=_words(sheet.body, name), long=name in _LONG)


def _words(body: Mapping[str, Any], name: str) -> str:
    value = body.get(name, "")
    return value if isinstance(value, str) else rows_in_words(value)


def _where(sheet: Sheet, field: str, language: str) -> str:
    label = field_label(field, language)
    if label != field or sheet.composed is None:
        return label
    return next((part.heading for part in sheet.composed.parts if part.id == field and part.heading), field)


def _changes(sheet: Sheet, language: str) -> list[Change]:
    """Return what people wrote, and what became of the whole text, since a second person approved it."""
    former, names = sheet.former, FIELDS[sheet.text.kind]
    before = {} if former is None else former.body
    pairs = [
        (field_label(one, language), _words(before, one), _words(sheet.body, one))
        for one in (*names, "correction", "withdrawal")
    ]
    if former is not None and sheet.composed is not None:
        whole = translator(language).gettext("Toàn văn")
        pairs.append((whole, former.composed.plain, sheet.composed.plain))
    return [Change(label, word_differences(old, new)) for label, old, new in pairs if old != new]


def _history(sheet: Sheet, language: str) -> list[Entered]:
    """Return versions and steps, newest first."""
    _ = translator(language).gettext
    wrote = [
        (row.written_at, 0, _("Viết bản %(number)s") % {"number": row.number}, row.address, row.written_by, "", "")
        for row in sheet.versions
    ]
    walked = [
        (
            row.at,
            1,
            _("%(state)s, bản %(number)s")
            % {"state": state_name(TextState(row.to_state), language), "number": row.number},
            row.address,
            row.by,
            row.because,
            _("duyệt khẩn cấp") if row.break_glass else "",
        )
        for row in sheet.steps
    ]
    ordered = sorted([*wrote, *walked], key=lambda one: one[:2], reverse=True)
    return [
        Entered(moment_in_words(at, language), what, person(address, number, language), because, note)
        for at, _order, what, address, number, because, note in ordered
    ]


def _may(sheet: Sheet, session: Session) -> frozenset[str]:
    """Return the steps that somebody may try now; the database has the last word."""
    state, life = sheet.text.state, sheet.life
    writes, approves = (permits(session.role, one) for one in (Permission.WRITE_TEXTS, Permission.APPROVE_TEXTS))
    withdraws = permits(session.role, Permission.WITHDRAW)
    own = session.account_id in life.writers
    final = life.goal is TextState.WITHDRAWN or sheet.text.kind is TextKind.WITHDRAWAL
    again = state in PUBLIC and sheet.text.kind in {TextKind.ARTICLE, TextKind.BULLETIN}
    steps = {
        "write": writes and state is TextState.DRAFT,
        "submit": writes and state is TextState.DRAFT,
        "drop": writes and state is TextState.DRAFT and not life.was_public,
        "back": writes and state in {TextState.IN_REVIEW, TextState.APPROVED},
        "approve": approves and state is TextState.IN_REVIEW and not own,
        "glass": approves and state is TextState.IN_REVIEW and own,
        "publish": approves and state is TextState.APPROVED and not final,
        "withdraw": withdraws and state is TextState.APPROVED and final,
        "correct": writes and again,
        "recall": withdraws and again,
        "review": approves and any(one.by != session.account_id for one in sheet.tasks),
    }
    return frozenset(name for name, may in steps.items() if may)
