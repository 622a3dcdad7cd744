"""How well the sorter sorts: its primary labels against those that a reader gave."""

from app.domain.evaluation.comparing import Judged, Prediction, Reading, Report, evaluate
from app.domain.evaluation.labelled import LabelledNotice, read_labelled
from app.domain.evaluation.scores import Score, Scores, together

__all__ = [
    "Judged",
    "LabelledNotice",
    "Prediction",
    "Reading",
    "Report",
    "Score",
    "Scores",
    "evaluate",
    "read_labelled",
    "together",
]
