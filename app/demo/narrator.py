"""How the demo speaks: Vietnamese first, English beside it, and tables that fit a terminal of eighty columns."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager

from rich.console import Console
from rich.padding import Padding
from rich.progress import BarColumn, Progress, TextColumn
from rich.table import Table
from rich.text import Text

_INDENT = (0, 0, 0, 3)


class Narrator:
    """Tells the story step by step on one console."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._steps = 0

    def step(self, vietnamese: str, english: str) -> None:
        """Begin the next step."""
        self._steps += 1
        self._console.print()
        self._console.print(both(f"{self._steps}. {vietnamese}", english, "bold"))

    def line(self, vietnamese: str, english: str = "") -> None:
        """Tell one thing that happened."""
        self._console.print(Padding(both(vietnamese, english), _INDENT, expand=False))

    def fault(self, vietnamese: str, english: str) -> None:
        """Tell why the demo cannot go on."""
        self._console.print(both(f"✗ {vietnamese}", english, "bold red"))

    def table(self, heads: Sequence[str], rows: Iterable[Sequence[str | Text]], numbers: Sequence[int] = ()) -> None:
        """Print a table; `numbers` are the columns that are set to the right."""
        table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim", pad_edge=False)
        for place, head in enumerate(heads):
            table.add_column(head, justify="right" if place in numbers else "left", overflow="fold")
        for row in rows:
            table.add_row(*(Text(cell) if isinstance(cell, str) else cell for cell in row))
        self._console.print(Padding(table, _INDENT, expand=False))

    @contextmanager
    def progress(self, vietnamese: str) -> Iterator[Callable[[int], None]]:
        """Show how many are done while something longer goes on; the bar is gone afterwards."""
        columns = (TextColumn("   {task.description}"), BarColumn(), TextColumn("{task.completed:.0f}"))
        with Progress(
            *columns, console=self._console, transient=True, disable=not self._console.is_terminal
        ) as progress:
            task = progress.add_task(vietnamese, total=None)

            def tell(done: int) -> None:
                progress.update(task, completed=done)

            yield tell


def both(vietnamese: str, english: str, style: str = "") -> Text:
    """Return the Vietnamese with the English beside it, dimmed; without English the Vietnamese alone."""
    return Text.assemble((vietnamese, style), *([(f" · {english}", "dim")] if english else []))
