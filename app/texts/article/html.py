"""The article as a page of its own: for the portal's editor, for a browser, for the printer."""

import json
import re

from markupsafe import Markup

from app.domain.articles import Article, Section, Sentence
from app.i18n.dates import short_date
from app.i18n.sentences import sentence
from app.texts.article.body import language_of
from app.texts.article.naming import LANGUAGE
from app.texts.article.structured import structured
from app.texts.templating import render

_ADDRESS = re.compile(r"(https?://[^\s]+)")


def html(article: Article) -> str:
    """Return the article as one HTML document that loads nothing."""
    data = json.dumps(structured(article), ensure_ascii=False).replace("<", "\\u003c")
    written = short_date(article.written_on, LANGUAGE)
    return render("article.html", LANGUAGE, article=article, structured=data, written=written, kit=sentence, said=_said)


def _said(one: Sentence, section: Section | None = None) -> Markup:
    """Return a sentence with its link, and a mark where it stands in a language that nothing above it names."""
    text = Markup("{}").format(one.text)
    if one.link:
        before, shown, after = _ADDRESS.split(one.text, maxsplit=1) if _ADDRESS.search(one.text) else ("", one.text, "")
        text = Markup('{}<a href="{}">{}</a>{}').format(before, one.link, shown, after)
    language = language_of(one, section)
    return text + Markup(' <span class="mark">(nguyên văn {})</span>').format(language) if language else text
