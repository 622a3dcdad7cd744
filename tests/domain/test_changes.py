"""What a later document changes, and which changes are worth an alert at once (features N14)."""

from datetime import date
from typing import Any

import pytest

from app.domain.changes import Ground, Verdict, changes_of, materiality_of
from app.domain.events import EventKind
from app.domain.intake import material
from app.domain.measures import event_of
from app.domain.notices import Content
from tests.builders import a_content

BASE = a_content(
    "G/SPS/N/GBR/118",
    titles=(("en", "New GB MRLs for ametoctradin amending the GB MRL Statutory Register"),),
    description="Maximum residue levels of 0.05 mg/kg are proposed.",
    products="Cereals (HS 1001)",
    hs=("1001",),
    regions=("Chile",),
    comment_deadline=date(2027, 1, 12),
    in_force_on=date(2027, 6, 1),
)
SILENT: dict[str, Any] = {"comment_deadline": None, "titles": BASE.titles, "distributed_on": date(2026, 4, 1)}


def a_follow_up(suffix: str, description: str = "", **values: Any) -> Content:
    return a_content(f"G/SPS/N/GBR/118/{suffix}", description=description, **(SILENT | values))


def judged(content: Content) -> tuple[bool, str]:
    verdict = materiality_of(event_of(content), content, changes_of(content, [BASE, content]))
    return verdict.material, verdict.ground.value


MODIFIED = ("Modification of content/scope of regulation",)
PUBLISHED = ("Adoption/publication/entry into force of reg.",)
DRAWN_BACK = ("Withdrawal of the measure",)
MISSPELT = (
    "The active substance was misspelt in the title. There are no changes to the notified measure and the final date for"
    " comments remains 12 January 2027."
)


@pytest.mark.parametrize(
    ("suffix", "description", "values", "expected"),
    [
        ("Add.1", "", {"comment_deadline": date(2027, 1, 26)}, (True, "deadline")),
        ("Add.1", "The comment period has been extended by two weeks.", {}, (True, "deadline")),
        ("Add.1", "", {"keywords": ("Modification of final date for comments",)}, (True, "deadline")),
        ("Add.1", "", {"comment_deadline": date(2027, 1, 12), "keywords": MODIFIED}, (True, "scope")),
        ("Add.1", "", {"hs": ("1001", "1005")}, (True, "scope")),
        ("Add.1", "", {"products": "Cereals and pulses", "hs": ("1001",)}, (True, "scope")),
        ("Add.1", "", {"regions": ("Chile", "Peru")}, (True, "scope")),
        ("Add.1", "The final rule was published on 3 May 2026.", {}, (True, "adoption")),
        ("Add.1", "", {"keywords": PUBLISHED}, (True, "adoption")),
        ("Add.1", "The regulation entered into force on 1 May 2026.", {}, (True, "entry_into_force")),
        ("Add.1", "", {"in_force_on": date(2027, 9, 1)}, (True, "entry_into_force")),
        ("Add.1", "", {"adoption_on": date(2027, 2, 1)}, (True, "adoption")),
        ("Add.1", "La medida se retiró.", {"keywords": DRAWN_BACK}, (True, "withdrawal")),
        ("Add.1", "The proposal was withdrawn.", {}, (True, "withdrawal")),
        ("Add.1", "Guidance on the interpretation of Article 5 is available.", {}, (True, "unclear")),
        ("Add.1", "The link to the full text has changed: https://example.org/new", {}, (False, "editorial")),
        ("Add.1", "The compliance date is postponed by a year.", {}, (True, "named")),
        ("Add.1", "The transitional period was prolonged; a new link is given.", {}, (True, "named")),
        ("Corr.1", "", {"comment_deadline": date(2027, 2, 12)}, (True, "deadline")),
        ("Corr.1", "", {"hs": ("1002",)}, (True, "scope")),
        ("Corr.1", "The notification was circulated erroneously and is null and void.", {}, (True, "withdrawal")),
        ("Corr.1", MISSPELT, {}, (False, "editorial")),
        ("Corr.1", "A typographical error in the title is corrected.", {}, (False, "editorial")),
        ("Corr.1", "The hyperlink in item 5 did not work.", {}, (False, "editorial")),
        ("Corr.1", "The e-mail address of the enquiry point is corrected.", {}, (False, "editorial")),
        ("Corr.1", "Se corrige un error tipográfico en el título.", {}, (False, "editorial")),
        ("Corr.1", "Se corrige la fecha límite para la presentación de observaciones.", {}, (True, "named")),
        ("Corr.1", "Correction d'une erreur de frappe dans l'intitulé.", {}, (False, "editorial")),
        ("Corr.1", "L'entrée en vigueur est fixée au 1er mai.", {}, (True, "named")),
        ("Corr.1", "The deadline for comments should read 26 January 2027.", {}, (True, "named")),
        ("Corr.1", "In the table, 0.5 mg/kg should read 0.05 mg/kg.", {}, (True, "named")),
        ("Corr.1", "One figure in the table for tea was misprinted.", {}, (True, "named")),
        ("Corr.1", "A typographical error in Annex II is corrected.", {}, (True, "named")),
        ("Corr.1", "The web address of the enquiry point was misprinted. Nothing else changes.", {}, (False, "editorial")),
        ("Corr.1", "The tariff headings in item 3 were incomplete.", {}, (True, "named")),
        ("Corr.1", "A clerical error: the effective date should read 1 May.", {}, (True, "named")),
        ("Corr.1", "The wrong document was attached in item 5. The correct one is attached.", {}, (True, "unclear")),
        ("Corr.1", "", {}, (True, "unclear")),
        ("Corr.1", "제목의 오류를 수정함.", {}, (True, "unclear")),
        ("Corr.1", "Sửa lỗi chính tả trong tiêu đề; hạn góp ý không thay đổi.", {}, (False, "editorial")),
        ("Corr.1", "Sửa hạn góp ý thành 26/01/2027.", {}, (True, "named")),
        ("Suppl.1", "An unofficial translation into English is available.", {}, (False, "translation")),
        ("Suppl.1", "", {}, (False, "translation")),
        ("Suppl.1", "", {"comment_deadline": date(2027, 2, 1)}, (True, "deadline")),
        ("Rev.1", "Maximum residue levels of 0.05 mg/kg are proposed.", {"comment_deadline": date(2027, 1, 12)},
         (True, "new")),
        ("Rev.1", "", {"hs": ("1001", "1002")}, (True, "scope")),
    ],
)  # fmt: skip
def test_what_is_worth_an_alert_at_once(
    suffix: str, description: str, values: dict[str, Any], expected: tuple[bool, str]
) -> None:
    assert judged(a_follow_up(suffix, description, **values)) == expected


@pytest.mark.parametrize("kind", [EventKind.NOTIFIED, EventKind.ADOPTED])
def test_a_new_measure_and_a_warning_are_always_worth_an_alert(kind: EventKind) -> None:
    assert materiality_of(kind, BASE, ()).material
    assert materiality_of(EventKind.NOTIFIED, a_content(), ()) == Verdict(material=True, ground=Ground.NEW)


def test_whatever_a_changed_record_tells_is_worth_an_alert() -> None:
    moved = a_content("G/SPS/N/GBR/118", comment_deadline=date(2027, 2, 1))
    happened = material(a_content("G/SPS/N/GBR/118"), moved)
    assert happened is not None
    assert materiality_of(happened[0], moved, happened[1]) == Verdict(material=True, ground=Ground.DEADLINE)


def moved(content: Content, *thread: Content) -> list[tuple[str, str, str]]:
    return [(one.field, one.before, one.after) for one in changes_of(content, [BASE, *thread, content])]


def test_an_addendum_changes_only_what_it_states_anew() -> None:
    extended = a_follow_up("Add.1", "Extended.", comment_deadline=date(2027, 1, 26), regions=("Chile",))
    assert moved(extended) == [("comment_deadline", "2027-01-12", "2027-01-26")]
    assert moved(a_follow_up("Add.1", "Other information.")) == []


def test_old_is_what_was_stated_last_before() -> None:
    first = a_follow_up("Add.1", comment_deadline=date(2027, 1, 26))
    second = a_follow_up("Add.2", comment_deadline=date(2027, 2, 9), distributed_on=date(2026, 5, 1))
    assert moved(second, first) == [("comment_deadline", "2027-01-26", "2027-02-09")]


def test_a_follow_up_that_ends_the_draft_says_so() -> None:
    adopted = a_follow_up("Add.1", keywords=PUBLISHED, in_force_on=date(2027, 6, 1))
    assert moved(adopted) == [("state", "proposed", "adopted")]


def test_a_revision_is_compared_with_the_whole_text_before_it() -> None:
    revised = a_follow_up(
        "Rev.1", "Maximum residue levels of 0.01 mg/kg are proposed.", products=BASE.products, hs=("1001", "1002")
    )
    extended = a_follow_up("Add.1", "Extended.", comment_deadline=date(2027, 1, 26), distributed_on=date(2026, 3, 9))
    assert moved(revised, extended) == [
        ("hs", "1001", "1001, 1002"),
        ("description", BASE.description, "Maximum residue levels of 0.01 mg/kg are proposed."),
    ]


def test_codes_are_news_where_none_were_stated_but_regions_are_not() -> None:
    bare = a_content("G/SPS/N/GBR/9", hs=(), products="")
    stated = a_content("G/SPS/N/GBR/9/Add.1", hs=("0306",), regions=("Chile",), distributed_on=date(2026, 4, 1))
    assert [one.field for one in changes_of(stated, [bare, stated])] == ["hs"]


def test_nothing_is_changed_by_a_base_notice_nor_by_a_follow_up_that_stands_alone() -> None:
    extended = a_follow_up("Add.1", comment_deadline=date(2027, 1, 26))
    assert changes_of(BASE, [BASE]) == ()
    assert changes_of(extended, [extended]) == ()
