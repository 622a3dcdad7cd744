"""The mails that carry letters: each made of what was approved, as of the day on which it goes."""

from datetime import datetime

from app.store.deliveries import Claimed
from app.store.letters import Written
from app.texts.letter_mail import LetterMail, compose_letter_mail
from app.texts.letterhead import Letterhead


def letter_mail(one: Claimed, written: Written, letterhead: Letterhead, now: datetime) -> bytes | Exception:
    """Return the mail with a letter for one address, or what is wrong with it."""
    try:
        return compose_letter_mail(
            LetterMail(
                recipient=one.recipient,
                language=one.language,
                message_id=one.message_id,
                dated=now,
                ref=written.ref,
                body=written.body,
                letter=written.letter,
                form=written.form,
            ),
            letterhead,
        )
    except Exception as error:  # noqa: BLE001 - whatever it is, it is this message's alone
        return error
