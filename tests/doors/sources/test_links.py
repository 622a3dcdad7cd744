import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.sources.links import MOST_LINKS, official_document, read_links, safe_link


@pytest.mark.parametrize(
    ("box", "links"),
    [
        ("https://a.gov/x.pdf,https://b.gov/y.pdf", ("https://a.gov/x.pdf", "https://b.gov/y.pdf")),
        (
            "https://a.gov/x.pdf\nhttps://b.gov/y.pdf https://a.gov/x.pdf",
            ("https://a.gov/x.pdf", "https://b.gov/y.pdf"),
        ),
        ("(Available in Japanese.)\nhttps://www.soumu.go.jp/menu.html\n", ("https://www.soumu.go.jp/menu.html",)),
        ("See https://www.gob.pe/campa%C3%B1as/48 (disponible).", ("https://www.gob.pe/campa%C3%B1as/48",)),
        ("https://tec.gov.in/(GR)_of_“Tool.pdf", ("https://tec.gov.in/(GR)_of_%E2%80%9CTool.pdf",)),
        ("https://a.cl/index.php?tipo=b&id=9,4#p", ("https://a.cl/index.php?tipo=b&id=9,4#p",)),
        ('<a href="https://a.gov/x.pdf">text</a>', ("https://a.gov/x.pdf",)),
        ("The text can be asked for at the enquiry point.", ()),
    ],
)
def test_addresses_are_found_in_lists_and_in_sentences(box: str, links: tuple[str, ...]) -> None:
    assert read_links(box).links == links
    assert read_links(box).dropped == ()


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        "data:text/html;base64,PHNjcmlwdD4=",
        "vbscript:msgbox",
        "file:///etc/passwd",
        "ftp://example.org/x",
        "https://user:password@wto.org/",
        "https://127.0.0.1/x",
        "https://[::1]/x",
        "https://localhost/x",
        "https://intranet.local/x",
        "https://wtо.org/x",  # a Cyrillic o
        "https://xn--wt-emc.org/x",
        "https://wto.org:22/x",
        "https://wto.org:99999/x",
        "https://wto/x",
        "https://" + "a" * 3_000 + ".org",
    ],
)
def test_f60_an_address_that_is_not_what_it_seems_is_dropped_and_named(address: str) -> None:
    found = read_links(f"{address}\nhttps://members.wto.org/a.pdf")
    assert found.links == ("https://members.wto.org/a.pdf",)
    assert len(found.dropped) == 1
    assert address.startswith(found.dropped[0][:20])


@given(st.text())
def test_whatever_stands_there_only_ascii_web_addresses_come_out(text: str) -> None:
    for link in (*read_links(text).links, safe_link(text) or "https://"):
        assert link.isascii()
        assert link.lower().startswith(("http://", "https://"))
        assert not set(link) & set(" <>\"'\\\r\n") - {"'"}


@pytest.mark.parametrize(
    ("path", "address"),
    [
        (
            r"G\TBTN16\USA1234.pdf",
            "https://docs.wto.org/dol2fe/Pages/SS/directdoc.aspx?filename=q:/G/TBTN16/USA1234.pdf",
        ),
        (
            r"G\SPS\NUSA1234A1.pdf",
            "https://docs.wto.org/dol2fe/Pages/SS/directdoc.aspx?filename=q:/G/SPS/NUSA1234A1.pdf",
        ),
        (r"..\..\secret", None),
        ("a&filename=b", None),
        ("", None),
    ],
)
def test_the_official_document_is_found_by_its_path(path: str, address: str | None) -> None:
    assert official_document(path) == address


@pytest.mark.parametrize("piece", ["http://a,", "http://", "javascript:", "http://a.b/,", "h", ".", ")"])
def test_f57_an_enormous_box_is_read_to_an_end(piece: str) -> None:
    assert len(read_links("http://a.b/" + piece * (100_000 // len(piece))).links) <= MOST_LINKS
