"""What a paragraph is made of, and the draft it is read into."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Kind = Literal["text", "math", "display", "url", "emph", "strong", "code"]


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a paragraph: its text, or for emphasis the pieces inside."""

    kind: Kind
    text: str = ""
    inside: tuple[Piece, ...] = ()


@dataclass(slots=True)
class Draft:
    """What has been read of a paragraph."""

    pieces: list[Piece] = field(default_factory=list)
    words: list[str] = field(default_factory=list)

    def add(self, *pieces: Piece) -> None:
        for piece in pieces:
            if piece.kind == "text":
                self.words.append(piece.text)
            else:
                self.pieces.extend(self._flush())
                self.pieces.append(piece)

    def say(self, text: str) -> None:
        self.words.append(text)

    def unsay(self) -> None:
        """Take back the last character said since the last formula or the like."""
        while self.words and not self.words[-1]:
            self.words.pop()
        self.words[-1] = self.words[-1][:-1]

    def last(self) -> str:
        """The character before, or nothing; `$` after a formula and the like."""
        said = "".join(self.words[-8:])
        return said[-1:] or ("$" if self.pieces else "")

    def close_up(self) -> None:
        """Take back the blank before something that is dropped."""
        while self.words and not self.words[-1].strip():
            self.words.pop()
        if self.words:
            self.words[-1] = self.words[-1].rstrip()

    def done(self) -> tuple[Piece, ...]:
        self.pieces.extend(self._flush())
        return tuple(self.pieces)

    def _flush(self) -> list[Piece]:
        text = "".join(self.words)
        self.words.clear()
        return [Piece("text", text)] if text else []
