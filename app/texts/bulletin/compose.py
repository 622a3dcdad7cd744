"""From the notices of a period to its bulletin: monthly by field and by partner, weekly as a table, daily by days left."""

from collections.abc import Iterator, Sequence

from app.domain.articles import Comments, PeriodKind, Sentence, Shape, Subject
from app.domain.articles.bulletin import Bulletin, Field, Item, Partner, by_partner, count_of, days_left, of_others
from app.domain.articles.periods import Period
from app.i18n.members import member_name
from app.i18n.sentences import sentence
from app.i18n.terms import source_name
from app.texts.article.body import comments
from app.texts.article.compose import contact
from app.texts.article.naming import (
    CORE,
    LANGUAGE,
    Desk,
    day,
    did,
    enumerated,
    members_of,
    sector_ids,
    symbols_of,
)
from app.texts.article.sentences import kit
from app.texts.cleaning import one_line
from app.texts.wording import label_name

MOST_NOTABLE = 3


def bulletin_of(subjects: Sequence[Subject], period: Period, desk: Desk) -> Bulletin:
    """Return the bulletin of a period. A daily list holds what is open on that day; the others what was circulated.

    What Viet Nam alone notified is in none.
    """
    daily, foreign = period.kind is PeriodKind.DAY, of_others(subjects)
    told = _by_urgency(foreign, desk) if daily else foreign
    return Bulletin(
        title=_title(period),
        opening=tuple(_opening(period, len(told), desk)),
        period=period,
        fields=(Field("", tuple(_item(one, desk) for one in told)),) if daily else tuple(_fields(told, desk)),
        partners=() if daily else tuple(_partners(told, desk)),
        contact=tuple(contact(desk)),
        source=(kit("source.reference", "titles", "description"),),
        written_on=desk.today,
    )


def _by_urgency(subjects: Sequence[Subject], desk: Desk) -> list[Subject]:
    opened = [one for one in subjects if one.comments(desk.today) is Comments.OPEN]
    return sorted(opened, key=lambda one: (days_left(one, desk.today) or 0, one.ref))


def _title(period: Period) -> Sentence:
    if period.kind is PeriodKind.MONTH:
        year, month = period.name.split("-")
        return kit("bulletin.month", "period", month=f"{month}/{year}")
    if period.kind is PeriodKind.WEEK:
        year, week = period.name.split("-W")
        return kit("bulletin.week", "period", week=f"{week}/{year}")
    return kit("bulletin.day", "period", day=day(period.first))


def _opening(period: Period, number: int, desk: Desk) -> Iterator[Sentence]:
    if period.kind is PeriodKind.DAY:
        yield kit("bulletin.today", "comment_deadline", "period", day=day(period.first), number=str(number))
        return
    first, last = day(period.first), day(period.last)
    yield kit("bulletin.window", "distributed_on", "period", number=str(number), first=first, last=last)
    if number:
        yield kit("bulletin.as_of", "comment_deadline", day=day(desk.today))


def _fields(subjects: Sequence[Subject], desk: Desk) -> Iterator[Field]:
    """Yield each sector with its notices; one of several sectors stands under the first, so that nothing is told twice."""
    groups: dict[str, list[Subject]] = {}
    for one in subjects:
        groups.setdefault(next(iter(sector_ids(one, desk)), ""), []).append(one)
    order = {name: number for number, name in enumerate((*CORE, *desk.names))}
    for sector, group in sorted(groups.items(), key=lambda pair: order.get(pair[0], len(order))):
        name = label_name(sector, desk.names) if sector else sentence("bulletin.no_sector")
        yield Field(name, tuple(_item(one, desk) for one in group))


def _item(subject: Subject, desk: Desk) -> Item:
    deadline = subject.deadline
    return Item(
        ref=subject.ref,
        sentences=(_told(subject, desk), *comments(subject, desk)),
        deadline=None if deadline is None else deadline.day,
        days_left=days_left(subject, desk.today),
    )


def _told(subject: Subject, desk: Desk) -> Sentence:
    on, members = subject.content.distributed_on, members_of(subject)
    symbols, done = symbols_of(subject), did(subject, desk, symbols_told=True)
    if on is None:
        return kit("bulletin.item_undated", "symbols", symbols=symbols, members=members, did=done)
    fields = ("symbols", "distributed_on")
    return kit("bulletin.item", *fields, symbols=symbols, day=day(on), members=members, did=done)


def _partners(subjects: Sequence[Subject], desk: Desk) -> Iterator[Partner]:
    for members, group in by_partner(subjects).items():
        counts = count_of(group)
        said = [
            sentence(f"bulletin.{name}", number=str(number))
            for name, number in (("drafts", counts.drafts), ("final", counts.final), ("other", counts.other))
            if number
        ]
        counted = kit("bulletin.counted", "type", "comment_deadline", counts=", ".join(said))
        names = [one_line(member_name(one, LANGUAGE)) for one in members]
        name = enumerated(names) if names else one_line(source_name(group[0].source, LANGUAGE))
        yield Partner(name, len(group), (counted, *_notable(group, desk)))


def _notable(group: Sequence[Subject], desk: Desk) -> Iterator[Sentence]:
    """Name what to look at first: emergencies, then what has least time left; a single notice is told above already."""
    dated = [one for one in group if one.content.distributed_on is not None]
    chosen = [one for one in dated if one.shape is Shape.EMERGENCY or one.comments(desk.today) is Comments.OPEN]
    chosen.sort(key=lambda one: (one.shape is not Shape.EMERGENCY, days_left(one, desk.today) or 0, one.ref))
    pattern = "bulletin.notable"
    for one in chosen[:MOST_NOTABLE] if len(group) > 1 else ():
        on = one.content.distributed_on
        if on is not None:
            fields, done = ("symbols", "distributed_on", "comment_deadline"), did(one, desk, symbols_told=True)
            yield kit(pattern, *fields, symbols=symbols_of(one), day=day(on), did=done)
            pattern = "bulletin.notable_more"
