"""What notices said otherwise later: fields before and after, and the words between them."""

from datetime import datetime

from pydantic import BaseModel

from app.domain.differences import Fate, word_differences
from app.store.timeline import LaterVersion


class PieceModel(BaseModel):
    """A run of whole words that was kept, removed or added."""

    fate: Fate
    text: str


class WordedChangeModel(BaseModel):
    """A field that says something else than before, whole and word by word.

    The pieces kept and removed, joined, are `before`; those kept and added, `after`.
    """

    field: str
    before: str
    after: str
    words: list[PieceModel]


class VersionModel(BaseModel):
    """A later version of a notice: its number, 2 or more, when it was taken in, and what it says otherwise."""

    ref: str
    number: int
    created_at: datetime
    changes: list[WordedChangeModel]

    @classmethod
    def of(cls, version: LaterVersion) -> "VersionModel":
        """Return a later version."""
        changes = [
            WordedChangeModel(
                field=change.field,
                before=change.before,
                after=change.after,
                words=[
                    PieceModel(fate=one.fate, text=one.text) for one in word_differences(change.before, change.after)
                ],
            )
            for change in version.changes
        ]
        return cls(ref=version.ref, number=version.number, created_at=version.created_at, changes=changes)
