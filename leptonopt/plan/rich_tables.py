"""Tables of texts for a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.table import Table
from rich.text import Text

from leptonopt.io.files import printable


def of_rows(title: str, heads: Sequence[str], words: int, rows: Iterable[Sequence[str]]) -> Table:
    """Return a table whose first columns are words and the others numbers."""
    table = Table(title=Text(title, style="bold"), title_justify="left")
    for at, head in enumerate(heads):
        table.add_column(head, justify="left" if at < words else "right")
    for row in rows:
        table.add_row(*(Text(printable(cell)) for cell in row))
    return table
