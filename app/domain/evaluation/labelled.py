"""Notices with the labels that a reader gave them."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from app.domain.errors import invalid
from app.domain.notices import Content
from app.domain.symbols import Area
from app.domain.taxonomy import Taxonomy

_HALF_CHARACTER = re.compile("[\ud800-\udfff]")
_NAMES = ("id", "symbol")
_TEXTS = ("language", "split", "area", "title", "text", "description", "products", "products_raw")
_LABELS = ("gold_sectors", "expected_primary", "expected_related", "must_not")
_LISTS = ("symbols", "hs_codes", "hs", "ics_codes", "ics", "keywords", "objectives", *_LABELS)


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelledNotice:
    """A notice with the labels that a reader gave it: sectors of ours, parents included.

    `line` is where it stands in its file, `split` what it is kept for ("train", "tune", "test"), empty where the file
    says nothing of that. `gold` is what must be told, `related` what may be copied, `must_not` what would be wrong.
    `ignored` are labels of the file that are none of ours; `judged` is false where nobody gave a label of any kind.
    """

    id: str
    line: int
    language: str
    content: Content
    gold: frozenset[str]
    related: frozenset[str] = frozenset()
    must_not: frozenset[str] = frozenset()
    ignored: tuple[str, ...] = ()
    split: str = ""
    judged: bool = True


def read_labelled(values: Mapping[str, Any], taxonomy: Taxonomy, line: int) -> LabelledNotice:
    """Read one line of a labelled file, in the shape of a notice or of a borderline case. A symbol is not needed.

    Raises AppError naming the line and the field that is not as it should be.
    """
    _check(values, line)
    gold = values.get("gold_sectors") or values.get("expected_primary") or []
    related, must_not = (values.get(name) or [] for name in ("expected_related", "must_not"))
    return LabelledNotice(
        id=str(values.get("id") or values.get("symbol") or f"line {line}"),
        line=line,
        language=str(values.get("language") or ""),
        content=_content(values),
        gold=taxonomy.with_parents(_ours(gold, taxonomy)),
        related=frozenset(_ours(related, taxonomy)),
        must_not=frozenset(_ours(must_not, taxonomy)),
        ignored=tuple(label for label in [*gold, *related, *must_not] if taxonomy.sector_id(label) is None),
        split=str(values.get("split") or ""),
        judged=any(values.get(name) is not None for name in _LABELS),
    )


def _check(values: Mapping[str, Any], line: int) -> None:
    kinds = ((_NAMES, _is_name, "neither a text nor a number"), (_TEXTS, _is_text, "not a text"),
             (_LISTS, _is_list, "not a list of texts"))  # fmt: skip
    for names, is_so, complaint in kinds:
        for name in names:
            if values.get(name) is not None and not is_so(values[name]):
                raise invalid("labelled-file", f"line {line}: {name} is {complaint}", field=name)


def _is_name(value: object) -> bool:
    return isinstance(value, int) or _is_text(value)


def _is_text(value: object) -> bool:
    """Tell whether a value is a text that can be printed: JSON can say half of a character, which is none."""
    return isinstance(value, str) and not _HALF_CHARACTER.search(value)


def _is_list(value: object) -> bool:
    return isinstance(value, list) and all(map(_is_text, value))


def _content(values: Mapping[str, Any]) -> Content:
    title = values.get("title") or values.get("text") or ""
    symbols = values.get("symbols") or ([values["symbol"]] if values.get("symbol") else [])
    area = str(values.get("area") or "").upper()
    return Content(
        symbols=tuple(map(str, symbols)),
        area=Area(area) if area in {one.value for one in Area} else None,
        titles=((str(values.get("language") or "en"), title),) if title else (),
        description=values.get("description") or "",
        products=values.get("products") or values.get("products_raw") or "",
        hs=tuple(values.get("hs_codes") or values.get("hs") or ()),
        ics=tuple(values.get("ics_codes") or values.get("ics") or ()),
        objectives=tuple(values.get("objectives") or ()),
        keywords=tuple(values.get("keywords") or ()),
    )


def _ours(labels: Iterable[str], taxonomy: Taxonomy) -> list[str]:
    return [sector for label in labels if (sector := taxonomy.sector_id(label)) is not None]
