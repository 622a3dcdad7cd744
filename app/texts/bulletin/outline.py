"""The bulletin as plain values, in the order in which every form of it is written."""

from typing import Any

from app.domain.articles import PeriodKind
from app.domain.articles.bulletin import Bulletin, Item
from app.i18n.sentences import sentence
from app.texts.article.naming import day


def outline(bulletin: Bulletin) -> dict[str, Any]:
    """Return headings, items, table and ends of a bulletin as text."""
    daily = bulletin.period.kind is PeriodKind.DAY
    fields = [{"name": _heading(one.name), "items": [_item(item) for item in one.items]} for one in bulletin.fields]
    return {
        "title": bulletin.title.text,
        "unit": bulletin.contact[0].text,
        "opening": [one.text for one in bulletin.opening],
        "contents": [] if daily else [f"{one['name']} ({_counted(len(one['items']))})" for one in fields],
        "contents_heading": sentence("bulletin.this_issue"),
        "news_heading": sentence("bulletin.list" if daily else "bulletin.news"),
        "fields": [one for one in fields if one["items"]],
        "empty": sentence("bulletin.empty"),
        "table_heading": sentence("bulletin.table"),
        "heads": [sentence(f"bulletin.{name}") for name in ("number", "partner", "count", "remarks")],
        "rows": [
            [str(number), one.name, str(one.number), "\n".join(said.text for said in one.remarks)]
            for number, one in enumerate(bulletin.partners, start=1)
        ],
        "contact_heading": sentence("heading.contact"),
        "contact": [one.text for one in bulletin.contact],
        "source": [one.text for one in bulletin.source],
        "written": day(bulletin.written_on),
    }


def _heading(name: str) -> str:
    return sentence("bulletin.field", name=name[:1].lower() + name[1:]) if name else ""


def _counted(number: int) -> str:
    return sentence("bulletin.counted_items", number=str(number))


def _item(item: Item) -> dict[str, Any]:
    return {"ref": item.ref, "text": " ".join(one.text for one in item.sentences), "left": _left(item.days_left)}


def _left(days: int | None) -> str:
    if days is None:
        return ""
    return sentence("bulletin.days_left", days=str(days)) if days else sentence("bulletin.last_day")
