from dataclasses import replace
from datetime import date
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.events import EventKind, Telling, silence_of
from app.domain.intake import cluster, compose, diff, fingerprint, material, vanished
from app.domain.notices import Content, Flag, content_from_json, content_to_json
from tests.builders import a_content, a_record

JOINT = ("G/TBT/N/BDI/610", "G/TBT/N/KEN/1810")


def test_content_survives_storage() -> None:
    content = a_content("G/TBT/N/USA/1", flags=(Flag("hs", "odd", "9901"),), ics=("59.080",), all_partners=True)
    assert content_from_json(content_to_json(content)) == content


def test_the_order_of_codes_and_the_flags_do_not_change_what_a_notice_says() -> None:
    one = a_content("G/TBT/N/USA/1", hs=("61", "62"), flags=(Flag("hs", "odd", "9901"),))
    assert fingerprint(one) == fingerprint(a_content("G/TBT/N/USA/1", hs=("62", "61")))
    assert fingerprint(one) != fingerprint(a_content("G/TBT/N/USA/1", hs=("62",)))


def test_a_joint_notice_is_composed_alike_from_every_order_of_its_records() -> None:
    records = [
        a_record(*JOINT, key="2", members=("KEN",), description=""),
        a_record(*JOINT, key="1", members=("BDI",), description="from the first member", products=""),
        a_record("G/TBT/N/BDI/610", key="3", language="fr", titles=(("fr", "Étiquetage"),)),
    ]
    composed = {compose(order) for order in permutations(records)}
    (content,) = composed
    assert content.members == ("BDI", "KEN")
    assert content.symbols == JOINT
    assert content.description == "from the first member"
    assert content.products == "Textile products"
    assert dict(content.titles)["fr"] == "Étiquetage"


def test_the_newest_record_of_a_member_speaks() -> None:
    old = a_record("G/TBT/N/USA/1", key="7", revision=7, description="old")
    new = a_record("G/TBT/N/USA/1", key="12", revision=12, description="new")
    assert compose([new, old]).description == "new"


def test_the_api_speaks_before_its_workbook() -> None:
    workbook = a_record("G/TBT/N/USA/1", source="eping-xlsx", revision=99, description="workbook")
    assert compose([workbook, a_record("G/TBT/N/USA/1", description="api")]).description == "api"


def test_a_title_repeated_in_another_language_is_no_translation() -> None:
    english = a_record("G/TBT/N/USA/1")
    spanish = a_record("G/TBT/N/USA/1", language="es", titles=(("es", english.content.title),))
    assert [language for language, _ in compose([english, spanish]).titles] == ["en"]


@given(st.lists(st.lists(st.integers(1, 12), min_size=1, max_size=3, unique=True), min_size=1, max_size=8))
def test_records_are_clustered_by_shared_symbols(boxes: list[list[int]]) -> None:
    records = [a_record(*(f"G/TBT/N/USA/{number}" for number in box), key=str(at)) for at, box in enumerate(boxes)]
    clusters = cluster(records, {})
    names = [{name for record in one.records for name in record.content.symbols} for one in clusters]
    assert sum(len(one.records) for one in clusters) == len(records)
    assert all(not names[left] & names[right] for left in range(len(names)) for right in range(left))


def test_a_stored_notice_joins_records_that_share_nothing_else() -> None:
    records = [a_record("G/TBT/N/USA/1"), a_record("G/TBT/N/USA/2")]
    (one,) = cluster(records, {"G/TBT/N/USA/1": 5, "G/TBT/N/USA/2": 5})
    assert one.homes == (5,)


BASE = a_content("G/TBT/N/USA/1")


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({"comment_deadline": date(2026, 6, 1)}, EventKind.DEADLINE_CHANGED),
        ({"in_force_on": date(2027, 1, 1)}, EventKind.IN_FORCE),
        ({"hs": ("61", "62")}, EventKind.SCOPE_CHANGED),
        ({"products": "Textile products and footwear"}, EventKind.SCOPE_CHANGED),
        ({"keywords": ("Withdrawal of the measure",)}, EventKind.WITHDRAWN),
        ({"keywords": ("Adoption/publication/entry into force of reg.",)}, EventKind.ADOPTED),
        ({"products": "Textile  products."}, None),
        ({"description": "other words"}, None),
        ({"titles": (("en", "other words"),)}, None),
        ({"comment_deadline": None}, None),
        ({"hs": ()}, None),
        ({"adoption_on": date(2027, 1, 1)}, None),
    ],
)
def test_only_deadline_scope_status_and_date_in_force_are_told(changes: dict[str, Any], kind: EventKind | None) -> None:
    found = material(BASE, replace(BASE, **changes))
    assert (found[0] if found else None) == kind


def test_a_diff_names_field_before_and_after() -> None:
    (change,) = diff(BASE, replace(BASE, comment_deadline=date(2026, 6, 1)))
    assert (change.field, change.before, change.after) == ("comment_deadline", "2026-05-01", "2026-06-01")


def test_a_vanished_date_is_flagged() -> None:
    assert [flag.code for flag in vanished(BASE, replace(BASE, comment_deadline=None))] == ["vanished"]


@pytest.mark.parametrize(
    ("telling", "day", "silence"),
    [
        (Telling.ALL, date(1995, 1, 1), None),
        (Telling.ALL, None, None),
        (Telling.RECENT, date(2026, 2, 23), None),
        (Telling.RECENT, date(2026, 2, 22), "baseline"),
        (Telling.RECENT, None, "baseline"),
        (Telling.NONE, date(2026, 3, 2), "silent"),
    ],
)
def test_what_is_told_of_what_comes_in(telling: Telling, day: date | None, silence: str | None) -> None:
    assert silence_of(telling, day, date(2026, 2, 23)) == silence


def test_an_empty_content_has_no_title() -> None:
    assert Content().title == ""
