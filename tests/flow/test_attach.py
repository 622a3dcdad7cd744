"""Documents behind links: brought politely, searched and sorted as the weakest witness, and nobody is told twice."""

import asyncio
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import delete, select

from app import bootstrap
from app.domain.attachments import MOST_DOCUMENTS, PAUSES, AttachmentState, Document, Reading
from app.domain.notices import Record
from app.domain.queries import LARGEST_ANNEX, annex_words
from app.domain.release import ReleaseMode
from app.domain.sectors import Label, Role
from app.domain.visits import Fault, FaultKind
from app.flow import attach, classify, search
from app.store import attachments, catalogue, tables, taxonomies
from app.store.catalogue import CataloguedNotice
from app.store.filters import Filters
from app.store.notices import serialise_intake
from tests.builders import a_page, a_record
from tests.conftest import FrozenClock
from tests.fakes import FakeDoor
from tests.office import Office

READ, WAITING = AttachmentState.READ, AttachmentState.WAITING
DRAFT, LIMITS = "G/TBT/N/USA/1", "G/SPS/N/JPN/2"
OFFICIAL, TEXT = "https://docs.wto.org/usa1.docx", "https://members.wto.org/usa1_e.pdf"
BUSY = Fault(kind=FaultKind.BUSY, reason="busy", retry_after=timedelta(hours=2))
DOWN = Fault(kind=FaultKind.UNREACHABLE, reason="did not answer")
MISSING = Fault(kind=FaultKind.UNSOUND, reason="404")


async def brought(office: Office, door: FakeDoor) -> dict[AttachmentState, int]:
    await attach.list_links(office.database, door)
    ended = await attach.bring_waiting(office.database, door)
    await attach.index_annexes(office.database)
    return ended


async def shown(office: Office, ref: str = DRAFT) -> CataloguedNotice:
    async with office.database.reading() as connection:
        found = await catalogue.notice(connection, ref)
    assert found is not None
    return found


async def found(office: Office, words: str, *, ranked: bool = False) -> list[str]:
    filters = Filters(query=search.understood(words, bootstrap.open_taxonomy()))
    async with office.database.reading() as connection:
        if ranked:
            answer = await search.most_relevant(connection, filters, 20)
        else:
            answer = await search.newest(connection, filters, None, 20)
    return [notice.ref for notice in answer.notices]


def linked(*symbols: str, **values: Any) -> Record:
    return a_record(*symbols, **{"notice_link": OFFICIAL, "text_links": (TEXT,)} | values)


@pytest.fixture
async def told(office: Office) -> Office:
    """A notice with two links that was sorted and told."""
    await office.settled_baseline()
    await office.enrol("vitas@example.org", sectors=("textiles",), related=True)
    await office.enrol("lefaso@example.org", sectors=("footwear",), related=True)
    await office.pull(a_page(linked(DRAFT)))
    await office.deliver()
    return office


async def test_a_document_that_arrives_while_its_notice_is_merged_holds_up_neither(told: Office) -> None:
    await attach.list_links(told.database, FakeDoor())
    async with told.database.writing() as connection:
        now = await told.database.now(connection)
        claimed = await attachments.claim(connection, now, now + timedelta(minutes=10))
    assert claimed is not None
    document = await FakeDoor({claimed.url: "Notification"}).bring(claimed.url)
    assert isinstance(document, Document)

    async def arrives() -> bool:
        async with told.database.writing() as connection:
            return await attachments.keep(connection, claimed, document, now)

    async with told.database.writing() as connection:
        await serialise_intake(connection)
        arriving = asyncio.create_task(arrives())
        await asyncio.sleep(0.3)
        await connection.execute(delete(tables.attachments))
    assert not await arriving


async def test_documents_are_brought_once_and_kept_with_their_hash(told: Office) -> None:
    door = FakeDoor({OFFICIAL: "Notification", TEXT: Reading(state=AttachmentState.SCANNED, reason="All", pages=9)})
    assert await brought(told, door) == {READ: 1, AttachmentState.SCANNED: 1}
    assert await brought(told, door) == {}
    assert door.asked == [OFFICIAL, TEXT]

    official, text = (await shown(told)).attachments
    assert (official.url, official.kind, official.state, official.pages, official.characters) == (
        *(OFFICIAL, "notice", "read"),
        *(3, len("Notification")),
    )
    assert (text.kind, text.state, text.reason, text.pages, text.characters) == ("text", "scanned", "All", 9, None)
    async with told.database.reading() as connection:
        kept = set((await connection.execute(select(tables.payloads.c.hash))).scalars())
    assert {official.sha256, text.sha256} <= kept


async def test_every_step_can_be_run_twice(told: Office) -> None:
    door = FakeDoor({OFFICIAL: "Cashew nuts", TEXT: "More"})
    kept = (tables.attachments, tables.attachment_texts, tables.notice_texts, tables.payloads, tables.notices)
    await brought(told, door)
    await told.process()
    before = await told.snapshot(*kept)
    await brought(told, door)
    await told.process()
    assert await told.snapshot(*kept) == before


async def test_what_an_annex_says_is_found_behind_what_the_notice_says(told: Office) -> None:
    await told.pull(a_page(a_record(LIMITS, titles=(("en", "Cashew nuts"),), distributed_on=date(2026, 2, 20))))
    assert await found(told, "cashew") == [LIMITS]
    await brought(told, FakeDoor({TEXT: "Residues of chlorpyrifos in\ncashew nuts, hạt điều"}))
    assert await found(told, "chlorpyrifos") == [DRAFT]
    assert await found(told, "chlorp* textile") == [DRAFT]
    assert await found(told, '"cashew nuts"') == [DRAFT, LIMITS]
    assert await found(told, "cashew", ranked=True) == [LIMITS, DRAFT]
    assert await found(told, '"cashew nuts"', ranked=True) == [LIMITS, DRAFT]
    assert await found(told, "hạt điều", ranked=True) == [LIMITS, DRAFT]


async def test_a_newer_version_of_the_notice_keeps_what_its_attachments_say(told: Office) -> None:
    door = FakeDoor({TEXT: "chlorpyrifos"})
    await brought(told, door)
    await told.pull(a_page(linked(DRAFT, description="Another description.", revision=2), body=b"2"))
    await brought(told, door)
    assert await found(told, "chlorpyrifos") == [DRAFT]
    assert door.asked == [OFFICIAL, TEXT]


async def test_what_a_notice_no_longer_links_to_is_forgotten(told: Office) -> None:
    await brought(told, FakeDoor({TEXT: "chlorpyrifos"}))
    await told.pull(a_page(linked(DRAFT, text_links=("https://members.wto.org/other.pdf",), revision=2), body=b"2"))
    await brought(told, FakeDoor())
    assert [one.url for one in (await shown(told)).attachments] == [OFFICIAL, "https://members.wto.org/other.pdf"]
    assert await found(told, "chlorpyrifos") == []


async def test_a_label_that_only_the_annex_gives_is_related_and_tells_nobody_again(told: Office) -> None:
    before = list(told.recipients)
    told.sorter = bootstrap.open_sorter()  # type: ignore[assignment]  # the real one, for once
    text = "Requirements: footwear, leather shoes, sports shoes, boots; and knitted garments, cotton fabric and yarn."
    await told.process()
    own = {label.id for label in (await shown(told)).sectors}
    await brought(told, FakeDoor({TEXT: text}))
    await told.deliver()

    notice = await shown(told)
    assert "textiles" in own
    assert {label.id for label in notice.sectors if label.role is Role.PRIMARY} == {"textiles"}
    assert not [label for label in notice.sectors if label.id == "footwear"], "the notice says what it is about"
    assert told.recipients == before


async def test_a_notice_that_says_nothing_is_not_let_out_by_its_annex(office: Office) -> None:
    office.sorter = bootstrap.open_sorter()  # type: ignore[assignment]  # the real one, for once
    office.mode = ReleaseMode.AUTO
    await office.settled_baseline()
    await office.enrol("lefaso@example.org", sectors=("footwear",), related=True)
    silent = linked(DRAFT, titles=(("en", "Draft order"),), description="", products="", hs=())
    await office.pull(a_page(silent))
    await office.deliver()
    text = "Official gazette.\nThis order sets rules for footwear, leather shoes, sports shoes and boots."
    await brought(office, FakeDoor({OFFICIAL: "No. 7", TEXT: text}))
    await office.deliver()

    (label,) = (await shown(office)).sectors
    assert (label.id, label.role, label.only_in_annex) == ("footwear", Role.RELATED, True)
    assert office.recipients == []
    async with office.database.reading() as connection:
        number = (await shown(office)).id
        annex = (await attachments.annexes_of(connection, [number]))[number]
        waiting = (await connection.execute(select(tables.events.c.waiting))).scalars().all()
    assert waiting == ["unlabelled"]
    assert all(annex.text[one.start : one.end] == one.quote for one in label.evidence)
    assert {one.field for one in label.evidence} == {"annex"}


async def test_who_asked_for_copies_is_told_of_what_the_annex_adds_to_a_notice_that_goes_out(office: Office) -> None:
    office.sorter = bootstrap.open_sorter()  # type: ignore[assignment]  # the real one, for once
    await office.settled_baseline()
    await office.enrol("copies@example.org", sectors=("coffee-tea",), related=True)
    await office.enrol("main@example.org", sectors=("coffee-tea",))
    await office.enrol("food@example.org", sectors=("food",))
    residues = {"titles": (("en", "Maximum residue levels in food"),), "description": "", "products": "Food", "hs": ()}
    await office.pull(a_page(linked(DRAFT, **residues)))
    await brought(office, FakeDoor({TEXT: "Limits: coffee beans 0.05, green tea 2, roasted coffee 0.1, tea leaves 5."}))
    await office.deliver()
    assert sorted(office.recipients) == ["copies@example.org", "food@example.org"]


async def test_a_notice_whose_annex_came_while_it_was_sorted_is_sorted_again(told: Office, frozen: FrozenClock) -> None:
    await brought(told, FakeDoor({OFFICIAL: "first"}))
    async with told.database.reading() as connection:
        (waiting,) = await taxonomies.unsorted(connection, 10)
    sorted_so = taxonomies.Sorted(notice=waiting, input_hash="x", classification=told.sorter.classify(waiting.content))
    frozen.advance(seconds=PAUSES[0].total_seconds())
    assert await brought(told, FakeDoor({TEXT: "second"})) == {READ: 1}
    async with told.database.writing() as connection:
        assert await taxonomies.save(connection, [sorted_so], await told.database.now(connection)) == []
    assert await classify.sort_waiting(told.database, told.sorter) == 1


async def test_what_is_missing_is_tried_again_at_growing_pauses_and_given_up(told: Office, frozen: FrozenClock) -> None:
    door = FakeDoor({OFFICIAL: "Notification"})
    await brought(told, door)
    for pause in PAUSES:
        assert await brought(told, door) == {}
        frozen.advance(seconds=pause.total_seconds())
        await brought(told, door)
    frozen.advance(days=30)
    assert await brought(told, door) == {}
    assert door.asked.count(TEXT) == len(PAUSES) + 1
    text = (await shown(told)).attachments[1]
    assert (text.state, text.reason) == (AttachmentState.UNREACHABLE, "404")


async def test_a_host_that_does_not_serve_is_left_alone_for_all_its_documents(
    office: Office, frozen: FrozenClock
) -> None:
    door = FakeDoor({f"https://docs.wto.org/{number}": DOWN for number in range(20)})
    await office.pull(
        a_page(*(a_record(f"G/TBT/N/USA/{n}", notice_link=f"https://docs.wto.org/{n}") for n in range(1, 20)))
    )
    for _ in range(60):
        await brought(office, door)
        frozen.advance(minutes=1)
    assert len(door.asked) <= 10

    frozen.advance(hours=2)
    door.held = {TEXT: "unused"} | {f"https://docs.wto.org/{number}": "served" for number in range(20)}
    assert (await brought(office, door))[READ] > 10


async def test_the_wish_of_a_busy_host_is_kept(told: Office, frozen: FrozenClock) -> None:
    door = FakeDoor({OFFICIAL: BUSY})
    await brought(told, door)
    frozen.advance(minutes=119)
    assert OFFICIAL not in door.asked[2:]
    assert await brought(told, door) == {WAITING: 1}, "the other host's document is due again"
    frozen.advance(minutes=2)
    await brought(told, door)
    assert door.asked.count(OFFICIAL) == 2


@pytest.mark.parametrize(
    ("fault", "state"),
    [
        (Fault(kind=FaultKind.REFUSED, reason="leads elsewhere"), AttachmentState.FORBIDDEN),
        (Fault(kind=FaultKind.UNSOUND, reason="larger", oversize=True), AttachmentState.OVER_LIMITS),
    ],
)
async def test_what_can_never_be_brought_is_not_tried_again(
    told: Office, frozen: FrozenClock, fault: Fault, state: AttachmentState
) -> None:
    door = FakeDoor({OFFICIAL: fault, TEXT: "text"})
    await brought(told, door)
    frozen.advance(days=30)
    await brought(told, door)
    assert door.asked.count(OFFICIAL) == 1
    assert (await shown(told)).attachments[0].state is state


async def test_a_link_outside_the_list_waits_for_its_host_to_be_listed(told: Office) -> None:
    assert await brought(told, FakeDoor({TEXT: "text"}, hosts=frozenset({"members.wto.org"}))) == {READ: 1}
    assert (await shown(told)).attachments[0].state is AttachmentState.FORBIDDEN
    assert await brought(told, FakeDoor({OFFICIAL: "Notification"})) == {READ: 1}


async def test_a_document_that_ends_the_process_is_not_tried_for_ever(told: Office, frozen: FrozenClock) -> None:
    class Ends(Exception):  # noqa: N818 - it stands for the end of a process
        pass

    class Deadly(FakeDoor):
        async def bring(self, link: str) -> Document | Fault:
            await super().bring(link)
            raise Ends

    door = Deadly()
    await attach.list_links(told.database, door)
    for _ in range(30):
        with pytest.raises(Ends):
            await attach.bring_waiting(told.database, door)
        if len(door.asked) == 2 * (len(PAUSES) + 1):
            break
        frozen.advance(days=4)
    frozen.advance(days=30)
    assert await brought(told, door) == {}
    assert {one.state for one in (await shown(told)).attachments} == {AttachmentState.UNREACHABLE}


async def test_two_processes_bring_each_document_once(told: Office) -> None:
    class Slow(FakeDoor):
        async def bring(self, link: str) -> Document | Fault:
            await asyncio.sleep(0.01)
            return await super().bring(link)

    door = Slow({OFFICIAL: "Notification", TEXT: "text"})
    await asyncio.gather(*(attach.list_links(told.database, door) for _ in range(2)))
    await asyncio.gather(*(attach.bring_waiting(told.database, door) for _ in range(4)))
    assert sorted(door.asked) == sorted([OFFICIAL, TEXT])


async def test_old_notices_and_long_lists_of_links_are_left_alone(office: Office) -> None:
    many = tuple(f"https://members.wto.org/{number}.pdf" for number in range(MOST_DOCUMENTS + 5))
    old = a_record("G/TBT/N/USA/9", distributed_on=date(2025, 3, 2), notice_link=OFFICIAL)
    await office.pull(a_page(old, a_record(DRAFT, text_links=many)))
    door = FakeDoor()
    await brought(office, door)
    assert sorted(door.asked) == sorted(many[:MOST_DOCUMENTS])


async def test_it_stops_when_it_is_told_to(told: Office) -> None:
    door = FakeDoor()
    await attach.list_links(told.database, door)
    assert await attach.bring_waiting(told.database, door, lambda: not door.asked) == {WAITING: 1}


@pytest.mark.parametrize("text", ["".join(f" {chr(number)}" for number in range(0x20000, 0x2A000)), "x " * 500_000])
async def test_an_annex_of_any_size_fits_the_index(told: Office, text: str) -> None:
    assert len(annex_words(text)) <= LARGEST_ANNEX * 2
    await brought(told, FakeDoor({TEXT: f"chlorpyrifos {text}"}))
    assert await found(told, "chlorpyrifos") == [DRAFT]


def test_a_label_with_other_evidence_is_not_the_annexs_alone() -> None:
    assert not Label("textiles", Role.RELATED, 1.0, ()).only_in_annex
