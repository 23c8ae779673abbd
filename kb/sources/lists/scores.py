"""Numbers in other people's lists: scores of 1 to 10, counts, sums of money."""

from __future__ import annotations

import re

_SCORE = re.compile(r"(\d{1,2})(?:\.0+)?(?:\s*(?:/|of|out of)\s*10)?")
_MONEY = re.compile(r"(?:US)?\$?\s*(\d+(?:\.\d+)?|\.\d+)\s*(?:\$|USD)?", re.IGNORECASE)


def score(text: str) -> int | None:
    """A whole number from 1 to 10, as `8`, `8.0` or `8/10`; None for anything else."""
    match = _SCORE.fullmatch(text.strip(" *_`"))
    number = int(match[1]) if match else 0
    return number if 1 <= number <= 10 else None


def count(text: str) -> int | None:
    """A count such as `15629` or `15,629`; None for anything else."""
    digits = re.sub(r"[,_\s\u202f'](?=\d{3})", "", text.strip(" *_`"))
    return int(digits) if digits.isascii() and digits.isdecimal() and len(digits) < 16 else None


def money(text: str) -> float | None:
    """A sum in dollars; None where it is none."""
    match = _MONEY.fullmatch(text.replace(",", "").strip(" *_`"))
    return float(match[1]) if match else None
