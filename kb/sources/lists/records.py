"""Tables as CSV and records as JSON lines: kb's own exports, and other people's."""

from __future__ import annotations

import csv
import json
from typing import TYPE_CHECKING

from kb.core.exports.records import FORMULA
from kb.sources.lists.columns import bare_name, is_of_papers, meanings
from kb.sources.lists.grid import Row
from kb.sources.lists.tables import read_row

if TYPE_CHECKING:
    from kb.sources.lists.draft import Draft

_DELIMITERS = ",;\t"


def looks_like_csv(text: str) -> bool:
    """Whether the first line names the columns of a table of papers."""
    first = text.lstrip("\n\r").partition("\n")[0]
    header = _header(first)
    if header is None:
        return False
    columns = meanings(header[1])
    return is_of_papers(columns) or ("id" in columns and len(columns) > 1)


def looks_like_json_lines(text: str) -> bool:
    """Whether the first line is a whole JSON object with the id of a paper."""
    first = text.lstrip().partition("\n")[0]
    if not first.startswith("{"):
        return False
    try:
        record = json.loads(first)
    except (ValueError, RecursionError):
        return False
    return isinstance(record, dict) and bool({"arxiv_id", "id", "arxiv", "url"} & set(record))


def read_csv(text: str, draft: Draft) -> None:
    """Add every row of a CSV file to `draft`; see `read_table` for what columns may be called."""
    body = text.lstrip("\n\r")
    skipped = text.count("\n", 0, len(text) - len(body))
    found = _header(body.partition("\n")[0])
    if found is None:
        draft.rows += 1
        draft.misread(1, "the first line names no columns")
        return
    delimiter, _ = found
    reader = csv.reader(body.splitlines(keepends=True), delimiter=delimiter)
    names: list[str] = []
    line = skipped + 1
    try:
        for row in reader:
            if not names:
                names = row
            elif row:
                cells = [_shown(cell) for cell in row]
                _add(Row(line, cells), names, draft)
            line = skipped + reader.line_num + 1
    except csv.Error as error:
        draft.rows += 1
        draft.misread(line, f"not CSV from here on ({error})")


def read_json_lines(text: str, draft: Draft) -> None:
    """Add one record a line to `draft`; its keys are read as the names of columns are."""
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            record = json.loads(line)
        except (ValueError, RecursionError):
            record = None
        if not isinstance(record, dict) or not record:
            draft.rows += 1
            draft.misread(number, "the line is no JSON object")
            continue
        cells = [_joined(value) for value in record.values()]
        _add(Row(number, cells), [str(name) for name in record], draft)


def _add(row: Row, names: list[str], draft: Draft) -> None:
    place = draft.name.rpartition(".")[0] or draft.name
    read_row(row, meanings(names), [bare_name(name) for name in names], place, draft, raw=True)


def _header(line: str) -> tuple[str, list[str]] | None:
    """The delimiter and the names of the columns, by the delimiter that gives most of them."""
    best: tuple[str, list[str]] | None = None
    for delimiter in _DELIMITERS:
        names = next(csv.reader([line.rstrip("\r")], delimiter=delimiter), [])
        if len(names) > 1 and (best is None or len(names) > len(best[1])):
            best = delimiter, names
    return best


def _shown(cell: str) -> str:
    """A cell without the mark that keeps a spreadsheet from taking it for a formula."""
    return cell[1:] if cell[:1] == "'" and cell[1:].startswith(FORMULA) else cell


def _joined(value: object) -> str:
    if isinstance(value, list):
        parts = [str(item).replace(";", ",") for item in value]
        return "; ".join(parts) + (";" if len(parts) == 1 else "")
    return "" if value is None else str(value)
