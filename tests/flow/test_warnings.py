"""A warning that staff entered goes the way of every notice, and nobody reads or is told of it before its release."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from sqlalchemy import select

from app.domain.errors import AppError
from app.domain.release import ReleaseMode
from app.domain.visits import Page
from app.flow import classify, ingest, release, review
from app.store import catalogue, tables
from app.store.filters import Filters
from tests.builders import a_content, a_page, a_record
from tests.office import Office, plain

REF = "rasff/2026.1234"


def a_warning(title: str = "Ethylene oxide on textile bags", **values: Any) -> Page:
    stated = a_content(titles=(("vi", title),), members=("EU",), comment_deadline=None, **values)
    record = replace(a_record(key="2026.1234", source="rasff", language="vi"), content=stated)
    return a_page(record, body=title.encode())


async def reads(office: Office) -> tuple[bool, bool]:
    """Say whether anybody may read the warning, one by one and in the list."""
    async with office.database.reading() as connection:
        one = await catalogue.notice(connection, REF)
        listed, _ = await catalogue.newest(connection, Filters(), None, 9)
        return one is not None, REF in [notice.ref for notice in listed]


@pytest.mark.parametrize("mode", list(ReleaseMode))
async def test_it_waits_for_staff_in_every_mode_and_then_goes_to_whom_it_concerns(
    office: Office, mode: ReleaseMode
) -> None:
    office.mode = mode
    await office.enrol("vitas@example.org", sectors=("textiles",))
    await office.enrol("lefaso@example.org", sectors=("footwear",))
    assert await ingest.enter_warning(office.database, a_warning(), "nga") == REF
    await office.deliver()
    assert (office.recipients, await reads(office)) == ([], (False, False))
    async with office.database.reading() as connection:
        waiting = (await connection.execute(select(tables.events.c.waiting))).scalars().all()
    assert waiting == ["manual"]

    await review.release(office.database, REF, "minh")
    await office.deliver()
    assert (office.recipients, await reads(office)) == (["vitas@example.org"], (True, True))
    text = plain(office.inbox[0][1])
    assert "Loại thông báo: Cảnh báo ngoài WTO" in text
    assert "Nguồn: RASFF (EU)" in text
    assert REF in text


async def test_who_entered_it_is_kept_for_the_second_pair_of_eyes_with_the_bytes_and_the_record(office: Office) -> None:
    await ingest.enter_warning(office.database, a_warning(), "nga")
    await ingest.enter_warning(office.database, a_warning("Ethylene oxide on shoe bags"), "an", again=True)
    async with office.database.reading() as connection:
        notice = (await connection.execute(select(tables.notices))).one()
        verbs = (await connection.execute(select(tables.audit.c.actor, tables.audit.c.verb))).all()
        bytes_kept = (await connection.execute(select(tables.payloads.c.hash))).scalars().all()
    assert (notice.entered_by, notice.version) == ("an", 2)
    assert [tuple(row) for row in verbs] == [("nga", "enter_warning"), ("an", "revise_warning")]
    assert len(bytes_kept) == 2


async def test_it_is_entered_once_and_changed_only_while_nobody_read_it(office: Office) -> None:
    async def refusal(title: str, *, again: bool) -> str:
        with pytest.raises(AppError) as refused:
            await ingest.enter_warning(office.database, a_warning(title), "nga", again=again)
        return refused.value.code

    assert await refusal("First", again=True) == "no-such-notice"
    await ingest.enter_warning(office.database, a_warning("First"), "nga")
    assert await refusal("Second", again=False) == "warning-exists"
    assert await refusal("First", again=True) == "warning-unchanged"
    await classify.sort_waiting(office.database, office.sorter)
    await release.release_by_rule(office.database, ReleaseMode.AUTO)
    await review.release(office.database, REF, "minh")
    assert await refusal("Second", again=True) == "released-already"


async def test_what_a_feed_brought_is_public_at_once_and_nobody_rewrites_it_by_hand(office: Office) -> None:
    await office.pull(a_warning(), name="rasff")
    assert await reads(office) == (True, True)
    with pytest.raises(AppError) as refused:
        await ingest.enter_warning(office.database, a_warning("Other words"), "nga", again=True)
    assert refused.value.code == "warning-of-a-source"


async def test_a_feed_that_brings_the_same_case_does_not_let_it_out(office: Office) -> None:
    await ingest.enter_warning(office.database, a_warning(), "nga")
    await office.pull(a_warning("Ethylene oxide on textile bags, as the source has it"), name="rasff")
    office.mode = ReleaseMode.AUTO
    await office.enrol("vitas@example.org", sectors=("textiles",))
    await office.deliver()
    assert (office.recipients, await reads(office)) == ([], (False, False))


async def test_an_old_day_of_publication_does_not_keep_it_silent(office: Office) -> None:
    await office.enrol("vitas@example.org", sectors=("textiles",))
    await ingest.enter_warning(office.database, a_warning(distributed_on=date(2025, 1, 2)), "nga")
    await office.deliver()
    await review.release(office.database, REF, "minh")
    await office.deliver()
    assert office.recipients == ["vitas@example.org"]
