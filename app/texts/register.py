"""What the dispatch register answers, in one sentence, and the words of its entries."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from app.domain.addresses import mask_addresses
from app.domain.register import Answer
from app.i18n.catalogue import translator
from app.i18n.dates import moment_in_words
from app.i18n.terms import code_name
from app.texts.cleaning import cut, one_line
from app.texts.refusals import reason_in_words

REMINDED, RETRACTED, LETTER = "reminded", "retracted", "letter"
_LONGEST_REPLY = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What an answer rests on: the entry that decides. `left` is the days to comment when the relay took the mail."""

    version: int | None
    left: int | None
    listed_at: datetime
    accepted_at: datetime | None
    reason: str | None
    reply: str | None
    skipped: str | None


def answer_sentence(answer: Answer, ground: Ground, language: str) -> str:
    """Return the answer to "did X get Y?" as a sentence; times are those of Viet Nam."""
    return _SENTENCES[answer](ground, language)


def why_words(reason: str | None, reply: str | None, language: str) -> str:
    """Return a reason and a server's reply as they may be shown: known codes in words, on one line, addresses masked."""
    reasons = reason_in_words(mask_addresses(reason), language) if reason else ""
    said = cut(one_line(mask_addresses(reply)), _LONGEST_REPLY) if reply else ""
    return " · ".join(part for part in (reasons, said) if part)


def left_words(left: int | None, language: str) -> str:
    """Return the days that were left to comment when something happened; nothing without a deadline."""
    messages = translator(language)
    if left is None:
        return ""
    if left < 0:
        return messages.ngettext("quá hạn %(days)s ngày", "quá hạn %(days)s ngày", -left) % {"days": -left}
    return messages.ngettext("còn %(days)s ngày", "còn %(days)s ngày", left) % {"days": left}


def kind_words(kind: str, language: str) -> str:
    """Return what a message is, by its kind or, before there is one, by how often its reader asked to be told."""
    _ = translator(language).gettext
    digest, alert = _("bản tổng hợp"), _("cảnh báo")
    names = {
        "instant": alert,
        "digest": digest,
        "daily": digest,
        "weekly": digest,
        "replay": _("thư báo bù"),
        "reminder": _("nhắc hạn"),
        "proof": _("kết quả kiểm tra tuần"),
        "letter": _("công văn"),
        "confirmation": _("thư xác nhận"),
        "link": _("thư có liên kết quản lý"),
        "new_address": _("xác nhận địa chỉ mới"),
        "old_address": _("báo về địa chỉ cũ"),
        "contact": _("xác minh địa chỉ tổ chức"),
    }
    return names.get(kind) or one_line(kind)


def what_words(what: str, language: str) -> str:
    """Return what an entry told of: the kind of its event, or what is none, such as a deadline that was said again."""
    _ = translator(language).gettext
    others = {REMINDED: _("nhắc lại hạn góp ý"), RETRACTED: _("rút lại cảnh báo"), LETTER: _("công văn")}
    if what in others:
        return others[what]
    try:
        return code_name("event", what, language)
    except KeyError:
        return one_line(what)


def answer_name(answer: Answer, language: str) -> str:
    """Return what an entry answers, in two or three words."""
    _ = translator(language).gettext
    return {
        Answer.ACCEPTED: _("đã nhận"),
        Answer.TOLD: _("đã báo, thư quá hạn lưu"),
        Answer.NEEDS_HUMAN: _("cần người xử lý"),
        Answer.IN_DOUBT: _("chưa rõ kết quả"),
        Answer.WAITING: _("đang chờ gửi"),
        Answer.BOUNCED: _("bị trả lại"),
        Answer.REFUSED: _("bị từ chối"),
        Answer.LEFT_OUT: _("không gửi"),
    }[answer]


def _accepted(ground: Ground, language: str) -> str:
    _ = translator(language).gettext
    at = moment_in_words(ground.accepted_at or ground.listed_at, language)
    said = _("Có. Máy chủ thư đã nhận lúc %(at)s (giờ Việt Nam)") % {"at": at}
    version = _("phiên bản %(version)s") % {"version": ground.version} if ground.version is not None else ""
    left = left_words(ground.left, language)
    when = _("khi đó %(left)s để góp ý") if ground.left is None or ground.left >= 0 else _("khi đó %(left)s")
    return ", ".join(part for part in (said, version, when % {"left": left} if left else "") if part) + "."


def _told(_ground: Ground, language: str) -> str:
    return translator(language).gettext("Có. Đã báo; chi tiết của thư đã quá hạn lưu.")


def _waiting(ground: Ground, language: str) -> str:
    said = translator(language).gettext("Chưa. Đang chờ gửi từ %(at)s (giờ Việt Nam).")
    return _because(said % {"at": moment_in_words(ground.listed_at, language)}, ground, language)


def _in_doubt(ground: Ground, language: str) -> str:
    said = translator(language).gettext("Chưa rõ. Thư đã bàn giao nhưng không biết máy chủ thư đã nhận hay chưa.")
    return _because(said, ground, language)


def _needs_human(ground: Ground, language: str) -> str:
    return _because(translator(language).gettext("Chưa rõ. Lượt gửi này cần người xử lý."), ground, language)


def _bounced(ground: Ground, language: str) -> str:
    said = translator(language).gettext("Không. Thư đã gửi nhưng bị trả lại.")
    return _because(said, ground, language)


def _refused(ground: Ground, language: str) -> str:
    return _because(translator(language).gettext("Không. Máy chủ thư từ chối."), ground, language)


def _left_out(ground: Ground, language: str) -> str:
    reason = why_words(ground.skipped or ground.reason, None, language)
    return translator(language).gettext("Không, vì: %(reason)s.") % {"reason": reason}


def _because(said: str, ground: Ground, language: str) -> str:
    reason = why_words(ground.reason, ground.reply, language)
    if not reason:
        return said
    return said + " " + translator(language).gettext("Lý do: %(reason)s.") % {"reason": reason.rstrip(".")}


_SENTENCES: dict[Answer, Callable[[Ground, str], str]] = {
    Answer.ACCEPTED: _accepted,
    Answer.TOLD: _told,
    Answer.NEEDS_HUMAN: _needs_human,
    Answer.IN_DOUBT: _in_doubt,
    Answer.WAITING: _waiting,
    Answer.BOUNCED: _bounced,
    Answer.REFUSED: _refused,
    Answer.LEFT_OUT: _left_out,
}
