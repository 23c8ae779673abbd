"""Papers as CSV and as JSON lines."""

from __future__ import annotations

import csv
import json
from datetime import date
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from kb.core.exports.entries import Entry

COLUMNS = (
    "title", "authors", "arxiv_id", "version", "announced", "submitted", "revised", "primary",
    "categories", "topics", "relevance", "novelty", "score", "scored_by", "status", "rating",
    "doi", "journal", "author_comment", "code", "listed", "comment", "summary", "abstract", "url",
    "pdf", "path",
)  # fmt: skip
FORMULA = ("=", "+", "-", "@", "\t", "\r", "'")
"""What a spreadsheet takes for a formula at the head of a cell; such cells begin with `'`."""


def csv_table(entries: Iterable[Entry], columns: Sequence[str] = COLUMNS) -> str:
    """A table with a header (RFC 4180, lines ended by a newline); lists are joined with `; `."""
    lines = _Lines()
    writer = csv.writer(lines, lineterminator="\n")
    writer.writerow(columns)
    for entry in entries:
        values = record(entry)
        writer.writerow([_cell(values.get(column)) for column in columns])
    return "".join(lines.written)


def json_lines(entries: Iterable[Entry]) -> str:
    """One JSON object a line, with what is known; `kb sync --feed` reads it too."""
    lines = []
    for entry in entries:
        known = {k: v for k, v in record(entry).items() if v not in (None, "", [])}
        values = {"id": known.pop("arxiv_id")} | known
        lines.append(json.dumps(values, ensure_ascii=False) + "\n")
    return "".join(lines)


def record(entry: Entry) -> dict[str, Any]:
    """A paper as values that JSON knows, by the names of a note's properties."""
    own: dict[str, Any] = {"arxiv_id": entry.id}
    for column in COLUMNS:
        if column != "arxiv_id":
            own[column] = _value(getattr(entry, column))
    if entry.relevance is None and entry.novelty is None:
        own["score"] = None
    return own


def _value(value: object) -> object:
    if isinstance(value, date):
        return value.isoformat()
    return list(value) if isinstance(value, tuple) else value


def _cell(value: object) -> str:
    if isinstance(value, list):
        items = [str(item).replace(";", ",") for item in value]
        # A name alone that holds commas would be read as several.
        ended = ";" if len(items) == 1 and "," in items[0] else ""
        value = "; ".join(items) + ended
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(FORMULA) else text


class _Lines:
    """Takes what the writer writes."""

    def __init__(self) -> None:
        self.written: list[str] = []

    def write(self, text: str) -> int:
        self.written.append(text)
        return len(text)
