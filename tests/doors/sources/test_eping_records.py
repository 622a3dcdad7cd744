import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from app.domain.notices import Content, NoticeType
from app.domain.symbols import Area
from app.domain.visits import Memory, Page, Window
from app.sources.eping import EpingSource
from app.sources.fetch import Fetcher
from tests.doors.sources.eping_items import JSON_HEADERS, WINDOW, item, page_reply
from tests.peers.http_peer import HttpPeer, Reply

pytestmark = pytest.mark.sockets

TODAY = date(2026, 6, 30)


async def first_page(fetcher: Fetcher, reply: Reply, window: tuple[date, date] = WINDOW) -> Page:
    async with HttpPeer([reply]) as peer:
        source = EpingSource(fetcher, peer.url, "key", today=lambda: TODAY)
        pages = [page async for page in source.visit(Window(*window), Memory())]
    assert pages[0].fault is None
    return pages[0]


async def content_of(fetcher: Fetcher, **fields: Any) -> Content:
    page = await first_page(fetcher, page_reply([item(1, **fields)]))
    assert page.complaints == ()
    return page.records[0].content


def flags(content: Content) -> set[tuple[str, str]]:
    return {(flag.field, flag.code) for flag in content.flags}


async def test_the_verbatim_example_of_the_portal_is_read_whole(fetcher: Fetcher, test_data: Path) -> None:
    body = (test_data / "eping" / "search_portal_example.json").read_bytes()
    page = await first_page(fetcher, Reply(body=body, headers=JSON_HEADERS), (date(2006, 1, 1), date(2018, 12, 31)))
    assert (page.complaints, page.total) == ((), 5)
    by_symbol = {record.content.symbols[0]: record for record in page.records}
    assert list(by_symbol) == [
        "G/TBT/N/USA/1234",
        "G/SPS/N/USA/1234/Add.1",
        "G/SPS/N/USA/1234",
        "G/TBT/N/USA/1234/Add.2",
        "G/TBT/N/USA/1234/Add.1",
    ]
    base = by_symbol["G/TBT/N/USA/1234"]
    assert (base.source, base.key, base.revision, base.language) == ("eping", "19877", 19877, "en")
    assert base.content == Content(
        symbols=("G/TBT/N/USA/1234",),
        area=Area.TBT,
        members=("USA",),
        titles=(("en", "Pesticide Use on Crops Grown for Seed (4 pages, in English)"),),
        description="Establishes provisions governing the use of pesticides on crops grown for seed.",
        products="Pesticide use",
        ics=("65.020", "65.100"),
        objectives=(
            "Prevention of deceptive practices and consumer protection (TBT)",
            "Protection of the environment (TBT)",
        ),
        articles=("3.2",),
        distributed_on=date(2016, 11, 29),
        notice_link="https://docs.wto.org/dol2fe/Pages/SS/directdoc.aspx?filename=q:/G/TBTN16/USA1234.pdf",
        text_links=("https://members.wto.org/crnattachments/2016/TBT/USA/16_4900_00_e.pdf",),
    )
    empty = by_symbol["G/SPS/N/USA/1234/Add.1"].content
    assert (empty.titles, empty.description, empty.products, empty.type) == ((), "", "", NoticeType.ADDENDUM)
    assert "Pesticides" in empty.keywords
    assert len(empty.keywords) == 5
    assert by_symbol["G/TBT/N/USA/1234/Add.1"].content.ics == ("65.020", "65.100")
    assert len(by_symbol["G/TBT/N/USA/1234/Add.2"].content.text_links) == 2


async def test_the_ticked_boxes_of_the_form_are_carried(fetcher: Fetcher) -> None:
    content = await content_of(
        fetcher,
        technicalRegulation=True,
        conformityAssessmentProcedureUrgent=True,
        articleOther=False,
        codexAlimentariusCommision=True,
        internationalPlantProtectionConvention=True,
        conformStandardNo=True,
        tradeFacilitatingMeasure=False,
    )
    assert content.articles == ("2.9.2", "5.7.1")
    assert content.international_standards == (
        "Codex Alimentarius Commission",
        "International Plant Protection Convention",
    )
    assert (content.conforms_to_standard, content.facilitates_trade) == (False, False)


async def test_a_tick_that_is_no_truth_value_costs_no_notice(fetcher: Fetcher) -> None:
    content = await content_of(fetcher, technicalRegulation="yes", codexAlimentariusCommision=1, conformStandardNA="x")
    assert (content.articles, content.international_standards, content.conforms_to_standard) == ((), (), None)


async def test_a_joint_notice_is_one_record_for_each_member_with_all_symbols(fetcher: Fetcher) -> None:
    box = " G/TBT/N/BDI/609, G/TBT/N/KEN/1809, G/TBT/N/RWA/1208, G/TBT/N/TZA/1350, G/TBT/N/UGA/2164"
    members = [("Burundi", "C108"), ("Kenya", "C404"), ("Rwanda", "C646"), ("Tanzania", "C834"), ("Uganda", "C800")]
    found = [
        item(number, documentSymbol=box, notifyingMember=name, notifyingMemberCode=code)
        for number, (name, code) in enumerate(members, start=1)
    ]
    page = await first_page(fetcher, page_reply(found))
    assert [record.content.members for record in page.records] == [("BDI",), ("KEN",), ("RWA",), ("TZA",), ("UGA",)]
    assert {record.content.symbols for record in page.records} == {tuple(box.strip().split(", "))}
    assert len({record.key for record in page.records}) == 5


@pytest.mark.parametrize(
    ("fields", "members"),
    [
        ({"notifyingMember": "European Union", "notifyingMemberCode": "U918"}, ("EU",)),
        ({"notifyingMember": "Korea, Republic of", "notifyingMemberCode": None}, ("KOR",)),
        ({"notifyingMember": "Türkiye", "notifyingMemberCode": "C792"}, ("TUR",)),
        ({"notifyingMember": "Chinese Taipei", "notifyingMemberCode": None}, ("TPKM",)),
    ],
)
async def test_the_member_is_known_by_code_or_by_name(
    fetcher: Fetcher, fields: dict[str, Any], members: tuple[str, ...]
) -> None:
    content = await content_of(fetcher, **fields)
    assert (content.members, content.flags) == (members, ())


async def test_an_unknown_member_is_that_of_the_symbol_and_flagged(fetcher: Fetcher) -> None:
    content = await content_of(fetcher, notifyingMember="Atlantis", notifyingMemberCode="C000")
    assert (content.members, flags(content)) == (("USA",), {("members", "unknown_member")})


@pytest.mark.parametrize(
    ("symbol", "words", "kind", "emergency"),
    [
        ("G/TBT/N/USA/1", "Regular notification", NoticeType.REGULAR, False),
        ("G/SPS/N/USA/1", "Emergency notifications (SPS)", NoticeType.EMERGENCY, True),
        ("G/TBT/N/USA/1", "Urgent notification", NoticeType.EMERGENCY, True),
        ("G/SPS/N/USA/1/Add.2", "Addendum to Emergency Notification (SPS)", NoticeType.ADDENDUM, True),
        ("G/TBT/N/USA/1/Rev.1/Corr.1", "CORRIGENDUM", NoticeType.CORRIGENDUM, False),
        ("G/TBT/N/USA/1/Rev.1", "Revision to Regular Notification", NoticeType.REVISION, False),
        ("G/TBT/N/USA/1/Suppl.1", "Supplement", NoticeType.SUPPLEMENT, False),
        ("G/TBT/N/USA/1/Add.1", None, NoticeType.ADDENDUM, False),
        ("G/TBT/N/USA/1/Add.1", "Something new", NoticeType.ADDENDUM, False),
    ],
)
async def test_the_type_is_read_from_words_and_symbol(
    fetcher: Fetcher, symbol: str, words: str | None, kind: NoticeType, emergency: bool
) -> None:
    content = await content_of(fetcher, documentSymbol=symbol, notificationType=words, area=symbol[2:5])
    assert (content.type, content.emergency, content.flags) == (kind, emergency, ())


async def test_contradictions_between_fields_and_symbol_are_flagged(fetcher: Fetcher) -> None:
    content = await content_of(fetcher, notificationType="Addendum to Regular Notification", area="SPS")
    assert (content.type, content.area) == (NoticeType.REGULAR, Area.TBT)
    assert flags(content) == {("type", "type_contradicts_symbol"), ("area", "area_contradicts_symbol")}


async def test_misprinted_symbols_are_repaired_and_flagged(fetcher: Fetcher) -> None:
    content = await content_of(fetcher, documentSymbol="G / TBT / N / PHI / 464, G/TBT/N/USA/2001, annex 3")
    assert content.symbols == ("G/TBT/N/PHL/464", "G/TBT/N/USA/2001")
    assert [(flag.code, flag.detail) for flag in content.flags] == [
        ("symbol_repaired", "G / TBT / N / PHI / 464"),
        ("symbol_unreadable", "annex 3"),
    ]


async def test_codes_names_keywords_and_regions_are_lists_without_repeats(fetcher: Fetcher) -> None:
    content = await content_of(
        fetcher,
        hsCodes=[{"id": 1, "code": "030617", "name": "030617 - Frozen shrimps"}, {"id": 2, "code": "9901", "name": ""}],
        icsCodes=[{"id": 3, "code": "67.120.30", "name": "67.120.30 - Fish"}] * 2,
        productsFreeText="<p>Frozen shrimps (HS code(s): 030617); Prawn crackers (HS: 1905.90)</p>",
        keywords=[{"id": 1, "name": "Food safety"}, {"id": 2, "name": None}],
        spsKeywords=[{"id": 1, "name": "Food safety"}, {"id": 3, "name": "Human health"}],
        objectives=[{"id": 8, "name": "Consumer information, labelling (TBT)"}],
        countriesAffected=[{"id": 1, "name": "Viet Nam"}],
        specificRegionsOrCountries="Korea, Republic of, Brazil; <b>Thailand</b>",
        allTradingPartners=False,
    )
    assert (content.hs, content.ics) == (("030617", "190590"), ("67.120.30",))
    assert content.products == "(HS code(s): 030617); Prawn crackers (HS: 1905.90)"
    assert content.keywords == ("Food safety", "Human health")
    assert content.objectives == ("Consumer information, labelling (TBT)",)
    assert content.regions == ("Brazil", "Korea, Republic of", "Thailand", "Viet Nam")
    assert content.all_partners is False


async def test_code_texts_stand_in_for_missing_lists(fetcher: Fetcher) -> None:
    content = await content_of(
        fetcher, hsCodes=None, icsCodes=[], hsCodeText="0306, 0307", icsCodeText="65.020, 65.100"
    )
    assert (content.hs, content.ics) == (("0306", "0307"), ("65.020", "65.100"))


async def test_all_trading_partners_in_words_are_no_region(fetcher: Fetcher) -> None:
    content = await content_of(fetcher, specificRegionsOrCountries="All trading partners")
    assert (content.regions, content.all_partners) == ((), True)


async def test_the_html_is_read_before_its_plain_twin(fetcher: Fetcher) -> None:
    content = await content_of(
        fetcher,
        description="<p>for the transport of &lt;10 persons</p><p>and more</p>",
        descriptionPlain="for the transport of",
        title=None,
        titlePlain="Only plain",
    )
    assert content.description == "for the transport of <10 persons\nand more"
    assert content.title == "Only plain"


async def test_dates_and_their_words(fetcher: Fetcher) -> None:
    content = await content_of(
        fetcher,
        commentDeadlineDate="2026-08-01T00:00:00+00:00",
        proposedAdoptionDate="2026-12-31",
        proposedEntryIntoForceDateText="<p>Six months after&nbsp;publication</p>",
    )
    assert (content.distributed_on, content.comment_deadline) == (date(2026, 6, 2), date(2026, 8, 1))
    assert (content.adoption_on, content.adoption_text) == (date(2026, 12, 31), "")
    assert (content.in_force_on, content.in_force_text) == (None, "Six months after publication")
    assert content.flags == ()


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        ("1900-01-01T00:00:00Z", "unlikely_date"),
        ("2026-02-31T00:00:00Z", "impossible_date"),
        ("26-08-01", "two_digit_year"),
        ("2066-08-01T00:00:00Z", "unlikely_date"),
        ("2026-06-01T00:00:00Z", "before_distribution"),
    ],
)
async def test_f64_a_deadline_that_cannot_be_is_flagged_and_kept_in_words(
    fetcher: Fetcher, raw: str, code: str
) -> None:
    content = await content_of(fetcher, commentDeadlineDate=raw)
    assert content.comment_deadline is None
    assert raw.startswith(content.comment_deadline_text)
    assert content.comment_deadline_text
    assert flags(content) == {("comment_deadline", code)}


async def test_f64_dates_of_adoption_and_force_are_flagged_too(fetcher: Fetcher) -> None:
    content = await content_of(
        fetcher,
        proposedAdoptionDate="1900-01-01",
        proposedAdoptionDateText="To be determined",
        proposedEntryIntoForceDate="2099-01-01T00:00:00Z",
    )
    assert (content.adoption_on, content.adoption_text) == (None, "1900-01-01; To be determined")
    assert (content.in_force_on, content.in_force_text) == (None, "2099-01-01")
    assert flags(content) == {("adoption_on", "unlikely_date"), ("in_force_on", "unlikely_date")}


@pytest.mark.parametrize(
    ("raw", "code"), [("2026-02-31T00:00:00Z", "impossible_date"), ("1900-01-01T00:00:00Z", "unlikely_date")]
)
async def test_f64_a_distribution_date_that_cannot_be_is_flagged_not_dropped(
    fetcher: Fetcher, raw: str, code: str
) -> None:
    content = await content_of(fetcher, distributionDate=raw)
    assert content.distributed_on is None
    assert [(flag.field, flag.code, flag.detail) for flag in content.flags] == [("distributed_on", code, raw)]


async def test_f64_a_distribution_date_in_the_future_is_flagged(fetcher: Fetcher) -> None:
    found = page_reply([item(1, distributionDate="2026-07-15T00:00:00Z")])
    page = await first_page(fetcher, found, (date(2026, 6, 1), date(2026, 7, 31)))
    assert page.records[0].content.distributed_on is None
    assert flags(page.records[0].content) == {("distributed_on", "future_date")}


async def test_f60_hostile_fields_become_inert_text(fetcher: Fetcher) -> None:
    hostile = '<script>alert(1)</script><img src=x onerror="alert(1)">\u202eevil<a href="javascript:alert(1)">x</a>'
    content = await content_of(
        fetcher,
        title=hostile,
        description=hostile,
        productsFreeText=hostile,
        notifyingMember=hostile,
        keywords=[{"id": 1, "name": hostile}],
        linkToNotification="javascript:alert(1)",
        notifiedDocumentLink="data:text/html,x,https://wtо.org/homoglyph,https://members.wto.org/a.pdf",
        dolLink="..\\..\\etc\\passwd",
    )
    assert (content.title, content.description, content.products, content.keywords) == ("evilx",) * 3 + (("evilx",),)
    assert (content.notice_link, content.text_links) == ("", ("https://members.wto.org/a.pdf",))
    assert {("notice_link", "dropped_link"), ("text_links", "dropped_link"), ("title", "hidden_characters")} <= flags(
        content
    )
    assert all("<" not in flag.detail and "\u202e" not in flag.detail for flag in content.flags)


async def test_f62_a_title_that_would_break_a_header_is_one_short_line(fetcher: Fetcher) -> None:
    content = await content_of(fetcher, title="Subject\r\nBcc: all@example.org\r\n.\r\n\x00" + "x" * 5_000)
    assert content.title.startswith("Subject Bcc: all@example.org . xxx")
    assert len(content.title) == 2_000
    assert flags(content) == {("title", "too_long")}


async def test_links_to_the_notice_prefer_the_stated_one(fetcher: Fetcher) -> None:
    stated = "https://docs.wto.org/imrd/directdoc.asp?DDFDocuments/T/G/TBTN26/USA2001.docx"
    content = await content_of(fetcher, linkToNotification=stated, dolLink="G\\TBTN26\\USA2001.pdf")
    assert content.notice_link == stated


async def test_every_real_record_under_api_names_is_read(fetcher: Fetcher, test_data: Path) -> None:
    """Thirty real TBT records of the Gulf states, put back under the API's names by hand: ids are numbers there."""
    found = json.loads((test_data / "eping" / "02_RECONSTRUCTED_search_envelope.json").read_text(encoding="utf-8"))
    reply = Reply(body=json.dumps(found).encode(), headers=JSON_HEADERS)
    page = await first_page(fetcher, reply, (date(1995, 1, 1), date(2026, 12, 31)))
    assert len(page.records) == len({one["id"] for one in found["items"]})
    assert page.complaints == ()
    assert all(record.content.title and record.content.members for record in page.records)
