"""Into whose hands a notice can be given, as forms offer it and read it: a unit of the ministry, a colleague, nobody."""

from collections.abc import Sequence
from typing import Any

from app.domain.queue import Holder
from app.i18n.catalogue import translator
from app.web.forms import number_of

NOBODY = "nobody"
_ME = "me"


def offered(units: Sequence[Any], people: Sequence[Any], own: int, language: str) -> list[tuple[str, str]]:
    """Return the choices, the first of which is none; `own` is the account of who chooses."""
    _ = translator(language).gettext
    return [
        ("", _("Chọn…")),
        (_ME, _("Tôi")),
        *((f"unit:{row.key}", unit_name(row, language)) for row in units),
        *((f"account:{row.id}", row.address) for row in people if row.id != own),
        (NOBODY, _("Không ai (thôi giao)")),
    ]


def chosen_holder(chosen: str, own: int) -> Holder | None:
    """Return who was chosen, None for nobody."""
    if chosen == NOBODY:
        return None
    if chosen == _ME:
        return Holder(account=own)
    kind, _, name = chosen.partition(":")
    return Holder(account=number_of(name)) if kind == "account" else Holder(unit=name)


def holder_name(holder: Holder | None, units: Sequence[Any], people: Sequence[Any], language: str) -> str:
    """Return who has a notice in hand, empty for nobody; units and people are those that `store.assignments` returns."""
    if holder is None:
        return ""
    if holder.unit:
        return next((unit_name(row, language) for row in units if row.key == holder.unit), holder.unit)
    return next((str(row.address) for row in people if row.id == holder.account), "")


def unit_name(row: Any, language: str) -> str:
    """Return the name of a unit, in Vietnamese where it has no English one."""
    return str(row.name_vi if language == "vi" else row.name_en or row.name_vi)
