import re
from dataclasses import replace
from datetime import date
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import httpx
import pytest
from babel.messages.extract import extract_from_dir
from sqlalchemy import update
from starlette.requests import Request

from app.api.doors import ApiDoors
from app.domain.notices import NoticeType
from app.domain.sectors import Evidence, Label, Role
from app.i18n.catalogue import translator
from app.main import assemble
from app.store.database import Database
from app.store.tables import corrections, notices
from app.web import pages
from app.web.doors import WebDoors
from tests.surfaces.conftest import asking, on_sqlite_only, with_banner
from tests.surfaces.rows import STORED_AT, happen, keep, label, regular

VOID = {"meta", "link", "br", "input"}
ALLOWED = {
    *("html", "head", "meta", "title", "link", "body", "a", "p", "strong", "header", "div", "span", "main", "footer"),
    *("h1", "h2", "h3", "section", "article", "dl", "dt", "dd", "ul", "ol", "li", "b", "br", "q", "code", "details"),
    *("summary", "form", "input", "button"),
}


class Elements(HTMLParser):
    """Every element of a page with its attributes, and whether they nest."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.nests = True
        self.feed(text)
        self.nests = self.nests and not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        self.nests = self.nests and bool(self.open) and self.open.pop() == tag


def seen(text: str) -> str:
    """Return the words of a page as a reader sees them."""
    return " ".join(re.sub(r"<[^>]+>", " ", text).split())


JOINT = regular(
    "G/TBT/N/BDI/609",
    symbols=("G/TBT/N/BDI/609", "G/TBT/N/KEN/1809", "G/TBT/N/TPKM/7"),
    members=("BDI", "KEN", "TPKM"),
    titles=(("fr", "Projet d'étiquetage des chaussures"), ("en", "Draft on the labelling of footwear")),
    description="First sentence that is\nbroken in two.\nSecond paragraph. " + "Long text. " * 200,
    products="Footwear",
    hs=("6403", "6404"),
    objectives=("Consumer information, labelling (TBT)", "A purpose that nobody knows"),
    comment_deadline=date(2026, 4, 30),
    in_force_on=date(2027, 1, 1),
    notice_link="https://docs.wto.org/imrd/BDI609.DOCX",
    text_links=("https://elsewhere.example/text.pdf",),
)
WORDS = (
    "Burundi, Kenya, Đài Loan (Trung Quốc)",
    "G/TBT/N/BDI/609, G/TBT/N/KEN/1809, G/TBT/N/TPKM/7",
    "59 ngày",
    "Hạn góp ý: 30/04/2026",
    "20/02/2026",
    "01/01/2027",
    "Projet d&#39;étiquetage des chaussures",
    "Draft on the labelling of footwear",
    "tiếng Pháp",
    "6403: ",
    "6404: ",
    "Thông tin cho người tiêu dùng, ghi nhãn",
    "A purpose that nobody knows (nguyên văn)",
    "Da giầy",
    "máy phân loại, chưa hiệu đính",
    "sản phẩm áp dụng: Footwear",
    "footwear/strong/en/footwear",
    "thông báo mới",
    "đang nhận góp ý",
    "First sentence that is broken in two.",
    "Long text. " * 199,
)


async def test_a_notice_says_in_vietnamese_what_an_exporter_needs(
    database: Database, client: httpx.AsyncClient
) -> None:
    number = await keep(database, JOINT, sorted_at=STORED_AT)
    proof = Evidence("products", 0, 8, "Footwear", "footwear/strong/en/footwear", 0.75)
    await label(database, number, [Label("footwear", Role.PRIMARY, 0.95, (proof,))])
    await happen(database, number, "notified", happened_on=date(2026, 2, 20))

    answer = await client.get("/notices/G/TBT/N/KEN/1809")

    text = seen(answer.text)
    for words in WORDS:
        assert words in text, words
    links = [found.get("href") for tag, found in Elements(answer.text).found if tag == "a"]
    assert "https://docs.wto.org/imrd/BDI609.DOCX" in links
    assert "https://elsewhere.example/text.pdf" not in links
    assert "https://elsewhere.example/text.pdf" in text


async def test_a_page_says_in_words_what_a_box_said(database: Database, client: httpx.AsyncClient) -> None:
    ticked = Evidence("all_partners", 0, 4, "True", "all_partners/form/all_partners", 0.95)
    due = Evidence("comment_deadline", 0, 10, "2026-04-20", "act/open-for-comments", 0.9)
    number = await keep(database, regular("G/TBT/N/JPN/12", all_partners=True, comment_deadline=date(2026, 4, 20)))
    await label(database, number, [Label("all_partners", Role.PRIMARY, 0.95, (ticked,))], "affected")
    await label(database, number, [Label("act", Role.PRIMARY, 0.9, (due,))], "importance")
    page = (await client.get("/notices/G/TBT/N/JPN/12")).text
    assert "<q>có</q>" in page
    assert "<q>20/04/2026</q>" in page
    assert "True" not in page


async def test_the_english_page_says_the_same(database: Database, client: httpx.AsyncClient) -> None:
    number = await keep(database, regular("G/TBT/N/USA/1", comment_deadline=date(2026, 3, 3)), sorted_at=STORED_AT)
    await label(database, number, [Label("footwear", Role.PRIMARY, 0.95, ())])
    text = seen((await client.get("/en/notices/G/TBT/N/USA/1")).text)
    for words in (
        "United States of America",
        "1 day left",
        "3 March 2026",
        "Footwear and leather",
        "sorted by machine, not yet reviewed",
        "Urgent",
    ):
        assert words in text, words


async def test_a_thread_stands_on_each_of_its_pages(database: Database, client: httpx.AsyncClient) -> None:
    first = await keep(database, regular("G/TBT/N/USA/1", products="Footwear", hs=("64",)))
    addendum = regular("G/TBT/N/USA/1/Add.1", type=NoticeType.ADDENDUM, distributed_on=date(2026, 2, 25))
    second = await keep(database, addendum, inherits_from="G/TBT/N/USA/1")
    await happen(database, first, "notified")
    await happen(database, second, "deadline_changed", changes=[["comment_deadline", "2026-03-01", "2026-04-01"]])
    for path in ("/notices/G/TBT/N/USA/1/Add.1", "/notices/G/TBT/N/USA/1", "/measures/G%2FTBT%2FN%2FUSA%2F1"):
        text = seen((await client.get(path)).text)
        assert "thay đổi hạn góp ý" in text
        assert "01/03/2026 → 01/04/2026" in text
        log = text[text.index("Diễn biến") :]
        assert log.index("thông báo mới") < log.index("thay đổi hạn góp ý")
    page = seen((await client.get("/notices/G/TBT/N/USA/1/Add.1")).text)
    assert "kế thừa từ G/TBT/N/USA/1" in page
    assert "bạn đang xem" in page


async def test_a_deadline_that_a_later_document_moved_counts_by_the_new_one(
    database: Database, client: httpx.AsyncClient
) -> None:
    await keep(database, regular("G/TBT/N/USA/1", comment_deadline=date(2026, 3, 5)))
    later = regular("G/TBT/N/USA/1/Add.1", type=NoticeType.ADDENDUM, comment_deadline=date(2026, 4, 1))
    await keep(database, later)
    first = seen((await client.get("/notices/G/TBT/N/USA/1")).text)
    assert "Hạn nêu trong thông báo này là 05/03/2026; hạn hiện nay của biện pháp là 01/04/2026." in first
    assert first.index("Hạn góp ý: 01/04/2026") < first.index("Hạn nêu trong thông báo này")
    assert "còn 3 ngày)" not in first
    assert "hạn hiện nay" not in seen((await client.get("/notices/G/TBT/N/USA/1/Add.1")).text)


async def test_marks_tell_what_a_person_did(database: Database, client: httpx.AsyncClient) -> None:
    number = await keep(database, regular("G/TBT/N/USA/1"), sorted_at=STORED_AT)
    assert "chờ cán bộ xem" in (await client.get("/notices/G/TBT/N/USA/1")).text
    await label(database, number, [Label("food", Role.PRIMARY, 1.0, ())])
    async with database.writing() as connection:
        word = {"label": "food", "role": "primary", "because": "food", "actor": "staff:1", "created_at": STORED_AT}
        await connection.execute(corrections.insert().values(notice_id=number, **word))
        withdrawn = {"withdrawn_at": STORED_AT, "withdrawn_because": "Gửi nhầm <b>"}
        await connection.execute(update(notices).values(**withdrawn))
    text = (await client.get("/notices/G/TBT/N/USA/1")).text
    assert "đã được cán bộ rà soát" in text
    assert "máy phân loại" not in text
    assert "Gửi nhầm &lt;b&gt;" in text
    assert "đã rút lại" in text


async def test_the_start_page_lists_the_newest(database: Database, client: httpx.AsyncClient) -> None:
    assert "Chưa có thông báo nào." in (await client.get("/")).text
    for number in range(1, 25):
        await keep(database, regular(f"G/TBT/N/USA/{number}", comment_deadline=date(2026, 3, 2)))
    for path in ("/", "/en", "/en/"):
        found = Elements((await client.get(path)).text).found
        listed = [str(one.get("href")) for tag, one in found if tag == "a" and "/notices/" in str(one.get("href"))]
        prefix = "/en" if path != "/" else ""
        assert listed == [f"{prefix}/notices/G/TBT/N/USA/{number}" for number in range(24, 4, -1)]


CORPUS = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg/onload=alert(1)>",
    '"><iframe src=javascript:alert(1)>',
    "' onmouseover='alert(1)",
    "{{ 7*7 }}{% raw %}",
    "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=1 onerror=alert(1)&gt;'>",
    "<style>@import 'https://evil.example/x.css'</style>",
    "</title><script>x</script>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "javascript:alert(1)",
    "\u202egnp.exe\u202c \u2066x\u2069",
    "<a href='data:text/html,x'>x</a>",
    "-->]]><base href=//evil.example>",
    "<form action=https://evil.example><button>x",
    "\x00<b>",
]
LINKS = [
    "javascript:alert(1)//https://docs.wto.org/",
    "data:text/html;base64,x",
    "https://docs.wto.org@evil.example/",
    "https://dоcs.wto.org/",
    "//evil.example/x",
    "https://docs.wto.org\\@evil.example/",
    "JaVaScRiPt:alert(1)",
    "https://docs.wto.org.evil.example/",
    'https://docs.wto.org/"onmouseover="alert(1)',
]


async def test_nothing_that_a_source_says_acts_on_a_page(database: Database, client: httpx.AsyncClient) -> None:
    hostile: dict[str, Any] = {
        "titles": (("en", " ".join(CORPUS)),),
        "description": "\n".join(CORPUS),
        "products": "\n".join(CORPUS),
        "objectives": tuple(CORPUS),
        "keywords": tuple(CORPUS),
        "regions": tuple(CORPUS),
        "comment_deadline_text": CORPUS[0],
        "notice_link": LINKS[0],
        "text_links": tuple(LINKS),
    }
    # What no database keeps is left out here; intake drops it before.
    clean = {name: _without_nul(value) for name, value in hostile.items()}
    number = await keep(database, regular("G/TBT/N/USA/1", **clean), sorted_at=STORED_AT)
    proof = Evidence("title", 0, 9, CORPUS[0], CORPUS[1], 0.9, CORPUS[2])
    await label(database, number, [Label("<b>sector</b>", Role.PRIMARY, 0.9, (proof,))])
    await happen(
        database, number, "deadline_changed", because=CORPUS[0], changes=[["comment_deadline", CORPUS[0], CORPUS[1]]]
    )
    for path in ("/", "/en/", "/notices/G/TBT/N/USA/1", "/en/notices/G/TBT/N/USA/1", "/measures/G/TBT/N/USA/1"):
        answer = await client.get(path)
        assert answer.status_code == 200
        elements = Elements(answer.text)
        assert elements.nests, path
        assert {tag for tag, _ in elements.found} <= ALLOWED, path
        assert not [name for _, found in elements.found for name in found if name.startswith(("on", "style"))], path
        for _, found in elements.found:
            for name in ("href", "src", "action"):
                target = found.get(name) or "/"
                assert re.match(r"/[^/\\]|/$|#|https://docs\.wto\.org/[^\"@]*$", target), (path, target)
        assert not re.search("[\u202a-\u202e\u2066-\u2069]", answer.text)


def _without_nul(value: object) -> object:
    if isinstance(value, str):
        return value.replace("\x00", "")
    return tuple(_without_nul(one) for one in value) if isinstance(value, tuple) else value


async def test_every_page_carries_the_headers_of_a_page(database: Database, client: httpx.AsyncClient) -> None:
    await keep(database, regular("G/TBT/N/USA/1"))
    for path in ("/", "/en/", "/notices/G/TBT/N/USA/1", "/measures/G/TBT/N/USA/1", "/nothing", "/en/nothing", "/u/x"):
        headers = (await client.get(path)).headers
        assert headers["content-security-policy"] == pages.POLICY
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["strict-transport-security"].startswith("max-age=31536000")
        assert "set-cookie" not in headers


@on_sqlite_only
async def test_nothing_on_a_page_comes_from_another_host(database: Database, client: httpx.AsyncClient) -> None:
    await keep(database, regular("G/TBT/N/USA/1"))
    for path in ("/", "/notices/G/TBT/N/USA/1", "/nothing"):
        answer = await client.get(path, headers={"Host": "evil.example", "X-Forwarded-Host": "evil.example"})
        assert "evil.example" not in answer.text
        for tag, found in Elements(answer.text).found:
            if tag != "a":
                assert not re.match(r"(https?:)?//", found.get("href") or found.get("src") or "/"), found
    for name, kind in (("keng.css", "text/css; charset=utf-8"), ("keng.svg", "image/svg+xml")):
        dress = await client.get(f"/static/{name}")
        assert (dress.status_code, dress.headers["content-type"]) == (200, kind)
        assert dress.headers["cache-control"] == "public, max-age=3600"
        assert dress.headers["x-content-type-options"] == "nosniff"
        assert not re.search(r'url\((?!"/static/[a-z0-9.?=/-]+"\))', dress.text)
        assert "@import" not in dress.text
    style = next(str(found["href"]) for tag, found in Elements(answer.text).found if found.get("rel") == "stylesheet")
    assert (await client.get(style)).headers["cache-control"] == "public, max-age=31536000"
    for font in re.findall(r'url\("(/static/fonts/[^"]+)"\)', (await client.get(style)).text):
        served = await client.get(font)
        assert (served.status_code, served.headers["content-type"], served.content[:4]) == (200, "font/woff2", b"wOF2")
        assert served.headers["cache-control"] == "public, max-age=31536000"
    for path in ("/static/", "/static/../doors.py", "/static/%2e%2e/doors.py", "/static/x"):
        assert (await client.get(path)).status_code == 404


@on_sqlite_only
async def test_plain_http_installations_do_not_promise_https(api_doors: ApiDoors, web_doors: WebDoors) -> None:
    local = replace(web_doors, letterhead=replace(web_doors.letterhead, base_url="http://127.0.0.1:8000"))
    async with asking(assemble(api_doors, local)) as client:
        assert "strict-transport-security" not in (await client.get("/")).headers


@on_sqlite_only
async def test_a_banner_stands_on_every_page_and_on_errors(
    database: Database, api_doors: ApiDoors, web_doors: WebDoors
) -> None:
    await keep(database, regular("G/TBT/N/USA/1"))
    banner = "dữ liệu mẫu, ngày đã dời"
    async with asking(assemble(api_doors, with_banner(web_doors, banner))) as client:
        for path in ("/", "/en/", "/notices/G/TBT/N/USA/1", "/measures/G/TBT/N/USA/1", "/confirm/x", "/u/x", "/none"):
            assert banner in (await client.get(path)).text, path


@on_sqlite_only
async def test_pages_that_are_not_there_say_so_in_the_language_of_their_address(
    client: httpx.AsyncClient,
) -> None:
    for path, status, words in (
        ("/nothing", 404, "Không tìm thấy trang"),
        ("/en/nothing", 404, "Page not found"),
        ("/notices/G/TBT/N/USA/9", 404, "Không tìm thấy trang"),
        ("/en/measures/x", 404, "Page not found"),
        ("/favicon.ico", 404, "Không tìm thấy trang"),
        ("/en//evil.example", 404, "Page not found"),
    ):
        answer = await client.get(path)
        assert (answer.status_code, words in answer.text) == (status, True), path
        assert 'href="//' not in answer.text
        assert f'lang="{"en" if path.startswith("/en") else "vi"}"' in answer.text
    posted = await client.post("/")
    assert (posted.status_code, "Không thực hiện được" in posted.text) == (405, True)
    assert "GET" in posted.headers["allow"]


@on_sqlite_only
async def test_each_page_leads_to_itself_in_the_other_language(database: Database, client: httpx.AsyncClient) -> None:
    await keep(database, regular("G/TBT/N/USA/1"))
    for path in ("/", "/notices/G/TBT/N/USA/1"):
        there = f"/en{path}"
        assert f'href="{there}"' in (await client.get(path)).text
        assert f'href="{path}" hreflang="vi"' in (await client.get(there)).text


def test_every_message_of_the_pages_has_an_english_text() -> None:
    folder = str(Path(pages.__file__).parent)
    options = {"**/templates/**.html": {"newstyle_gettext": "true", "trimmed": "false"}}
    methods = [("**.py", "python"), ("**/templates/**.html", "jinja2")]
    found = list(extract_from_dir(folder, methods, options))
    assert len(found) > 50
    english = translator("en")
    for file, line, message, _, _ in found:
        one = message if isinstance(message, str) else message[0]
        catalogue = english._catalog  # type: ignore[attr-defined]  # noqa: SLF001 - nothing public lists what is known
        assert one in catalogue or (one, 0) in catalogue, f"{file}:{line}: {one}"


def test_pages_are_unfit_for_html_only_where_a_source_wrote_it() -> None:
    environment = pages._environment("vi")  # noqa: SLF001 - the one place where escaping is switched on
    assert environment.autoescape is True
    templates = [name for name in environment.list_templates() if name.endswith(".html")]
    assert templates
    for name in templates:
        source, _, _ = environment.loader.get_source(environment, name)  # type: ignore[union-attr]  # it has a loader
        assert "|safe" not in source.replace(" ", "")


@pytest.mark.parametrize(
    ("path", "language"), [("/", "vi"), ("/en", "en"), ("/en/x", "en"), ("/english", "vi"), ("/vi/x", "vi"), ("", "vi")]
)
def test_the_language_of_a_page_is_that_of_its_address(path: str, language: str) -> None:
    request = Request({"type": "http", "path": path, "headers": [], "query_string": b""})
    assert pages.language_of(request) == language
