import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.sources.clean import TEXT_CHARACTERS, TITLE_CHARACTERS, clean_line, clean_text

FRAGMENTS = [
    "<",
    ">",
    "&",
    ";",
    "&amp;",
    "&lt;",
    "&gt;",
    "&#60;",
    "&#x200b;",
    "&nbsp;",
    "p",
    "b",
    "/",
    "script",
    "<p>",
    "</p>",
    "<br/>",
    "<!--",
    "-->",
    "_x000D_",
    "_x000",
    "D_",
    "\u200b",
    "\u202e",
    "\u037e",
    "\u0338",
    "e",
    "\u0301",
    "\x00",
    "\r\n",
    "\n",
    " ",
    "\xa0",
    "đ",
    "ỗ",
    "a",
    "\ud83d",
    "\ufffe",
    "=",
    '"',
    "'",
]
HOSTILE = st.lists(st.sampled_from(FRAGMENTS), max_size=40).map("".join)
XSS = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg><script>alert(1)</script></svg>",
    "<svg onload=alert(1)>",
    '<a href="javascript:alert(1)">x</a>',
    "<style>@import 'http://evil.example/x.css';</style>",
    "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
    '<noscript><p title="</noscript><img src=x onerror=alert(1)>"></noscript>',
    "<math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>",
    "<template><img src=x onerror=alert(1)></template>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "&amp;lt;img src=x onerror=alert(1)&amp;gt;",
    "<scr\u200bipt>alert(1)</script>",
    "<scr<script>ipt>alert(1)</script>",
    "<!--><img src=x onerror=alert(1)>-->",
]


@given(st.text() | HOSTILE)
@example("&amp;" * 30 + "lt;p>")
@example("&lt\u037e")
@example("_x_x000D_000D_")
def test_cleaning_twice_changes_nothing(raw: str) -> None:
    for clean in (clean_text, clean_line):
        once = clean(raw).text
        assert clean(once).text == once


@given(st.text() | HOSTILE)
def test_clean_text_is_nfc_printable_and_squeezed(raw: str) -> None:
    text = clean_text(raw).text
    assert unicodedata.is_normalized("NFC", text)
    assert not any(unicodedata.category(char) in ("Cc", "Cs", "Zl", "Zp") for char in text.replace("\n", ""))
    assert not {"\u200b", "\u202e", "\ufeff", "\xa0", "\x00"} & set(text)
    assert all(line == " ".join(line.split()) and line for line in text.split("\n") if text)
    text.encode()


@given(st.text() | HOSTILE)
def test_a_clean_line_is_one_line(raw: str) -> None:
    assert "\n" not in clean_line(raw).text


@given(st.text(alphabet=st.characters(categories=["L", "N", "P"], max_codepoint=0x2FF, exclude_characters="<&_")))
def test_words_are_kept_as_they_are(words: str) -> None:
    assert clean_line(words).text == unicodedata.normalize("NFC", words)


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ('&lt;span style="font-size:11pt;"&gt;Establishes provisions.&lt;/span&gt;', "Establishes provisions."),
        ("a &amp;amp;amp;lt; b", "a < b"),
        ("transport of <10 persons", "transport of <10 persons"),
        ("where x &lt;y and z&gt; w", "where x <y and z> w"),
        ("R&D, AT&T, ?a=1&copy=2", "R&D, AT&T, ?a=1&copy=2"),
        ("<p>One</p>\r\n<p>Two<br />Three</p>", "One\nTwo\nThree"),
        ("<ul><li>lifts</li><li>escalators</li></ul>", "lifts\nescalators"),
        ("<table><tr><td>Bile</td><td>Medicine</td></tr><tr><td>Cheese</td></tr></table>", "Bile Medicine\nCheese"),
        ("<p>One\r\n line</p>", "One line"),
        (
            "contain specific provisions for_x000D_\n- lifts_x000D_\n- escalators",
            "contain specific provisions for\n- lifts\n- escalators",
        ),
        ("Proposed\xa0revision  of\tthe  Ordinance", "Proposed revision of the Ordinance"),
        ("Quy chuẩn".encode().decode(), "Quy chuẩn"),
        (unicodedata.normalize("NFD", "Tiêu chuẩn đồ gỗ"), "Tiêu chuẩn đồ gỗ"),
        ("<o:p>Word</o:p>", "Word"),
        ("", ""),
    ],
)
def test_markup_entities_and_blanks_become_plain_text(raw: str, text: str) -> None:
    assert clean_text(raw).text == text


def test_lines_that_a_form_broke_in_a_sentence_are_joined() -> None:
    raw = "exception to the prohibition on gravity and syphon\nfeeds for auxiliary pumps.\nThis proposal is new.\nlifts"
    assert clean_text(raw).text == (
        "exception to the prohibition on gravity and syphon feeds for auxiliary pumps.\nThis proposal is new.\nlifts"
    )


@pytest.mark.parametrize("raw", XSS)
def test_f60_hostile_markup_leaves_nothing_that_acts(raw: str) -> None:
    text = clean_text(f"before {raw} after").text
    assert text.startswith("before")
    assert not any(word in text for word in ("<script", "<img", "<svg", "onerror=", "javascript:", "@import", "srcdoc"))


def test_f60_a_direction_override_is_removed_and_told() -> None:
    cleaned = clean_line("invoice\u202efdp.exe")
    assert (cleaned.text, cleaned.problems) == ("invoicefdp.exe", ("hidden_characters",))


def test_f62_characters_that_break_headers_and_mail_are_removed() -> None:
    assert clean_line("Title\r\nBcc: victim@example.org\r\n.\r\n\x00end").text == "Title Bcc: victim@example.org . end"


def test_f57_a_long_text_is_cut_and_told() -> None:
    cleaned = clean_line("x" * 5_000)
    assert (len(cleaned.text), cleaned.problems) == (TITLE_CHARACTERS, ("too_long",))
    assert (len(clean_text("y" * 1_000_000).text), clean_text("y" * 1_000_000).problems) == (
        TEXT_CHARACTERS,
        ("too_long",),
    )


@pytest.mark.parametrize(
    "piece", ["<b>", "<p>", "<a>", "<table><td>", "<b><p>", "&", "<a ", "&amp;", "&lt;", "_x000D_"]
)
def test_f57_a_million_repeated_pieces_are_read_to_an_end(piece: str) -> None:
    assert len(clean_text(piece * (1_000_000 // len(piece))).text) <= TEXT_CHARACTERS


def test_text_escaped_without_end_is_left_harmless_and_told() -> None:
    raw = "&lt;" * 1
    for _ in range(20):
        raw = raw.replace("&", "&#38;")
    cleaned = clean_text(raw)
    assert cleaned.problems == ("escaped_too_often",)
    assert clean_text(cleaned.text).text == cleaned.text


@pytest.mark.parametrize("raw", ["half \ud83d pair", "bad \ufffd byte", "no \uffff character"])
def test_f63_damaged_characters_are_told(raw: str) -> None:
    cleaned = clean_line(raw)
    assert "\ufffd" in cleaned.text
    assert cleaned.problems == ("damaged_characters",)
