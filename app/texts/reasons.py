"""Why somebody received an alert, in words, with what the sorting rests on."""

from functools import lru_cache

from app.domain.matching import Reason, matchable
from app.domain.subscriptions import READ_FACETS
from app.i18n.catalogue import translator
from app.i18n.members import member_name
from app.i18n.products import dotted, hs_name
from app.i18n.terms import field_name
from app.texts.blocks import Block
from app.texts.cleaning import cut, one_line
from app.texts.wording import capitalised, label_name, read_label_name

LONGEST_KEYWORD = 80
MOST_CODES = 5

_READ = tuple(facet.value for facet in READ_FACETS)
_ORDER = ("sector", "theme", "hs", "keyword", *_READ, "member")


@lru_cache(maxsize=1024)
def why(block: Block, reasons: tuple[Reason, ...]) -> tuple[str, ...]:
    """Return one line for each distinct reason; a question without facets asks for everything, and says so.

    Remembered, as everybody who asked the same is given the same words.
    """
    messages = translator(block.language)
    if not reasons:
        return (capitalised(messages.gettext("bạn đăng ký nhận mọi thông báo")),)
    ordered = sorted(dict.fromkeys(reasons), key=lambda reason: (_ORDER.index(reason.facet), reason.value))
    return tuple(capitalised(_phrase(block, reason)) for reason in ordered)


def _phrase(block: Block, reason: Reason) -> str:
    known = _PHRASES.get(reason.facet)
    return _read(block, reason.facet, reason.value) if known is None else known(block, reason.value)


def _read(block: Block, facet: str, asked: str) -> str:
    """Name a value that was read out of the notice, with what it was read from."""
    messages = translator(block.language)
    named = {"facet": field_name(facet, block.language), "name": read_label_name(facet, asked, block.language)}
    name = messages.gettext("%(facet)s: %(name)s") % named
    found = block.evidence.get(f"{facet}:{asked}")
    if found is None or not found.phrase:
        return name
    return messages.gettext("%(name)s; căn cứ: %(quote)s") % {"name": name, "quote": found.phrase}


def _sector(block: Block, asked: str) -> str:
    name = translator(block.language).gettext("lĩnh vực %(name)s") % {"name": label_name(asked, block.names)}
    return _with_evidence(block, asked, name)


def _theme(block: Block, asked: str) -> str:
    name = translator(block.language).gettext("chủ đề %(name)s") % {"name": label_name(asked, block.names)}
    return _with_evidence(block, asked, name)


def _with_evidence(block: Block, asked: str, name: str) -> str:
    messages = translator(block.language)
    label, found = _found_label(block, asked)
    if label != asked:
        through = messages.gettext("qua %(name)s") % {"name": label_name(label, block.names)}
        name = f"{name}, {through}"
    return messages.gettext("%(name)s; căn cứ: %(quote)s") % {"name": name, "quote": found} if found else name


def _found_label(block: Block, asked: str) -> tuple[str, str]:
    """Return the label that met the question: itself, else the first child of the sector that was asked for."""
    if asked in block.evidence:
        return asked, block.evidence[asked].phrase
    children = ((label, found.phrase) for label, found in block.evidence.items() if found.parent == asked)
    return next(children, (asked, ""))


def _hs(block: Block, asked: str) -> str:
    messages = translator(block.language)
    codes = [code for code in block.hs if code.startswith(asked) or asked.startswith(code)]
    wanted = messages.gettext("mã HS %(code)s") % {"code": dotted(one_line(asked))}
    name = hs_name(asked, block.language)
    stated = ", ".join(map(dotted, codes[:MOST_CODES]))
    phrase = f"{wanted} ({name})" if name else wanted
    return messages.gettext("%(name)s; căn cứ: %(quote)s") % {"name": phrase, "quote": stated} if stated else phrase


def _keyword(block: Block, asked: str) -> str:
    messages = translator(block.language)
    phrase = messages.gettext("từ khóa “%(keyword)s”") % {"keyword": cut(one_line(asked), LONGEST_KEYWORD)}
    wanted = matchable(asked)
    fields = [field for field, words in block.words if wanted.strip() and wanted in words]
    return messages.gettext("%(name)s trong %(field)s") % {"name": phrase, "field": fields[0]} if fields else phrase


def _member(block: Block, asked: str) -> str:
    name = one_line(member_name(asked, block.language))
    return translator(block.language).gettext("thành viên %(name)s") % {"name": name}


_PHRASES = {"sector": _sector, "theme": _theme, "hs": _hs, "keyword": _keyword, "member": _member}
