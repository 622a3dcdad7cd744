"""Files of notices in CSV and JSON Lines: our own export, and what others kept under similar names.

Documented names are those of a notice in the API: `ref`, `symbols` (or `symbol`), `area`, `type`, `member` (or
`members`), `title`, `title_fr`, `title_es`, `description`, `products`, `hs`, `ics`, `objectives`, `keywords`,
`regions`, `articles`, `international_standards`, `distributed_on`, `comment_deadline`, `adoption_on`, `in_force_on`,
`links`, `language`, `source`. In CSV a cell with several values joins them with semicolons. A row without a symbol is a
warning from another source, named `source/id`.
"""

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from pathlib import Path

from app.domain.errors import invalid
from app.domain.notices import Content, Record
from app.domain.symbols import read_symbols
from app.domain.visits import Complaint, Page, Payload
from app.sources.clean import clean_line
from app.sources.codes import Code, read_code_box
from app.sources.drafts import Draft, content_of, excerpt_of, listed_names, today_anywhere
from app.sources.files import load, pages

SOURCE = "file"

_FIELD_CHARACTERS = 5_000_000
_KEY_CHARACTERS = 200
_LANGUAGE = re.compile(r"[a-z]{2}")
_SOURCE_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
_OWN_EXPORT = "distributed_on"
_NAMES: Mapping[str, tuple[str, ...]] = {
    "ref": ("ref", "id", "key"),
    "symbols": ("symbols", "symbol", "document_symbol"),
    "area": ("area",),
    "type": ("type", "notification_type"),
    "members": ("members", "member", "notifying_member"),
    "title": ("title", "title_en"),
    "title_fr": ("title_fr",),
    "title_es": ("title_es",),
    "description": ("description",),
    "products": ("products", "products_covered"),
    "hs": ("hs", "hs_codes", "hs_code(s)"),
    "hs_names": ("hs_text",),
    "ics": ("ics", "ics_codes", "ics_code(s)"),
    "ics_names": ("ics_text",),
    "objectives": ("objectives",),
    "keywords": ("keywords",),
    "regions": ("regions",),
    "articles": ("articles",),
    "international_standards": ("international_standards",),
    "distributed": ("distributed_on", "distribution_date"),
    "deadline": ("comment_deadline", "final_date_for_comments"),
    "adoption": ("adoption_on", "proposed_adoption_date"),
    "in_force": ("in_force_on", "entry_into_force", "proposed_entry_into_force_date"),
    "links": ("links",),
    "notice_link": ("notice_link", "link"),
    "text_links": ("text_links", "document_link"),
    "language": ("language",),
    "source": ("source",),
}

Row = Mapping[str, object]


class _OddField(Exception):  # noqa: N818 - it carries a complaint from a field to its row and never leaves the module
    """A field that holds something that no notice can have there."""

    def __init__(self, name: str, reason: str, value: object) -> None:
        super().__init__(reason)
        self.name = name
        self.excerpt = excerpt_of(str(value)[:1_000])


def read_csv(path: Path, *, today: date | None = None) -> Iterator[Page]:
    """Read a CSV file (RFC 4180, UTF-8 with or without a byte order mark, commas or semicolons) page by page.

    Raises `AppError` (invalid) for a file without a header that names symbols and titles.
    """
    payload = load(path, "text/csv")
    rows = _csv_rows(payload, path.name)
    return pages(_records(rows, payload, today or today_anywhere()), payload)


def read_jsonl(path: Path, *, today: date | None = None) -> Iterator[Page]:
    """Read a file with one JSON object a line, in UTF-8, page by page. Empty lines are passed over."""
    payload = load(path, "application/jsonl")
    return pages(_records(_jsonl_rows(payload), payload, today or today_anywhere()), payload)


def _csv_rows(payload: Payload, name: str) -> Iterator[tuple[str, Row | Complaint]]:
    """Return (position, row); bytes that are no UTF-8 stay recognisable, so that their row can be named."""
    csv.field_size_limit(_FIELD_CHARACTERS)
    text = io.TextIOWrapper(io.BytesIO(payload.body), encoding="utf-8-sig", errors="surrogateescape", newline="")
    first = text.readline()
    text.seek(0)
    delimiter = ";" if first.count(";") > first.count(",") else ","
    reader = csv.reader(text, delimiter=delimiter, strict=True)
    try:
        header = [_field_name(cell) for cell in next(reader, [])]
    except csv.Error as error:
        raise invalid("file-unreadable", f"{name} is no CSV file: {error}.") from error
    if not {*_NAMES["symbols"], *_NAMES["ref"]} & set(header) or not set(_NAMES["title"]) & set(header):
        raise invalid("file-column", f"{name} has no header with the columns symbols and title.", field="symbols")
    return _csv_body(reader, header)


def _csv_body(reader: Iterator[list[str]], header: list[str]) -> Iterator[tuple[str, Row | Complaint]]:
    number = 1
    while True:
        number += 1
        position = f"row {number}"
        try:
            cells = next(reader, None)
        except csv.Error as error:
            yield position, Complaint(position=position, field="row", reason=f"The row is not well formed: {error}.")
            continue
        if cells is None:
            return
        if cells:
            yield position, _csv_row(position, header, cells)


def _csv_row(position: str, header: list[str], cells: list[str]) -> Row | Complaint:
    if len(cells) != len(header):
        reason = f"The row has {len(cells)} fields, the header {len(header)}."
        return Complaint(position=position, field="row", reason=reason, excerpt=excerpt_of(" ".join(cells)[:1_000]))
    row = dict(zip(header, cells, strict=True))
    for name, cell in row.items():
        if any("\udc80" <= char <= "\udcff" for char in cell):
            return Complaint(
                position=position, field=name, reason="The field is not in UTF-8.", excerpt=excerpt_of(cell)
            )
    return row


def _jsonl_rows(payload: Payload) -> Iterator[tuple[str, Row | Complaint]]:
    for number, line in enumerate(io.BytesIO(payload.body), start=1):
        position = f"row {number}"
        if not line.strip():
            continue
        try:
            found = json.loads(line.decode("utf-8-sig"))
        except UnicodeDecodeError:
            yield position, Complaint(position=position, field="row", reason="The line is not in UTF-8.")
        except (ValueError, RecursionError) as error:
            excerpt = excerpt_of(line[:1_000].decode("utf-8", "replace"))
            yield (
                position,
                Complaint(position=position, field="row", reason=f"The line is no JSON: {error}.", excerpt=excerpt),
            )
        else:
            if isinstance(found, dict):
                yield position, {_field_name(name): value for name, value in found.items()}
            else:
                yield position, Complaint(position=position, field="row", reason="The line is no JSON object.")


def _field_name(name: str) -> str:
    return re.sub(r"\s+", "_", name.strip().casefold())


def _records(
    rows: Iterable[tuple[str, Row | Complaint]], payload: Payload, today: date
) -> Iterator[Record | Complaint]:
    for position, row in rows:
        if isinstance(row, Complaint):
            yield row
            continue
        try:
            yield _record(row, position, payload, today)
        except _OddField as odd:
            yield Complaint(position=position, field=odd.name, reason=str(odd), excerpt=odd.excerpt)


def _record(row: Row, position: str, payload: Payload, today: date) -> Record | Complaint:
    draft = _draft(row)
    key = clean_line(_text(row, "ref"), _KEY_CHARACTERS).text
    if draft.warning and not key:
        return Complaint(position=position, field="symbols", reason="The row has neither a symbol nor an id.")
    content = content_of(draft, today=today, position=position, symbol_field="symbols")
    if isinstance(content, Complaint):
        return content
    source, key = _name(row, key, content)
    return Record(
        source=source,
        key=key,
        language=_language(row),
        revision=0,
        content=content,
        position=position,
        payload_hash=payload.hash,
    )


def _name(row: Row, key: str, content: Content) -> tuple[str, str]:
    """Return source and key. Only a warning keeps the source it came from: `rasff/2026.1234` is one notice for good."""
    if content.symbols:
        return SOURCE, f"{','.join(content.symbols)}|{','.join(content.members)}"
    stated = _text(row, "source").strip()
    source = stated if _SOURCE_NAME.fullmatch(stated) else SOURCE
    return source, key.removeprefix(f"{source}/")


def _language(row: Row) -> str:
    stated = _text(row, "language").strip().lower()
    return stated if _LANGUAGE.fullmatch(stated) else "en"


def _draft(row: Row) -> Draft:
    symbols = ", ".join(_listed(row, "symbols")) or _symbol_of_ref(_text(row, "ref"))
    notice_link, text_links = _links(row)
    hs, ics = _codes(row, "hs"), _codes(row, "ics")
    return Draft(
        symbols=symbols,
        area=_text(row, "area"),
        type=_text(row, "type"),
        members=_members(row),
        titles={_language(row): _text(row, "title"), **_other_titles(row)},
        description=_text(row, "description"),
        products=_text(row, "products"),
        hs=hs,
        ics=ics,
        objectives=_listed(row, "objectives"),
        keywords=_listed(row, "keywords"),
        regions=[name for text in _listed(row, "regions") for name in listed_names(text)],
        articles=_listed(row, "articles"),
        international_standards=_listed(row, "international_standards"),
        distributed=_text(row, "distributed"),
        deadline=_text(row, "deadline"),
        adoption=_text(row, "adoption"),
        in_force=_text(row, "in_force"),
        notice_link=notice_link,
        text_links=text_links,
        warning=not symbols.strip(),
        own_words=_OWN_EXPORT in row,
    )


def _symbol_of_ref(ref: str) -> str:
    return ref if read_symbols(ref).symbols else ""


def _other_titles(row: Row) -> dict[str, str]:
    titles = {"fr": _text(row, "title_fr"), "es": _text(row, "title_es")}
    return {language: title for language, title in titles.items() if title.strip() and language != _language(row)}


def _codes(row: Row, name: str) -> tuple[Code, ...]:
    """Return the codes of a box, those with the nomenclature's names first."""
    named = read_code_box(_text(row, f"{name}_names"))
    return (*named, *(code for text in _listed(row, name) for code in read_code_box(text)))


def _members(row: Row) -> list[str]:
    """Return names or codes; our own API gives an object with `code` for each."""
    value = _value(row, "members")
    if isinstance(value, Mapping):
        value = [value]
    if isinstance(value, list) and all(isinstance(part, Mapping) for part in value):
        return [str(part.get("code") or part.get("name_en") or "") for part in value]
    return _listed(row, "members")


def _links(row: Row) -> tuple[str, str]:
    value = _value(row, "links")
    if isinstance(value, Mapping):
        texts = value.get("text") or ()
        listed = [texts] if isinstance(texts, str) else list(map(str, texts))
        return str(value.get("notice") or ""), "\n".join(listed)
    return _text(row, "notice_link"), "\n".join((*_listed(row, "links"), *_listed(row, "text_links")))


def _value(row: Row, name: str) -> object:
    return next((row[alias] for alias in _NAMES[name] if row.get(alias) not in (None, "", [])), None)


def _text(row: Row, name: str) -> str:
    value = _value(row, name)
    if value is None:
        return ""
    if isinstance(value, str | int | float) and not isinstance(value, bool):
        return str(value)
    raise _OddField(_NAMES[name][0], f"The field {_NAMES[name][0]} must be text.", value)


def _listed(row: Row, name: str) -> list[str]:
    """Return a list field: a JSON list of texts, or one text with semicolons."""
    value = _value(row, name)
    if not isinstance(value, list):
        return [part.strip() for part in re.split(r"[;\n]", _text(row, name)) if part.strip()]
    if not all(isinstance(part, str | int | float) for part in value):
        raise _OddField(_NAMES[name][0], f"The field {_NAMES[name][0]} must be a list of texts.", value)
    return [str(part) for part in value]
