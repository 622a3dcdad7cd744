"""From the records of sources to what a notice says, and from two versions to what happened between them.

A notice's content is a function of the set of records that speak of it, so that it does not matter in which order they
came, or whether a joint notice arrived member by member.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date
from functools import lru_cache
from typing import Any

from app.domain.events import EventKind
from app.domain.notices import Content, FieldChange, Flag, Record, content_to_json, reference_of
from app.domain.symbols import parse_symbol

_FINGERPRINT_VERSION = "1"
_SPEAKERS = ("eping", "eping-xlsx")
_UNIONS = frozenset({"symbols", "members", "titles", "flags"})
_SETS = frozenset({"symbols", "members", "hs", "ics", "objectives", "keywords", "regions", "text_links", "articles",
                   "international_standards"})  # fmt: skip
_SCOPE = ("products", "hs", "ics", "regions", "all_partners")


@dataclass(frozen=True, slots=True)
class Cluster:
    """Records that speak of one notice, and the stored notices that they touch (more than one: they are the same)."""

    records: tuple[Record, ...]
    homes: tuple[int, ...]


def cluster(records: Sequence[Record], home_of: Mapping[str, int]) -> list[Cluster]:
    """Group records that share any symbol, directly or through a stored notice.

    `home_of` maps a name (a printed symbol, or `SOURCE/key` of a warning) to the stored notice that bears it.
    """
    groups = components([names_of(record) for record in records], home_of)
    number_of = {name: number for number, (names, _) in enumerate(groups) for name in names}
    members: list[list[Record]] = [[] for _ in groups]
    for record in records:
        members[number_of[names_of(record)[0]]].append(record)
    return [Cluster(tuple(group), tuple(sorted(homes))) for group, (_, homes) in zip(members, groups, strict=True)]


def components(
    sets: Sequence[Sequence[str]], home_of: Mapping[str, int]
) -> list[tuple[frozenset[str], frozenset[int]]]:
    """Join sets of names that share a name, or that stand in the same home; return each joint set with its homes."""
    parent: dict[str, str] = {}

    def root(name: str) -> str:
        while parent.setdefault(name, name) != name:
            name = parent[name]
        return name

    for names in sets:
        for name in names:
            parent[root(name)] = root(names[0])
            if name in home_of:
                parent[root(f"#{home_of[name]}")] = root(names[0])
    joined: dict[str, set[str]] = {}
    for names in sets:
        joined.setdefault(root(names[0]), set()).update(names)
    return [
        (frozenset(names), frozenset(home_of[name] for name in names if name in home_of)) for names in joined.values()
    ]


def names_of(record: Record) -> tuple[str, ...]:
    """Return the names by which a record's notice is known: its symbols, or `SOURCE/key` where it has none."""
    return record.content.symbols or (reference_of(record.source, record.key, record.content),)


def compose(records: Sequence[Record]) -> Content:
    """Return what a notice says, given everything that is recorded of it.

    The best source speaks (the API before its workbook, those before any other file); of a joint notice, the record of
    the first member as notified leads and the others fill what it leaves empty. Symbols and members are the union.
    """
    speaking = _speaking(records)
    lead = speaking[0].content
    symbols = _union(record.content.symbols for record in [*speaking, *records])
    filled = {} if len(speaking) == 1 else _filled([record.content for record in speaking])
    return replace(
        lead,
        **filled,
        symbols=symbols,
        members=_members(symbols, speaking),
        titles=_titles(speaking, records),
        flags=tuple(sorted({flag for record in speaking for flag in record.content.flags}, key=_flag_order)),
    )


@lru_cache(maxsize=8192)
def fingerprint(content: Content) -> str:
    """Return a stable hash of what a notice says; order of codes, empty fields and flags do not count.

    Remembered, since intake asks for it of the same content at every step.
    """
    values = {name: value for name, value in content_to_json(content).items() if name != "flags"}
    for name in _SETS & values.keys():
        values[name] = sorted(values[name])
    plain = json.dumps(values, ensure_ascii=False, sort_keys=True)
    return _FINGERPRINT_VERSION + hashlib.sha256(plain.encode()).hexdigest()


def diff(before: Content, after: Content) -> tuple[FieldChange, ...]:
    """Return every field that says something else than before."""
    changes = []
    for field in fields(Content):
        old, new = getattr(before, field.name), getattr(after, field.name)
        if field.name != "flags" and _comparable(field.name, old) != _comparable(field.name, new):
            changes.append(FieldChange(field.name, printed(old), printed(new)))
    return tuple(changes)


def material(before: Content, after: Content) -> tuple[EventKind, tuple[FieldChange, ...]] | None:
    """Return the one event that a new version amounts to, or None when people need not hear of it.

    Told are changes of status, deadline, date in force and scope. A value that merely vanished is not believed: a source
    that drops a field for a day must not alarm anybody.
    """
    told = tuple(change for change in diff(before, after) if _matters(before, after, change))
    names = {change.field for change in told}
    status = status_of(after)
    if status is not None and status != status_of(before):
        return status, told
    if "comment_deadline" in names:
        return EventKind.DEADLINE_CHANGED, told
    if "in_force_on" in names:
        return EventKind.IN_FORCE, told
    return (EventKind.SCOPE_CHANGED, told) if told else None


def vanished(before: Content, after: Content) -> tuple[Flag, ...]:
    """Return a flag for each date that a source no longer states, so that a person can look."""
    return tuple(
        Flag(name, "vanished", f"{getattr(before, name).isoformat()} is no longer stated")
        for name in ("comment_deadline", "adoption_on", "in_force_on")
        if getattr(before, name) is not None and getattr(after, name) is None
    )


_STATUS_OF_KEYWORD = {
    "withdrawal of the measure": EventKind.WITHDRAWN,
    "adoption/publication/entry into force of reg.": EventKind.ADOPTED,
}


def status_of(content: Content) -> EventKind | None:
    """Return the lasting status that a document's own keywords state, if they do."""
    found = {_STATUS_OF_KEYWORD.get(keyword.casefold()) for keyword in content.keywords}
    return next((kind for kind in (EventKind.WITHDRAWN, EventKind.ADOPTED) if kind in found), None)


def _speaking(records: Sequence[Record]) -> list[Record]:
    """Keep the records that state the content: of the best source, in its first language, the newest of each member."""
    best = min(_rank(record.source) for record in records)
    of_best = [record for record in records if _rank(record.source) == best]
    language = min((record.language for record in of_best), key=_language_order)
    newest: dict[tuple[str, ...], Record] = {}
    for record in sorted(of_best, key=lambda record: (record.revision, record.key)):
        if record.language == language:
            newest[record.content.members or (record.key,)] = record
    return sorted(newest.values(), key=_place_in_joint_notice)


def _place_in_joint_notice(record: Record) -> tuple[int, tuple[str, ...], str]:
    members = [symbol.member for symbol in map(parse_symbol, record.content.symbols) if symbol is not None]
    own = record.content.members[0] if record.content.members else ""
    return (members.index(own) if own in members else len(members), record.content.members, record.key)


def _titles(speaking: Sequence[Record], records: Sequence[Record]) -> tuple[tuple[str, str], ...]:
    """Pair each language with its title, the language of the record first; a mere repeat is no translation."""
    titles: dict[str, str] = {}
    others = sorted(records, key=lambda record: (_language_order(record.language), record.source, -record.revision))
    for record in [*speaking, *others]:
        for language, title in record.content.titles:
            if title and title not in titles.values():
                titles.setdefault(language, title)
    return tuple(titles.items())


def _members(symbols: Sequence[str], speaking: Sequence[Record]) -> tuple[str, ...]:
    of_symbols = [symbol.member for symbol in map(parse_symbol, symbols) if symbol is not None]
    return _union([of_symbols, *(record.content.members for record in speaking)])


def _union(lists: Iterable[Sequence[str]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(value for values in lists for value in values))


def _filled(contents: Sequence[Content]) -> dict[str, Any]:
    """Return of each field the first value that is not empty."""
    filled: dict[str, Any] = {}
    for name in (field.name for field in fields(Content) if field.name not in _UNIONS):
        values = [getattr(content, name) for content in contents]
        filled[name] = next((value for value in values if value not in ((), "", None)), values[0])
    return filled


def _matters(before: Content, after: Content, change: FieldChange) -> bool:
    if change.field in {"comment_deadline", "in_force_on"} or (change.field in _SCOPE and change.after):
        return bool(change.after) and essence(getattr(before, change.field)) != essence(getattr(after, change.field))
    return False


def essence(value: object) -> object:
    """Reduce a text to its letters and digits: a comma more or less is no change of scope."""
    if isinstance(value, str):
        return "".join(character for character in value.casefold() if character.isalnum())
    return frozenset(value) if isinstance(value, tuple) else value


def _comparable(name: str, value: Any) -> Any:
    return sorted(value) if name in _SETS else value


def printed(value: object) -> str:
    """Return a value of a content as a `FieldChange` prints it; empty where there is none."""
    if value is None:
        return ""
    if isinstance(value, tuple):
        return ", ".join(item if isinstance(item, str) else item[-1] for item in value)
    return value.isoformat() if isinstance(value, date) else str(value)


def _rank(source: str) -> int:
    return _SPEAKERS.index(source) if source in _SPEAKERS else len(_SPEAKERS)


def _language_order(language: str) -> tuple[int, str]:
    order = ("en", "fr", "es")
    return (order.index(language) if language in order else len(order), language)


def _flag_order(flag: Flag) -> tuple[str, str, str]:
    return flag.field, flag.code, flag.detail
