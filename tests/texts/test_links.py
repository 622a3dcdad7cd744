"""EM-27: what a mail may link to."""

import pytest

from app.texts.links import Links, linkable, printable


@pytest.mark.parametrize(
    "url",
    [
        "https://docs.wto.org/imrd/directdoc.asp?DDFDocuments/T/G/TBTN26/ARE703.docx",
        "https://members.wto.org/crnattachments/2026/TBT/USA/26_08123_00_e.pdf",
        "https://epingalert.org/en/Search?viewData=G%2FTBT%2FN%2FUSA%2F2211",
        "https://www.wto.org/",
        "http://docs.wto.org/a",
        "https://docs.wto.org:443/a",
    ],
)
def test_addresses_of_the_wto_are_links(url: str) -> None:
    assert linkable(url) == url


def test_blanks_and_letters_in_a_path_are_encoded() -> None:
    assert linkable("https://members.wto.org/x/18 0677 đ.pdf") == "https://members.wto.org/x/18%200677%20%C4%91.pdf"


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/docs.wto.org",
        "https://docs.wto.org.evil.example/",
        "https://docs.wto.org@evil.example/",
        "https://user:secret@docs.wto.org/",
        "https://evil.example\\@docs.wto.org/",
        "https://docs.wto.org\\.evil.example/",
        "https://docs.wto.org:8443/",
        "https://docs.wto.org:x/",
        "https://dоcs.wto.org/",
        "https://docs。wto。org/",
        "//docs.wto.org/",
        "javascript:alert(1)//docs.wto.org",
        "data:text/html,https://docs.wto.org/",
        "java\nscript:alert(1)",
        "https://docs.wto.org/\r\nX: 1",
        "https://docs.wto.org/\u202egnp",
        "https://docs.wto.org/\ud800",
        " https://docs.wto.org/",
        "https://[docs.wto.org/",
        "https://docs.wto.org/" + "a" * 500,
        "",
    ],
)
def test_everything_else_is_no_link(url: str) -> None:
    assert linkable(url) is None


@pytest.mark.parametrize(
    ("url", "printed"),
    [
        ("https://webgate.ec.europa.eu/rasff-window/screen/notification/1", True),
        ("https://members.wto.org/a", True),
        ("javascript:alert(1)", False),
        ("data:text/html,x", False),
        ("https://a b", False),
        ("mailto:a@b.vn", False),
    ],
)
def test_only_web_addresses_are_printed(url: str, printed: bool) -> None:
    assert (printable(url) == url) is printed


def test_our_own_pages_are_built_from_the_ref() -> None:
    links = Links("https://keng.example")
    assert links.notice("G/TBT/N/EU/922/Add.1", "vi") == "https://keng.example/notices/G/TBT/N/EU/922/Add.1"
    assert links.notice("rasff/2026.1 2?#", "en") == "https://keng.example/en/notices/rasff/2026.1%202%3F%23"
