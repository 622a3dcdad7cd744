"""What somebody asked to be told, in words."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from app.domain.sectors import Facet
from app.domain.subscriptions import READ_FACETS, Criteria, Frequency
from app.flow.subscribe import Wish
from app.i18n.catalogue import translator
from app.i18n.dates import today_in_vietnam
from app.i18n.members import member_name
from app.i18n.products import dotted, hs_name
from app.i18n.terms import code_name, field_name
from app.texts.wording import capitalised, label_name, read_label_name
from app.web.views import Names


@dataclass(frozen=True, slots=True)
class Asked:
    """One subscription as its owner sees it: labelled lines, the facets that ask nothing left out."""

    id: int
    facts: tuple[tuple[str, str], ...]
    confirmed: bool
    frequency: str
    paused: bool = False
    resumed_on: date | None = None


def described(wish: Wish, names: Names, language: str) -> Asked:
    """Return a wish in words."""
    facts = tuple(_facts(wish.criteria, wish.frequency, names, language))
    return Asked(wish.id, facts, confirmed=True, frequency=wish.frequency)


def asked_of(row: Any, names: Names, language: str) -> Asked:
    """Return a stored subscription in words."""
    facts = _facts(Criteria.from_json(row.body), Frequency(row.frequency), names, language)
    return Asked(
        row.id,
        tuple(facts),
        confirmed=row.confirmed_at is not None,
        frequency=row.frequency,
        paused=row.paused_at is not None,
        resumed_on=None if row.paused_until is None else today_in_vietnam(row.paused_until),
    )


def _facts(asked: Criteria, frequency: Frequency, names: Names, language: str) -> Iterable[tuple[str, str]]:
    messages = translator(language)
    facets = [
        (messages.gettext("Lĩnh vực"), (label_name(sector, names) for sector in asked.sectors)),
        (messages.gettext("Chủ đề"), (label_name(theme, names) for theme in asked.themes)),
        *(_read(asked, facet, language) for facet in READ_FACETS),
        (messages.gettext("Thành viên WTO"), (member_name(code, language) for code in asked.members)),
        (messages.gettext("Mã HS"), (_hs(code, language) for code in asked.hs)),
        (messages.gettext("Từ khóa"), asked.keywords),
        (messages.gettext("Không chứa từ"), asked.excluded),
        (messages.gettext("Hiệp định"), [code_name("area", asked.area, language)] if asked.area else []),
    ]
    stated = [(label, ", ".join(values)) for label, values in facets]
    wanted = [fact for fact in stated if fact[1]]
    yield from wanted or [(messages.gettext("Nội dung"), messages.gettext("mọi thông báo"))]
    yield messages.gettext("Nội dung gửi"), _kinds(asked, language)
    yield messages.gettext("Tần suất"), capitalised(code_name("frequency", frequency, language))


def _read(asked: Criteria, facet: Facet, language: str) -> tuple[str, list[str]]:
    named = [read_label_name(facet, value, language) for value in asked.labels(facet)]
    return capitalised(field_name(facet, language)), named


def _kinds(asked: Criteria, language: str) -> str:
    messages = translator(language)
    kinds = [
        (asked.additions, messages.gettext("thông báo mới")),
        (asked.updates, messages.gettext("cập nhật về biện pháp đã báo")),
        (asked.related, messages.gettext("bản sao của thông báo liên quan")),
    ]
    return capitalised(", ".join(kind for wanted, kind in kinds if wanted))


def _hs(code: str, language: str) -> str:
    name = hs_name(code, language)
    return f"{dotted(code)} ({name})" if name else dotted(code)
