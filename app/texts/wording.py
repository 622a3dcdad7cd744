"""How an alert is named in a sentence: who, what, about which goods. Shared by subjects, headlines and summaries."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from app.domain.alerts import Alert
from app.domain.events import EventKind
from app.domain.notices import NoticeType
from app.domain.sectors import Label, Role
from app.domain.symbols import Area
from app.i18n.catalogue import translator
from app.i18n.dates import short_date
from app.i18n.facets import value_name
from app.i18n.members import member_name
from app.i18n.products import dotted
from app.i18n.terms import code_name
from app.texts.cleaning import cut, one_line

MOST_NAMED = 2
LONGEST_NAME = 60

_TICKED = frozenset({"all_partners", "emergency", "conforms_to_standard", "facilitates_trade"})
_DAYS = frozenset({"distributed_on", "comment_deadline", "adoption_on", "in_force_on"})


@dataclass(frozen=True, slots=True)
class LabelName:
    """The name of a sector or theme in one language, and the sector that it is a child of, if any."""

    name: str
    parent: str = ""


def capitalised(phrase: str) -> str:
    """Return the phrase with a capital first letter."""
    return phrase[:1].upper() + phrase[1:]


def inside_sentence(name: str) -> str:
    """Return a name as it stands inside a sentence: `Dệt may` becomes `dệt may`, `PPE` stays."""
    return name[:1].lower() + name[1:] if name[1:2].islower() or not name[1:2].isalpha() else name


def label_name(label: str, names: Mapping[str, LabelName]) -> str:
    """Return the name of a sector or theme; an id that the taxonomy does not name stands for itself."""
    return names[label].name if label in names else one_line(label)


def read_label_name(facet: str, label: str, language: str) -> str:
    """Return the name of a value that was read out of a notice; one without a name, as a standard, stands for itself."""
    return one_line(value_name(facet, label, language))


def stated_value(field: str, value: str, language: str) -> str:
    """Return what a field of a notice says, in the reader's words; words of the source stand as they came."""
    if field in _TICKED:
        messages = translator(language)
        return messages.gettext("có") if value == "True" else messages.gettext("không")
    if field == "type":
        return code_name("notice-type", value, language)
    if field == "state":
        return code_name("measure-state", value, language)
    if field == "hs":
        return ", ".join(map(dotted, value.split(", ")))
    if field == "members":
        return joined([member_name(code, language) for code in value.split(", ")])
    return _day_or_words(value, language) if field in _DAYS else value


def _day_or_words(value: str, language: str) -> str:
    try:
        return short_date(date.fromisoformat(value), language)
    except ValueError:
        return value


def main_sectors(sectors: Iterable[Label], names: Mapping[str, LabelName]) -> tuple[str, ...]:
    """Return the ids of the primary sectors, leaving out a sector whose own child is there."""
    primary = [label.id for label in sectors if label.role is Role.PRIMARY]
    parents = {names[label].parent for label in primary if label in names}
    return tuple(label for label in primary if label not in parents)


def joined(names: Sequence[str]) -> str:
    """Join names by commas, or by semicolons where a name has a comma of its own."""
    return ("; " if any("," in name for name in names) else ", ").join(names)


def listed(names: Iterable[str], language: str, *, most: int = MOST_NAMED) -> str:
    """Join names; beyond `most` the rest is counted."""
    every = [cut(name, LONGEST_NAME) for name in names]
    if len(every) <= most + 1:
        return joined(every)
    more = len(every) - most
    rest = translator(language).ngettext("và %(more)s nữa", "và %(more)s nữa", more) % {"more": more}
    return f"{joined(every[:most])} {rest}"


def members_named(alert: Alert, language: str, *, most: int = MOST_NAMED) -> str:
    """Return the house names of the notifying members."""
    return listed((one_line(member_name(code, language)) for code in alert.content.members), language, most=most)


def goods_named(alert: Alert, names: Mapping[str, LabelName], language: str) -> str:
    """Name the goods by sector, inside a sentence; without a sector only the agreement is named."""
    sectors = [inside_sentence(label_name(label, names)) for label in main_sectors(alert.sectors, names)]
    if sectors:
        return listed(sectors, language)
    messages = translator(language)
    if alert.content.area is None:
        return messages.gettext("hàng hóa")
    if alert.content.area is Area.TBT:
        return messages.gettext("biện pháp kỹ thuật (TBT)")
    return messages.gettext("biện pháp SPS")


def what_happened(alert: Alert, goods: str, language: str) -> str:
    """Say in a few words what the alert is about, such as `dự thảo về dệt may`."""
    return _pattern(alert, language) % {"goods": goods, "day": _day(alert.content.in_force_on, language)}


def headline(alert: Alert, names: Mapping[str, LabelName], language: str) -> str:
    """Return who did what about which goods, as the heading of one alert."""
    what = what_happened(alert, goods_named(alert, names, language), language)
    members = members_named(alert, language, most=len(alert.content.members))
    return f"{members}: {what}" if members else capitalised(what)


def is_emergency(alert: Alert) -> bool:
    """Say whether the alert tells of an emergency measure, which may stop goods before anybody can comment."""
    content = alert.content
    emergency = content.type is NoticeType.EMERGENCY or (content.emergency and content.type is NoticeType.REGULAR)
    return emergency and alert.kind is EventKind.NOTIFIED


def is_retraction(alert: Alert) -> bool:
    """Say whether staff take back their own alert, which they give a reason for, rather than a member its measure."""
    return alert.kind is EventKind.WITHDRAWN and alert.because != ""


def event_named(alert: Alert, language: str) -> str:
    """Return the name of what happened: that of the event, of a follow-up's type, or that our alert was withdrawn."""
    if is_retraction(alert):
        return translator(language).gettext("rút lại cảnh báo")
    if alert.update and alert.kind is EventKind.NOTIFIED:
        return code_name("notice-type", alert.content.type, language)
    return code_name("event", alert.kind, language)


def deadline_moved(alert: Alert) -> int | None:
    """Return by how many days an update moved the final date for comments; None when it did not or nobody knows."""
    for change in alert.changes:
        if change.field == "comment_deadline":
            try:
                return (date.fromisoformat(change.after) - date.fromisoformat(change.before)).days
            except ValueError:
                return None
    return None


def _day(day: date | None, language: str) -> str:
    return "" if day is None else short_date(day, language)


def _pattern(alert: Alert, language: str) -> str:
    if alert.kind is EventKind.NOTIFIED:
        return _pattern_of_type(alert, language)
    messages = translator(language)
    if is_retraction(alert):
        return messages.gettext("rút lại cảnh báo về %(goods)s")
    if alert.kind is EventKind.DEADLINE_CHANGED:
        return _pattern_of_deadline(alert, language)
    if alert.kind is EventKind.IN_FORCE and alert.content.in_force_on is not None:
        return messages.gettext("quy định về %(goods)s có hiệu lực từ %(day)s")
    return {
        EventKind.SCOPE_CHANGED: messages.gettext("thay đổi phạm vi biện pháp về %(goods)s"),
        EventKind.ADOPTED: messages.gettext("thông qua quy định về %(goods)s"),
        EventKind.IN_FORCE: messages.gettext("quy định về %(goods)s có hiệu lực"),
        EventKind.WITHDRAWN: messages.gettext("rút lại biện pháp về %(goods)s"),
        EventKind.CORRECTED: messages.gettext("đính chính thông báo về %(goods)s"),
        EventKind.REGROUPED: messages.gettext("xếp lại biện pháp về %(goods)s"),
    }[alert.kind]


def _pattern_of_deadline(alert: Alert, language: str) -> str:
    messages = translator(language)
    moved = deadline_moved(alert)
    if moved is None:
        return messages.gettext("thay đổi hạn góp ý dự thảo về %(goods)s")
    if moved > 0:
        return messages.gettext("gia hạn góp ý dự thảo về %(goods)s")
    return messages.gettext("rút ngắn hạn góp ý dự thảo về %(goods)s")


def _pattern_of_type(alert: Alert, language: str) -> str:
    messages = translator(language)
    content = alert.content
    if is_emergency(alert):
        return messages.gettext("biện pháp khẩn cấp về %(goods)s")
    if content.comment_deadline is not None and content.type is NoticeType.REGULAR:
        return messages.gettext("dự thảo về %(goods)s")
    if content.comment_deadline is not None and content.type is NoticeType.REVISION:
        return messages.gettext("dự thảo sửa đổi về %(goods)s")
    return {
        NoticeType.REGULAR: messages.gettext("thông báo về %(goods)s"),
        NoticeType.EMERGENCY: messages.gettext("biện pháp khẩn cấp về %(goods)s"),
        NoticeType.ADDENDUM: messages.gettext("thông báo bổ sung về %(goods)s"),
        NoticeType.CORRIGENDUM: messages.gettext("đính chính thông báo về %(goods)s"),
        NoticeType.REVISION: messages.gettext("thông báo sửa đổi về %(goods)s"),
        NoticeType.SUPPLEMENT: messages.gettext("phụ lục bản dịch về %(goods)s"),
        NoticeType.WARNING: messages.gettext("cảnh báo về %(goods)s"),
    }[content.type]
