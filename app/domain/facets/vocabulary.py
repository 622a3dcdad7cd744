"""Every word that facets are read by, found in one pass over a text by one automaton (Aho-Corasick, pyahocorasick)."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import IntEnum, auto
from typing import NamedTuple

import ahocorasick

from app.domain.facets.citations import trigger_words
from app.domain.facets.tables import TEXT, FacetTables
from app.domain.sectors.labels import Facet
from app.domain.taxonomy import forms_of, spellings_of
from app.domain.text import Searchable, phrase_form

_LONGEST_ACRONYM = 8


class Kind(IntEnum):
    """What a word of the vocabulary is a sign of."""

    PHRASE = auto()
    SUBSTANCE = auto()
    COUNTRY = auto()


@dataclass(frozen=True, slots=True)
class Word:
    """One word or phrase: what it is a sign of, for which label of which facet, and the rule that says so.

    `exactly` is how it must be written, where that matters. A phrase without a label hides what stands in it.
    """

    kind: Kind
    label: str
    rule: str
    facet: Facet
    exactly: str = ""


class Hit(NamedTuple):
    """A word in a text; the offsets are into the text as it is stored. A tuple, since thousands are made."""

    start: int
    end: int
    words: tuple[Word, ...]


class Vocabulary:
    """All words of the tables, ready to be looked for."""

    def __init__(self, tables: FacetTables) -> None:
        filed: dict[str, set[Word]] = {}
        for form, word in _words_of(tables):
            filed.setdefault(form, set()).add(word)
        self._automaton = ahocorasick.Automaton()
        for form, words in filed.items():
            ordered = tuple(sorted(words, key=lambda word: (word.kind, word.facet, word.label, word.rule)))
            self._automaton.add_word(form, (len(form), ordered))
        for trigger in trigger_words():
            if trigger not in filed:
                self._automaton.add_word(trigger, (len(trigger), ()))
        self._automaton.make_automaton()

    def find(self, text: str, read: Searchable, passed_over: Iterable[tuple[int, int]]) -> tuple[list[Hit], list[int]]:
        """Return the words of a text, the longest of those that overlap, and where citations of standards may begin.

        The stretches `passed_over` are not read: symbols, addresses and names of offices.
        """
        hits: list[Hit] = []
        citations: list[int] = []
        for last, (length, words) in self._automaton.iter(read.form):
            if words:
                start, end = read.span(last - length + 2, last)
                hits.append(Hit(start, end, words))
            else:
                citations.append(read.span(last - length + 2, last - length + 3)[0])
        if not hits and not citations:
            return hits, citations
        unread = bytearray(len(text))
        for start, end in passed_over:
            unread[start:end] = b"\x01" * (end - start)
        return _longest(text, hits, unread), [start for start in sorted(set(citations)) if not unread[start]]


def _longest(text: str, hits: Iterable[Hit], unread: bytearray) -> list[Hit]:
    """Keep the longest of the hits that overlap, where they are written as they must be."""
    taken = bytearray(unread)
    kept: list[Hit] = []
    for hit in sorted(hits, key=lambda one: (one.start - one.end, one.start)):
        if taken.find(1, hit.start, hit.end) >= 0:
            continue
        written = text[hit.start : hit.end]
        words = tuple(word for word in hit.words if word.exactly in ("", written))
        if words:
            taken[hit.start : hit.end] = b"\x01" * (hit.end - hit.start)
            kept.append(Hit(hit.start, hit.end, words))
    return sorted(kept, key=lambda one: one.start)


def _words_of(tables: FacetTables) -> Iterator[tuple[str, Word]]:
    """Yield every form to look for with what it is a sign of."""
    for phrase in tables.phrases:
        if phrase.place == TEXT:
            label = phrase.label or "hidden"
            rule = f"{label}/phrases/{phrase.language}/{phrase.pattern}"
            word = Word(Kind.PHRASE, phrase.label, rule, phrase.facet)
            for form in forms_of(phrase.pattern):
                for spelling in spellings_of(form, phrase.language, {}):
                    yield phrase_form(spelling), _as_written(word, spelling)
    for substance in tables.substances:
        for language, name in substance.names:
            word = Word(Kind.SUBSTANCE, substance.id, f"{substance.id}/names/{language}/{name}", Facet.SUBSTANCE)
            for spelling in spellings_of(name, language, {}):
                yield phrase_form(spelling), _as_written(word, spelling)
    for name, member in tables.members.items():
        yield phrase_form(name), Word(Kind.COUNTRY, member, f"from/{member}", Facet.AFFECTED)


def _as_written(word: Word, spelling: str) -> Word:
    """Let an acronym be met in its capitals only: DEHP, 2,4-D, PCBs, but not a word that looks alike."""
    letters = [letter for letter in spelling if letter.isalpha()]
    plural = spelling.removesuffix("s")
    if len(spelling) <= _LONGEST_ACRONYM and letters and plural == plural.upper():
        return Word(word.kind, word.label, word.rule, word.facet, spelling)
    return word
