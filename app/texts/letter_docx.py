"""The letter and its comment form as Word documents, in the form of Decree 30/2020/NĐ-CP; number and date stay open."""

from app.domain.articles import Letter, Unit
from app.i18n.sentences import sentence
from app.texts.word_document import BODY_POINTS, CENTRE, LEFT, Line, Paper

_EMPTY_LINES = 5
_SHORT_RULE, _MOTTO_RULE = 20, 15
"""How far the strokes under the office and under the motto stay from the sides of their columns, in millimetres."""
_RECIPIENTS_POINTS = 11
_ROOM = "\n\n"
_FORM_COLUMNS = ("provision", "content", "difficulty", "proposal", "grounds")


def letter_docx(letter: Letter, unit: Unit) -> bytes:
    """Return the letter; who signs writes number and day, which are those of the register."""
    paper = Paper(letter.subject.text, unit.name)
    _head(paper, unit, letter)
    paper.paragraph(sentence("paper.addressee", addressee=letter.addressee), align=CENTRE)
    for one in letter.opening:
        paper.paragraph(one.text, indent=True)
    if letter.points:
        paper.paragraph(sentence("paper.content"), indent=True)
        for one in letter.points:
            paper.paragraph(f"- {one.text}", align=LEFT, indent=True)
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
    paper = Paper(sentence("form.name"), letter.addressee, landscape=True)
    paper.paragraph(sentence("form.name"), bold=True, align=CENTRE)
    for one in letter.form[:-1]:
        paper.paragraph(one.text, align=LEFT)
    paper.paragraph(sentence("form.organisation", organisation=letter.addressee), align=LEFT)
    paper.paragraph(sentence("form.contact"), align=LEFT)
    heads = [sentence(f"form.{column}") for column in _FORM_COLUMNS]
    paper.table(heads, [[_ROOM] * len(heads)] * _EMPTY_LINES, (12, 25, 21, 21, 21))
    for one in letter.form[-1:]:
        paper.paragraph(one.text, italic=True, align=LEFT)
    signature = [Line(sentence("form.signature"), bold=True), Line(sentence("paper.signature"), italic=True)]
    paper.columns([Line("")], signature, (55, 45))
    return paper.bytes()


def _head(paper: Paper, unit: Unit, letter: Letter) -> None:
    left = [Line(unit.parent.upper()), Line(unit.name.upper(), bold=True, rule=_SHORT_RULE)]
    left += [Line(sentence("paper.number")), Line(letter.subject.text)]
    place = sentence("paper.place_open", place=unit.place, year=str(letter.written_on.year))
    motto = Line(sentence("paper.motto"), bold=True, points=BODY_POINTS, rule=_MOTTO_RULE)
    right = [Line(sentence("paper.nation"), bold=True), motto, Line(place, italic=True, points=BODY_POINTS)]
    paper.columns(left, right, (40, 60))
    paper.paragraph(sentence("paper.urgent") if letter.urgent else "", bold=True, align=CENTRE)


def _foot(paper: Paper, unit: Unit) -> None:
    left = [Line(sentence("paper.recipients"), bold=True, italic=True, centred=False)]
    lines = (sentence("paper.as_above"), sentence("paper.archive", unit=unit.name))
    left += [Line(line, points=_RECIPIENTS_POINTS, centred=False) for line in lines]
    signatory = Line(sentence("paper.signatory"), bold=True, points=BODY_POINTS)
    paper.columns(left, [signatory, Line(sentence("paper.signature"), italic=True)], (50, 50))
