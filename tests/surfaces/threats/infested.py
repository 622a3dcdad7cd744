"""A desk in which every field holds hostile words: what sources said, what colleagues wrote, what servers answered."""

import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import quote

from fastapi import FastAPI
from sqlalchemy import update

from app.domain.access import Role
from app.domain.alarms import Alarm, Check, Finding
from app.domain.boxes import Box, original_mark
from app.domain.deliveries import Refused, TryLater, Unknown
from app.domain.errors import AppError
from app.domain.organisations import Organisation, OrganisationKind
from app.domain.sectors import Evidence, Label
from app.domain.sectors import Role as Standing
from app.domain.visits import Fault, FaultKind, Page
from app.flow import alarms, feedback, mend, organisations, upkeep
from app.store import organisations as store
from app.store.tables import accounts
from tests.builders import a_page, a_record
from tests.conftest import FrozenClock
from tests.flow.test_readdress import address
from tests.office import KEY, Office
from tests.permissions import rows
from tests.staff import Browser, browser, form_token, hire
from tests.surfaces.rows import label
from tests.surfaces.threats.corpus import LINKS
from tests.waiting import orphan, unmatched

Words = Callable[[str], str]
"""The words for a field, by its name."""

REF = "G/TBT/N/USA/1"
NOTICE = f"/desk/notices/{REF}"
ORGANISATION = "f60"
LISTENER = "nga@hiephoi.vn"
REASON = "một lý do đủ dài để ai cũng hiểu được: "
PARAMETERS = ("q", "before", "after", "source", "done", "view", "tab", "sort", "state", "ref", "kind", "organisation")
MORE_PARAMETERS = ("period", "notice", "sector", "member", "unit", "version", "field", "next")


@dataclass
class Desk:
    """The infested desk, and who works at it."""

    application: FastAPI
    office: Office
    editor: Browser
    approver: Browser
    administrator: Browser
    texts: list[str]
    look: str = ""

    def reader_of(self, roles: frozenset[Role]) -> Browser:
        """Return the browser of somebody who may see a page of these roles."""
        return self.approver if Role.APPROVER in roles else self.administrator

    def pages(self) -> Iterator[tuple[Browser, str]]:
        """Every page of the desk that can be opened, with a browser of somebody who may; a route without one fails."""
        for row in rows(self.application):
            if row.method == "GET":
                for path in self._filled(row.path):
                    yield self.reader_of(row.roles), path

    def _filled(self, path: str) -> list[str]:
        if "{" not in path:
            return [path, *self._asked(path)]
        known = {
            "/desk/notices/{ref:path}": [f"{NOTICE}{view}" for view in ("", "?view=measure", "?view=alert")],
            "/desk/recipients/{key}": [
                f"/desk/recipients/{ORGANISATION}",
                f"/desk/recipients/{ORGANISATION}?done=saved",
            ],
            "/desk/recipients/{key}/edit": [f"/desk/recipients/{ORGANISATION}/edit"],
            "/desk/warnings/{number}": ["/desk/warnings/{warning}", "/desk/warnings/{other}"],
            "/desk/warnings/{number}/edit": ["/desk/warnings/{warning}/edit"],
            "/desk/texts/{number}": list(self.texts),
        }
        if path.startswith("/desk/texts/{number}/file."):
            return [path.replace("/desk/texts/{number}", one) for one in self.texts]
        numbers = {"warning": "3", "other": "4"}
        return [one.format_map(numbers) for one in known[path]]

    def _asked(self, path: str) -> list[str]:
        """What a page answers to questions, among them those of a register that names this desk's people."""
        more = {
            "/desk": ["/desk?tab=all", "/desk?tab=all&sort=age"],
            "/desk/register": [
                f"/desk/register?{self.look}",
                f"/desk/register?organisation={ORGANISATION}&notice={REF}",
            ],
            "/desk/recipients": ["/desk/recipients?unreachable=yes", "/desk/recipients?ended=yes"],
            "/desk/texts": [f"/desk/texts?state={one}" for one in ("in_review", "approved", "published", "corrected")],
            "/desk/texts/new": [f"/desk/texts/new?ref={REF}&kind=letter"],
            "/desk/health/visits": ["/desk/health/visits?source=eping"],
        }
        return more.get(path, [])


def questions(path: str, words: str) -> Iterator[str]:
    """A page asked with hostile words for each thing that it may be asked."""
    for name in PARAMETERS + MORE_PARAMETERS:
        yield f"{path}?{name}={quote(words)}"


async def infest(application: FastAPI, office: Office, frozen: FrozenClock, words: Words) -> Desk:
    """Put words into every field, through the door by which that field is filled."""
    await _sources(office, frozen, words)
    await _servers(office, frozen, words)
    people = {}
    for role, name in ((Role.EDITOR, "an"), (Role.APPROVER, "binh"), (Role.ADMINISTRATOR, "chi")):
        people[role] = browser(application, frozen)
        await people[role].sign_in(await hire(office.database, frozen, role, f"{name}@moit.gov.vn"))
    desk = Desk(application, office, people[Role.EDITOR], people[Role.APPROVER], people[Role.ADMINISTRATOR], [])
    await _organisations(desk, words)
    await _warnings(desk, words)
    await _notice(desk, words)
    await _texts(desk, words)
    await _queue(desk, words)
    await _health(desk, words)
    await _people(desk, frozen, words)
    await _labels(office, words)
    answer = await desk.approver.post("/desk/register", page="/desk/register", who=LISTENER)
    desk.look = answer.headers["location"].partition("?")[2]
    return desk


async def _sources(office: Office, frozen: FrozenClock, words: Words) -> None:
    await office.settled_baseline()
    await office.enrol(LISTENER, sectors=("textiles",))
    with suppress(AppError, ValueError):
        await office.enrol("ai@hiephoi.vn", keywords=(words("keyword"),), excluded=(words("excluded"),))
    for body, last in ((b"1", False), (b"2", True)):
        await office.pull(a_page(_record(words, last=last), body=body))
        await office.process()
    for kind in (FaultKind.UNSOUND, FaultKind.UNSOUND):
        frozen.advance(minutes=1)
        await office.pull(Page(fault=Fault(kind=kind, reason=words("fault"))))


async def _labels(office: Office, words: Words) -> None:
    """Let the rules have found hostile grounds; nothing sorts the notice anew after this."""
    ground = Evidence("title", 0, 5, words("span"), words("rule"), 0.7, words("inherited"))
    for facet in ("sector", "theme"):
        await label(office.database, 1, [Label(words(facet), Standing.PRIMARY, 0.9, (ground,))], facet)


def _record(words: Words, *, last: bool) -> Any:
    return a_record(
        REF,
        titles=(("en", words("title")), ("es", words("title-es"))),
        description=words("description") if last else f"{words('description')} before",
        products=words("products"),
        members=(words("member"), "USA"),
        ics=(words("ics"),),
        objectives=(words("objectives"),),
        keywords=(words("keywords"),),
        regions=(words("regions"),),
        articles=(words("articles"),),
        international_standards=(words("standards"),),
        comment_deadline=date(2026, 5, 1),
        comment_deadline_text=words("deadline"),
        adoption_text=words("adoption"),
        in_force_text=words("in-force"),
        notice_link=words("link"),
        text_links=(words("text-link"), *LINKS),
    )


async def _servers(office: Office, frozen: FrozenClock, words: Words) -> None:
    office.mailer.answers = [Unknown(words("unknown")), Unknown(words("unknown"))]
    await office.deliver()
    frozen.advance(hours=1)
    await office.deliver()
    await office.enrol("tu-choi@hiephoi.vn", sectors=("textiles",))
    await office.enrol("de-sau@hiephoi.vn", sectors=("textiles",))
    await office.pull(a_page(a_record("G/TBT/N/USA/2"), body=b"3"))
    office.mailer.answers = [Refused(550, words("reply")), TryLater(450, words("reply")), Refused(554, words("reply"))]
    await office.deliver()


async def _organisations(desk: Desk, words: Words) -> None:
    page, own = "/desk/recipients", desk.editor
    form = {
        "key": ORGANISATION,
        "kind": "association",
        "level": "national",
        "name_vi": words("name_vi"),
        "name_en": words("name_en"),
        "abbreviation": words("abbreviation"),
        "website": words("website"),
        "note": words("note"),
        "hs": words("hs"),
        "sector.textiles": "primary",
    }
    await own.post(page, page=f"{page}/_new", **form)
    # What is refused field by field is put there by who fills the table in, for pages trust no table either.
    known = Organisation(
        key=ORGANISATION,
        name_vi=words("name_vi"),
        name_en=words("name_en"),
        abbreviation=words("abbreviation"),
        website=words("website"),
        note=words("note"),
        kind=OrganisationKind.MINISTRY_UNIT,
    )
    async with desk.office.database.writing() as connection:
        await store.save(connection, known, await desk.office.database.now(connection))
    with suppress(AppError):
        mailbox = address(LISTENER)
        await organisations.add_contact(desk.office.database, ORGANISATION, mailbox, words("role"), "clerk", [KEY])
    contact = f"{page}/{ORGANISATION}/contacts/1"
    await own.post(f"{contact}/verify", page=page, because=words("because"), source=words("source"))
    await own.post(f"{page}/{ORGANISATION}/contacts", page=page, email=words("email"), role=words("role"))
    await own.post(f"{page}/{ORGANISATION}/end", page=page, because=words("end"))
    await own.post(f"{page}/{ORGANISATION}/restore", page=page)


async def _warnings(desk: Desk, words: Words) -> None:
    for key in ("2026.1", "2026.2"):
        form = {
            "source": "rasff",
            "key": key,
            "language": "vi",
            "title": words("warning-title"),
            "description": words("warning-description"),
            "products": words("warning-products"),
            "members": "EU",
            "published": "2026-03-01",
            "link": "https://webgate.ec.europa.eu/rasff-window/screen/notification/1",
        }
        kept = await desk.editor.post("/desk/warnings", page="/desk/warnings/new", **form)
        if kept.status_code != 303:
            plain = dict.fromkeys(("title", "description", "products"), "Túi vải")
            await desk.editor.post("/desk/warnings", page="/desk/warnings/new", **(form | plain))
    for field in ("members", "hs", "link", "key", "other", "published", "deadline", "in_force"):
        await desk.editor.post("/desk/warnings", page="/desk/warnings/new", **(form | {field: words(field)}))
    await desk.editor.post("/desk/warnings/4/discard", page="/desk/warnings", because=words("discard"))


async def _notice(desk: Desk, words: Words) -> None:
    own = desk.editor
    for box in Box:
        original = {"title": "title", "products": "products", "description": "description"}.get(box.value, box.value)
        mark = original_mark(words(original))
        await own.post(f"{NOTICE}/boxes", page=NOTICE, box=box, number="0", original=mark, text=words(f"box-{box}"))
    for facet, name in (("sector", "textiles"), ("theme", "halal"), ("importance", "high")):
        await own.post(
            f"{NOTICE}/labels", page=NOTICE, facet=facet, label=name, role="primary", because=words("correction")
        )
    await own.post(f"{NOTICE}/materiality", page=NOTICE, when="digest", because=words("material"))
    await own.post(f"{NOTICE}/merge", page=NOTICE, other="G/TBT/N/USA/2", because=words("merge"))
    await own.post(f"{NOTICE}/split", page=NOTICE, because=words("split"))


async def _texts(desk: Desk, words: Words) -> None:
    fields = ("title", "description", "products", "agency", "impact", "recommendation", "rows", "because")
    for kind in ("article", "letter", "withdrawal", "bulletin"):
        form = {"kind": kind, "ref": REF, "organisation": ORGANISATION, "period": "2026-02"}
        begun = await desk.editor.post("/desk/texts", page="/desk/texts/new", **form)
        if begun.status_code == 303:
            desk.texts.append(str(begun.headers["location"]))
    for page in desk.texts:
        for written in (fields, fields[:6]):
            await _step(desk.editor, page, "write", {name: words(f"text-{name}") for name in written})
    article, letter = desk.texts[:2]
    await _step(desk.editor, article, "submit", {})
    await _step(desk.approver, article, "back", {"because": f"{REASON}{words('text-back')}"})
    await _step(desk.approver, letter, "write", {"description": words("text-description")})
    await _step(desk.approver, letter, "submit", {})
    await _step(desk.approver, letter, "glass", {"because": f"{REASON}{words('text-glass')}"})


async def _step(who: Browser, page: str, step: str, fields: dict[str, str]) -> None:
    """Press a button of a text over the version that stands."""
    shown = (await who.get(page)).text
    found = re.search(r'name="version" value="(\d+)"', shown)
    data = {"form_token": form_token(shown), "version": found[1] if found else "1"} | fields
    await who.client.post(f"{page}/{step}", data=data, headers=who.said)


async def _queue(desk: Desk, words: Words) -> None:
    await orphan(desk.office.database, 8)
    await unmatched(desk.office.database, 9)
    await desk.editor.post("/desk/queue/assign", page="/desk", notice=REF, holder=f"unit:{ORGANISATION}")
    await desk.editor.post("/desk/queue/set-aside", page="/desk", notice=REF, because=words("aside"))


async def _health(desk: Desk, words: Words) -> None:
    database = desk.office.database
    finding = Finding(Check.SOURCE_FAILING, words("finding"), 1, words("finding"))
    await alarms.note(database, [finding], [Alarm.SOURCE_FAILING])
    with suppress(AppError):
        await mend.hold(database, words("hold"), words("hold-because"), "clerk")
    await upkeep.beat(database, words("job"), 60, words("job-fault"))
    with suppress(AppError):
        await feedback.suppress(database, LISTENER, words("suppress"), "clerk")
    await desk.approver.post("/desk/health/resend", page="/desk", ref=words("ref"), because=words("resend"))
    await desk.approver.post("/desk/health/undecided/1", page="/desk", decision="send", because=words("settle"))


async def _people(desk: Desk, frozen: FrozenClock, words: Words) -> None:
    clerk = await hire(desk.office.database, frozen, address="dung@moit.gov.vn")
    await desk.administrator.post(f"/desk/people/{clerk.number}/disable", page="/desk/people", because=words("disable"))
    async with desk.office.database.writing() as connection:
        await connection.execute(update(accounts).where(accounts.c.id == clerk.number).values(address=words("staff")))
    for what in ("check", "try", "apply"):
        body = f"version: {words('taxonomy')}\n"
        await desk.administrator.post(
            f"/desk/taxonomy/{what}", page="/desk/taxonomy", body=body, standing=words("standing"), because=words("why")
        )
