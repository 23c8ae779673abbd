"""Which papers are asked about together, reckoned in tokens that nobody has counted yet."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

T = TypeVar("T")

BYTES_PER_TOKEN = 4.6
"""Titles and abstracts have 5.5 in o200k, formulas and other scripts fewer: rather too many tokens
are reckoned than too few."""
_SQUEEZE = 4 / 3
"""So much larger a batch may be where that saves a round of waiting."""


def tokens(text: str) -> int:
    """About how many tokens `text` is, on the safe side."""
    return math.ceil(len(text.encode("utf-8", "replace")) / BYTES_PER_TOKEN)


def divide(
    items: Sequence[T], size: Callable[[T], int], *, tokens: int, most: int, at_once: int
) -> list[list[T]]:
    """`items` in order, in batches of like size: about `tokens` tokens and `most` items at most.

    `at_once` batches are asked together; where a few more than a full round are needed, they are
    made a little larger instead, since a round takes as long with one batch as with all.
    """
    if not items:
        return []
    sizes = [size(item) for item in items]
    count = max(math.ceil(len(items) / most), math.ceil(sum(sizes) / tokens))
    full = count // at_once * at_once
    if full and len(items) <= full * most * _SQUEEZE and sum(sizes) <= full * tokens * _SQUEEZE:
        count = full
    count = min(count, len(items))
    batches: list[list[T]] = [[] for _ in range(count)]
    for index, item in enumerate(items):
        batches[index * count // len(items)].append(item)
    return batches


def smaller(items: Sequence[T]) -> list[list[T]]:
    """The same items in about four batches; alone where they are few."""
    step = max(1, math.ceil(len(items) / 4)) if len(items) > 4 else 1
    return [list(items[start : start + step]) for start in range(0, len(items), step)]
