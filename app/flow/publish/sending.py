"""A letter leaves with the step that publishes it: written into the outbox just as it was approved."""

from datetime import date, datetime
from typing import Any

from app.domain.articles import Letter
from app.domain.errors import conflict, missing
from app.flow.publish.composing import TextDesk, compose
from app.store import letters, texts
from app.store.database import Connection
from app.store.texts import TextRow
from app.texts.letter_ready import ready_letter


async def send(connection: Connection, desk: TextDesk, text: TextRow, kept: Any, actor: str, now: datetime) -> None:
    """Write an approved letter into the outbox for every address of its organisation that may be written to.

    `kept` is the composition that was approved. AppError: conflict when its notice says something else since then, for
    what leaves is what was approved; what `letters.send` raises.
    """
    day = date.fromisoformat(kept.body["written_on"])
    body = (await texts.versions(connection, text))[-1].body
    made = await compose(connection, desk, text, body, day)
    if texts.hash_of(made.composed.as_json()) != kept.hash:
        raise conflict("text-changed", f"text {text.id}: its notice changed since the approval")
    if not isinstance(made.document, Letter) or made.subject is None or text.organisation is None:
        raise missing("organisation-missing", f"text {text.id}: is no letter to an organisation")
    ready = ready_letter(made.document, made.subject, desk.desk_on(day), text.organisation, kept.number)
    await letters.send(connection, ready, desk.mail_domain, actor, now)
