"""What somebody typed into a search box, read: words to look for, codes, and other names for the same things."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from app.domain.errors import invalid
from app.domain.folding import accented, fold, naming_articles, other_spellings
from app.domain.notices import Content
from app.domain.telex import read_telex

LONGEST_QUERY = 200
"""Characters; a symbol has about 30, a title that somebody pastes about 150."""
LONGEST_INDEXED = 200_000
"""Octets of a notice's words, and as many of its codes, that search looks in: PostgreSQL refuses a tsvector beyond 1 MiB,
and there a short word needs twice its octets."""
MOST_TERMS = 16
MOST_OTHER_NAMES = 6
SHORTEST_PREFIX = 2
LARGEST_ANNEX = 300_000
"""Bytes that the words of an annex may take of a vector that also holds the notice's own."""
ANNEX_CHARACTERS = 1_000_000
_BYTES_OF_A_PLACE = 2
_BYTES_OF_A_WORD = 8
_WORST = 9
"""The rank of what is found by other names or in an annex only, after the eight ways to hold the words themselves."""

_HS_CODE = r"\d{2,4}(?:\.?\d{2}){0,4}"
_HS_PREFIX = re.compile(rf"(?<!\w)(?:mã\s+)?HS(?:\s+codes?)?\s*:?\s*({_HS_CODE})(?![\w.])", re.IGNORECASE)
_BARE_HS = re.compile(r"(?:0[1-9]|[1-8]\d|9[0-7])\d{2}(?:\.?\d{2}){0,3}", re.ASCII)
_SYMBOL = re.compile(
    r"(?<!\w)(?:G[\s/]+)?(?:TBT|SPS)[\s/]+N[\s/]+[A-Z]{2,4}(?:[\s/]+\d+(?:[\s/]+(?:Add|Rev|Corr|Suppl)[\s./]*\d+)*)?(?!\w)",
    re.IGNORECASE,
)
_ARTICLE = re.compile(r"\barticle\s+(?=\d)", re.IGNORECASE)
_PIECES = re.compile(r'"([^"]*)"?|(\S+)')


@dataclass(frozen=True, slots=True)
class Term:
    """Folded words that must stand side by side in this order; with `prefix` the last may go on.

    `typed` are the same words with their accents. A term that is `quoted` is looked for as it is. `hs` is a number
    that may also be the beginning of an HS code.
    """

    words: tuple[str, ...]
    prefix: bool = False
    quoted: bool = False
    typed: tuple[str, ...] = ()
    hs: str = ""


@dataclass(frozen=True, slots=True)
class OtherNames:
    """What else may stand instead of the terms `first` to `last` (not included): folded phrases."""

    first: int
    last: int
    phrases: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Query:
    """What was asked for: every term must occur, or one of its other names; and an HS code must fit each in `hs`.

    `also_searched` are the other names as they are printed.
    """

    terms: tuple[Term, ...]
    hs: tuple[str, ...] = ()
    other_names: tuple[OtherNames, ...] = ()
    also_searched: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Thesaurus:
    """Names of the same things: other names by the words of one, with their accents and without.

    `unaccented` holds no Vietnamese word of one syllable: without its marks it may be anything.
    """

    accented: Mapping[tuple[str, ...], tuple[str, ...]]
    unaccented: Mapping[tuple[str, ...], tuple[str, ...]]
    syllables: frozenset[tuple[str, ...]]

    def names_of(self, words: Sequence[str], *, alone: bool) -> tuple[str, ...]:
        """Return the other names of some words, which are accented as typed.

        A Vietnamese syllable has many meanings in company (điều, điều kiện), so it is only known when it stands alone.
        """
        key = tuple(words)
        if key in self.syllables and not alone:
            return ()
        plain = tuple(fold(word) for word in key)
        return self.accented.get(key) or (self.unaccented.get(plain, ()) if plain == key else ())


def thesaurus_of(rows: Iterable[tuple[Sequence[str], Sequence[str]]]) -> Thesaurus:
    """Build a thesaurus of rows of English and Vietnamese names for one thing.

    A Vietnamese syllable is known by its other names but is none itself: the index knows it only without its marks.
    """
    marked: dict[tuple[str, ...], dict[str, None]] = {}
    plain: dict[tuple[str, ...], dict[str, None]] = {}
    syllables: set[tuple[str, ...]] = set()
    for english, vietnamese in rows:
        several = (name for name in vietnamese if len(accented(name)) > 1)
        offered = list({fold(name): name for name in reversed((*english, *several))}.values())[::-1]
        for name in (*english, *vietnamese):
            others = dict.fromkeys(other for other in offered if fold(other) != fold(name))
            key = accented(name)
            marked.setdefault(key, {}).update(others)
            if len(key) == 1 and name in vietnamese:
                syllables.add(key)
            else:
                plain.setdefault(tuple(fold(name).split()), {}).update(others)
    return Thesaurus(_frozen(marked), _frozen(plain), frozenset(syllables))


def parse_query(text: str) -> Query:
    """Read what somebody typed into a search box; AppError when it is too long or holds no word.

    Words are joined by *and*, `"words in quotes"` must stand together, `word*` finds what begins so. A symbol or a
    part of one (`G/TBT/N/USA/2211`, `g tbt n usa 2211`, `USA/2211`) is found as typed, `HS 64` finds stated HS codes
    under 64 and above it, and `0904` what has this number or an HS code that begins so.
    """
    if len(text) > LONGEST_QUERY:
        raise invalid("query-too-long", f"at most {LONGEST_QUERY} characters can be searched for", field="q")
    hs = tuple(re.sub(r"\D", "", found) for found in _HS_PREFIX.findall(text))
    terms = dict.fromkeys(_term(*piece) for piece in _PIECES.findall(_joined(_HS_PREFIX.sub(" ", text))))
    query = Query(tuple(term for term in terms if term.words), tuple(dict.fromkeys(hs)))
    if not query.terms and not query.hs:
        raise invalid("query-without-words", "holds no letter or digit to search for", field="q")
    if len(query.terms) + len(query.hs) > MOST_TERMS:
        raise invalid("query-too-long", f"at most {MOST_TERMS} words can be searched for at once", field="q")
    return query


def widened(query: Query, thesaurus: Thesaurus) -> Query:
    """Return the query with other names for its words, the longest run of words first; quoted words stay as they are."""
    found: list[OtherNames] = []
    printed: dict[str, None] = {}
    at = 0
    while at < len(query.terms):
        last, names = _longest(query.terms, at, thesaurus)
        if names:
            printed |= dict.fromkeys(names)
            found.append(OtherNames(at, last, tuple(tuple(fold(name).split()) for name in names)))
        at = last
    return replace(query, other_names=tuple(found), also_searched=tuple(printed))


def without_telex(query: Query) -> Query | None:
    """Return the query with words read as Telex keys that the keyboard did not take (`thuyr san`); None without any."""
    read = tuple(_read(term) for term in query.terms)
    if not any(read):
        return None
    terms = tuple(
        term if word is None else replace(term, words=tuple(fold(word).split()), typed=accented(word))
        for term, word in zip(query.terms, read, strict=True)
    )
    return Query(terms, query.hs, also_searched=tuple(filter(None, read)))


def relevance(query: Query, content: Content) -> int:
    """Return how well a notice answers a query, 0 the best: as typed with accents, then without, then by other names.

    Its symbol comes first, then words side by side before words apart, and the title before the rest.
    """
    asked = tuple(word for term in query.terms for word in term.words)
    if asked and any(tuple(fold(symbol).split()) == asked for symbol in content.symbols):
        return 0
    return next((rank for rank, fits in enumerate(_fits(query, content), 1) if fits), _WORST)


def searchable_text(content: Content) -> str:
    """Return all that search looks in, as it was written."""
    titles = [title for _, title in content.titles]
    return "\n".join([*content.symbols, *titles, content.products, content.description, *content.keywords])


def searchable(content: Content) -> str:
    """Return the words of a notice for the index: folded, and behind them a word for each HS code and its beginnings.

    A notice whose text is longer than `LONGEST_INDEXED` is found by the first part of it.
    """
    codes = " ".join(dict.fromkeys(word for code in content.hs for word in _hs_words(code)))
    words = [_first_part(fold(searchable_text(content))), _first_part(codes)]
    return " ".join(filter(None, words))


def _first_part(words: str) -> str:
    """Return the words that stand whole within the first `LONGEST_INDEXED` octets of UTF-8."""
    octets = words.encode()
    if len(octets) <= LONGEST_INDEXED:
        return words
    return octets[: LONGEST_INDEXED + 1].rpartition(b" ")[0].decode()


def annex_words(text: str) -> str:
    """Return the words of what a notice's attachments say for the index, folded, as many as PostgreSQL can index.

    Its vector holds a megabyte, with two bytes for each place of a word and some for the word itself. The annex is
    given a part of that; where the text goes on, its end is not searched.
    """
    words, known, room = [], set[str](), LARGEST_ANNEX
    for word in fold(text[:ANNEX_CHARACTERS]).split():
        room -= _BYTES_OF_A_PLACE if word in known else len(word.encode()) + _BYTES_OF_A_WORD
        if room < 0:
            break
        known.add(word)
        words.append(word)
    return " ".join(words)


def hs_wanted(code: str) -> tuple[str, ...]:
    """Return the words of the index of which one must occur for an HS code: those under it, and those that hold it."""
    return (f"hs{code}", *(f"hsis{code[:length]}" for length in range(2, len(code))))


def _hs_words(code: str) -> Iterator[str]:
    """Return `hs` with each beginning of a code, from its chapter on, and `hsis` with the code itself."""
    digits = re.sub(r"\D", "", code)
    yield from (f"hs{digits[:length]}" for length in range(2, len(digits) + 1))
    yield f"hsis{digits}"


def _joined(text: str) -> str:
    """Return what was typed with a slash where blanks part what belongs together: a symbol, an article of a law."""
    symbols = _SYMBOL.sub(lambda found: re.sub(r"[\s/]+", "/", found[0]), naming_articles(text))
    return _ARTICLE.sub("article/", symbols)


def _term(quoted: str, bare: str) -> Term:
    words = tuple(fold(quoted or bare).split())
    prefix = bool(words) and bare.endswith("*") and len(words[-1]) >= SHORTEST_PREFIX
    hs = re.sub(r"\D", "", bare) if _BARE_HS.fullmatch(bare) else ""
    return Term(words, prefix=prefix, quoted=bool(quoted), typed=accented(quoted or bare), hs=hs)


def _longest(terms: Sequence[Term], first: int, thesaurus: Thesaurus) -> tuple[int, tuple[str, ...]]:
    for last in range(len(terms), first, -1):
        run = terms[first:last]
        if any(term.quoted or term.prefix for term in run):
            continue
        names = thesaurus.names_of([word for term in run for word in term.typed], alone=len(terms) == 1)
        if names:
            return last, names[:MOST_OTHER_NAMES]
    return first + 1, ()


def _read(term: Term) -> str | None:
    typed_plainly = not term.quoted and len(term.words) == 1 and term.words == term.typed
    return read_telex(term.words[0]) if typed_plainly else None


def _fits(query: Query, content: Content) -> Iterator[bool]:
    """Say of one way after the other whether a notice holds the words of a query in it, the best way first."""
    titles = "\n".join(title for _, title in content.titles)
    exactly = " ".join(word for term in query.terms for word in term.typed)
    plainly = " ".join(word for term in query.terms for word in term.words)
    for asked, words_of in ((exactly, accented), (plainly, _folded_words)):
        for text in (titles, searchable_text(content)):
            said = words_of(text)
            yield f" {asked} " in f" {' '.join(said)} "
            yield set(asked.split()) <= set(said)


def _folded_words(text: str) -> tuple[str, ...]:
    return tuple(fold(text).split())


def _frozen(names: Mapping[tuple[str, ...], Mapping[str, None]]) -> dict[tuple[str, ...], tuple[str, ...]]:
    return {key: tuple(others) for key, others in names.items() if key and others}


def spellings(words: tuple[str, ...]) -> tuple[tuple[str, ...], ...]:
    """Return words in each way that Vietnamese spells them without their marks: `ky thuat`, `ki thuat`."""
    ways = [words]
    for at, word in enumerate(words):
        ways += [(*words[:at], other, *words[at + 1 :]) for other in other_spellings(word)]
    return tuple(dict.fromkeys(ways))
