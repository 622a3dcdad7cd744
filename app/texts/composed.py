"""A whole text of the ministry as plain values: what its desk shows, what is approved, and what is published as approved."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from app.domain.articles import Article, Letter, Link, Origin, Section, Sentence, Subject
from app.domain.articles.bulletin import Bulletin
from app.i18n.sentences import sentence
from app.texts.article.html import html as article_html
from app.texts.article.naming import Desk, day, symbols_of
from app.texts.article.sentences import kit, person
from app.texts.bulletin.documents import html as bulletin_html
from app.texts.cleaning import one_line


@dataclass(frozen=True, slots=True)
class Line:
    """One line, whose words it is, and the label that stands before it in a box."""

    text: str
    label: str = ""
    language: str = "vi"
    origin: str = Origin.KIT.value


@dataclass(frozen=True, slots=True)
class Part:
    """Lines under a heading, which the first ones have none of."""

    id: str
    heading: str
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Composed:
    """A text with everything in it; `html` is the page that a portal takes, empty for what is only sent."""

    title: str
    parts: tuple[Part, ...]
    written_on: str
    html: str = ""

    def sentences(self) -> Iterator[tuple[str, Sentence]]:
        """Yield its lines as the validators take them, each with its part."""
        yield "title", Sentence(text=self.title, fields=())
        for part in self.parts:
            for one in part.lines:
                yield part.id, Sentence(text=one.text, fields=(), origin=Origin(one.origin), language=one.language)

    @property
    def plain(self) -> str:
        """The text alone, parts apart by an empty line."""
        said = ["\n".join(filter(None, [part.heading, *map(_labelled, part.lines)])) for part in self.parts]
        return "\n\n".join([self.title, *said]) + "\n"

    def as_json(self) -> dict[str, Any]:
        """Return it as values that JSON holds, always the same for the same text."""
        return {**asdict(self), "parts": [{**asdict(one), "lines": list(map(asdict, one.lines))} for one in self.parts]}

    @classmethod
    def read(cls, body: Mapping[str, Any]) -> "Composed":
        """Return what `as_json` made JSON of."""
        parts = tuple(
            Part(one["id"], one["heading"], tuple(Line(**line) for line in one["lines"])) for one in body["parts"]
        )
        return cls(body["title"], parts, body["written_on"], body["html"])


def of_article(article: Article) -> Composed:
    """Return an article with its page."""
    parts = [
        Part("notes", "", _lines(article.notes)),
        Part("sapo", "", _lines(article.sapo)),
        Part("box", sentence("heading.box"), tuple(_line(one, row.label) for row in article.box for one in row.values)),
        *(Part(one.id, one.heading, (*_lines(one.sentences), *_rows(one))) for one in article.sections),
        Part("attachments", sentence("heading.attachments"), _links(article.attachments)),
        Part("related", sentence("heading.related"), _links(article.related)),
        Part("contact", sentence("heading.contact"), _lines(article.contact)),
        Part("source", "", _lines(article.source)),
    ]
    return Composed(article.title.text, _said(parts), article.written_on.isoformat(), article_html(article))


def of_letter(letter: Letter) -> Composed:
    """Return a letter, its comment form at the end."""
    parts = [
        Part("addressee", "", (Line(sentence("paper.addressee", addressee=letter.addressee)),)),
        Part("opening", "", _lines(letter.opening)),
        Part("points", sentence("paper.content"), _lines(letter.points)),
        Part("request", "", _lines(letter.request)),
        Part("enclosed", sentence("paper.enclosed"), _links(letter.enclosed)),
        Part("form", sentence("form.name"), _lines(letter.form)),
    ]
    return Composed(letter.subject.text, _said(parts), letter.written_on.isoformat())


def of_bulletin(bulletin: Bulletin, notes: tuple[Sentence, ...] = ()) -> Composed:
    """Return a bulletin with its page."""
    parts = [
        Part("notes", "", _lines(notes)),
        Part("opening", "", _lines(bulletin.opening)),
        *(
            Part("news", field.name, tuple(_line(one) for item in field.items for one in item.sentences))
            for field in bulletin.fields
        ),
        Part(
            "partners",
            sentence("bulletin.table"),
            tuple(_line(one, partner.name) for partner in bulletin.partners for one in partner.remarks),
        ),
        Part("contact", sentence("heading.contact"), _lines(bulletin.contact)),
        Part("source", "", _lines(bulletin.source)),
    ]
    return Composed(bulletin.title.text, _said(parts), bulletin.written_on.isoformat(), bulletin_html(bulletin))


def of_withdrawal(subject: Subject, because: str, desk: Desk) -> Composed:
    """Return what those who were told of a notice are told when its alert is withdrawn."""
    title = kit("withdrawal.title", "symbols", symbols=symbols_of(subject))
    words = Part("because", "", _lines(person("because", because)))
    return Composed(title.text, _said([words]), desk.today.isoformat())


def notes_of(correction: str, withdrawal: str, desk: Desk) -> tuple[Sentence, ...]:
    """Return what stands at the top of a text that was published before: what was corrected, or why it was taken back."""
    said = ("notes.withdrawn", withdrawal) if withdrawal else ("notes.corrected", correction)
    if not said[1].strip():
        return ()
    made = kit(said[0], "vietnamese.correction", day=day(desk.today), what=one_line(said[1]))
    return (Sentence(text=made.text, fields=made.fields, origin=Origin.PERSON, kit=made.kit),)


def _said(parts: list[Part]) -> tuple[Part, ...]:
    return tuple(one for one in parts if one.lines)


def _lines(sentences: tuple[Sentence, ...]) -> tuple[Line, ...]:
    return tuple(_line(one) for one in sentences)


def _line(one: Sentence, label: str = "") -> Line:
    return Line(one.text, label, one.language, one.origin.value)


def _rows(section: Section) -> Iterator[Line]:
    if section.table is not None:
        for row in section.table.rows:
            yield from (_line(one, head) for head, one in zip(section.table.heads, row, strict=True))


def _links(links: tuple[Link, ...]) -> tuple[Line, ...]:
    return tuple(Line(one.text, "", "", Origin.ORIGINAL.value) for one in links)


def _labelled(line: Line) -> str:
    return f"{line.label}: {line.text}" if line.label else line.text
