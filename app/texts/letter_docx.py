"""The letter and its comment form as Word documents, in the form of Decree 30/2020/NĐ-CP; number and date stay open."""

from app.domain.articles import Letter, Unit
from app.i18n.sentences import sentence
from app.texts.word_document import CENTRE, LEFT, Paper

_EMPTY_LINES = 6
_ROOM = "\n\n"
_FORM_COLUMNS = ("provision", "content", "difficulty", "proposal", "grounds")


def letter_docx(letter: Letter, unit: Unit) -> bytes:
    """Return the letter; who signs writes number and day, which are those of the register."""
    paper = Paper(letter.subject.text)
    _head(paper, unit, letter)
    paper.paragraph(sentence("paper.addressee", addressee=letter.addressee), bold=True, align=CENTRE)
    for one in letter.opening:
        paper.paragraph(one.text, indent=True)
    if letter.points:
        paper.paragraph(sentence("paper.content"), indent=True)
        for one in letter.points:
            paper.paragraph(one.text, bullet=True)
    for one in letter.request:
        paper.paragraph(one.text, indent=True)
    paper.paragraph(sentence("paper.regards"), indent=True)
    if letter.enclosed:
        paper.paragraph(sentence("paper.enclosed"), italic=True, align=LEFT)
        for link in letter.enclosed:
            paper.link("- ", link.text, link.url)
    _foot(paper, unit)
    return paper.bytes()


def comment_form_docx(letter: Letter) -> bytes:
    """Return the form on which an association answers: clause, draft, difficulty, proposal, grounds."""
    paper = Paper(sentence("form.name"), landscape=True)
    paper.paragraph(sentence("form.name"), bold=True, align=CENTRE)
    for one in letter.form[:-1]:
        paper.paragraph(one.text, align=LEFT)
    paper.paragraph(sentence("form.organisation", organisation=letter.addressee), align=LEFT)
    paper.paragraph(sentence("form.contact"), align=LEFT)
    heads = [sentence(f"form.{column}") for column in _FORM_COLUMNS]
    paper.table(heads, [[_ROOM] * len(heads)] * _EMPTY_LINES, (12, 25, 21, 21, 21))
    for one in letter.form[-1:]:
        paper.paragraph(one.text, italic=True, align=LEFT)
    paper.columns([("", False)], [(sentence("form.signature"), True), (sentence("paper.signature"), False)], (55, 45))
    return paper.bytes()


def _head(paper: Paper, unit: Unit, letter: Letter) -> None:
    left = [(unit.parent.upper(), False), (unit.name.upper(), True), (sentence("paper.number"), False)]
    left.append((letter.subject.text, False))
    place = sentence("paper.place_open", place=unit.place, year=str(letter.written_on.year))
    right = [(sentence("paper.nation"), True), (sentence("paper.motto"), True), ("", False), (place, False)]
    paper.columns(left, right, (40, 60))
    paper.paragraph(sentence("paper.urgent") if letter.urgent else "", bold=True, align=CENTRE)


def _foot(paper: Paper, unit: Unit) -> None:
    left = [(sentence("paper.recipients"), True), (sentence("paper.as_above"), False)]
    left.append((sentence("paper.archive", unit=unit.name), False))
    right = [(sentence("paper.signatory"), True), (sentence("paper.signature"), False)]
    paper.columns(left, right, (50, 50))
