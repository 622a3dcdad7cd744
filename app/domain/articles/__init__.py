"""The ministry's texts as values: what shape a notice makes, how its deadline stands, what a document is made of."""

from app.domain.articles.documents import (
    Article,
    Letter,
    Link,
    Origin,
    Row,
    Section,
    Sentence,
    Table,
    Unit,
    Vietnamese,
    without_source,
)
from app.domain.articles.exclusions import exclusions
from app.domain.articles.languages import language_of_words
from app.domain.articles.periods import Period, PeriodKind, read_period
from app.domain.articles.standing import (
    Comments,
    Deadline,
    Shape,
    comments_on,
    deadline_of,
    shape_of,
)
from app.domain.articles.subject import Subject

__all__ = [
    "Article",
    "Comments",
    "Deadline",
    "Letter",
    "Link",
    "Origin",
    "Period",
    "PeriodKind",
    "Row",
    "Section",
    "Sentence",
    "Shape",
    "Subject",
    "Table",
    "Unit",
    "Vietnamese",
    "comments_on",
    "deadline_of",
    "exclusions",
    "language_of_words",
    "read_period",
    "shape_of",
    "without_source",
]
