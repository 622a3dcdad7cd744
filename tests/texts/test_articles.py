"""The article's switches, what only a person may say, and its four forms."""

import html as standard_html
import json
import re
from dataclasses import replace
from datetime import date
from io import BytesIO
from typing import Any

import pytest
from docx import Document

from app.domain.articles import Article, Origin, Subject, Vietnamese, without_source
from app.domain.measures import MeasureState
from app.domain.notices import Content, NoticeType
from app.i18n.sentences import kit_ids, sentence, values_of
from app.texts.article.compose import article_of
from app.texts.article.docx import docx
from app.texts.article.html import html
from app.texts.article.plain import plain
from app.texts.article.structured import structured
from tests.builders import a_content
from tests.texts.real_notices import UNIT, a_desk, subject_of

MONDAY = date(2026, 3, 2)
CALL = "Hạn cuối cùng để các Thành viên WTO tham gia đóng góp ý kiến vào ngày 01/05/2026."


def article_on(content: Content, *thread: Content, today: date = MONDAY, **written: Any) -> Article:
    subject = replace(subject_of(content, thread), vietnamese=Vietnamese(**written))
    return article_of(subject, a_desk(today))


def said(article: Article, part: str) -> list[str]:
    return [one.text for where, one in article.sentences() if where == part]


def test_a_draft_calls_for_comments_by_the_internal_deadline() -> None:
    article = article_on(a_content("G/TBT/N/TPKM/450"))
    assert article.title.text.startswith("Đài Loan (Trung Quốc): Dự thảo ")
    assert CALL in said(article, "content")
    assert any("trước ngày 15/04/2026" in one for one in said(article, "recommendation"))


def test_without_a_deadline_nobody_is_called() -> None:
    text = plain(article_on(a_content("G/TBT/N/USA/1", comment_deadline=None)))
    assert "góp ý" not in text


def test_a_passed_deadline_is_told_as_passed() -> None:
    article = article_on(a_content("G/TBT/N/USA/1"), today=date(2026, 5, 2))
    assert "Thời hạn góp ý đã kết thúc ngày 01/05/2026." in said(article, "content")
    assert said(article, "box.comment_deadline") == ["01/05/2026 (đã kết thúc)"]
    assert not any("Gửi" in one for one in said(article, "recommendation"))
    assert CALL in said(article_on(a_content("G/TBT/N/USA/1"), today=date(2026, 5, 1)), "content")


def test_a_computed_date_is_marked_as_expected() -> None:
    content = a_content("G/TBT/N/USA/1", comment_deadline=None, comment_deadline_text="60 days from notification")
    assert "tức là đến ngày 01/05/2026 (dự kiến)." in plain(article_on(content))
    assert "đã kết thúc ngày 01/05/2026 (dự kiến)" in plain(article_on(content, today=date(2026, 6, 1)))


def test_an_addendum_names_the_notice_that_it_follows_and_what_it_moves() -> None:
    base = a_content("G/TBT/N/EU/922", adoption_on=date(2026, 9, 1))
    addendum = a_content(
        "G/TBT/N/EU/922/Add.1",
        distributed_on=date(2026, 4, 10),
        comment_deadline=date(2026, 6, 1),
        keywords=("Modification of final date for comments",),
    )
    article = article_on(addendum, base)
    told = said(article, "content")
    assert article.title.text.startswith("Liên minh châu Âu (EU): Gia hạn góp ý dự thảo ")
    assert told[0].endswith("(bổ sung cho thông báo mã G/TBT/N/EU/922 ngày 02/03/2026).")
    assert "Hạn góp ý thay đổi từ ngày 01/05/2026 thành ngày 01/06/2026." in told
    assert "Sản phẩm và mã hàng theo thông báo mã G/TBT/N/EU/922, vì thông báo này không nêu lại." in told
    assert [link.url for link in article.related] == ["https://keng.example.vn/notices/G/TBT/N/EU/922"]


def test_an_addendum_whose_base_is_not_here_still_names_it() -> None:
    told = said(article_on(a_content("G/TBT/N/EU/922/Add.1")), "content")
    assert told[0].endswith("(bổ sung cho thông báo mã G/TBT/N/EU/922).")


def test_an_emergency_says_so_and_since_when_it_holds() -> None:
    content = a_content(
        "G/SPS/N/CHL/9", type=NoticeType.EMERGENCY, comment_deadline=None, in_force_on=date(2026, 2, 20)
    )
    article = article_on(content)
    assert "áp dụng biện pháp khẩn cấp" in article.title.text
    assert "Thông báo được đưa ra theo diện khẩn cấp của Hiệp định SPS." in said(article, "content")
    assert "Biện pháp có hiệu lực từ ngày 20/02/2026." in said(article, "content")


def test_a_planned_day_of_a_draft_that_has_passed_is_still_a_planned_day() -> None:
    draft = article_on(
        a_content("G/TBT/N/USA/1", comment_deadline=date(2026, 3, 20), in_force_on=date(2026, 4, 1)),
        today=date(2026, 5, 4),
    )
    assert "Thời gian dự kiến có hiệu lực: ngày 01/04/2026." in said(draft, "content")
    assert not any("có hiệu lực" in one for one in said(draft, "recommendation"))
    assert "Dự kiến có hiệu lực" in {row.label for row in draft.box}
    urgent = a_content("G/SPS/N/CHL/9", type=NoticeType.EMERGENCY, comment_deadline=None, in_force_on=date(2026, 2, 20))
    assert "Ngày có hiệu lực" in {row.label for row in article_on(urgent).box}


def test_the_sapo_of_an_emergency_names_whom_it_is_about() -> None:
    content = a_content("G/SPS/N/CHL/9", type=NoticeType.EMERGENCY, comment_deadline=None, regions=("Brazil",))
    assert "Khu vực hoặc quốc gia có khả năng bị ảnh hưởng: Brazil." in said(article_on(content), "sapo")


def test_a_text_is_named_with_its_language_and_stays_a_link() -> None:
    url = "https://members.wto.org/crnattachments/2026/TBT/CHL/26_0001_00_s.pdf"
    article = article_on(a_content("G/TBT/N/CHL/1", text_links=(url,)))
    assert said(article, "box.text_links") == [f"{url} (tiếng Tây Ban Nha)"]
    assert f'<a href="{url}">{url}</a> (tiếng Tây Ban Nha)' in html(article)


def test_day_and_office_stand_under_the_title_in_every_form() -> None:
    article = article_on(a_content("G/TBT/N/CHL/1"))
    line = f"Ngày 02/03/2026 – {UNIT.name}"
    assert line in plain(article)
    assert line in html(article)
    assert line in [one.text for one in Document(BytesIO(docx(article))).paragraphs]


def test_a_measure_elsewhere_gives_no_advice_to_those_whom_it_does_not_name() -> None:
    (advice,) = said(article_on(a_content("G/SPS/N/CHL/9", regions=("Chile",))), "recommendation")
    assert advice.startswith("Thông báo không nêu Việt Nam")
    assert len(said(article_on(a_content("G/SPS/N/CHL/9", regions=("Viet Nam",))), "recommendation")) > 1


def test_a_withdrawn_measure_takes_no_comments_and_gives_no_advice() -> None:
    content = a_content("G/TBT/N/USA/1/Add.1", keywords=("Withdrawal of the measure",))
    article = article_on(content)
    assert ": Rút lại " in article.title.text
    assert "Biện pháp đã được rút lại, không còn lấy ý kiến góp ý." in said(article, "content")
    assert said(article, "recommendation") == []


def test_a_warning_from_elsewhere_names_its_source_and_no_symbol() -> None:
    content = a_content(type=NoticeType.WARNING, members=(), comment_deadline=None)
    subject = Subject(ref="rasff/2026.1", source="rasff", content=content, state=MeasureState.PROPOSED)
    article = article_of(subject, a_desk(MONDAY))
    assert "Thành viên" not in plain(article)
    assert said(article, "box.source") == ["RASFF (EU)"]
    assert said(article, "source")[0].startswith("Nguồn: RASFF (EU); ")
    assert without_source(article.sentences()) == []


def test_undetermined_dates_are_told_in_one_sentence() -> None:
    content = a_content("G/TBT/N/USA/1", adoption_text="To be determined", in_force_text="To be determined.")
    assert sentence("dates.undetermined") in said(article_on(content), "content")


def test_limits_stand_in_a_table_in_the_notices_own_words() -> None:
    content = a_content(
        "G/SPS/N/USA/3282",
        titles=(("en", "Metalaxyl; Pesticide Tolerances"),),
        description="Establishes maximum residue limits of metalaxyl: 10 ppm in black pepper.",
        products="Black pepper",
        hs=("0904",),
    )
    section = next(one for one in article_on(content).sections if one.id == "limits")
    assert section.table is not None
    (row,) = section.table.rows
    assert row[2].origin is Origin.ORIGINAL
    assert "10 ppm" in row[2].text
    assert [cell.text for cell in row[3:]] == ["chưa có thông tin"] * 2


def test_a_persons_limits_take_the_place_of_what_was_read() -> None:
    row = ("Metalaxyl", "Hồ tiêu", "10 ppm", "", "5 ppm")
    article = article_on(a_content("G/SPS/N/USA/3282"), rows=(row,))
    (section,) = [one for one in article.sections if one.id == "limits"]
    assert section.table is not None
    assert [cell.text for cell in section.table.rows[0]] == [
        "Metalaxyl",
        "Hồ tiêu",
        "10 ppm",
        "chưa có thông tin",
        "5 ppm",
    ]


def test_free_text_stays_as_it_is_until_a_person_translates_it() -> None:
    content = a_content("G/TBT/N/CHL/1", titles=(("es", "Etiquetado de textiles"),), description="Fija requisitos.")
    article = article_on(content)
    boxed = [one for part, one in article.sentences() if part == "original" and one.origin is Origin.ORIGINAL]
    assert {one.text for one in boxed} >= {"Etiquetado de textiles", "Fija requisitos."}
    assert {one.language for one in boxed} == {"es"}
    assert "chưa có bản dịch tiếng Việt" in said(article, "original")[0]


def test_what_a_person_wrote_stands_where_it_belongs_and_says_so() -> None:
    article = article_on(
        a_content("G/TBT/N/CHL/1"),
        title="Chile: Dự thảo về nhãn hàng dệt may",
        description="Dự thảo quy định nhãn.\nNhãn phải bằng tiếng Tây Ban Nha.",
        impact="Ảnh hưởng tới hàng may mặc.",
        recommendation="Rà soát nhãn.",
        agency="Bộ Kinh tế Chile",
    )
    assert article.title.text == "Chile: Dự thảo về nhãn hàng dệt may"
    assert said(article, "impact") == ["Ảnh hưởng tới hàng may mặc."]
    assert said(article, "recommendation") == ["Rà soát nhãn."]
    assert said(article, "box.agency") == ["Bộ Kinh tế Chile"]
    assert "Nhãn phải bằng tiếng Tây Ban Nha." in said(article, "content")
    written = [one for _, one in article.sentences() if one.origin is Origin.PERSON]
    assert all(field.startswith("vietnamese.") for one in written for field in one.fields)
    assert "đối chiếu với bản dịch" in said(article, "original")[0]


def test_nobody_but_a_person_says_what_it_means_for_viet_nam() -> None:
    assert "impact" not in {section.id for section in article_on(a_content("G/TBT/N/CHL/1")).sections}


def test_what_the_office_did_not_set_is_left_out() -> None:
    desk = a_desk(unit=replace(UNIT, address="", phone="", email=""))
    article = article_of(subject_of(a_content("G/TBT/N/CHL/1")), desk)
    assert [one.kit for one in article.contact] == ["contact.unit"]


HOSTILE = '<script>alert(1)</script>"onload="\u202e]]>{{7*7}}{%'


def hostile_article() -> Article:
    return article_on(
        a_content(
            "G/TBT/N/CHL/1",
            titles=(("en", HOSTILE),),
            description=HOSTILE,
            products=HOSTILE,
            text_links=("javascript:alert(1)", "https://evil.example/x"),
        ),
        impact=HOSTILE,
    )


def test_what_is_hostile_stays_words() -> None:
    page = html(hostile_article())
    assert "<script>alert" not in page
    assert page.count("<script") == 1
    assert "javascript:" not in page
    assert 'href="https://evil' not in page
    data = re.search(r'<script type="application/ld\+json">(.*?)</script>', page, re.DOTALL)
    assert data is not None
    assert "alert(1)" in json.loads(data[1])["articleBody"]
    assert Document(BytesIO(docx(hostile_article()))).paragraphs


def test_all_forms_say_the_same_sentences() -> None:
    article = article_on(a_content("G/TBT/N/CHL/1"), impact="Ảnh hưởng tới hàng may mặc.")
    page, text = standard_html.unescape(html(article)), plain(article)
    document = Document(BytesIO(docx(article)))
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    word = "\n".join([*(one.text for one in document.paragraphs), *cells])
    for part, one in article.sentences():
        words = one.text.partition("http")[0].strip()
        assert words in text, part
        assert words in word, part
        assert words in page, part


def test_machines_read_a_news_article() -> None:
    value = structured(article_on(a_content("G/TBT/N/CHL/1")))
    assert value["@type"] == "NewsArticle"
    assert value["datePublished"] == "2026-03-02"
    assert value["inLanguage"] == "vi"
    assert value["identifier"] == "G/TBT/N/CHL/1"
    assert value["author"] == value["publisher"] == {"@type": "GovernmentOrganization", "name": UNIT.name}
    assert {"headline", "abstract", "articleBody", "articleSection", "dateModified"} <= value.keys()


def test_the_same_article_makes_the_same_bytes() -> None:
    assert docx(hostile_article()) == docx(hostile_article())


@pytest.mark.parametrize("kit", kit_ids())
def test_a_pattern_takes_its_own_values_and_no_others(kit: str) -> None:
    values = dict.fromkeys(values_of(kit), "x")
    assert "{" not in sentence(kit, **values)
    with pytest.raises(ValueError, match="takes"):
        sentence(kit, **values, other="x")
