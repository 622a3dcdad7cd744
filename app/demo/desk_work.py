"""A morning at the desk, done by the demo's staff through the same use cases as by hand, with two pairs of eyes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from app.bootstrap import Installation, open_form, open_organisations
from app.demo.staff import Colleague
from app.domain.boxes import Box, original_mark, original_of
from app.domain.publishing import TextKind
from app.domain.queue import Holder
from app.flow import ingest, organisations, publish, queue, translate
from app.flow.publish import TextDesk, Wanted
from app.flow.translate import Seen
from app.senders.addresses import parse_address
from app.store import catalogue
from app.store.database import Database

PUBLISHED: Final = "G/TBT/N/ARG/9001"
IN_REVIEW: Final = "G/TBT/N/IND/9001"
WITH_FAULTS: Final = "G/TBT/N/EU/9001"
ASSIGNED: Final = "G/TBT/N/IND/9002/Add.1"
TOLD_BY_LETTER: Final = "lefaso"
WARNING: Final = "trade-office/mau-2026-01"

CONTACTS: Final = (
    ("vitas_textile", "dau-moi@vitas.example", True),
    ("lefaso", "dau-moi@lefaso.example", True),
    ("vasep", "dau-moi@vasep.example", True),
    ("vicofa", "dau-moi@vicofa.example", False),
)
"""Organisations of the bundled list with a made-up address each, and whether it is verified."""

_SAID: Mapping[str, Mapping[str, str]] = {
    PUBLISHED: {
        "title": "Yêu cầu về ghi nhãn áp dụng cho mọi loại giày dép mới",
        "description": (
            "Dự thảo gom các quy định về nhãn giày dép mới vào một nghị quyết và bãi bỏ hai nghị quyết cũ. Mỗi đôi có một "
            "chiếc mang nhãn, dùng hình vẽ để chỉ vật liệu của mũ giày, lót và đế."
        ),
        "products": "Giày dép",
    },
    IN_REVIEW: {
        "title": "Lệnh kiểm soát chất lượng hàng dệt bảo hộ",
        "description": (
            "Mười hai nhóm hàng dệt bảo hộ chỉ được bán tại Ấn Độ khi mang dấu của Cục Tiêu chuẩn Ấn Độ. Hàng sản xuất để "
            "xuất khẩu được miễn."
        ),
        "impact": "Doanh nghiệp xuất khẩu quần áo bảo hộ sang Ấn Độ cần được cấp phép sử dụng dấu trước khi giao hàng.",
    },
    WITH_FAULTS: {
        "impact": "Doanh nghiệp đang mua da thuộc của Đài Loan cần hỏi nhà cung cấp về crom VI và thuốc nhuộm phân tán.",
    },
}

_WARNING: Mapping[str, str | Sequence[str]] = {
    "source": "trade-office",
    "key": WARNING.partition("/")[2],
    "language": "vi",
    "title": "Thương vụ tại Thụy Điển (mẫu): hải quan tăng kiểm tra formaldehyde trong quần áo trẻ em",
    "description": "Tin mẫu của bản trình diễn, không phải tin thật. Tỷ lệ lấy mẫu quần áo trẻ em nhập khẩu tăng từ quý sau.",
    "products": "Quần áo trẻ em",
    "members": ("EU",),
    "hs": ("6111", "6209"),
}


@dataclass(frozen=True, slots=True)
class DeskWork:
    """What is done at the desk, by an editor and an approver."""

    installation: Installation
    texts: TextDesk
    editor: Colleague
    approver: Colleague

    async def introduce(self) -> int:
        """Write down the bundled organisations, a few with an address; return how many organisations."""
        database, actor = self._database, self.editor.by.actor
        added = await organisations.seed(database, open_organisations(), actor)
        for key, typed, verified in CONTACTS:
            address = parse_address(typed)
            await organisations.add_contact(database, key, address, "Đầu mối", actor, self.installation.keys)
            if verified:
                await organisations.verify(database, key, address, "dữ liệu mẫu", "bản trình diễn", actor)
        return added

    async def translate(self) -> None:
        """Put two boxes of a notice into Vietnamese; the approver confirms the title."""
        editor, approver = self.editor.by, self.approver.by
        async with self._database.reading() as connection:
            notice = await catalogue.notice(connection, PUBLISHED)
        assert notice is not None  # noqa: S101 - it is in the sample
        for box in (Box.TITLE, Box.PRODUCTS):
            mark, text = original_mark(original_of(notice.content, box)), _SAID[PUBLISHED][box]
            seen = Seen(box, 0, mark)
            await translate.write(self._database, PUBLISHED, seen, text, editor.account_id, editor.actor)
        title = Seen(Box.TITLE, 1, original_mark(original_of(notice.content, Box.TITLE)))
        await translate.confirm(self._database, PUBLISHED, title, approver.account_id, approver.actor)

    async def publish(self) -> None:
        """Let an article and a letter go the whole way: the editor writes, the approver approves and publishes."""
        for wanted in (
            Wanted(kind=TextKind.ARTICLE, ref=PUBLISHED),
            Wanted(kind=TextKind.LETTER, ref=PUBLISHED, organisation=TOLD_BY_LETTER),
        ):
            number, version = await self._written(wanted)
            await publish.submit(self.texts, number, version, self.editor.by)
            await publish.approve(self.texts, number, version, self.approver.by)
            await publish.publish(self.texts, number, version, self.approver.by)

    async def leave_work(self) -> None:
        """Leave what a newcomer can go on with: an article in review, a draft with a fault, a warning, an assignment."""
        number, version = await self._written(Wanted(kind=TextKind.ARTICLE, ref=IN_REVIEW))
        await publish.submit(self.texts, number, version, self.editor.by)
        await self._written(Wanted(kind=TextKind.ARTICLE, ref=WITH_FAULTS))
        await ingest.enter_warning(self._database, open_form(_WARNING), self.editor.by.actor)
        holder = Holder(account=self.editor.by.account_id)
        await queue.assign(self._database, [ASSIGNED], holder, self.approver.by.actor)

    async def _written(self, wanted: Wanted) -> tuple[int, int]:
        """Begin a text and write what the editor has to say; return its number and its version."""
        number = await publish.begin(self.texts, wanted, self.editor.by)
        said = {name: text for name, text in _SAID[wanted.ref].items() if name in publish.FIELDS[wanted.kind]}
        return number, await publish.write(self.texts, number, 1, said, self.editor.by)

    @property
    def _database(self) -> Database:
        return self.installation.database
