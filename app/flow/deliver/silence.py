"""What mails say of their period: gaps, deadlines before a break, and the proof of silence."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime

from app.domain.alerts import Alert
from app.store import alerts, breaks, periods
from app.store.database import Connection
from app.store.deliveries import Claimed
from app.texts.letterhead import Letterhead
from app.texts.links import Links
from app.texts.periods import BreakDeadline, PeriodNotes
from app.texts.proofs import ProofMail, compose_proof_mail
from app.texts.wording import headline
from app.vault.purposes import MANAGE, UNSUBSCRIBE, bearer
from app.vault.tokens import sign


async def notes_of(connection: Connection, fresh: Sequence[Claimed], letterhead: Letterhead) -> dict[int, PeriodNotes]:
    """Return by message what it says of its period; nothing for a mail that has none."""
    known = await periods.kept(connection, [(one.frequency, one.local_date) for one in fresh if one.frequency])
    named = await breaks.named_in(connection, [one.id for one in fresh])
    told = await alerts.alerts(connection, sorted({row.event_id for rows in named.values() for row in rows}))
    notes = {}
    for one in fresh:
        period = known.get((one.frequency or "", one.local_date), periods.KeptPeriod())
        lines = [
            _deadline(told[row.event_id], row.comment_deadline, one.language, letterhead)
            for row in named.get(one.id, [])
        ]
        notes[one.id] = PeriodNotes(coverage=period.coverage, days_off=period.days_off, deadlines=tuple(lines))
    return notes


def proof(
    one: Claimed, notes: Mapping[int, PeriodNotes], letterhead: Letterhead, key: bytes, now: datetime
) -> bytes | Exception:
    """Return the proof of silence for one reader, or what is wrong with it."""
    coverage = notes[one.id].coverage
    if coverage is None:
        return ValueError("nothing is kept of its week")
    try:
        return compose_proof_mail(
            ProofMail(
                recipient=one.recipient,
                sender=letterhead.sender,
                language=one.language,
                coverage=coverage,
                unsubscribe_url=letterhead.one_click(sign(UNSUBSCRIBE, one.subscriber_id, key)),
                manage_url=letterhead.page(
                    f"/manage/{sign(MANAGE, bearer(one.subscriber_id, one.moves), key)}", one.language
                ),
                message_id=one.message_id,
                dated=now,
                list_id=letterhead.list_id,
                banner=letterhead.banner,
            )
        )
    except Exception as error:  # noqa: BLE001 - whatever it is, it is this message's alone
        return error


def _deadline(alert: Alert, day: date, language: str, letterhead: Letterhead) -> BreakDeadline:
    symbols = alert.content.symbols
    return BreakDeadline(
        headline=headline(alert, letterhead.names[language], language),
        symbol=", ".join(symbols) if symbols else alert.ref,
        day=day,
        url=Links(letterhead.base_url).notice(alert.ref, language),
    )
