"""The article as a Word document, for offices that edit there."""

from app.domain.articles import Article, Section
from app.i18n.sentences import sentence
from app.texts.article.plain import dateline, marked, paragraphs
from app.texts.word_document import LEFT, Paper


def docx(article: Article) -> bytes:
    """Return the article as a DOCX file."""
    paper = Paper(article.title.text, article.unit)
    paper.paragraph(article.category.text, bold=True, align=LEFT)
    paper.heading(article.title.text, 0)
    paper.paragraph(dateline(article), italic=True, align=LEFT)
    for one in article.notes:
        paper.paragraph(one.text, bold=True, align=LEFT)
    paper.paragraph(" ".join(one.text for one in article.sapo), bold=True)
    paper.heading(sentence("heading.box"))
    paper.table((), [(row.label, "\n".join(map(marked, row.values))) for row in article.box], (30, 70))
    for section in article.sections:
        _section(paper, section)
    _links(paper, article)
    paper.heading(sentence("heading.contact"))
    for one in article.contact:
        paper.paragraph(one.text, align=LEFT)
    for one in article.source:
        paper.paragraph(one.text, italic=True, align=LEFT)
    return paper.bytes()


def _section(paper: Paper, section: Section) -> None:
    paper.heading(section.heading)
    if section.original:
        paper.framed(list(paragraphs(section)))
    else:
        for one in section.sentences:
            paper.paragraph(marked(one), bullet=section.id == "recommendation")
    if section.table is not None:
        rows = [[one.text for one in row] for row in section.table.rows]
        paper.table(section.table.heads, rows, (22, 26, 20, 16, 16))


def _links(paper: Paper, article: Article) -> None:
    for heading, links in (("heading.attachments", article.attachments), ("heading.related", article.related)):
        if links:
            paper.heading(sentence(heading))
            for one in links:
                if one.url:
                    paper.link("", one.text, one.url)
                else:
                    paper.paragraph(one.text, align=LEFT)
