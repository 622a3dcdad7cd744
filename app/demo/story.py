"""`keng demo`: a day of Kẻng on one machine, told as it happens.

An ePing stand-in with the bundled sample, a mail catcher and a temporary SQLite file stand where the WTO, the relay and
the database of a real installation are; everything between them is the real thing. Nothing outside the machine is
asked or told.
"""

import asyncio
import logging
from collections.abc import Sequence

from rich.console import Console

from app.demo.desk_work import ASSIGNED, IN_REVIEW, PUBLISHED
from app.demo.narrator import Narrator, both
from app.demo.notices import sample_notices
from app.demo.promises import StoryError, check_arrival, check_readers
from app.demo.readers import READERS
from app.demo.serving import NoPortError
from app.demo.stage import NOTICE, Stage, set_up
from app.demo.stopping import stopped_by_signals, unless_stopped
from app.demo.summary import Fate, Summary, summarise
from app.i18n.dates import short_date
from app.i18n.members import member_name
from app.store.catalogue import CataloguedNotice
from app.telemetry.logs import configure_logging
from app.worker import work

_NEAREST = 8
_EXAMPLES = 3
_FREQUENCIES = {"instant": "gửi ngay", "daily": "gộp theo ngày", "weekly": "gộp theo tuần"}
_FATES = {
    Fate.MAILED: ("đã gửi thư", "mailed"),
    Fate.EARLIER: ("đã lưu, không gửi: lưu hành trước lượt lấy đầu tiên hơn 7 ngày", "kept, too old to be mailed"),
    Fate.UNMATCHED: ("đã phát hành, không ai đăng ký lĩnh vực này", "released, nobody asked for it"),
    Fate.UNLABELLED: ("chờ người duyệt: máy chưa nhận ra lĩnh vực", "in the queue, no sector found"),
    Fate.UNSURE: ("chờ người duyệt: máy chưa chắc về lĩnh vực", "in the queue, sector not sure"),
    Fate.ORPHAN: ("chờ người duyệt: chưa có thông báo gốc", "in the queue, parent unknown"),
    Fate.CONTRADICTORY: ("chờ người duyệt: tiêu đề và mã hàng trái nhau", "in the queue, title against codes"),
    Fate.WEEKLY: ("chờ bản tổng hợp tuần", "for the weekly digest"),
    Fate.SILENT: ("đã phát hành, không có gì mới để báo", "released, nothing new to tell"),
}


def run(*, port: int, once: bool, say: Console | None = None) -> int:
    """Run the demo with its pages at `port` or the next free one; return the exit code.

    With `once` it ends when the mails have arrived; without, it stays up until Ctrl-C. 1 means that something that must
    happen did not, and the reason was said.
    """
    configure_logging(level=logging.WARNING)
    narrator = Narrator(say or Console(highlight=False))
    narrator.line(NOTICE, "sample notices with shifted dates; nothing leaves this machine")
    try:
        return asyncio.run(_play(port, narrator, once=once))
    except KeyboardInterrupt:
        return 0


async def _play(port: int, narrator: Narrator, *, once: bool) -> int:
    stop = asyncio.Event()
    with stopped_by_signals(stop):
        try:
            async with set_up(port) as stage:
                finished = await unless_stopped(tell(stage, narrator), stop)
                if finished and once:
                    narrator.line("Xong: mọi thư đã đến.", "Done: every mail has arrived.")
                elif finished:
                    await _stay(stage, narrator, stop)
        except StoryError as error:
            narrator.fault(error.vietnamese, error.english)
            return 1
        except NoPortError as error:
            narrator.fault("Không còn cổng nào trống trên máy này", str(error))
            return 1
    if stop.is_set():
        narrator.line("Đã dừng, không để lại gì trên máy.", "Stopped; nothing is left behind.")
    return 0


async def tell(stage: Stage, narrator: Narrator) -> None:
    """Let everything happen once, and say it."""
    _introduce(stage, narrator)
    await _welcome(stage, narrator)
    narrator.step("Lượt lấy đầu tiên", "the first visit to ePing")
    await _pull_and_tell(stage, narrator)
    narrator.step(f"Hôm nay ePing có thêm {stage.stand_in.circulate()} bản ghi", "new on ePing today")
    await _pull_and_tell(stage, narrator)
    narrator.step(f"Bản tổng hợp ngày, lúc {stage.digest_at:%H:%M}", "the daily digest")
    await stage.house.close_digests(stage.digest_at)
    await _deliver(stage, narrator)
    check_readers(stage.catcher)
    _conclude(await summarise(stage.house.installation, stage.catcher.mails), stage, narrator)
    await _work_at_desk(stage, narrator)


def _introduce(stage: Stage, narrator: Narrator) -> None:
    narrator.step("Dựng mọi thứ trên máy này", "everything on this machine")
    count = len(sample_notices())
    newest = short_date(stage.today, "vi")
    narrator.line(f"ePing mẫu: {stage.eping}, {count} thông báo, mới nhất ngày {newest}", "a stand-in for ePing")
    narrator.line(f"Hộp thư mẫu: {stage.mails}", "catches every mail")
    narrator.line("Cơ sở dữ liệu: một tệp SQLite tạm", "a temporary SQLite file")


async def _welcome(stage: Stage, narrator: Narrator) -> None:
    narrator.step("Người đăng ký", "the subscribers")
    for reader in READERS:
        await stage.house.welcome(reader)
    names = stage.house.installation.letterhead.names["vi"]
    rows = [
        (
            reader.address,
            ", ".join(names[sector].name for sector in reader.sectors),
            _FREQUENCIES[reader.frequency],
            "đã xác nhận" if reader.confirmed else "chưa xác nhận",
        )
        for reader in READERS
    ]
    narrator.table(("Địa chỉ", "Lĩnh vực", "Tần suất", "Đồng ý nhận"), rows)


async def _pull_and_tell(stage: Stage, narrator: Narrator) -> None:
    with narrator.progress("Đang lấy thông báo") as tell:
        report = await stage.house.pull(lambda seen: tell(seen.records))
    if report.fault is not None:
        raise StoryError(f"ePing mẫu trả lời không ổn: {report.fault.reason}", "the stand-in did not answer soundly")
    taken = f"Đọc {report.records} bản ghi: {report.added} thông báo mới"
    narrator.line(taken, f"{report.records} records read, {report.added} notices added")
    await _deliver(stage, narrator)


async def _deliver(stage: Stage, narrator: Narrator) -> None:
    """Send what is due, wait until it arrived, and say who got what."""
    before = len(stage.catcher.mails)
    with narrator.progress("Đang phân loại, phát hành, gửi thư"):
        drained = await stage.house.tell()
    await check_arrival(stage.catcher, before, drained)
    for mail in stage.catcher.mails[before:]:
        narrator.line(f"→ {', '.join(mail.recipients)}: {mail.subject}")


def _conclude(summary: Summary, stage: Stage, narrator: Narrator) -> None:
    names = stage.house.installation.letterhead.names["vi"]
    narrator.step(f"Kết quả: {len(summary.notices)} thông báo, theo lĩnh vực", "notices by sector")
    sectors = sorted(summary.by_sector.items(), key=lambda one: (-one[1], one[0]))
    narrator.line("; ".join(f"{names[sector].name}: {count}" for sector, count in sectors))
    narrator.step("Ai nhận được gì", "who was told what")
    rows = [(reader.address, *_received(stage, summary, reader.address)) for reader in READERS]
    narrator.table(("Người nhận · to", "Thư · mails", "Cảnh báo · alerts"), rows, numbers=(1, 2))
    narrator.step("Thông báo nào đi đâu, vì sao", "what became of each notice, and why")
    found = [(summary.fates[fate], _FATES[fate]) for fate in Fate if fate in summary.fates]
    fates = [(str(len(refs)), both(*said), _examples(refs)) for refs, said in found]
    narrator.table(("Số", "Kết cục · outcome", "Ví dụ · examples"), fates, numbers=(0,))
    narrator.step("Hạn góp ý gần nhất", "the nearest deadlines")
    nearest = [(notice.ref, _members(notice), _left(left)) for notice, left in summary.nearest(_NEAREST)]
    narrator.table(("Mã thông báo · symbol", "Thành viên · member", "Hạn góp ý · days left"), nearest)


async def _work_at_desk(stage: Stage, narrator: Narrator) -> None:
    """Let the staff do a morning's work, and leave some of it."""
    narrator.step("Ở bàn làm việc", "at the ministry's desk")
    work = stage.house.desk_work(stage.staff)
    known = await work.introduce()
    narrator.line(f"{known} tổ chức, vài nơi có địa chỉ mẫu đã xác minh", "organisations, a few with an address")
    await work.translate()
    await work.publish()
    narrator.line(f"Hai người cùng xem rồi đăng: bài viết và công văn về {PUBLISHED}", "an article and a letter")
    await _deliver(stage, narrator)
    await work.leave_work()
    narrator.line(f"Chờ duyệt: bài viết về {IN_REVIEW}; một cảnh báo nhập tay", "waiting for the approver")
    narrator.line(f"Giao cho biên tập viên: {ASSIGNED}", "in the editor's hands")


def _received(stage: Stage, summary: Summary, address: str) -> tuple[str, str]:
    mails = sum(address in mail.recipients for mail in stage.catcher.mails)
    return str(mails), str(len(summary.told.get(address, ())))


def _members(notice: CataloguedNotice) -> str:
    first, *others = notice.content.members
    return member_name(first, "vi") + (f" và {len(others)} thành viên khác" if others else "")


def _left(days: int) -> str:
    return f"còn {days} ngày" if days else "hôm nay là hạn cuối"


def _examples(refs: Sequence[str]) -> str:
    return ", ".join(refs[:_EXAMPLES]) + (", …" if len(refs) > _EXAMPLES else "")


async def _stay(stage: Stage, narrator: Narrator, stop: asyncio.Event) -> None:
    """Keep everything up, with the worker at work, until told to stop."""
    narrator.step("Mời xem, bấm Ctrl-C để dừng", "have a look; Ctrl-C stops everything")
    narrator.table(
        ("Trang", "Địa chỉ"),
        [
            ("Trang của Kẻng", stage.site),
            ("Thư đã đến", stage.mails),
            ("Bàn làm việc", f"{stage.site}desk"),
            ("Đăng nhập bàn làm việc", f"{stage.staff[0].address} / {stage.staff[0].password}"),
            ("Mã 6 số, tài khoản khác", stage.accounts),
            ("Tài liệu API", f"{stage.site}api/docs"),
            ("Tình trạng", f"{stage.site}readyz"),
        ],
    )
    await work(stage.house.installation, stop)
