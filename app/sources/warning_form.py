"""Warnings that people enter: RASFF cases, news of trade offices, lists of trading partners.

What a form says is read by the same rules as a feed's item. A doubt is refused, with the field it is about, for the person
who can settle it sits before the form; a source's record would be flagged.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date
from hashlib import sha256

from app.domain.errors import invalid
from app.domain.notices import Record
from app.domain.symbols import read_symbols
from app.domain.visits import Complaint, Page, Payload
from app.sources.clean import clean_line
from app.sources.codes import read_code_box
from app.sources.drafts import Draft, content_of, listed_names, today_anywhere
from app.sources.feeds import is_free_name

_KEY_CHARACTERS = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class WarningForm:
    """A warning as it was typed. `source` and `key` name it for good; `language` is that of its words.

    `members` are codes or names of WTO members, `hs` codes, dates `YYYY-MM-DD` or as sources print them.
    """

    source: str
    key: str
    language: str
    title: str
    description: str = ""
    products: str = ""
    members: Sequence[str] = ()
    hs: Sequence[str] = ()
    published: str = ""
    deadline: str = ""
    in_force: str = ""
    link: str = ""


def read_warning(form: WarningForm, *, today: date | None = None) -> Page:
    """Return a form as a page with one record and the form's own bytes. Raises `AppError` (invalid) naming the field."""
    _check(form)
    draft = Draft(
        members=[name for text in form.members for name in listed_names(text)],
        titles={form.language: form.title},
        description=form.description,
        products=form.products,
        hs=[code for text in form.hs for code in read_code_box(text)],
        distributed=form.published,
        deadline=form.deadline,
        in_force=form.in_force,
        notice_link=form.link,
        warning=True,
        own_words=True,
    )
    content = content_of(draft, today=today or today_anywhere(), position="form", symbol_field="key")
    if isinstance(content, Complaint):
        raise invalid("warning-unreadable", content.reason, field=content.field)
    for flag in content.flags:
        raise invalid("warning-doubt", f"{flag.code.replace('_', ' ')}: {flag.detail}", field=flag.field)
    if not content.title:
        raise invalid("warning-title", "a warning needs a title", field="title")
    body = json.dumps(asdict(form), ensure_ascii=False, sort_keys=True).encode()
    payload = Payload(hash=sha256(body).hexdigest(), media_type="application/json", body=body)
    record = Record(
        source=form.source,
        key=form.key,
        language=form.language,
        revision=0,
        content=content,
        position="form",
        payload_hash=payload.hash,
    )
    return Page(payload=payload, records=(record,))


def _check(form: WarningForm) -> None:
    if not is_free_name(form.source):
        reason = (
            f"{form.source!r} cannot name a source of warnings: small letters, digits and hyphens, none of the WTO's"
        )
        raise invalid("warning-source", reason, field="source")
    if not form.key or form.key != clean_line(form.key, _KEY_CHARACTERS).text or " " in form.key:
        raise invalid("warning-key", f"a key has 1 to {_KEY_CHARACTERS} characters and no blank", field="key")
    if read_symbols(form.key).symbols:
        raise invalid("warning-key", f"{form.key} is a notification of the WTO: import it", field="key")
