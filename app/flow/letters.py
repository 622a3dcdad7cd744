"""Sending a letter to an organisation: it is written into the outbox once, whoever runs this twice."""

from app.domain.letters import Enqueued, NotSent, ReadyLetter, refusal
from app.store import audit, letters
from app.store.database import Database


async def send(database: Database, ready: ReadyLetter, mail_domain: str, actor: str) -> Enqueued:
    """Put a letter into the outbox for every address of its organisation that may be written to; say which may not.

    That nobody could be written to is an answer as well, and stands in the register. Nothing is written when this version
    stands already. AppError: missing for an unknown notice or organisation; conflict when the notice was withdrawn, a later
    version was sent, or this one in other words.
    """
    async with database.writing() as connection:
        now = await database.now(connection)
        done = await letters.enqueue(connection, ready, actor, now, mail_domain)
        if isinstance(done, NotSent):
            raise refusal(done, ready)
        if done.fresh:
            left_out = {str(one.subscriber_id): one.unwritable for one in done.addressed if one.unwritable is not None}
            details = {
                "letter": done.letter_id,
                "organisation": ready.organisation,
                "version": ready.version,
                "written": done.written,
                "left_out": left_out,
            }
            await audit.write_audit(connection, actor, "send_letter", ready.ref, details, now)
        return done
