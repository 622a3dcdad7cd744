"""The bulletin as an HTML page, a Word document and a PDF, all from one outline."""

import json
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files

import typst

from app.domain.articles.bulletin import Bulletin
from app.texts.bulletin.outline import outline
from app.texts.templating import render
from app.texts.word_document import CENTRE, LEFT, Paper


def html(bulletin: Bulletin) -> str:
    """Return the bulletin as one HTML document that loads nothing."""
    return render("bulletin.html", "vi", **outline(bulletin))


def docx(bulletin: Bulletin) -> bytes:
    """Return the bulletin as a DOCX file."""
    said = outline(bulletin)
    paper = Paper(said["title"], said["unit"])
    paper.paragraph(said["unit"], align=CENTRE)
    paper.heading(said["title"], 0)
    for line in said["opening"]:
        paper.paragraph(line)
    if said["contents"]:
        paper.heading(said["contents_heading"])
        for line in said["contents"]:
            paper.paragraph(line, bullet=True)
    paper.heading(said["news_heading"])
    for field in said["fields"]:
        if field["name"]:
            paper.heading(f"* {field['name']}", 2)
        for item in field["items"]:
            paper.paragraph(f"{item['text']} ({item['left']})" if item["left"] else item["text"])
    if not said["fields"]:
        paper.paragraph(said["empty"], italic=True)
    if said["rows"]:
        paper.heading(said["table_heading"])
        paper.table(said["heads"], said["rows"], (8, 26, 14, 52))
    paper.heading(said["contact_heading"])
    for line in (*said["contact"], *said["source"]):
        paper.paragraph(line, align=LEFT)
    return paper.bytes()


def pdf(bulletin: Bulletin) -> bytes:
    """Return the bulletin as a PDF in the house's own font; the same bytes for the same bulletin."""
    return typst.compile(
        _template(),
        format="pdf",
        font_paths=typst.Fonts(include_system_fonts=False, font_paths=[_fonts()]),
        sys_inputs={"bulletin": json.dumps(outline(bulletin), ensure_ascii=False)},
        timestamp=int(datetime(*bulletin.written_on.timetuple()[:3], tzinfo=UTC).timestamp()),
    )


@cache
def _template() -> bytes:
    return files("app.texts").joinpath("templates", "bulletin.typ").read_bytes()


@cache
def _fonts() -> str:
    """Return the folder of the fonts: the typesetter, which is no Python, reads files of its own."""
    return str(files("app.texts").joinpath("fonts"))
