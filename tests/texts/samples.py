"""Alerts and mails to render: real symbols, members, codes, dates and titles; descriptions in our own words."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

from app.domain.alerts import Alert
from app.domain.events import EventKind
from app.domain.matching import Reason
from app.domain.notices import Content, FieldChange, NoticeType
from app.domain.sectors import Evidence, Label, Role
from app.domain.subscriptions import Frequency, Language
from app.domain.symbols import Area
from app.texts.blocks import Block, alert_block
from app.texts.links import Links
from app.texts.mail import AlertMail, ConfirmationMail, Item, Sender
from app.texts.reminders import ReminderLine, reminder_line
from app.texts.wording import LabelName

TODAY = date(2026, 11, 21)
LINKS = Links("https://keng.example")
SENDER = Sender("Kẻng – Cảnh báo TBT/SPS", "canhbao@keng.example")
NAMES: Mapping[str, Mapping[str, LabelName]] = {
    "vi": {
        "textiles": LabelName("Dệt may"),
        "footwear": LabelName("Da giầy, túi xách"),
        "food": LabelName("Nông sản, thực phẩm"),
        "seafood": LabelName("Thủy sản", parent="food"),
        "chemicals": LabelName("Hóa chất"),
        "origin-labelling": LabelName("Ghi nhãn xuất xứ"),
    },
    "en": {
        "textiles": LabelName("Textiles and clothing"),
        "footwear": LabelName("Footwear and leather goods"),
        "food": LabelName("Food and agriculture"),
        "seafood": LabelName("Seafood", parent="food"),
        "chemicals": LabelName("Chemicals"),
        "origin-labelling": LabelName("Origin labelling"),
    },
}


def label(name: str, *evidence: Evidence, role: Role = Role.PRIMARY) -> Label:
    return Label(name, role, 0.95, evidence)


def textiles_alert(**changed: Any) -> Alert:
    content = {
        "symbols": ("G/TBT/N/USA/2211",),
        "area": Area.TBT,
        "members": ("USA",),
        "titles": (("en", "Standard for the Flammability of Clothing Textiles; Notice of Proposed Rulemaking"),),
        "description": "The agency proposes to amend its flammability standard for clothing: test equipment that is no "
        "longer made may be replaced, and some fabrics with a raised surface need no testing.",
        "products": "Clothing textiles; T-shirts, shirts and other garments, knitted or woven",
        "hs": ("6109", "610510", "610520", "62"),
        "ics": ("59.080.30", "61.020"),
        "objectives": ("Protection of human health or safety (TBT)", "Quality requirements (TBT)"),
        "distributed_on": date(2026, 11, 6),
        "comment_deadline": date(2027, 1, 5),
        "adoption_text": "To be determined",
        "in_force_text": "Upon publication in the gazette",
        "notice_link": "https://docs.wto.org/imrd/directdoc.asp?DDFDocuments/T/G/TBTN26/USA2211.docx",
        "text_links": ("https://members.wto.org/crnattachments/2026/TBT/USA/26_08123_00_e.pdf",),
    }
    values = {
        "event_id": 1,
        "ref": "G/TBT/N/USA/2211",
        "kind": EventKind.NOTIFIED,
        "update": False,
        "sectors": (
            label(
                "textiles",
                Evidence("hs", 0, 4, "6109", "hs-50-63", 1.0),
                Evidence("title", 30, 47, "Clothing Textiles", "en-strong", 0.9),
            ),
            label("chemicals", role=Role.RELATED),
        ),
        "themes": (),
    }
    inner = {**content, **{name: changed.pop(name) for name in list(changed) if name in Content.__dataclass_fields__}}
    return Alert(**{**values, "content": Content(**inner), **changed})


def update_alert(**changed: Any) -> Alert:
    values: dict[str, Any] = {
        "event_id": 2,
        "ref": "G/TBT/N/TPKM/467/Add.1",
        "kind": EventKind.DEADLINE_CHANGED,
        "update": True,
        "symbols": ("G/TBT/N/TPKM/467/Add.1",),
        "members": ("TPKM",),
        "type": NoticeType.ADDENDUM,
        "titles": (("en", "Draft amendment to the Origin Labelling Rules for Textiles and Footwear"),),
        "description": "The period for comments is extended by 30 days at the request of trading partners.",
        "comment_deadline": date(2026, 11, 25),
        "parent_ref": "G/TBT/N/TPKM/467",
        "changes": (FieldChange("comment_deadline", "2026-10-26", "2026-11-25"),),
        "sectors": (
            label("textiles", Evidence("title", 51, 59, "Textiles", "en-strong", 0.9)),
            label("footwear", Evidence("title", 64, 72, "Footwear", "en-strong", 0.9)),
        ),
        "themes": (label("origin-labelling", Evidence("title", 23, 40, "Origin Labelling", "theme", 0.9)),),
    }
    return textiles_alert(**{**values, **changed})


def seafood_alert(**changed: Any) -> Alert:
    values: dict[str, Any] = {
        "event_id": 3,
        "ref": "G/SPS/N/KOR/812",
        "symbols": ("G/SPS/N/KOR/812",),
        "area": Area.SPS,
        "members": ("KOR",),
        "titles": (("en", "Proposed revisions of the Standards and Specifications for Foods"),),
        "description": "The revision sets limits of veterinary medicine residues in shrimps and fish.",
        "products": "Fishery products",
        "hs": ("030617", "0304"),
        "ics": ("67.120.30",),
        "objectives": ("Food safety (SPS)",),
        "comment_deadline": date(2026, 11, 24),
        "text_links": (),
        "sectors": (
            label("food", Evidence("objectives", 0, 11, "Food safety", "objective", 0.4)),
            label("seafood", Evidence("products", 0, 16, "Fishery products", "en-strong", 0.9)),
        ),
    }
    return textiles_alert(**{**values, **changed})


def joint_alert(**changed: Any) -> Alert:
    members = ("BDI", "KEN", "RWA", "TZA", "UGA")
    numbers = (612, 1741, 1131, 1212, 2034)
    symbols = tuple(f"G/TBT/N/{member}/{number}" for member, number in zip(members, numbers, strict=True))
    values: dict[str, Any] = {
        "event_id": 4,
        "ref": symbols[0],
        "symbols": symbols,
        "members": members,
        "titles": (("en", "DEAS 1273:2025, Knitted polo shirts and T-shirts — Specification"),),
        "hs": ("6105", "6109"),
        "comment_deadline": date(2027, 1, 20),
    }
    return textiles_alert(**{**values, **changed})


def block(alert: Alert, language: str = "vi", today: date = TODAY) -> Block:
    return alert_block(alert, language, today, LINKS, NAMES[language])


def item(alert: Alert, *reasons: Reason, language: str = "vi") -> Item:
    return Item(block(alert, language), reasons or tuple(Reason("sector", label.id) for label in alert.sectors[:1]))


def reminder(alert: Alert, days: int = 20, *, new: bool = False, language: str = "vi") -> ReminderLine:
    deadline = TODAY + timedelta(days=days)
    return reminder_line(alert, block(alert, language), deadline, TODAY, LINKS, new=new)


def alert_mail(*items: Item, **changed: Any) -> AlertMail:
    values: dict[str, Any] = {
        "recipient": "vanphong@hiephoi.example",
        "sender": SENDER,
        "language": Language.VI,
        "frequency": Frequency.INSTANT,
        "items": items or (item(textiles_alert()),),
        "unsubscribe_url": "https://keng.example/u/AbCd_0123-one-click",
        "manage_url": "https://keng.example/manage/ZyXw_9876",
        "message_id": "7b1f2c3d-0000-4000-8000-000000000001.1@keng.example",
        "dated": datetime(2026, 11, 21, 1, 30, tzinfo=UTC),
        "list_id": "alerts.keng.example",
    }
    return AlertMail(**{**values, **changed})


def confirmation_mail(**changed: Any) -> ConfirmationMail:
    values: dict[str, Any] = {
        "recipient": "vanphong@hiephoi.example",
        "sender": SENDER,
        "language": Language.VI,
        "frequency": Frequency.DAILY,
        "sectors": ("Dệt may", "Da giầy, túi xách"),
        "confirm_url": "https://keng.example/confirm/AbCd_0123",
        "refuse_url": "https://keng.example/confirm/AbCd_0123/refuse",
        "expires_on": date(2026, 11, 28),
        "message_id": "7b1f2c3d-0000-4000-8000-000000000002.1@keng.example",
        "dated": datetime(2026, 11, 21, 1, 30, tzinfo=UTC),
    }
    return ConfirmationMail(**{**values, **changed})
