"""One of every kind of mail in one language, from samples: what a demo does not happen to send is seen too."""

from collections.abc import Iterator
from datetime import UTC, date, datetime

from app.domain.alarms import Alarm
from app.domain.alerts import Alert
from app.domain.articles import Vietnamese
from app.domain.events import EventKind
from app.domain.subscriptions import Frequency, Language
from app.texts.alarm_mail import AlarmNews, OperatorMail, compose_operator_mail
from app.texts.letter_mail import compose_letter_mail
from app.texts.letterhead import Letterhead
from app.texts.mail import Item, compose_alert_mail, compose_confirmation_mail
from app.texts.notes import Note, compose_link_note, compose_new_address_note, compose_old_address_note
from app.texts.periods import PeriodNotes
from app.texts.proofs import compose_proof_mail
from tests.letters import a_ready_letter
from tests.texts import samples
from tests.texts.reading import read_wire
from tests.texts.test_letter_mail import HEAD, a_letter_mail
from tests.texts.test_proofs import TET, TORN, WHOLE, deadlines, digest, proof

NOW = datetime(2026, 11, 21, 1, 30, tzinfo=UTC)
WORDS = Vietnamese(
    title="Tiêu chuẩn về tính dễ cháy của vải may mặc; thông báo dự thảo quy định",
    products="Vải may mặc; áo phông, áo sơ mi và quần áo khác, dệt kim hoặc dệt thoi",
    description="Dự thảo sửa phương pháp thử và cách ghi nhãn đối với vải may mặc dễ cháy.",
)


def bodies(language: Language) -> Iterator[tuple[str, str]]:
    """Yield the name and the HTML of each mail."""
    yield from ((name, read_wire(message).html) for name, message in _messages(language))


def _messages(language: Language) -> Iterator[tuple[str, bytes]]:
    yield from _alerts(language)
    confirmation = samples.confirmation_mail(language=language)
    yield "mail-confirmation", compose_confirmation_mail(confirmation)
    yield "mail-proof", compose_proof_mail(proof(WHOLE, language))
    yield "mail-proof-with-gaps", compose_proof_mail(proof(TORN, language))
    yield from _letters(language)
    yield from _notes(language)
    yield "mail-alarm", compose_operator_mail(_alarm())


def _alerts(language: Language) -> Iterator[tuple[str, bytes]]:
    urgent = samples.textiles_alert(comment_deadline=date(2026, 11, 26))
    yield "mail-alert-urgent", compose_alert_mail(samples.alert_mail(_item(urgent, language), language=language))
    said = samples.textiles_alert(vietnamese=WORDS, reviewed=True)
    yield "mail-alert-translated", compose_alert_mail(samples.alert_mail(_item(said, language), language=language))
    updates = [
        _item(samples.update_alert(kind=kind, in_force_on=date(2027, 3, 1)), language)
        for kind in (EventKind.DEADLINE_CHANGED, EventKind.WITHDRAWN, EventKind.IN_FORCE)
    ]
    yield "mail-updates", compose_alert_mail(samples.alert_mail(*updates, language=language, late=True))
    notes = PeriodNotes(coverage=TORN, days_off=TET, deadlines=deadlines(3))
    yield "mail-digest", compose_alert_mail(digest(language=language, notes=notes))
    many = [_item(samples.textiles_alert(event_id=number), language) for number in range(40)]
    packed = samples.alert_mail(*many, language=language, frequency=Frequency.WEEKLY, period=samples.TODAY)
    yield "mail-digest-packed", compose_alert_mail(packed)
    lines = tuple(samples.reminder(samples.textiles_alert(), days, language=language) for days in (5, 20))
    reminding = samples.alert_mail(_item(urgent, language), language=language, reminders=lines)
    yield "mail-reminder", compose_alert_mail(reminding)


def _item(alert: Alert, language: Language) -> Item:
    return samples.item(alert, language=language)


def _letters(language: Language) -> Iterator[tuple[str, bytes]]:
    for name, ready in (
        ("mail-letter", a_ready_letter()),
        ("mail-letter-urgent", a_ready_letter(content={"comment_deadline": date(2026, 3, 6)})),
        ("mail-letter-to-inform", a_ready_letter(content={"comment_deadline": None})),
    ):
        yield name, compose_letter_mail(a_letter_mail(ready, language=language), HEAD)


def _notes(language: Language) -> Iterator[tuple[str, bytes]]:
    head = Letterhead(
        sender=samples.SENDER,
        base_url="https://keng.example",
        list_id="alerts.keng.example",
        mail_domain="keng.example",
        names=samples.NAMES,
    )
    note = Note(
        recipient="vanphong@hiephoi.example",
        language=language,
        url="https://keng.example/move/AbCd_0123",
        message_id="7b1f2c3d-0000-4000-8000-000000000003.1@keng.example",
        dated=NOW,
        until=date(2026, 11, 28),
    )
    yield "mail-link", compose_link_note(note, head)
    yield "mail-new-address", compose_new_address_note(note, head)
    yield "mail-old-address", compose_old_address_note(note, head)


def _alarm() -> OperatorMail:
    news = AlarmNews(alarm=Alarm.SOURCE_FAILING, recovered=False, raised_at=NOW, total=0)
    return OperatorMail(
        recipient="truc@keng.example",
        sender=samples.SENDER,
        news=(news,),
        message_id="7b1f2c3d-0000-4000-8000-000000000004.1@keng.example",
        dated=NOW,
        status_url="https://keng.example/readyz",
    )
