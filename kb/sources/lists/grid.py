"""Tables as they stand in a file, Markdown (GFM) or HTML: names of columns, and rows of cells."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser

_DELIMITER = re.compile(r"[ \t]*\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?[ \t]*")
_MOST_SPAN = 100


@dataclass(slots=True)
class Row:
    """One row: the line it begins in, and its cells without the blanks around them."""

    line: int
    cells: list[str]


@dataclass(slots=True)
class Grid:
    """One table. `heads` has every row of names, as HTML tables may have several."""

    line: int
    end: int
    """The line after its last one."""
    heads: list[list[str]] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)

    @property
    def header(self) -> list[str]:
        """The names of the columns: of several rows of names the lowest."""
        return self.heads[-1] if self.heads else []


def markdown_grid(lines: list[str], at: int) -> Grid | None:
    """The table whose header is line `at` (from 0) of `lines`; None where none begins there.

    It ends before an empty line or one without a bar (https://github.github.com/gfm/#tables-extension-).
    """
    if at + 1 >= len(lines) or "|" not in lines[at] or not _is_delimiter(lines[at + 1]):
        return None
    header = split_row(lines[at])
    if len(header) != len(split_row(lines[at + 1])):
        return None
    end = at + 2
    grid = Grid(at + 1, end, [header])
    while end < len(lines) and "|" in lines[end] and lines[end].strip():
        grid.rows.append(Row(end + 1, split_row(lines[end])))
        end += 1
    grid.end = end + 1
    return grid


def _is_delimiter(line: str) -> bool:
    return "-" in line and ("|" in line or ":" in line) and _DELIMITER.fullmatch(line) is not None


def split_row(line: str) -> list[str]:
    r"""The cells of one line. `\|` is no border and stays as it is, nor is a bar in a code span."""
    text = line.strip()
    text = text.removeprefix("|")
    cells: list[str] = []
    start = at = 0
    while at < len(text):
        char = text[at]
        if char == "\\":
            at += 2
            continue
        if char == "`":
            at = _after_code(text, at)
            continue
        if char == "|":
            cells.append(text[start:at].strip())
            start = at + 1
        at += 1
    if text[start:].strip():
        cells.append(text[start:].strip())
    return cells


def _after_code(text: str, at: int) -> int:
    """Where a code span that begins at `at` ends, if it does so before two bars are passed."""
    run = re.compile("`+").match(text, at)
    mark = run[0] if run else "`"
    end = text.find(mark, at + len(mark))
    inside = text[at:end] if end >= 0 else ""
    # GFM splits rows before it looks for code; people write the bar within it nevertheless.
    if end < 0 or inside.count("|") != 1 or " | " in inside:
        return at + len(mark)
    return end + len(mark)


def html_grids(lines: list[str], first: int = 0, last: int | None = None) -> list[Grid]:
    """The HTML tables that begin in the lines from `first` to before `last` (from 0), in order.

    Cells that span rows or columns are repeated in each.
    """
    source = "\n".join(lines[first:last])
    if "<table" not in source.casefold():
        return []
    parser = _Tables(first)
    parser.feed(source)
    parser.close()
    return parser.done


class _Tables(HTMLParser):
    """Collects tables; what is inside a cell is kept as it was written."""

    def __init__(self, first: int) -> None:
        super().__init__(convert_charrefs=False)
        self.first = first
        self.done: list[Grid] = []
        self.grid: Grid | None = None
        self.cell: list[str] | None = None
        self.spans: tuple[int, int] = (1, 1)
        self.is_head = False
        self.row: list[tuple[str, int, bool]] = []
        self.row_line = 0
        self.hanging: dict[int, tuple[int, str]] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "table":
            self._end_table()
            self.grid = Grid(self._line(), self._line())
        elif self.grid is None:
            return
        elif tag == "tr":
            self._end_row()
            self.row_line = self._line()
        elif tag in ("td", "th"):
            self._end_cell()
            self.cell, self.is_head = [], tag == "th"
            given = dict(attrs)
            self.spans = _span(given.get("rowspan")), _span(given.get("colspan"))
            self.row_line = self.row_line or self._line()
        elif self.cell is not None:
            self.cell.append(self.get_starttag_text() or "")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002
        if self.cell is not None:
            self.cell.append(self.get_starttag_text() or "")

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th"):
            self._end_cell()
        elif tag in ("tr", "thead", "tbody"):
            self._end_row()
        elif tag == "table":
            self._end_table()
        elif self.cell is not None:
            self.cell.append(f"</{tag}>")

    def handle_data(self, data: str) -> None:
        if self.cell is not None:
            self.cell.append(data)

    def handle_entityref(self, name: str) -> None:
        self.handle_data(f"&{name};")

    def handle_charref(self, name: str) -> None:
        self.handle_data(f"&#{name};")

    def close(self) -> None:
        super().close()
        self._end_table()

    def _line(self) -> int:
        return self.first + self.getpos()[0]

    def _end_cell(self) -> None:
        if self.cell is None:
            return
        text = " ".join("".join(self.cell).split())
        rows, columns = self.spans
        self._fill()
        for _ in range(columns):
            if rows > 1:
                self.hanging[len(self.row)] = (rows - 1, text)
            self.row.append((text, rows, self.is_head))
        self.cell = None

    def _fill(self) -> None:
        """Repeat what hangs down from rows above."""
        while (hung := self.hanging.get(len(self.row))) is not None:
            left, text = hung
            if left > 1:
                self.hanging[len(self.row)] = (left - 1, text)
            else:
                del self.hanging[len(self.row)]
            self.row.append((text, 1, self.is_head))

    def _end_row(self) -> None:
        self._end_cell()
        if self.grid is None or not self.row:
            return
        self._fill()
        cells = [text for text, _, _ in self.row]
        if all(head for _, _, head in self.row) and not self.grid.rows:
            self.grid.heads.append(cells)
        else:
            self.grid.rows.append(Row(self.row_line, cells))
        self.row, self.row_line = [], 0

    def _end_table(self) -> None:
        self._end_row()
        if self.grid is None:
            return
        self.grid.end = self._line() + 1
        if not self.grid.heads and self.grid.rows:
            self.grid.heads.append(self.grid.rows.pop(0).cells)
        self.done.append(self.grid)
        self.grid, self.hanging = None, {}


def _span(value: str | None) -> int:
    digits = (value or "").strip()
    return max(1, min(int(digits[:4]), _MOST_SPAN)) if digits.isdecimal() else 1
