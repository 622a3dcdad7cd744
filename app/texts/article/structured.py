"""The article for machines: schema.org's NewsArticle as JSON-LD, and every sentence with its sources."""

from typing import Any

from app.domain.articles import Article, Letter
from app.texts.article.plain import paragraphs


def structured(article: Article) -> dict[str, Any]:
    """Return the article as schema.org's NewsArticle; what it has no word for is left out."""
    body = "\n\n".join(one for section in article.sections for one in paragraphs(section))
    links = [link.url for link in article.attachments if link.url]
    about = [*article.themes, *(one.text for row in article.box if row.field == "hs" for one in row.values)]
    office = {"@type": "GovernmentOrganization", "name": article.unit}
    values = {
        "@context": "https://schema.org",
        "@type": "NewsArticle",
        "headline": article.title.text,
        "abstract": " ".join(one.text for one in article.sapo),
        "articleBody": body,
        "articleSection": article.category.text,
        "inLanguage": "vi",
        "datePublished": article.written_on.isoformat(),
        "identifier": article.ref,
        "dateModified": article.written_on.isoformat(),
        "author": office,
        "publisher": office,
        "isAccessibleForFree": True,
        "isBasedOn": links,
        "keywords": about,
    }
    return {name: value for name, value in values.items() if value}


def sourced(document: Article | Letter) -> list[dict[str, Any]]:
    """Return every sentence in reading order with the part it stands in, its fields, its pattern and whose words it is."""
    return [
        {
            "part": part,
            "text": one.text,
            "fields": list(one.fields),
            "kit": one.kit or None,
            "origin": one.origin.value,
            "language": one.language,
        }
        for part, one in document.sentences()
    ]
