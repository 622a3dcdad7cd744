"""The article as plain text, for mail and for editors that take nothing else."""

from collections.abc import Iterator

from app.domain.articles import Article, Section, Sentence
from app.i18n.sentences import sentence
from app.texts.article.body import language_of
from app.texts.article.naming import day


def plain(article: Article) -> str:
    """Return the article as lines of text, parts apart by an empty line."""
    parts = [
        article.category.text,
        article.title.text,
        dateline(article),
        *(one.text for one in article.notes),
        " ".join(one.text for one in article.sapo),
        "\n".join([sentence("heading.box").upper(), *_box(article)]),
        *("\n".join([section.heading.upper(), *paragraphs(section)]) for section in article.sections),
        *_links(article),
        "\n".join([sentence("heading.contact").upper(), *(one.text for one in article.contact)]),
        "\n".join(one.text for one in article.source),
    ]
    return "\n\n".join(parts) + "\n"


def dateline(article: Article) -> str:
    """Return the line under the title: the day of the text and who wrote it."""
    return sentence("heading.dateline", day=day(article.written_on), unit=article.unit)


def paragraphs(section: Section) -> Iterator[str]:
    """Yield the lines of a section; a table's cells are named by their heads."""
    yield from (marked(one, section) for one in section.sentences)
    if section.table is not None:
        for row in section.table.rows:
            yield "- " + "; ".join(f"{head}: {one.text}" for head, one in zip(section.table.heads, row, strict=True))


def marked(one: Sentence, section: Section | None = None) -> str:
    """Return a sentence, with a mark where it stands in a language that nothing above it names."""
    language = language_of(one, section)
    return f"{one.text} (nguyên văn {language})" if language else one.text


def _box(article: Article) -> Iterator[str]:
    for row in article.box:
        yield f"- {row.label}: " + "; ".join(map(marked, row.values))


def _links(article: Article) -> Iterator[str]:
    for heading, links in (("heading.attachments", article.attachments), ("heading.related", article.related)):
        if links:
            lines = [f"- {one.text}" + (f": {one.url}" if one.url else "") for one in links]
            yield "\n".join([sentence(heading).upper(), *lines])
