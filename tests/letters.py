"""Letters that are ready to go, made from fields as the desk makes them."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from app.domain.articles import Subject, Unit
from app.domain.letters import ReadyLetter
from app.domain.measures import MeasureState
from app.domain.notices import Content
from app.texts.letter import letter_of
from app.texts.letter_ready import ready_letter
from tests.builders import a_content
from tests.texts.real_notices import UNIT, a_desk

MONDAY = date(2026, 3, 2)
SYMBOL = "G/TBT/N/USA/2211"
VITAS = "vitas_textile"
VITAS_NAME = "Hiệp hội Dệt may Việt Nam"


def a_ready_letter(
    symbol: str = SYMBOL,
    organisation: str = VITAS,
    version: int = 1,
    *,
    today: date = MONDAY,
    unit: Unit = UNIT,
    addressee: str = VITAS_NAME,
    content: Mapping[str, Any] | None = None,
) -> ReadyLetter:
    """The letter to VITAS of a day about a notice with sixty days to comment; `content` are other fields of the notice."""
    return of_content(
        a_content(symbol, **(content or {})), organisation, version, today=today, unit=unit, addressee=addressee
    )


def of_content(
    content: Content, organisation: str, version: int, *, today: date, unit: Unit, addressee: str
) -> ReadyLetter:
    """The letter about a notice that says this."""
    subject = Subject(ref=content.symbols[0], source="eping", content=content, state=MeasureState.PROPOSED)
    desk = a_desk(today, unit)
    return ready_letter(letter_of(subject, desk, addressee), subject, desk, organisation, version)
