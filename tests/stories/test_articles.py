"""Articles, letters and bulletins from the command line, from a notice that came in to the file that leaves."""

import json
from pathlib import Path

import pytest
from docx import Document

from tests.stories.commands import Keng
from tests.stories.town import Eping, a_notice, day, symbol

VITAS = "Hiệp hội Dệt may Việt Nam"


@pytest.fixture
async def pulled(keng: Keng, eping: Eping) -> Keng:
    """An installation with one notice, sorted, and an office with an address of its own."""
    eping.items = [a_notice(1)]
    told = keng.with_settings(unit="Cục Thử nghiệm", unit_email="tbt@example.org")
    await told("pull", "eping")
    await told("deliver", "--once")
    return told


@pytest.mark.sockets
async def test_an_article_shows_every_sentence_with_its_source(pulled: Keng, tmp_path: Path) -> None:
    value = (await pulled("article", symbol(1), "--json")).value
    assert value["ref"] == symbol(1)
    assert value["without_source"] == value["findings"] == []
    assert all(one["fields"] for one in value["sentences"])
    assert "Cục Thử nghiệm" in (await pulled("article", symbol(1))).out
    for form in ("html", "docx", "text", "jsonld"):
        file = tmp_path / f"article.{form}"
        await pulled("article", symbol(1), "--format", form, "--output", str(file))
        assert file.stat().st_size > 500
    assert "name a file" in (await pulled("article", symbol(1), "--format", "docx", exits=2)).err
    assert "no such notice" in (await pulled("article", symbol(9), exits=2)).err
    over = (await pulled("article", symbol(1), "--as-of", "2099-01-01")).out
    assert "Thời hạn góp ý đã kết thúc ngày" in over


@pytest.mark.sockets
async def test_a_person_adds_vietnamese_and_is_told_of_its_faults(pulled: Keng, tmp_path: Path) -> None:
    words = tmp_path / "words.json"
    words.write_text(json.dumps({"impact": "Hàng dệt may vào Mỹ phải đổi nhãn."}), "utf-8")
    refused = await pulled("article", symbol(1), "--words", str(words), exits=1)
    assert "impact, character 18: spelling: 'Mỹ' -> 'Hoa Kỳ'" in " ".join(refused.err.split())
    words.write_text(json.dumps({"impact": "Hàng dệt may vào Hoa Kỳ phải đổi nhãn."}), "utf-8")
    assert "Tác động (nhận định)".upper() in (await pulled("article", symbol(1), "--words", str(words))).out
    words.write_text('{"titel": "x"}', "utf-8")
    assert "titel: no such field" in (await pulled("article", symbol(1), "--words", str(words), exits=2)).err


@pytest.mark.sockets
async def test_a_letter_comes_with_its_form(pulled: Keng, tmp_path: Path) -> None:
    letter, form = tmp_path / "letter.docx", tmp_path / "form.docx"
    await pulled("letter", symbol(1), "--to", VITAS, "--output", str(letter), "--comment-form", str(form))
    assert f"Kính gửi: {VITAS}" in [one.text for one in Document(str(letter)).paragraphs]
    assert Document(str(form)).tables
    value = (await pulled("letter", symbol(1), "--to", VITAS, "--json")).value
    assert value["urgent"] is False
    assert "tbt@example.org" in (await pulled("letter", symbol(1), "--to", VITAS)).out
    assert "name of the association" in (await pulled("letter", symbol(1), "--to", " ", exits=2)).err


@pytest.mark.sockets
async def test_bulletins_are_of_a_month_a_week_or_a_day(pulled: Keng, tmp_path: Path) -> None:
    whole = pulled.with_settings(month_begins="1")
    month = day(1)[:7]
    assert symbol(1) in (await whole("bulletin", month)).out
    value = (await whole("bulletin", month, "--sector", "textiles", "--json")).value
    assert value["first"] == f"{month}-01"
    assert len(value["rows"]) == 1
    assert (await whole("bulletin", month, "--sector", "footwear", "--json")).value["rows"] == []
    assert (await whole("bulletin", month, "--area", "SPS", "--json")).value["rows"] == []
    file = tmp_path / "bulletin.pdf"
    await whole("bulletin", month, "--output", str(file))
    assert file.read_bytes().startswith(b"%PDF")
    assert "còn " in (await whole("bulletin", day(0)[:10])).out
    assert "March" in (await whole("bulletin", "March", exits=2)).err


@pytest.mark.sockets
async def test_a_text_of_ones_own_is_checked_and_corrected(keng: Keng, tmp_path: Path) -> None:
    file, mended = tmp_path / "bai.txt", tmp_path / "mended.txt"
    file.write_text("Ngày 10/07/2018, mã G/TBT/CHN/1278 của Đài Loan, hạn 08/09/201.", "utf-8")
    told = await keng("article", "check", str(file), "--output", str(mended), exits=1)
    assert "'G/TBT/CHN/1278' -> 'G/TBT/N/CHN/1278'" in " ".join(told.err.split())
    text = mended.read_text("utf-8")
    assert text == "Ngày 10/07/2018, mã G/TBT/N/CHN/1278 của Đài Loan (Trung Quốc), hạn 08/09/2018."
    assert "no fault found" in (await keng("article", "check", str(mended))).out
    page = tmp_path / "bai.html"
    page.write_text("<style>p{}</style><p>Thị trường Mỹ</p><p>Xong</p>", "utf-8")
    (finding,) = (await keng("article", "check", str(page), "--json", exits=1)).value["findings"]
    assert (finding["found"], finding["start"], finding["proposal"]) == ("Mỹ", 11, "Hoa Kỳ")
    paper = Document()
    paper.add_paragraph("Ngành da giày")
    paper.save(str(tmp_path / "bai.docx"))
    assert "'da giầy'" in (await keng("article", "check", str(tmp_path / "bai.docx"), exits=1)).err
    legacy = tmp_path / "cu.txt"
    legacy.write_bytes("Th«ng b¸o vÒ hµng rµo kü thuËt".encode("cp1252"))
    assert "Thông báo về hàng rào kỹ thuật" in (await keng("article", "check", str(legacy), exits=1)).err
    assert "name the file" in (await keng("article", "check", exits=2)).err
