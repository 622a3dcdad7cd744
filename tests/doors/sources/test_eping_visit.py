import json
from collections.abc import Callable
from datetime import date, timedelta

import pytest

from app.domain.symbols import parse_symbol
from app.domain.visits import FaultKind, Memory, Page, Window
from app.sources.eping import EpingSource
from app.sources.fetch import Fetcher
from tests.doors.sources.eping_items import JSON_HEADERS, WINDOW, envelope, item, items, json_reply, page_reply, serving
from tests.peers.http_peer import HttpPeer, Reply, Request, Script

pytestmark = pytest.mark.sockets

KEY = "a-very-secret-subscription-key"
TODAY = date(2026, 6, 30)


def source(fetcher: Fetcher, peer: HttpPeer) -> EpingSource:
    return EpingSource(fetcher, f"{peer.url}/eping", KEY, today=lambda: TODAY)


async def visit(fetcher: Fetcher, script: Script, memory: Memory | None = None) -> tuple[list[Page], list[Request]]:
    async with HttpPeer(script) as peer:
        pages = [page async for page in source(fetcher, peer).visit(Window(*WINDOW), memory or Memory())]
        return pages, peer.requests


async def rejected(fetcher: Fetcher, reply: Reply, memory: Memory | None = None) -> str:
    """Visit a source that always answers so; assert that nothing is taken and nothing more is asked; return why."""
    pages, requests = await visit(fetcher, [reply], memory)
    (page,) = pages
    assert page.fault is not None
    assert page.fault.kind is FaultKind.UNSOUND
    assert (page.records, page.complaints) == ((), ())
    assert page.payload is not None
    assert {request.query["page"] for request in requests} == {"1"}
    return page.fault.reason


def keys(pages: list[Page]) -> list[str]:
    return [record.key for page in pages for record in page.records]


async def test_the_question_is_put_as_the_contract_says(fetcher: Fetcher) -> None:
    _, requests = await visit(fetcher, serving({}))
    (request,) = requests
    assert request.path == "/eping/notifications/search"
    assert request.headers["ocp-apim-subscription-key"] == KEY
    assert request.headers["accept"] == "application/json"
    assert KEY not in request.target
    assert request.query == {
        "language": "1",
        "distributionDateFrom": "2026-06-01",
        "distributionDateTo": "2026-06-30",
        "page": "1",
        "pageSize": "100",
    }


async def test_the_site_api_is_asked_without_a_key_and_in_order(fetcher: Fetcher) -> None:
    async with HttpPeer(serving({"1": items(1)})) as peer:
        site = EpingSource(fetcher, f"{peer.url}/api/v1/", KEY, site_api=True, today=lambda: TODAY)
        pages = [page async for page in site.visit(Window(*WINDOW), Memory())]
    assert len(keys(pages)) == 1
    assert {request.path for request in peer.requests} == {"/api/v1/azureSearch/getAll"}
    assert all("ocp-apim-subscription-key" not in request.headers for request in peer.requests)
    assert peer.requests[0].query["sortBy"] == "distributionDate"


async def test_all_pages_are_read_and_every_page_keeps_its_bytes(fetcher: Fetcher) -> None:
    pages, requests = await visit(fetcher, serving({"1": items(250)}))
    english = [request for request in requests if request.query["language"] == "1"]
    assert [request.query["page"] for request in english] == ["1", "2", "3"]
    assert len(set(keys(pages))) == 250
    assert [page.total for page in pages[:3]] == [250, 250, 250]
    assert all(page.payload is not None and page.fault is None for page in pages)
    assert pages[2].records[-1].position == "page 3, item 50"
    assert pages[2].records[-1].payload_hash == pages[2].payload.hash  # type: ignore[union-attr]  # asserted above


async def test_a_server_that_gives_smaller_pages_than_asked_is_read_to_the_end(fetcher: Fetcher) -> None:
    def script(request: Request) -> Reply:
        number = int(request.query["page"])
        return page_reply(items(20, 20 * (number - 1) + 1) if number < 4 else items(5, 61), 65)

    pages, _ = await visit(fetcher, script)
    assert len(set(keys(pages))) == 65


async def test_an_empty_window_is_one_sound_page(fetcher: Fetcher) -> None:
    pages, requests = await visit(fetcher, serving({}))
    (page,) = pages
    assert (page.fault, page.records, page.total, len(requests)) == (None, (), 0, 1)


async def test_french_and_spanish_titles_are_taken_where_they_differ(fetcher: Fetcher) -> None:
    script = serving(
        {
            "1": [item(1), item(2)],
            "2": [item(1, title="<p>Sécurité des gadgets</p>"), item(2)],
            "3": [item(1, title="Seguridad de los aparatos"), item(2, title=None), item(3, title="Desconocido")],
        }
    )
    pages, _ = await visit(fetcher, script)
    others = [record for page in pages[1:] for record in page.records]
    assert [(record.language, record.key, record.content.title) for record in others] == [
        ("fr", "100001", "Sécurité des gadgets"),
        ("es", "100001", "Seguridad de los aparatos"),
    ]
    assert others[0].content.symbols == ("G/TBT/N/USA/2001",)
    assert (others[0].content.hs, others[0].content.members, others[0].content.distributed_on) == ((), (), None)


async def test_a_page_of_titles_that_fails_is_only_a_remark(fetcher: Fetcher) -> None:
    def script(request: Request) -> Reply:
        return page_reply(items(1)) if request.query["language"] == "1" else Reply(body=b"<html>", headers=JSON_HEADERS)

    pages, _ = await visit(fetcher, script)
    assert [page.fault for page in pages] == [None, None, None]
    assert len(keys(pages)) == 1
    assert pages[1].remarks[0].startswith("Titles in fr are missing: The answer is not whole JSON")


async def test_a_source_that_fails_while_titles_are_read_is_left_alone(fetcher: Fetcher) -> None:
    def script(request: Request) -> Reply:
        return page_reply(items(1)) if request.query["language"] == "1" else Reply(status=429)

    pages, requests = await visit(fetcher, script)
    assert [page.fault for page in pages] == [None, None]
    assert [request.query["language"] for request in requests] == ["1", "2"]


@pytest.mark.parametrize(("status", "kind"), [(500, FaultKind.UNREACHABLE), (502, FaultKind.UNREACHABLE)])
async def test_f50_a_server_error_ends_the_visit(fetcher: Fetcher, status: int, kind: FaultKind) -> None:
    pages, _ = await visit(fetcher, [Reply(status=status)])
    assert [page.fault.kind for page in pages if page.fault] == [kind]
    assert keys(pages) == []


async def test_f50_a_failure_on_the_second_page_ends_the_visit_after_the_first(fetcher: Fetcher) -> None:
    def script(request: Request) -> Reply:
        return serving({"1": items(150)})(request) if request.query["page"] == "1" else Reply(status=503)

    pages, _ = await visit(fetcher, script)
    assert len(pages[0].records) == 100
    assert pages[1].fault is not None
    assert pages[1].fault.kind is FaultKind.BUSY
    assert len(pages) == 2


@pytest.mark.parametrize("status", [401, 403])
async def test_f50_a_refused_key_is_explained_without_the_key(fetcher: Fetcher, status: int) -> None:
    body = json.dumps({"statusCode": status, "message": f"Access denied due to invalid subscription key {KEY}."})
    pages, requests = await visit(fetcher, [Reply(status=status, body=body.encode(), headers=JSON_HEADERS)])
    (page,) = pages
    assert page.fault is not None
    assert page.fault.kind is FaultKind.REFUSED
    assert "KENG_EPING_KEY" in page.fault.reason
    assert "Access denied" in page.fault.reason
    assert KEY not in page.fault.reason
    assert len(requests) == 1


async def test_f50_a_used_up_quota_is_waited_for(fetcher: Fetcher) -> None:
    body = b'{"statusCode": 403, "message": "Out of call volume quota. Quota will be replenished in 01:02:03."}'
    pages, _ = await visit(fetcher, [Reply(status=403, body=body, headers=JSON_HEADERS)])
    assert pages[0].fault is not None
    assert pages[0].fault.kind is FaultKind.BUSY
    assert pages[0].fault.retry_after == timedelta(hours=1, minutes=2, seconds=3)


async def test_f50_too_many_requests_carries_the_sources_wish(fetcher: Fetcher) -> None:
    pages, requests = await visit(fetcher, [Reply(status=429, headers={"Retry-After": "120"})])
    assert pages[0].fault is not None
    assert (pages[0].fault.kind, pages[0].fault.retry_after) == (FaultKind.BUSY, timedelta(minutes=2))
    assert len(requests) == 1


async def test_f50_an_unknown_address_names_its_setting(fetcher: Fetcher) -> None:
    pages, _ = await visit(fetcher, [Reply(status=404, body=b'{"message": "Resource not found"}')])
    assert pages[0].fault is not None
    assert pages[0].fault.kind is FaultKind.REFUSED
    assert "KENG_EPING_URL" in pages[0].fault.reason


async def test_f51_html_login_page_is_rejected_whole(fetcher: Fetcher) -> None:
    html = b"<!DOCTYPE html><html><body><form>Sign in to your account</form></body></html>"
    assert "Sign in" in await rejected(fetcher, Reply(body=html, headers={"Content-Type": "text/html"}))
    assert "not whole JSON" in await rejected(fetcher, Reply(body=html, headers=JSON_HEADERS))


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "The answer is empty."),
        (b"  \n", "The answer is empty."),
        (b"null", "The answer is null instead of an object"),
        (b"[]", "The answer is a list instead of an object"),
        (b'"maintenance"', "The answer is a string instead of an object"),
        (b"42", "The answer is a number instead of an object"),
        (b"{}", "The field items of the answer is wrong"),
        (b'{"items": []}', "The field totalCount of the answer is wrong"),
        (b'{"items": null, "totalCount": 0}', "The field items of the answer is wrong"),
        (b'{"items": {}, "totalCount": 0}', "The field items of the answer is wrong"),
        (b'{"items": [], "totalCount": "none"}', "The field totalCount of the answer is wrong"),
        (b'{"items": [], "totalCount": -1}', "The field totalCount of the answer is wrong"),
        (b'{"items": [1, null], "totalCount": 2}', "The field items holds something else than records"),
        (b'{"items": [], "totalCount": NaN}', "NaN is no JSON"),
        (b"[" * 100_000, "not whole JSON"),
    ],
)
async def test_f51_what_is_no_answer_of_the_api_is_rejected(fetcher: Fetcher, body: bytes, reason: str) -> None:
    assert reason in await rejected(fetcher, Reply(body=body, headers=JSON_HEADERS))


async def test_f51_empty_although_the_source_counts_notices_is_rejected(fetcher: Fetcher) -> None:
    assert "counts 50 notices" in await rejected(fetcher, page_reply([], 50))


async def test_f51_empty_although_notices_of_these_days_are_known_is_rejected(fetcher: Fetcher) -> None:
    assert "50 notices of these days are known" in await rejected(fetcher, page_reply([]), Memory(expected=50))


async def test_f51_more_notices_than_the_source_counts_is_rejected(fetcher: Fetcher) -> None:
    assert "counts 0" in await rejected(fetcher, page_reply(items(2), 0))


@pytest.mark.parametrize(
    "reply",
    [
        Reply(body=json.dumps(envelope(items(3))).encode()[:-10], headers=JSON_HEADERS),
        Reply(body=json.dumps(envelope(items(3))).encode(), headers={"Content-Type": "text/plain"}),
        Reply(body=json.dumps(envelope(items(3))).encode(), headers={"Content-Type": "application/xml"}),
    ],
    ids=["truncated", "text", "xml"],
)
async def test_f52_truncated_json_and_a_wrong_content_type_are_rejected(fetcher: Fetcher, reply: Reply) -> None:
    await rejected(fetcher, reply)


async def test_f52_a_connection_cut_in_the_middle_is_asked_again(fetcher: Fetcher) -> None:
    whole = page_reply(items(3))
    cut = Reply(body=whole.body, headers=JSON_HEADERS, cut_after=200)
    pages, _ = await visit(fetcher, [cut, whole])
    assert len(keys(pages)) == 3
    pages, _ = await visit(fetcher, [cut])
    assert [page.fault.kind for page in pages if page.fault] == [FaultKind.UNREACHABLE]


@pytest.mark.parametrize("name", ["id", "documentSymbol", "distributionDate", "area", "notifyingMember"])
async def test_f53_a_renamed_field_rejects_the_page_by_name(fetcher: Fetcher, name: str) -> None:
    for count in (1, 5):
        renamed = [{("new" + key if key == name else key): value for key, value in one.items()} for one in items(count)]
        assert f"No item of the page has the field {name}" in await rejected(fetcher, page_reply(renamed))


@pytest.mark.parametrize("name", ["title", "commentDeadlineDate", "hsCodes", "productsFreeText", "notificationType"])
async def test_f53_losing_a_field_that_every_item_carries_rejects_the_page(fetcher: Fetcher, name: str) -> None:
    without = [{key: value for key, value in one.items() if key != name} for one in items(3)]
    assert f"No item of the page has the field {name}" in await rejected(fetcher, page_reply(without))


async def test_f53_the_plain_twin_stands_in_for_a_field(fetcher: Fetcher) -> None:
    def plain(one: dict[str, object]) -> dict[str, object]:
        return {("titlePlain" if key == "title" else key): value for key, value in one.items()}

    pages, _ = await visit(fetcher, [page_reply([plain(one) for one in items(3)])])
    assert pages[0].records[0].content.title == "Safety of widget number 1"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("documentSymbol", 2211),
        ("documentSymbol", "  "),
        ("documentSymbol", "see annex"),
        ("distributionDate", "02/06/2026"),
        ("distributionDate", 1_780_000_000),
        ("distributionDate", None),
        ("commentDeadlineDate", "August 1, 2026"),
        ("area", "TRIPS"),
        ("notifyingMember", {"name": "Viet Nam"}),
        ("title", 7),
        ("hsCodes", "8517"),
        ("hsCodes", [{"code": {"value": "8517"}}]),
        ("keywords", [["a"]]),
        ("allTradingPartners", "yes"),
        ("id", 1.5),
        ("id", "abc"),
    ],
)
async def test_f53_one_record_that_breaks_the_contract_goes_to_quarantine(
    fetcher: Fetcher, name: str, value: object
) -> None:
    pages, _ = await visit(fetcher, [page_reply([item(1), item(2, **{name: value}), item(3)])])
    assert keys(pages[:1]) == ["100001", "100003"]
    (complaint,) = pages[0].complaints
    assert (complaint.position, complaint.field) == ("page 1, item 2", name)
    assert pages[0].fault is None


async def test_f53_a_field_that_is_wrong_in_every_item_rejects_the_page(fetcher: Fetcher) -> None:
    changed = [{**one, "distributionDate": "2 June 2026"} for one in items(3)]
    reason = await rejected(fetcher, page_reply(changed))
    assert reason.startswith("The field distributionDate is wrong in every item of the page")


async def test_f53_unknown_fields_and_new_words_are_tolerated(fetcher: Fetcher) -> None:
    new = item(1, aiSummary={"text": "x"}, notificationType="Clarification of Regular Notification")
    pages, _ = await visit(fetcher, [page_reply([new])])
    assert len(pages[0].records) == 1
    assert pages[0].complaints == ()


async def test_f54_a_notice_added_while_paging_is_not_missed(fetcher: Fetcher) -> None:
    """The new one is put at the top of page 1 while page 2 is read, so that every other slips down by one."""
    stored = items(150)

    def script(request: Request) -> Reply:
        if request.query["language"] == "1" and request.query["page"] == "2" and len(stored) == 150:
            stored.insert(0, item(999))
        return serving({"1": stored})(request)

    pages, _ = await visit(fetcher, script)
    assert set(keys(pages)) == {one["id"] for one in stored}
    assert any("It is read once more." in remark for page in pages for remark in page.remarks)
    assert all(page.fault is None for page in pages)


async def test_f54_a_notice_taken_away_while_paging_hides_no_other(fetcher: Fetcher) -> None:
    stored = items(150)

    def script(request: Request) -> Reply:
        if request.query["page"] == "2" and len(stored) == 150:
            del stored[0]
        return serving({"1": stored})(request)

    pages, _ = await visit(fetcher, script)
    assert {one["id"] for one in stored} <= set(keys(pages))
    assert any("The source counted 150 notices, then 149." in remark for page in pages for remark in page.remarks)


async def test_f54_the_same_page_again_and_again_is_noticed(fetcher: Fetcher) -> None:
    pages, requests = await visit(fetcher, [page_reply(items(100), 5_000)])
    assert pages[-1].fault is not None
    assert "turns in circles" in pages[-1].fault.reason
    assert len(requests) == 2


async def test_f54_a_circle_of_two_pages_is_noticed(fetcher: Fetcher) -> None:
    def script(request: Request) -> Reply:
        return page_reply(items(100, 1 + 100 * (int(request.query["page"]) % 2)), 5_000)

    pages, requests = await visit(fetcher, script)
    assert pages[-1].fault is not None
    assert "turns in circles" in pages[-1].fault.reason
    assert len(requests) == 3


async def test_f54_a_list_without_end_is_left_after_a_thousand_pages(
    fetcher: Fetcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.sources.eping.MOST_PAGES", 7)
    pages, requests = await visit(fetcher, lambda request: page_reply([item(int(request.query["page"]))], 10_000))
    assert pages[-1].fault is not None
    assert "more than 7 pages" in pages[-1].fault.reason
    assert len(requests) == 7


async def test_f55_a_record_twice_on_a_page_is_taken_once(fetcher: Fetcher) -> None:
    pages, _ = await visit(fetcher, [page_reply([item(1), item(1), item(2)])])
    assert keys(pages[:1]) == ["100001", "100002"]
    assert pages[0].remarks == ("1 records came twice on page 1.",)


async def test_f55_a_record_issued_again_under_a_new_id_is_the_higher_revision(fetcher: Fetcher) -> None:
    again = item(7, documentSymbol=" g/tbt/n/usa/2001 ", title="Safety of widget number 1, corrected")
    pages, _ = await visit(fetcher, [page_reply([item(1), again])])
    first, second = pages[0].records
    assert first.content.symbols == second.content.symbols == ("G/TBT/N/USA/2001",)
    assert first.revision < second.revision
    assert [flag.code for flag in second.content.flags] == ["symbol_repaired"]


async def test_f57_an_enormous_record_is_cut_and_flagged(fetcher: Fetcher) -> None:
    codes = [{"id": number, "code": f"{number:06d}", "name": ""} for number in range(10_000, 20_000)]
    huge = item(1, title="x" * 1_000_000, description="y" * 1_000_000, hsCodes=codes)
    pages, _ = await visit(fetcher, [page_reply([huge])])
    (record,) = pages[0].records
    content = record.content
    assert (len(content.title), len(content.description), len(content.hs)) == (2_000, 50_000, 2_000)
    assert {(flag.field, flag.code) for flag in content.flags} == {
        ("title", "too_long"),
        ("description", "too_long"),
        ("hs", "too_many"),
    }


async def test_f57_a_page_of_fifty_megabytes_is_rejected(fetcher: Fetcher) -> None:
    pages, _ = await visit(fetcher, [Reply(body=b" " * 50_000_000, headers=JSON_HEADERS)])
    assert [page.fault.kind for page in pages if page.fault] == [FaultKind.UNSOUND]


async def test_items_outside_the_days_asked_for_reject_the_page(fetcher: Fetcher) -> None:
    stranger = item(2, distributionDate="2025-01-01T00:00:00Z")
    reason = await rejected(fetcher, page_reply([item(1), stranger]))
    assert "Item 100002" in reason
    assert "the question was ignored" in reason


async def test_dates_at_both_ends_of_the_window_are_inside_whatever_their_offset(fetcher: Fetcher) -> None:
    edges = [
        item(1, distributionDate="2026-06-01T00:00:00+14:00"),
        item(2, distributionDate="2026-06-30T23:59:59-11:00"),
    ]
    pages, _ = await visit(fetcher, [page_reply(edges)])
    assert [record.content.distributed_on for record in pages[0].records] == [date(2026, 6, 1), date(2026, 6, 30)]


@pytest.mark.parametrize(
    ("charset", "encode"),
    [
        ("utf-8", lambda text: text.encode()),
        ("utf-8", lambda text: text.encode("utf-8-sig")),
        ("utf-16", lambda text: text.encode("utf-16")),
        ("windows-1258", lambda text: text.encode("cp1258")),
    ],
    ids=["utf-8", "bom", "utf-16", "windows-1258"],
)
async def test_f63_the_declared_charset_is_read(fetcher: Fetcher, charset: str, encode: Callable[[str], bytes]) -> None:
    nfd = "Quy cách a\u0300n toàn".replace("à", "a\u0300").replace("á", "a\u0301")
    body = encode(json.dumps(envelope([item(1, title=nfd)]), ensure_ascii=False))
    pages, _ = await visit(
        fetcher, [Reply(body=body, headers={"Content-Type": f"application/json; charset={charset}"})]
    )
    assert pages[0].records[0].content.title == "Quy cách àn toàn"


@pytest.mark.parametrize(
    ("charset", "raw"),
    [
        ("utf-8", b"T\xb8n"),  # TCVN3
        ("utf-8", b"Hie\xe4p"),  # VNI
        ("utf-8", b"\xff\xfe"),
        ("x-viet-tcvn", b"abc"),
        ("punycode", b"abc"),
        ("us-ascii", "đ".encode()),
    ],
)
async def test_f63_bytes_that_are_not_in_the_declared_charset_are_rejected(
    fetcher: Fetcher, charset: str, raw: bytes
) -> None:
    body = json.dumps(envelope([item(1, title="@")])).encode().replace(b'"@"', b'"' + raw + b'"')
    reply = Reply(body=body, headers={"Content-Type": f"application/json; charset={charset}"})
    assert charset in await rejected(fetcher, reply)


async def test_f63_lone_surrogates_in_json_are_replaced_and_flagged(fetcher: Fetcher) -> None:
    pages, _ = await visit(fetcher, [page_reply([item(1, title="half \ud83d of a pair")])])
    content = pages[0].records[0].content
    assert content.title == "half \ufffd of a pair"
    assert [(flag.field, flag.code) for flag in content.flags] == [("title", "damaged_characters")]


async def test_look_up_returns_the_measure_and_nothing_that_only_looks_alike(fetcher: Fetcher) -> None:
    stored = [
        item(1, documentSymbol=" G/TBT/N/EGY/20"),
        item(2, documentSymbol=" G/TBT/N/EGY/2/Add.40"),
        item(3, documentSymbol=" G/TBT/N/EGY/2"),
    ]
    symbol = parse_symbol("G/TBT/N/EGY/2")
    assert symbol is not None
    async with HttpPeer(serving({"1": stored})) as peer:
        page = await source(fetcher, peer).look_up(symbol)
    assert [record.content.symbols[0] for record in page.records] == ["G/TBT/N/EGY/2/Add.40", "G/TBT/N/EGY/2"]
    assert peer.requests[0].query["documentSymbol"] == "G/TBT/N/EGY/2"


async def test_look_up_reads_on_until_the_document_is_found(fetcher: Fetcher) -> None:
    alike = [item(number, documentSymbol=f" G/TBT/N/EGY/2{number:03d}") for number in range(120)]
    symbol = parse_symbol("G/TBT/N/EGY/2")
    assert symbol is not None
    async with HttpPeer(serving({"1": [*alike, item(500, documentSymbol=" G/TBT/N/EGY/2")]})) as peer:
        page = await source(fetcher, peer).look_up(symbol)
    assert [record.key for record in page.records] == ["100500"]
    assert len(peer.requests) == 2


async def test_look_up_of_what_is_not_there_is_an_empty_page(fetcher: Fetcher) -> None:
    symbol = parse_symbol("G/TBT/N/EGY/2")
    assert symbol is not None
    async with HttpPeer(serving({"1": [item(1, documentSymbol=" G/TBT/N/EGY/299")]})) as peer:
        page = await source(fetcher, peer).look_up(symbol)
    assert (page.records, page.fault, page.remarks) == ((), None, ("G/TBT/N/EGY/2 was not found.",))


async def test_look_up_notices_that_the_question_was_ignored(fetcher: Fetcher) -> None:
    symbol = parse_symbol("G/TBT/N/EGY/2")
    assert symbol is not None
    async with HttpPeer([page_reply(items(3))]) as peer:
        page = await source(fetcher, peer).look_up(symbol)
    assert page.fault is not None
    assert "the question was ignored" in page.fault.reason


async def test_a_list_in_json_with_another_json_type_is_read(fetcher: Fetcher) -> None:
    reply = json_reply(envelope(items(1)), **{"Content-Type": "application/hal+json"})
    pages, _ = await visit(fetcher, [reply])
    assert len(pages[0].records) == 1
