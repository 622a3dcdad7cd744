"""Stretches of a text that sorting does not read: numbers and addresses, names of offices, and what it is not about."""

import re

_LOOKS_MASKED = re.compile(r"G/|://|www\.|@|Minist|Depart|Servi|Secre|Direc|Commi|Bureau")
_OFFICE = (
    r"\b(?:Minist(?:ry|er|ère|erio|re)|Department|Departamento|Bureau|Secretar(?:y|iat|ía)|Directorate|Dirección"
    r"|Direction|Committee|Commission|Service|Servicio)(?: General)?"
)
_OFFICE_WORD = (
    r"(?:Agri\w*|Agro\w*|Agrar\w*|Foods?|Drugs?|Fish\w*|Livestock|Animals?|Veterinary|Phytosanitary|Plants?|Health"
    r"|Public|Forest\w*|Rural|Development|Environment\w*|Policy|Affairs|Safety|Industr\w*|Trade|Commerce|Econom\w*"
    r"|Consumers?|Protection|Nature|Quality|Sanitary|Inspection|Hygiene|Water|Irrigation|Natural|Resources"
    r"|Cooperatives|Textiles?|Ganadería|Pesca|Pêche\w*|Alimentación|Alimentation|Aliment\w*|Salud|Santé|Sanidad"
    r"|Inocuidad|Calidad|Desarrollo|Riego|Abastecimiento|Comercio|Industria|Turismo|Souveraineté|Eaux|[ÉE]levage"
    r"|Marit\w*|Nacional|National)"
)
_JOINT = (
    r"(?:,? (?:and|of|the|for|y|e|et|de|du|des|la|las|los|del|&) (?:the |la |las |los |l['’])?"
    r"|, | |,? (?:et )?de l['’])"
)
# The name of an office ends with the first word that offices are not named with: "Ministry of Agriculture and Food".
_MASKED = re.compile(
    r"\bG/(?:TBT|SPS)/\S+"
    r"|\bhttps?://\S+|\bwww\.\S+"
    r"|[^\s@]{1,64}@[^\s@]{1,255}"
    rf"|{_OFFICE}{_JOINT}{_OFFICE_WORD}(?:{_JOINT}{_OFFICE_WORD})*"
)
_SENTENCE_END = re.compile(r"[.;:!?\n](?=\s|$|[A-ZÀ-Ỹ])")
_CLAUSE_END = re.compile(r"[,;:)\]\n]|[.!?](?=\s|$)")


def masked(text: str) -> list[tuple[int, int]]:
    """Return the stretches that look like words and are none: document symbols, addresses, names of offices."""
    return [match.span() for match in _MASKED.finditer(text)] if _LOOKS_MASKED.search(text) else []


def end_of_sentence(text: str, start: int) -> int:
    """Return where the sentence ends that goes on at an offset."""
    end = _SENTENCE_END.search(text, start)
    return end.start() if end else len(text)


def end_of_clause(text: str, start: int) -> int:
    """Return where the clause ends that goes on at an offset."""
    end = _CLAUSE_END.search(text, start)
    return end.start() if end else len(text)
