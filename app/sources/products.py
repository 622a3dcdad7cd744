"""The products box: the member's own words kept, the nomenclature that ePing pastes in front of a code cut.

ePing prints the box as `own words; name of the heading (HS code(s): 340510); name of the field (ICS code(s): 87.040)`.
Names of headings mention goods that are not meant (heading 3405 is about "polishes for footwear or leather" and was
given for car wax), so they mislead whoever reads or sorts. The codes themselves stay.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from functools import lru_cache
from itertools import islice

from app.sources.codes import Code

_GROUP = re.compile(
    r"\(\s*(?:HS code\(s\)|Código\(s\) de(?:l| la) SA|Code\(s\) du SH"
    r"|ICS code\(s\)|Código\(s\) de la ICS|Code\(s\) de l['’]ICS)\s*:(?P<codes>[^()]*)\)",
    re.IGNORECASE,
)
_BREAK = re.compile(r"[();]")
_CLOSE = 0.9
_FEWEST_WORDS = 2
_FEWEST_CUT_WORDS = 5
_SHARE_OF_WORDS = 0.5
_NAME_CHARACTERS = 2_000
_MOST_NAMES = 500

Names = Mapping[str, frozenset[str]]


def names_of(codes: Iterable[Code]) -> Names:
    """Return the nomenclature's names as stated beside the codes: code without dots -> names."""
    names: dict[str, frozenset[str]] = {}
    for code in islice((code for code in codes if code.name), _MOST_NAMES):
        key = code.code.replace(".", "")
        names[key] = names.get(key, frozenset()) | {code.name[:_NAME_CHARACTERS]}
    return names


def without_nomenclature(text: str, names: Names) -> str:
    """Return `text` without the names of the nomenclature that stand in front of codes.

    The words before `(HS code(s): …)` are the nomenclature's when they follow a stated name of the code. Without a
    stated name they are taken for the nomenclature's, but for the forms in which members use their own words: several
    codes behind one text, or an ICS group directly behind an HS group.
    """
    groups = list(_GROUP.finditer(text))
    pieces: list[str] = []
    position = 0
    for index, group in enumerate(groups):
        before = text[position : group.start()].rstrip()
        lead = before.strip(" ;\n")
        following = groups[index + 1] if index + 1 < len(groups) else None
        leads_another = following is not None and not text[group.end() : following.start()].strip(" ;\n")
        cut_already = before.endswith(";")
        own = lead if cut_already else _own_words(lead, _codes_of(group), names, stands_for_all=leads_another)
        pieces.append(f"{own}{' ' if own == lead and not cut_already else '; '}{group[0]}" if own else group[0])
        position = group.end()
    tail = _without_cut_name(text[position:].strip(" ;,\n") if groups else text, names)
    result = "; ".join(filter(None, (*pieces, tail)))
    return text if _squeezed(result) == _squeezed(text) else result


def _codes_of(group: re.Match[str]) -> list[str]:
    return [code.replace(".", "") for code in re.split(r"[;,\s]+", group["codes"].strip()) if code]


def _own_words(lead: str, codes: list[str], names: Names, *, stands_for_all: bool) -> str:
    """Return the part of `lead` that is the member's own."""
    if len(codes) != 1:
        return lead
    segments = _segments(lead)
    known = names.get(codes[0], frozenset())
    for start in _ends(segments, max((len(_words(name)) for name in known), default=0)):
        if any(_words("; ".join(segments[start:])) == _words(name) for name in known):
            return "; ".join(segments[:start])
    if stands_for_all or (known and not any(_resembles(segments[-1], name) for name in known if segments)):
        return lead
    return "; ".join(segments[:-1])


def _ends(segments: Sequence[str], most_words: int) -> Iterator[int]:
    """Return where the last segments begin that have at most `most_words` words together, the shortest end first."""
    words = 0
    for start in range(len(segments) - 1, -1, -1):
        words += len(_words(segments[start]))
        if words > most_words:
            return
        yield start


def _segments(text: str) -> list[str]:
    """Split at the semicolons that stand outside brackets."""
    segments, depth, start = [], 0, 0
    for mark in _BREAK.finditer(text):
        if mark[0] == ";":
            if depth == 0:
                segments.append(text[start : mark.start()].strip())
                start = mark.end()
        else:
            depth = max(0, depth + (1 if mark[0] == "(" else -1))
    segments.append(text[start:].strip())
    return [segment for segment in segments if segment]


def _without_cut_name(text: str, names: Names) -> str:
    """Cut a name that the source lost the end of: ePing takes "<10 persons" for markup and drops all that follows."""
    known = [_words(name) for every in names.values() for name in every]
    segments = _segments(text)
    cut = len(segments)
    for start in _ends(segments, max(map(len, known), default=0)):
        candidate = _words("; ".join(segments[start:]))
        if len(candidate) >= _FEWEST_CUT_WORDS and any(name[: len(candidate)] == candidate for name in known):
            cut = start
    return text if cut == len(segments) else "; ".join(segments[:cut])


def _resembles(text: str, name: str) -> bool:
    """Whether `text` looks like `name` in an older or newer edition of the nomenclature."""
    ours, theirs = _words(text), _words(name)
    shorter, longer = sorted((ours, theirs), key=len)
    if len(shorter) >= max(_FEWEST_WORDS, _SHARE_OF_WORDS * len(longer)) and set(shorter) <= set(longer):
        return True
    can_be_close = 2 * len(shorter) >= _CLOSE * (len(shorter) + len(longer))
    return can_be_close and SequenceMatcher(None, ours, theirs, autojunk=False).ratio() >= _CLOSE


@lru_cache(maxsize=512)
def _words(text: str) -> tuple[str, ...]:
    return tuple(re.findall(r"\w+", text.casefold()))


def _squeezed(text: str) -> str:
    return re.sub(r"[\s;]+", "", text)
