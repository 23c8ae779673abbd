"""Tables that hold whatever papers say: no cell can break its row, in GFM or in Obsidian."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kb.core.inline import cell, cell_of_markdown
from kb.core.links import markdown_link, wiki_link

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["cell", "cell_of_markdown", "markdown_link", "row", "table", "wiki_link"]

_ALIGNED = {"l": ":---", "c": ":---:", "r": "---:", "-": "---"}


def row(cells: Iterable[str]) -> str:
    """One row, without line end, of cells that are already safe: from `cell` or a link."""
    return "| " + " | ".join(" ".join(each.split()) for each in cells) + " |"


def table(
    header: Sequence[str], rows: Iterable[Sequence[str]], align: Sequence[str] | None = None
) -> str:
    """A whole table, its last line ended, of cells that are already safe.

    `align` has a word or letter a column: `left`, `center`, `right` or `-`. Raises ValueError where
    a row, or `align`, has another number of columns than `header`.
    """
    sides = list(align or "-" * len(header))
    lines = []
    for cells in (sides, *rows):
        if len(cells) != len(header):
            raise ValueError(f"a row has {len(cells)} cells, the table {len(header)} columns")
        if cells is not sides:
            lines.append(row(cells))
    return table_of_lines(header, lines, sides)


def table_of_lines(
    header: Sequence[str], lines: Iterable[str], align: Sequence[str] | None = None
) -> str:
    """As `table`, of rows that `row` has made already."""
    sides = align or "-" * len(header)
    top = (row(header), row(_ALIGNED[side[:1]] for side in sides))
    return "\n".join((*top, *lines)) + "\n"
