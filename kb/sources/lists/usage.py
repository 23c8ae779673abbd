"""What a digest says its day cost, and how many papers there were: tables and lines of totals."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from kb.core.listed import Usage
from kb.sources.lists import cells, scores

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kb.sources.lists.grid import Grid

_TOTAL = re.compile(
    r"\W*(?:total\s+)?(?:(?P<what>arxiv|announced|scanned|relevant)\s+papers"
    r"|papers\s+(?P<which>announced|scanned|relevant))\s*:\W*(?P<number>[\d,]+)\W*",
    re.IGNORECASE,
)
_TOTALS = {
    "arxiv": "announced", "total arxiv": "announced", "announced": "announced",
    "scanned": "scanned", "relevant": "relevant",
}  # fmt: skip
_COLUMNS = {
    "prompt": "prompt", "prompt tokens": "prompt", "input": "prompt", "cached": "cached",
    "cached tokens": "cached", "completion": "completion", "completion tokens": "completion",
    "output": "completion", "total": "total", "total tokens": "total", "cost": "cost",
}  # fmt: skip
_ROWS = {"token": "tokens", "tokens": "tokens", "cost": "cost", "costs": "cost"}


def read_total(line: str) -> tuple[str, int] | None:
    """`announced`, `scanned` or `relevant` and the number, where a line tells it."""
    match = _TOTAL.fullmatch(line)
    if match is None:
        return None
    number = scores.count(match["number"])
    kind = _TOTALS[(match["what"] or match["which"]).casefold()]
    return (kind, number) if number is not None else None


def is_usage(grid: Grid) -> bool:
    """Whether a table tells tokens and costs."""
    named = {_bare(name) for name in grid.header}
    return len(named & set(_COLUMNS)) >= 2


def read_usage(grid: Grid) -> tuple[tuple[Usage, ...], Mapping[str, int]]:
    """What each model took, and the totals of papers where the table has those too.

    Two layouts: a row of tokens and a row of costs, the model named in the first cell of the header
    or in a column; or one row a model with a column of costs.
    """
    header = [_bare(name) for name in grid.header]
    named = cells.plain(grid.header[0]).strip("[] ") if grid.header else ""
    models: dict[str, dict[str, int | float | None]] = {}
    totals: dict[str, int] = {}
    for row in grid.rows:
        plain = [cells.plain(cell) for cell in row.cells]
        kinds = [_ROWS[_bare(text)] for text in plain if _bare(text) in _ROWS]
        kind = kinds[0] if kinds else "model"
        model = _model(named, header, plain, kind)
        values = models.setdefault(model, {})
        for name, text in zip(header, plain, strict=False):
            if (total := _TOTALS.get(name)) and (number := scores.count(text)) is not None:
                totals[total] = number
            elif column := _COLUMNS.get(name):
                _take(values, column, text, kind)
    return tuple(_usage(model, values) for model, values in models.items() if values), totals


def _model(named: str, header: list[str], plain: list[str], kind: str) -> str:
    if "model" in header and header.index("model") < len(plain):
        return plain[header.index("model")]
    if kind == "model":
        return plain[0] if plain else ""
    return named


def _take(values: dict[str, int | float | None], column: str, text: str, kind: str) -> None:
    if column == "cost" or kind == "cost":
        key = "usd" if column in ("cost", "total") else f"usd_{column}"
        values[key] = scores.money(text)
    else:
        values[column] = scores.count(text)


def _usage(model: str, values: Mapping[str, int | float | None]) -> Usage:
    def count(key: str) -> int | None:
        value = values.get(key)
        return None if value is None else int(value)

    return Usage(
        model=model,
        prompt=count("prompt"),
        cached=count("cached"),
        completion=count("completion"),
        total=count("total"),
        usd=values.get("usd"),
        usd_parts=(values.get("usd_prompt"), values.get("usd_completion")),
    )


def _bare(text: str) -> str:
    return cells.plain(text).strip(" *[]:").casefold()
