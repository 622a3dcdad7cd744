"""What the demo says of each notice is read off what is stored and what arrived."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from email.message import EmailMessage

import pytest

from app.demo.catcher import CaughtMail
from app.demo.summary import Fate, Summary, alerts_of, fate_of
from app.domain.measures import MeasureState
from app.domain.notices import Content
from app.store.catalogue import CataloguedNotice

NOW = datetime(2026, 3, 18, tzinfo=UTC)
TODAY = date(2026, 3, 18)
PLAIN = CataloguedNotice(
    id=1,
    ref="G/TBT/N/USA/1",
    measure_ref="G/TBT/N/USA/1",
    measure_state=MeasureState.PROPOSED,
    source="eping",
    content=Content(symbols=("G/TBT/N/USA/1",)),
    inherits_from=None,
    version=1,
    sectors=(),
    themes=(),
    facets={},
    reviewed=False,
    taxonomy_version=None,
    sorted_at=NOW,
    sure=True,
    contradictory=False,
    updated_at=NOW,
    released_at=None,
    withdrawn_at=None,
    withdrawn_because=None,
)
RELEASED = replace(PLAIN, released_at=NOW)


def mail(text: str, *recipients: str) -> CaughtMail:
    message = EmailMessage()
    message.set_content(text)
    return CaughtMail(number=1, at=NOW, sender="b@keng.example", recipients=recipients, body=message.as_bytes())


def open_until(ref: str, measure: str, days: int) -> CataloguedNotice:
    content = Content(symbols=(ref,), comment_deadline=TODAY + timedelta(days=days))
    return replace(RELEASED, ref=ref, measure_ref=measure, content=content)


@pytest.mark.parametrize(
    ("notice", "mailed", "queue", "unmatched", "fate"),
    [
        (RELEASED, {PLAIN.ref}, {}, set(), Fate.MAILED),
        (PLAIN, set(), {PLAIN.ref: "orphan"}, set(), Fate.ORPHAN),
        (PLAIN, set(), {PLAIN.ref: "contradictory"}, set(), Fate.CONTRADICTORY),
        (PLAIN, set(), {PLAIN.ref: "unlabelled"}, set(), Fate.UNLABELLED),
        (PLAIN, set(), {PLAIN.ref: "unsure"}, set(), Fate.UNSURE),
        (RELEASED, set(), {}, {PLAIN.ref}, Fate.UNMATCHED),
        (RELEASED, set(), {}, set(), Fate.SILENT),
        (PLAIN, set(), {}, set(), Fate.EARLIER),
    ],
)
def test_every_notice_has_a_fate(
    notice: CataloguedNotice, mailed: set[str], queue: dict[str, str], unmatched: set[str], fate: Fate
) -> None:
    assert fate_of(notice, mailed, queue, unmatched, set()) is fate


def test_what_is_only_editorial_waits_for_the_weekly_digest() -> None:
    assert fate_of(RELEASED, set(), {}, set(), {RELEASED.ref}) is Fate.WEEKLY
    assert fate_of(RELEASED, {RELEASED.ref}, {}, set(), {RELEASED.ref}) is Fate.MAILED


def test_alerts_are_counted_by_the_symbols_that_the_mails_print() -> None:
    joint = "Mã thông báo: G/TBT/N/BDI/502, G/TBT/N/KEN/1669\nThuộc biện pháp: G/TBT/N/BDI/1\n"
    told = alerts_of(
        [mail(f"{joint}Mã thông báo: G/TBT/N/EU/922/Add.1\n", "a@x.example"), mail("Xác nhận đăng ký", "b@x.example")]
    )

    assert told == {"a@x.example": ["G/TBT/N/BDI/502", "G/TBT/N/EU/922/Add.1"], "b@x.example": []}


def test_the_newest_notice_of_a_measure_says_how_many_days_are_left() -> None:
    extended = open_until("G/TBT/N/EU/1/Add.1", "G/TBT/N/EU/1", 45)
    first = open_until("G/TBT/N/EU/1", "G/TBT/N/EU/1", 4)
    today = open_until("G/TBT/N/EU/2", "G/TBT/N/EU/2", 0)
    closed = open_until("G/TBT/N/EU/3", "G/TBT/N/EU/3", -1)
    unmailed = open_until("G/TBT/N/EU/4", "G/TBT/N/EU/4", 1)
    stored = [extended, first, today, closed, unmailed, RELEASED]
    fates = {Fate.MAILED: [notice.ref for notice in stored if notice is not unmailed]}
    summary = Summary(notices=stored, by_sector={}, fates=fates, told={}, today=TODAY)

    assert summary.nearest(8) == [(today, 0), (extended, 45)]
    assert summary.nearest(1) == [(today, 0)]
