"""What a later document of a measure changes, field by field, and whether that is worth an alert at once.

The rule of what is material follows what exporters act on: the deadline, the scope and the products, the withdrawal, the
adoption and the entry into force. A corrigendum that mends its own wording is not; what cannot be told apart is, for silence
is the dearer mistake.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from operator import itemgetter

from app.domain.events import EventKind
from app.domain.intake import essence, printed
from app.domain.measures import FOLLOW_UPS, followed, measure_of, thread_order
from app.domain.notices import Content, FieldChange, NoticeType

BY_RULE = "rule"
"""Whose word a verdict is when no person decided."""

_DATES = ("comment_deadline", "adoption_on", "in_force_on")
_GOODS = ("products", "hs")
_REACH = ("ics", "regions", "all_partners")
_WORDING = ("title", "description", "objectives")


class Ground(StrEnum):
    """Why a change is worth an alert, or why it is not."""

    NEW = "new"
    DEADLINE = "deadline"
    SCOPE = "scope"
    ADOPTION = "adoption"
    ENTRY_INTO_FORCE = "entry_into_force"
    WITHDRAWAL = "withdrawal"
    NAMED = "named"
    UNCLEAR = "unclear"
    EDITORIAL = "editorial"
    TRANSLATION = "translation"
    STAFF = "staff"


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a change is worth an alert at once, and the ground; what is not waits for the weekly digest."""

    material: bool
    ground: Ground


_GROUND_OF_KIND = {
    EventKind.WITHDRAWN: Ground.WITHDRAWAL,
    EventKind.DEADLINE_CHANGED: Ground.DEADLINE,
    EventKind.SCOPE_CHANGED: Ground.SCOPE,
    EventKind.IN_FORCE: Ground.ENTRY_INTO_FORCE,
    EventKind.ADOPTED: Ground.ADOPTION,
}
_GROUND_OF_FIELD = {
    "comment_deadline": Ground.DEADLINE,
    "in_force_on": Ground.ENTRY_INTO_FORCE,
    "adoption_on": Ground.ADOPTION,
    **dict.fromkeys((*_GOODS, *_REACH), Ground.SCOPE),
}

_SENTENCE = re.compile(r"(?<=[.;!?])\s+|\n+")
_UNTOUCHED = re.compile(
    r"\b(no (other |further |substantive |material )*(changes?|modifications?|amendments?)|unchanged|remains?"
    r"|(do|does|did|has|have) not (been )?(chang|affect|alter|modif)\w*|sin (otros )?(cambios|modificaciones)|se mantienen?"
    r"|no (se )?(afectan?|modifican?|alteran?)|inchang[ée]e?s?|(reste|demeure)(nt)?|n'affecten?t? pas|không (thay đổi|ảnh hưởng))\b",
    re.IGNORECASE,
)
_POINTS = re.compile(
    r"\b(comments?,? (period|deadline)|(final date|deadline|closing date|last day|time limit)\b[^.]{0,60}\bcomments?"
    r"|plazo\b[^.]{0,60}\b(observaciones|comentarios)|fecha l[ií]mite|date limite|d[ée]lai\b[^.]{0,60}\bobservations"
    r"|ent(ry|er|ers|ered|ering) into force|effective date|dates? of (entry|adoption|application|publication|compliance)"
    r"|(compliance|application) date|transition(al)? period|entra(da|r|rá)? en vigor|fecha de (adopción|aplicación|publicación)"
    r"|entr[ée]e? en vigueur|dates? d'(application|adoption|entr[ée]e)"
    r"|HS (codes?|headings?|numbers?)|tariff (codes?|lines?|headings?|items?)|products? covered|scope|applies (also|only) to"
    r"|partidas? arancelarias?|productos? (abarcados?|comprendidos?)|[aá]mbito|produits? (vis[ée]s?|concern[ée]s?)"
    r"|champ d'application|maximum (residue )?(level|limit)s?|l[ií]mites? m[aá]xim\w+|limites? maximales?"
    r"|figures?|values?|tables?|annex(es)?|cifras?|valor(es)?|cuadros?|tablas?|anexos?|chiffres?|valeurs?|tableaux?|annexes?"
    r"|hạn góp ý|hiệu lực|phạm vi|mã HS|sản phẩm áp dụng|số liệu|bảng|phụ lục)(?!\w)"
    r"|\d\s*(mg/k?[gl]|[µμ]g/k?[gl]|ppm|ppb|%|[MGk]Hz|dB)(?!\w)",
    re.IGNORECASE,
)
_EDITORIAL = re.compile(
    r"\b(typographical|typing errors?|typos?|editorial|clerical|mis-?spel\w*|spelling|spelt|renumber\w*|numbering"
    r"|hyperlinks?|links?|URL|web ?site|web ?page|web address|e-?mail address|contact (details|point|address)|telephone"
    r"|document symbol|symbol number|translation|error(es)? (tipogr[aá]ficos?|de transcripci[oó]n|materiales|ortogr[aá]ficos?)"
    r"|enlaces?|p[aá]gina web|direcci[oó]n (electr[oó]nica|web)|correo electr[oó]nico|traducci[oó]n"
    r"|erreurs? (typographiques?|mat[ée]rielles?|de frappe|d'orthographe)|coquilles?|liens?|adresse [ée]lectronique|traduction"
    r"|lỗi (chính tả|đánh máy|biên tập)|liên kết|thư điện tử|bản dịch)\b",
    re.IGNORECASE,
)


def changes_of(content: Content, thread: Sequence[Content]) -> tuple[FieldChange, ...]:
    """Return what a follow-up changes against the documents circulated before it: the state, dates, goods and reach.

    Old is what was stated last before. A revision replaces its measure's text, so its wording is compared as well, with the
    document before it that was whole. A field that a follow-up leaves empty changes nothing.
    """
    own, placed = thread_order(content), sorted(((thread_order(one), one) for one in thread), key=itemgetter(0))
    earlier = [one for place, one in placed if place < own]
    if content.type not in FOLLOW_UPS or not earlier:
        return ()
    names = [*_DATES, *_GOODS, *_REACH]
    found = [_moved_state(content, earlier), *(_moved(name, content, earlier) for name in names)]
    if content.type is NoticeType.REVISION:
        whole = [one for one in earlier if one.type not in FOLLOW_UPS or one.type is NoticeType.REVISION]
        found += [_moved(name, content, whole) for name in _WORDING]
    return tuple(change for change in found if change is not None)


def materiality_of(kind: EventKind, content: Content, changes: Sequence[FieldChange]) -> Verdict:
    """Return whether an event is worth an alert at once (features N14), by what happened, what changed, then its words.

    Only a follow-up that changes no field that counts can be editorial, and only when its own words say so: a sentence that
    says that something stays as it is counts as such; one that names a deadline, a date, goods or a limit outweighs it.
    """
    grounds = [_GROUND_OF_KIND.get(kind), *(_GROUND_OF_FIELD.get(change.field) for change in changes)]
    ground = next(filter(None, grounds), None)
    if ground is not None:
        return Verdict(material=True, ground=ground)
    if content.type not in FOLLOW_UPS or content.type is NoticeType.REVISION:
        return Verdict(material=True, ground=Ground.NEW)
    sentences = _SENTENCE.split(content.description)
    denied = [one for one in sentences if _UNTOUCHED.search(one)]
    if any(_POINTS.search(one) for one in sentences if one not in denied):
        return Verdict(material=True, ground=Ground.NAMED)
    if content.type is NoticeType.SUPPLEMENT:
        return Verdict(material=False, ground=Ground.TRANSLATION)
    editorial = bool(denied) or any(_EDITORIAL.search(one) for one in sentences)
    return Verdict(material=not editorial, ground=Ground.EDITORIAL if editorial else Ground.UNCLEAR)


def _moved_state(content: Content, earlier: Sequence[Content]) -> FieldChange | None:
    before = measure_of(earlier)
    after = followed(before, content)
    return None if before.state is after.state else FieldChange("state", before.state, after.state)


def _moved(name: str, content: Content, earlier: Sequence[Content]) -> FieldChange | None:
    """Return how a field moved; what was never stated before is news only of dates and goods."""
    after = getattr(content, name)
    stated = (getattr(one, name) for one in reversed(earlier))
    before = next((value for value in stated if not _is_empty(value)), None)
    if _is_empty(after) or (before is None and name not in {*_DATES, *_GOODS}) or essence(before) == essence(after):
        return None
    return FieldChange(name, printed(before), printed(after))


def _is_empty(value: object) -> bool:
    return value is None or value in {"", ()}
