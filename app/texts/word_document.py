"""Word documents in the form of Vietnamese official papers (Decree 30/2020/NĐ-CP, Annex I): A4, Times New Roman, margins.

The bytes depend on the values alone: no clock, no name of a machine or a person stands in the properties.
"""

import io
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from docx import Document
from docx.document import Document as WordDocument
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt, RGBColor
from docx.table import Table, _Cell, _Row
from docx.text.paragraph import Paragraph

from app.texts.cleaning import cut

FONT = "Times New Roman"
LANGUAGE = "vi-VN"
BODY_POINTS = 13
HEAD_POINTS = 12
INK = RGBColor(0, 0, 0)
LEFT, CENTRE, JUSTIFY = WD_ALIGN_PARAGRAPH.LEFT, WD_ALIGN_PARAGRAPH.CENTER, WD_ALIGN_PARAGRAPH.JUSTIFY
LONGEST_PROPERTY = 255
"""Characters of a property of a document, which the format keeps no more of."""
_EPOCH = datetime(2000, 1, 1)  # noqa: DTZ001 - the format takes moments without a zone
_ZIP_EPOCH = (2000, 1, 1, 0, 0, 0)
_HEADINGS = ("Title", "Heading 1", "Heading 2", "Normal")


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a column; `rule` is how far from both sides a stroke under it stays, in millimetres, 0 for none."""

    text: str
    bold: bool = False
    italic: bool = False
    points: int = HEAD_POINTS
    centred: bool = True
    rule: int = 0


class Paper:
    """One document in the making."""

    def __init__(self, title: str, author: str, *, landscape: bool = False) -> None:
        self.document: WordDocument = Document()
        self._set_page(landscape=landscape)
        self._set_styles()
        self._number_pages()
        properties = self.document.core_properties
        properties.title, properties.author = cut(title, LONGEST_PROPERTY), cut(author, LONGEST_PROPERTY)
        properties.comments = ""
        properties.language = LANGUAGE
        properties.created = properties.modified = _EPOCH
        properties.last_modified_by = ""

    @property
    def width(self) -> int:
        """The width between the margins, in the format's own units."""
        page = self.document.sections[0]
        return int(page.page_width or 0) - int(page.left_margin or 0) - int(page.right_margin or 0)

    def heading(self, text: str, level: int = 1) -> None:
        """Write a heading: 0 is the title."""
        self.document.add_heading(text, level)

    def paragraph(
        self,
        text: str,
        *,
        bold: bool = False,
        italic: bool = False,
        align: WD_ALIGN_PARAGRAPH = JUSTIFY,
        bullet: bool = False,
        indent: bool = False,
    ) -> None:
        """Write a paragraph; with `indent` its first line begins further in, as in letters."""
        made = self.document.add_paragraph(style="List Bullet" if bullet else None)
        made.alignment = align
        if indent:
            made.paragraph_format.first_line_indent = Mm(10)
        _run(made, text, bold=bold, italic=italic)

    def table(self, heads: Sequence[str], rows: Sequence[Sequence[str]], shares: Sequence[int]) -> None:
        """Write a table with a head that is repeated on every page; `shares` are the widths of its columns in per cent.

        Without a head its first column names the lines; with one no line is cut by the end of a page.
        """
        table = self.document.add_table(rows=0, cols=len(shares), style="Table Grid")
        table.alignment = WD_TABLE_ALIGNMENT.CENTER
        if heads:
            _fill(table, heads, bold=True)
            _repeat_head(table)
        for row in rows:
            _fill(table, row, bold=False, labelled=not heads)
        for line in table.rows if heads else ():
            _keep_whole(line)
        self._set_widths(table, shares)

    def framed(self, lines: Sequence[str]) -> None:
        """Write lines into one frame, for words that are not ours."""
        table = self.document.add_table(rows=1, cols=1, style="Table Grid")
        cell = table.cell(0, 0)
        _shade(cell)
        for number, line in enumerate(lines):
            made = cell.paragraphs[0] if number == 0 else cell.add_paragraph()
            _run(made, line)
        self._set_widths(table, (100,))

    def columns(self, left: Sequence[Line], right: Sequence[Line], shares: tuple[int, int]) -> None:
        """Write two columns of lines without borders, which stay on one page."""
        table = self.document.add_table(rows=1, cols=2)
        for cell, lines in zip(table.rows[0].cells, (left, right), strict=True):
            for number, line in enumerate(lines):
                _write_line(cell.paragraphs[0] if number == 0 else cell.add_paragraph(), line)
                if line.rule:
                    _rule(cell.add_paragraph(), line.rule)
        _keep_whole(table.rows[0])
        self._set_widths(table, shares)

    def link(self, before: str, text: str, url: str) -> None:
        """Write a paragraph that ends in a link."""
        made = self.document.add_paragraph()
        _run(made, before)
        _link(made, text, url)

    def bytes(self) -> bytes:
        """Return the file, the same bytes for the same content."""
        written = io.BytesIO()
        self.document.save(written)
        return _timeless(written.getvalue())

    def _set_page(self, *, landscape: bool) -> None:
        page = self.document.sections[0]
        sides = (Mm(297), Mm(210)) if landscape else (Mm(210), Mm(297))
        page.page_width, page.page_height = sides
        page.top_margin = page.bottom_margin = page.right_margin = Mm(20)
        page.left_margin = Mm(30) if not landscape else Mm(20)

    def _number_pages(self) -> None:
        """Set the number in the middle of the upper margin of every page but the first (Decree 30, Annex I, II.6)."""
        page = self.document.sections[0]
        page.different_first_page_header_footer = True
        page.header_distance = Mm(10)
        made = page.header.paragraphs[0]
        made.alignment = CENTRE
        field = OxmlElement("w:fldSimple")
        field.set(qn("w:instr"), "PAGE")
        run = made.add_run("2")
        field.append(run._r)  # noqa: SLF001 - the library has no fields of its own
        made._p.append(field)  # noqa: SLF001 - the library has no fields of its own

    def _set_styles(self) -> None:
        for language in self.document.styles.element.iter(qn("w:lang")):
            language.set(qn("w:val"), LANGUAGE)
        for name, points in zip((*_HEADINGS, "List Bullet"), (16, 14, 13, BODY_POINTS, BODY_POINTS), strict=True):
            style = self.document.styles[name]
            style.font.name, style.font.size, style.font.color.rgb = FONT, Pt(points), INK
            fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
            for slot in ("w:ascii", "w:hAnsi", "w:cs", "w:eastAsia"):
                fonts.set(qn(slot), FONT)
            for slot in ("w:asciiTheme", "w:hAnsiTheme", "w:cstheme", "w:eastAsiaTheme"):
                fonts.attrib.pop(qn(slot), None)
            style.font.bold = name not in {"Normal", "List Bullet"}
            for line in style.element.findall(f".//{qn('w:pBdr')}"):
                line.getparent().remove(line)
            style.paragraph_format.space_after = Pt(6)
            style.paragraph_format.line_spacing = 1.15

    def _set_widths(self, table: Table, shares: Sequence[int]) -> None:
        table.autofit = False
        widths = [self.width * share // 100 for share in shares]
        for column, width in zip(table.columns, widths, strict=True):
            column.width = width
            for cell in column.cells:
                cell.width = width


def _run(paragraph: Paragraph, text: str, *, bold: bool = False, italic: bool = False) -> None:
    run = paragraph.add_run(text)
    run.bold, run.italic = bold or None, italic or None


def _write_line(paragraph: Paragraph, line: Line) -> None:
    paragraph.alignment = CENTRE if line.centred else LEFT
    paragraph.paragraph_format.space_after = Pt(0)
    _run(paragraph, line.text, bold=line.bold, italic=line.italic)
    for run in paragraph.runs:
        run.font.size = Pt(line.points)


def _rule(paragraph: Paragraph, away: int) -> None:
    """Draw a stroke that stays so many millimetres away from both sides."""
    format_ = paragraph.paragraph_format
    format_.left_indent = format_.right_indent = Mm(away)
    format_.space_after, format_.line_spacing = Pt(6), Pt(3)
    borders, stroke = OxmlElement("w:pBdr"), OxmlElement("w:top")
    for name, value in (("val", "single"), ("sz", "6"), ("space", "1"), ("color", "000000")):
        stroke.set(qn(f"w:{name}"), value)
    borders.append(stroke)
    # The schema wants borders before spacing and indents.
    paragraph._p.get_or_add_pPr().insert_element_before(borders, "w:shd", "w:tabs", "w:spacing", "w:ind", "w:jc")  # noqa: SLF001 - the library has no borders


def _keep_whole(row: _Row) -> None:
    row._tr.get_or_add_trPr().append(OxmlElement("w:cantSplit"))  # noqa: SLF001 - the library has no other way to the row's element


def _fill(table: Table, values: Sequence[str], *, bold: bool, labelled: bool = False) -> None:
    row = table.add_row()  # type: ignore[no-untyped-call]  # the library types all but this
    for column, (cell, value) in enumerate(zip(row.cells, values, strict=True)):
        for number, line in enumerate(value.split("\n")):
            made = cell.paragraphs[0] if number == 0 else cell.add_paragraph()
            made.alignment = CENTRE if bold else LEFT
            made.paragraph_format.space_after = Pt(2)
            _run(made, line, bold=bold or (labelled and column == 0))


def _repeat_head(table: Table) -> None:
    properties = table.rows[0]._tr.get_or_add_trPr()  # noqa: SLF001 - the library has no other way to the row's element
    properties.append(OxmlElement("w:tblHeader"))


def _shade(cell: _Cell) -> None:
    shade = OxmlElement("w:shd")
    for name, value in (("val", "clear"), ("color", "auto"), ("fill", "F2F2F2")):
        shade.set(qn(f"w:{name}"), value)
    cell._tc.get_or_add_tcPr().append(shade)  # noqa: SLF001 - the library has no other way to the cell's element


def _link(paragraph: Paragraph, text: str, url: str) -> None:
    link = OxmlElement("w:hyperlink")
    link.set(qn("r:id"), paragraph.part.relate_to(url, RELATIONSHIP_TYPE.HYPERLINK, is_external=True))
    run = paragraph.add_run(text)
    run.font.underline = True
    run.font.color.rgb = RGBColor(0x0B, 0x4F, 0x9C)
    link.append(run._r)  # noqa: SLF001 - the library has no other way to the run's element
    paragraph._p.append(link)  # noqa: SLF001 - the library has no other way to the paragraph's element


def _timeless(file: bytes) -> bytes:
    """Return the same archive with one moment for all its members: the library writes the clock into it."""
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(file)) as read, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as written:
        for name in read.namelist():
            written.writestr(zipfile.ZipInfo(name, _ZIP_EPOCH), read.read(name), zipfile.ZIP_DEFLATED)
    return made.getvalue()
