"""What is read from a block of YAML, beside its values. Apart from the reading, which needs a parser that
takes long to import: most notes are read without (`kb.core.yamlplain`)."""

from __future__ import annotations

from dataclasses import dataclass, field

MAX_BYTES = 64 * 1024
"""Of one block."""


class FrontmatterError(ValueError):
    """Frontmatter that cannot be read, or not edited safely; `line` counts from 1 in the file."""

    def __init__(self, reason: str, line: int | None = None) -> None:
        super().__init__(f"line {line}: {reason}" if line else reason)
        self.reason = reason
        self.line = line


@dataclass(slots=True)
class Entry:
    """Where one top-level key and its value stand, as offsets into the block."""

    key: str
    key_start: int
    key_end: int
    start: int = 0
    """Of the value."""
    end: int = 0
    """Of the value's last character; for literal and folded blocks after their trailing lines."""
    style: str = ""
    """`|` or `>` for literal and folded blocks, `flow` or `block` for collections."""
    tied: bool = False
    """An anchor or an alias stands in the key or the value."""
    leaves: list[tuple[int, int]] = field(default_factory=list)
    """The scalars inside a collection; what lies between may be a comment."""


@dataclass(slots=True)
class Document:
    """The one mapping of a block; empty where the block holds nothing but comments."""

    values: dict[str, object]
    entries: list[Entry]
    flow: bool
    """The whole mapping stands in braces."""
