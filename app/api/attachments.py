"""The documents behind the links of a notice, as the machine surface shows them."""

from pydantic import BaseModel

from app.domain.attachments import Attachment, AttachmentKind, AttachmentState
from app.texts.links import printable


class AttachmentModel(BaseModel):
    """A document behind one of the links: the official notice (`notice`) or a text notified with it (`text`).

    `state` says how far it was read, and `reason` why not further; `sha256` names the bytes that were read. `waiting`
    is fetched, or tried again, later; a `scanned` one is pictures of pages that hold no text.
    """

    url: str
    kind: AttachmentKind
    state: AttachmentState
    reason: str
    pages: int | None
    sha256: str | None

    @classmethod
    def of(cls, attachment: Attachment) -> "AttachmentModel":
        """Return a document as everybody may know of it."""
        return cls(
            url=printable(attachment.url) or "",
            kind=attachment.kind,
            state=attachment.state,
            reason=attachment.reason,
            pages=attachment.pages,
            sha256=attachment.sha256,
        )
