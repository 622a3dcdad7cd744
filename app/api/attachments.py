"""The documents behind the links of a notice, as the machine surface shows them."""

from collections.abc import Iterable

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


def attachment_models(attachments: Iterable[Attachment]) -> list[AttachmentModel]:
    """Return documents as everybody may know of them; a link that is no web address is left out, as it is elsewhere."""
    return [
        AttachmentModel(url=url, kind=one.kind, state=one.state, reason=one.reason, pages=one.pages, sha256=one.sha256)
        for one in attachments
        if (url := printable(one.url)) is not None
    ]
