"""Hostile words on the desk's page of a notice: whatever a source or a colleague wrote, it stays words (F60)."""

import re
from datetime import date
from html.parser import HTMLParser

import pytest
from fastapi import FastAPI

from app.domain.access import Role
from app.domain.boxes import original_mark
from app.domain.sectors import Evidence, Label
from app.domain.sectors import Role as Standing
from app.store.database import Database
from app.web.pages import POLICY
from tests.builders import a_page, a_record
from tests.conftest import FrozenClock
from tests.office import Office
from tests.staff import Browser, browser, hire
from tests.surfaces.conftest import on_sqlite_only
from tests.surfaces.rows import label
from tests.texts.test_hostile import ATTACKS

REF = "G/TBT/N/USA/1"
PAGE = f"/desk/notices/{REF}"
_TEXT = re.compile(r"[\ud800-\udfff\x00]")
_SOUND = [one for one in ATTACKS if not _TEXT.search(one)]
_FORBIDDEN = {"script", "img", "svg", "iframe", "object", "embed", "noscript", "style", "base", "math"}


class _Elements(HTMLParser):
    """Collects what a browser would make elements and attributes of."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes.update(name for name, _ in attrs)
        self.links += [value or "" for name, value in attrs if name in {"href", "action", "src"}]


def assert_inert(page: str) -> None:
    read = _Elements()
    read.feed(page)
    assert not read.tags & _FORBIDDEN
    assert not any(name.startswith("on") or name in {"style", "srcdoc", "formaction"} for name in read.attributes)
    assert all(
        link.startswith(("/", "#", "https://docs.wto.org/")) and not link.startswith("//") for link in read.links
    )


@pytest.fixture
async def desk(application: FastAPI, frozen: FrozenClock, database: Database) -> Browser:
    opened = browser(application, frozen)
    await opened.sign_in(await hire(database, frozen, Role.APPROVER))
    return opened


async def pull(office: Office, words: str, body: bytes) -> None:
    record = a_record(
        REF,
        titles=(("en", words), ("es", words)),
        description=words,
        products=words,
        members=(words, "USA"),
        ics=(words,),
        objectives=(words,),
        keywords=(words,),
        regions=(words,),
        articles=(words,),
        international_standards=(words,),
        comment_deadline=date(2026, 5, 1),
        comment_deadline_text=words,
        adoption_text=words,
        in_force_text=words,
        notice_link=words,
        text_links=(words, "javascript:alert(1)"),
    )
    await office.pull(a_page(record, body=body))


@on_sqlite_only
@pytest.mark.parametrize("words", _SOUND)
async def test_what_a_source_or_a_colleague_wrote_stays_words(desk: Browser, office: Office, words: str) -> None:
    await office.settled_baseline()
    await pull(office, f"{words} before", b"1")
    await office.process()
    await pull(office, words, b"2")
    await office.process()
    ground = Evidence("title", 0, len(words), words, words, 0.7, words)
    await label(office.database, 1, [Label(words, Standing.PRIMARY, 0.9, (ground,))])
    await label(office.database, 1, [Label(words, Standing.PRIMARY, 0.9, (ground,))], "theme")
    form = {"box": "title", "number": "0", "original": original_mark(words), "text": words}
    answers = [await desk.post(f"{PAGE}/boxes", page=PAGE, **form)]
    answers.append(await desk.post(f"{PAGE}/boxes", page=PAGE, **form))  # over the newer one: both are shown
    answers.append(
        await desk.post(f"{PAGE}/labels", page=PAGE, facet="sector", label=words, role="primary", because=words)
    )
    answers.append(await desk.post(f"{PAGE}/merge", page=PAGE, other=words, because=words))
    await desk.post(f"{PAGE}/materiality", page=PAGE, when="digest", because=words)
    answers += [
        await desk.get(f"{prefix}{PAGE}{view}")
        for prefix in ("", "/en")
        for view in ("", "?view=measure", "?view=alert")
    ]
    answers.append(await desk.get(f"{PAGE}?done={'%3Cscript%3E'}&view=%22%3E"))
    for answer in answers:
        assert answer.status_code < 500
        if answer.status_code != 303:
            assert answer.headers["content-security-policy"] == POLICY
            assert_inert(answer.text)
