import csv
import io

from hypothesis import given
from hypothesis import strategies as st

from app.texts.csv_table import csv_table


@given(st.lists(st.tuples(st.text(), st.sampled_from([*"=+-@\t\r", "＝", "＋", "－", "＠", ""]))))
def test_no_cell_is_a_formula_and_every_word_is_kept(words: list[tuple[str, str]]) -> None:
    cells = [f"{beginning}{word}" for word, beginning in words]
    rows = list(csv.reader(io.StringIO(csv_table(["a"], [[cell] for cell in cells]), newline="")))
    assert [row[0].removeprefix("'") if row else "" for row in rows[1:]] == [cell.removeprefix("'") for cell in cells]
    assert not [
        row for row in rows[1:] if row and row[0].startswith(("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠"))
    ]


def test_nothing_is_an_empty_cell() -> None:
    assert csv_table(["a", "b"], [[None, 0]]) == "a,b\r\n,0\r\n"
