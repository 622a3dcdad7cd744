"""Sentences of a notice that say what it does not apply to: the ones that a hurried translation turns around."""

import re

# Forms lose the blank between two sentences.
_ENDS = re.compile(r"(?<=[.!?;])\s+(?=[A-ZÀ-ÖØ-Þ(])|(?<=[a-zà-ÿ)]\.)(?=[A-ZÀ-ÖØ-Þ][a-zà-ÿ])")
_EXCLUDES = re.compile(
    r"\b(?:(?:does|do|shall|will) not (?:apply|cover|include)|not (?:applicable to|subject to)|exclud(?:e|es|ed|ing)"
    r"|exempt(?:s|ed|ion|ions)?|except(?:ion|ions|ed)?(?: for)?|(?:outside|not within) the scope|(?:is|are) not covered"
    r"|no se aplica(?:rá)?n?|quedan? exclu\w+|excepto|a excepción|no (?:incluye|comprende|abarca)n?|no es aplicable|se except[uú]an?"
    r"|ne s'applique(?:nt)? pas|ne (?:vise|couvre|concerne)(?:nt)? pas|exclu(?:e|es|s|t)?\b|à l'exception)",
    re.IGNORECASE,
)


def exclusions(text: str) -> tuple[str, ...]:
    """Return the sentences of a notice, in its own words, that exclude or exempt something, in the order of the text."""
    return tuple(one.strip() for one in _ENDS.split(text) if _EXCLUDES.search(one))
