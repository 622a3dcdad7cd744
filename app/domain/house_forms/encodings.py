"""Text in the encodings that Vietnamese was typed in before Unicode, or that spoilt it: found, and turned into Unicode.

TCVN 5712:1993 (VN3, fonts `.Vn…`), VNI Windows, VISCII (RFC 1456) and Windows-1258 put Vietnamese letters where Western
fonts have others; UTF-8 read as Windows-1252 makes two or three letters of one. Each leaves words that no language has and
that are Vietnamese syllables once they are turned round: that, and letters in places where no Western word has them, is
what tells an encoding.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from app.domain.house_forms.findings import Finding, Rule, Text
from app.domain.house_forms.syllables import is_vietnamese

# TCVN 5712:1993, table VN3: its 8-bit letters as Windows-1252 shows them.
_TCVN3_FROM = "¸µ¶·¹¨¾»¼½Æ©ÊÇÈÉË®ÐÌÎÏÑªÕÒÓÔÖÝ×ØÜÞãßáâä«èåæçé¬íêëìîóïñòô­øõö÷ùýúûüþ¡¢§£¤¥¦"
_TCVN3_TO = "áàảãạăắằẳẵặâấầẩẫậđéèẻẽẹêếềểễệíìỉĩịóòỏõọôốồổỗộơớờởỡợúùủũụưứừửữựýỳỷỹỵĂÂĐÊÔƠƯ"
_TCVN3 = str.maketrans(_TCVN3_FROM, _TCVN3_TO)

# VNI Windows: a base letter followed by a mark of its own, and single letters for ơ, ư, đ, ì, í, ỉ, ĩ, ị, ỵ.
_VNI_TONES = {"ù": "\u0301", "ø": "\u0300", "û": "\u0309", "õ": "\u0303", "ï": "\u0323"}
_VNI_CIRCUMFLEX = {"á": "\u0301", "à": "\u0300", "å": "\u0309", "ã": "\u0303", "ä": "\u0323", "â": ""}
_VNI_BREVE = {"é": "\u0301", "è": "\u0300", "ú": "\u0309", "ü": "\u0303", "ë": "\u0323", "ê": ""}
_VNI_SINGLE = {"ñ": "đ", "ô": "ơ", "ö": "ư", "ò": "ị", "æ": "ỉ", "ó": "ĩ", "î": "ỵ"}

# VISCII: its letters from 80 to FF, as Latin-1 and Windows-1252 show those places.
_VISCII_TO = (
    "ẠẮẰẶẤẦẨẬẼẸẾỀỂỄỆỐỒỔỖỘỢỚỜỞỊỎỌỈỦŨỤỲ"
    "ÕắằặấầẩậẽẹếềểễệốồổỗỠƠộờởịỰỨỪỬơớƯÀÁÂÃẢĂẳẵÈÉÊẺÌÍĨỳĐứÒÓÔạỷừửÙÚỹỵÝỡưàáâãảăữẫèéêẻìíĩỉđựòóôõỏọụùúũủýợỮ"
)
_VISCII = {
    ord(shown): letter
    for number, letter in enumerate(_VISCII_TO, start=0x80)
    for shown in (chr(number), bytes([number]).decode("cp1252", "ignore"))
    if shown
}

_STAND_INS = str.maketrans("ĿŀÐðƉ", "ĐđĐđĐ")
"""What fonts for Vietnamese of the nineties, and Icelandic and African letters that look alike, put for Đ."""
_NO_DOUBT = "Ŀŀ"
_WORD = re.compile(r"[^ \t]+")
_ONLY_VIETNAMESE = re.compile(r"[\u1ea0-\u1ef9ăđơưĂĐƠƯ]")
_UNIT = re.compile(r"\d*(?:N·m|[kMm]?µ[A-Za-z]{1,2})[).,;:]*|.*[/0-9].*")
"""Units of measure, numbers and addresses, which letters of old encodings stand in by right."""
_LOST = re.compile(r"\ufffd")
_QUESTIONS = re.compile(r"(?<=[A-Za-z])\?(?=[a-z])")
_FEWEST = 2
_LAST_OCTET = 0xFF
_FEWEST_LETTERS = 3
_GOOD_FOR_ONE_BAD = 2


@dataclass(frozen=True, slots=True)
class _Encoding:
    """How its letters become Unicode (None: they cannot), and what stands in no Western word."""

    decoded: Callable[[str], str | None]
    strange: re.Pattern[str]


def check_encoding(text: Text) -> Iterator[Finding]:
    """Find stretches in an old encoding with their Unicode form, letters put together of two, and letters that are lost."""
    start = 0
    for line in text.text.split("\n"):
        composed = unicodedata.normalize("NFC", line)
        if composed != line:
            yield Finding(text.field, start, Rule.ENCODING, line, composed, "NFC")
        else:
            for at, found, proposal in _stretches(line):
                yield Finding(text.field, start + at, Rule.ENCODING, found, proposal)
        yield from _lost(text, start, line)
        start += len(line) + 1


def unicode_of(line: str) -> str | None:
    """Return a line with its stretches in an old encoding as Unicode; None when it has none."""
    made, end = "", 0
    for at, found, proposal in _stretches(line):
        made, end = made + line[end:at] + proposal, at + len(found)
    return made + line[end:] if end else None


def _lost(text: Text, start: int, line: str) -> Iterator[Finding]:
    """Find letters that a conversion threw away: only a person can say which they were."""
    questions = list(_QUESTIONS.finditer(line)) if "://" not in line else []
    for found in (*_LOST.finditer(line), *(questions if len(questions) >= _FEWEST else ())):
        yield Finding(text.field, start + found.start(), Rule.ENCODING, found[0])


def _stretches(line: str) -> Iterator[tuple[int, str, str]]:
    """Yield the places, words and Unicode forms of what stands in an old encoding; all of a line that has no Unicode."""
    words = list(_WORD.finditer(line))
    encoding = max(_ENCODINGS, key=lambda one: _evidence(one, words))
    if not _evidence(encoding, words):
        replaced = line.translate(_STAND_INS)
        if replaced != line and all(_stands_in(word[0]) for word in words):
            yield 0, line, replaced
        return
    for stretch in _apart(words):
        first, last = stretch[0].start(), stretch[-1].end()
        found = line[first:last]
        made = _WORD.sub(lambda word: _unicode_word(encoding, word[0]), found)
        if made != found:
            yield first, found, made


def _stands_in(word: str) -> bool:
    replaced = word.translate(_STAND_INS)
    return replaced == word or any(one in word for one in _NO_DOUBT) or is_vietnamese(replaced)


def _apart(words: list[re.Match[str]]) -> Iterator[list[re.Match[str]]]:
    """Yield the runs of words between those that are Unicode for certain."""
    run: list[re.Match[str]] = []
    for word in words:
        if not _ONLY_VIETNAMESE.search(word[0]):
            run.append(word)
        elif run:
            yield run
            run = []
    if run:
        yield run


def _evidence(encoding: _Encoding, words: list[re.Match[str]]) -> int:
    """Return how many words only this encoding explains, 0 when they prove nothing."""
    foreign = [word[0] for word in words if _is_strange_word(word[0])]
    explained = [word for word in foreign if _explains(encoding, word)]
    strange = [word for word in explained if encoding.strange.search(word)]
    alone = len(explained) == 1 and len(strange) == 1 and _is_plain(encoding, strange[0])
    enough = alone or (len(explained) >= _FEWEST and bool(strange))
    return len(explained) if enough and len(foreign) - len(explained) <= len(explained) // _GOOD_FOR_ONE_BAD else 0


def _is_strange_word(word: str) -> bool:
    foreign = not word.isascii() and not _ONLY_VIETNAMESE.search(word) and not _UNIT.fullmatch(word)
    return foreign and not is_vietnamese(word)


def _explains(encoding: _Encoding, word: str) -> bool:
    decoded = encoding.decoded(word)
    return decoded is not None and decoded != word and is_vietnamese(decoded)


def _is_plain(encoding: _Encoding, word: str) -> bool:
    """Whether a single word is enough: with two strange places, or with so many letters that no unit of measure has."""
    letters = sum(one.isascii() and one.isalpha() for one in word)
    return len(encoding.strange.findall(word)) >= _FEWEST or letters >= _FEWEST_LETTERS


def _unicode_word(encoding: _Encoding, word: str) -> str:
    """Return a word as Unicode; a foreign word in the stretch stays as it is."""
    decoded = encoding.decoded(word)
    return word if decoded is None or not is_vietnamese(decoded) else decoded


def _octets(word: str) -> bytes | None:
    """Return the bytes of which Windows-1252 made these letters; places that it has no letter for stay controls."""
    made = bytearray()
    for letter in word:
        try:
            made += letter.encode("cp1252")
        except UnicodeEncodeError:
            if ord(letter) > _LAST_OCTET:
                return None
            made.append(ord(letter))
    return bytes(made)


def _from_octets(codec: str) -> Callable[[str], str | None]:
    def decoded(word: str) -> str | None:
        octets = _octets(word)
        try:
            return None if octets is None else unicodedata.normalize("NFC", octets.decode(codec))
        except UnicodeDecodeError:
            return None

    return decoded


def _from_vni(line: str) -> str:
    made: list[str] = []
    for character in line:
        small = character.lower()
        base = made[-1] if made else ""
        mark = _vni_mark(base, small)
        if mark is not None:
            made[-1] = unicodedata.normalize("NFC", base + mark)
        elif small in _VNI_SINGLE:
            single = _VNI_SINGLE[small]
            made.append(single if character == small else single.upper())
        else:
            made.append(character)
    return "".join(made)


def _vni_mark(base: str, mark: str) -> str | None:
    """Return the combining marks that a letter of VNI adds to the vowel before it; None when it adds none."""
    plain = base.lower()
    if plain in {"a", "e", "o"} and mark in _VNI_CIRCUMFLEX:
        return "\u0302" + _VNI_CIRCUMFLEX[mark]
    if plain == "a" and mark in _VNI_BREVE:
        return "\u0306" + _VNI_BREVE[mark]
    if plain in {"a", "e", "o", "u", "y", "ơ", "ư"} and mark in _VNI_TONES:
        return _VNI_TONES[mark]
    return None


_ENCODINGS = (
    _Encoding(
        lambda word: word.translate(_TCVN3),
        re.compile(
            r"(?<=[a-z\u00ad])[À-ÖØ-Þ]|(?<=[A-Za-z])[¸µ¶·¹¨¾»¼½©®ª«¬\u00ad]|[¸µ¶·¹¨¾»¼½©®ª«¬\u00ad§](?=[A-Za-z])|[®§](?=[^\s\d])"
        ),
    ),
    _Encoding(
        _from_vni,
        re.compile(
            r"[aeoAEO][äåãâÄÅÃÂ]|[aeouyAEOUY][øõûØÕÛ]|[ôöÔÖ][ùøûõïÙØÛÕÏ]|[aA][ëêüúËÊÜÚ]|[ñÑ](?=[ôöòóaeiouyÔÖÒÓAEIOUY])"
        ),
    ),
    _Encoding(_from_octets("utf-8"), re.compile(r"[^\x00-\x7f]")),
    _Encoding(_from_octets("cp1258"), re.compile(r"(?<=[aeiouyâêôãõýAEIOUYÂÊÔÃÕÝ])[ÌÒÞìò]|ð|Ð")),
    _Encoding(lambda word: word.translate(_VISCII), re.compile(r"[¡-¿×](?=[A-Za-z])|(?<=[A-Za-z])[¡-½×\x80-\x9f]|ð|Ð")),
)
