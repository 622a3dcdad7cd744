"""The sentence kit: the patterns that the ministry's articles, letters and bulletins are written in, by id.

They are Vietnamese only, as these texts are; a pattern takes exactly the values that it names.
"""

import string
from functools import cache

from app.i18n.tables import table_rows


def sentence(kit: str, **values: str) -> str:
    """Return the pattern of that id filled in; KeyError for no such pattern, ValueError when the values are not its own."""
    pattern = _kit()[kit]
    named = values_of(kit)
    if named != values.keys():
        raise ValueError(f"{kit} takes {sorted(named)}, not {sorted(values)}")
    return pattern.format(**values)


def values_of(kit: str) -> frozenset[str]:
    """Return the names of the values that a pattern takes."""
    return frozenset(name for _, name, _, _ in string.Formatter().parse(_kit()[kit]) if name)


def kit_ids() -> tuple[str, ...]:
    """Return the ids of all patterns in the order of their table."""
    return tuple(_kit())


@cache
def _kit() -> dict[str, str]:
    return {row["id"]: row["vi"] for row in table_rows("sentence_kit.csv")}
