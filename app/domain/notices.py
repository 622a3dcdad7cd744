"""What a notice is: the record of a source, the content it amounts to, and how two contents differ."""

from dataclasses import asdict, dataclass, fields
from datetime import date
from enum import StrEnum
from typing import Any

from app.domain.symbols import Area, Part, Symbol, parse_symbol


class NoticeType(StrEnum):
    """The kind of document. An addendum to an emergency notification is an addendum; `emergency` says the rest."""

    REGULAR = "regular"
    EMERGENCY = "emergency"
    ADDENDUM = "addendum"
    CORRIGENDUM = "corrigendum"
    REVISION = "revision"
    SUPPLEMENT = "supplement"
    WARNING = "warning"


_TYPE_OF_PART = {
    Part.ADDENDUM: NoticeType.ADDENDUM,
    Part.CORRIGENDUM: NoticeType.CORRIGENDUM,
    Part.REVISION: NoticeType.REVISION,
    Part.SUPPLEMENT: NoticeType.SUPPLEMENT,
}


@dataclass(frozen=True, slots=True)
class Flag:
    """Something about a notice that a person should look at; nothing was dropped because of it."""

    field: str
    code: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """What a notice says, in plain text (NFC, no markup) and calendar dates that no time zone has touched.

    `titles` pairs a language (`en`, `fr`, `es`) with the title in it, the language of the record first.
    `hs` holds digits only, `ics` the dotted form. A date that the member gave in words stays in its `…_text`.
    `symbols` are printed forms in the order notified; a warning from another source has none.
    `articles` are those of the TBT Agreement that a measure is notified under (`2.9.2`; `other` where the form says no
    more), `international_standards` the bodies whose standard the SPS form says is relevant, in full.
    """

    symbols: tuple[str, ...] = ()
    area: Area | None = None
    type: NoticeType = NoticeType.REGULAR
    emergency: bool = False
    members: tuple[str, ...] = ()
    titles: tuple[tuple[str, str], ...] = ()
    description: str = ""
    products: str = ""
    hs: tuple[str, ...] = ()
    ics: tuple[str, ...] = ()
    objectives: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    all_partners: bool | None = None
    articles: tuple[str, ...] = ()
    international_standards: tuple[str, ...] = ()
    conforms_to_standard: bool | None = None
    facilitates_trade: bool | None = None
    distributed_on: date | None = None
    comment_deadline: date | None = None
    comment_deadline_text: str = ""
    adoption_on: date | None = None
    adoption_text: str = ""
    in_force_on: date | None = None
    in_force_text: str = ""
    notice_link: str = ""
    text_links: tuple[str, ...] = ()
    flags: tuple[Flag, ...] = ()

    @property
    def title(self) -> str:
        """The title in the language of the record."""
        return self.titles[0][1] if self.titles else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """What one source says about one notice in one language.

    `key` is the source's own name for the record and is unique within (source, language). `revision` orders records
    that a source re-issued for the same notice and member: the higher one speaks. `position` says where the record
    stood ("page 2, item 14", "row 17"), for complaints. `payload_hash` names the stored raw bytes.
    """

    source: str
    key: str
    language: str
    revision: int
    content: Content
    position: str
    payload_hash: str


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field that says something else than before; values are as printed, empty when there was none."""

    field: str
    before: str
    after: str


def type_of(symbol: Symbol | None, *, emergency: bool = False) -> NoticeType:
    """Return the type of the document that a symbol names; a notice without a symbol is a warning."""
    if symbol is None:
        return NoticeType.WARNING
    if symbol.suffixes:
        return _TYPE_OF_PART[symbol.suffixes[-1].part]
    return NoticeType.EMERGENCY if emergency else NoticeType.REGULAR


def first_symbol(content: Content) -> Symbol | None:
    """Return the first symbol as notified, parsed; None for a warning from another source."""
    return parse_symbol(content.symbols[0]) if content.symbols else None


def reference_of(source: str, key: str, content: Content) -> str:
    """Return the notice's `ref`: its first symbol as notified, or `SOURCE/key` where there is none."""
    return content.symbols[0] if content.symbols else f"{source}/{key}"


_FIELDS = {field.name: None for field in fields(Content)}
_DATES = frozenset({"distributed_on", "comment_deadline", "adoption_on", "in_force_on"})


def content_to_json(content: Content) -> dict[str, Any]:
    """Return the content as plain JSON values: dates as YYYY-MM-DD, empty fields left out."""
    values = ((name, getattr(content, name)) for name in _FIELDS)
    return {name: _plain(value) for name, value in values if value not in ((), "", None)}


def content_from_json(values: dict[str, Any]) -> Content:
    """Return the content that `content_to_json` wrote."""
    return Content(**{name: _rich(name, value) for name, value in values.items() if name in _FIELDS})


def _plain(value: Any) -> Any:
    match value:
        case date():
            return value.isoformat()
        case (Flag(), *_):
            return [asdict(flag) for flag in value]
        case _:
            return value


def _rich(name: str, value: Any) -> Any:
    match name:
        case "area":
            return Area(value)
        case "type":
            return NoticeType(value)
        case "titles":
            return tuple((language, title) for language, title in value)
        case "flags":
            return tuple(Flag(**flag) for flag in value)
        case _ if name in _DATES:
            return date.fromisoformat(value)
        case _:
            return tuple(value) if isinstance(value, list) else value
