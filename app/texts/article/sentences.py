"""Sentences with their sources: a pattern of the kit filled in, the notice's own words, a person's words."""

from typing import Any

from app.domain.articles import Origin, Sentence, Subject, language_of_words
from app.i18n.sentences import sentence
from app.texts.article.naming import Phrase, original_language
from app.texts.cleaning import one_line

Value = str | Phrase


def kit(pattern: str, *fields: str, **values: Value) -> Sentence:
    """Return a sentence of the kit; `fields` are its own, those of the phrases among its values are added."""
    phrases = [one for one in values.values() if isinstance(one, Phrase)]
    named = dict.fromkeys((*fields, *(field for one in phrases for field in one.fields)))
    plain: dict[str, Any] = {name: one.text if isinstance(one, Phrase) else one for name, one in values.items()}
    return Sentence(text=sentence(pattern, **plain), fields=tuple(named), kit=pattern)


def original(subject: Subject, field: str, words: str, language: str = "") -> Sentence:
    """Return words of the notice itself, on one line, in their own language; `language` is the one that is stated."""
    said = one_line(words)
    return Sentence(
        text=said,
        fields=(field,),
        origin=Origin.ORIGINAL,
        language=language_of_words(said, language or original_language(subject)),
    )


def person(field: str, words: str) -> tuple[Sentence, ...]:
    """Return what a person wrote in Vietnamese, a sentence for each of its paragraphs."""
    paragraphs = (one_line(one) for one in words.splitlines())
    return tuple(Sentence(text=one, fields=(f"vietnamese.{field}",), origin=Origin.PERSON) for one in paragraphs if one)
