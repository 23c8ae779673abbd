"""What a page says of single notes, taken from the page as it stands instead of being made again."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Collection

    from kb.core.collection import Notes
    from kb.core.links import Linker

_ABOUT_A_NOTE = ("| [", "- [")
_SECTION = re.compile(
    r"^## \d+\. (?P<link>.*)\n\n(?P<authors>.*)\n\n"
    r"(?P<rest>(?:.*\n)*?- \[.\] read\n- \[.\] skip\n- \[.\] star)$",
    re.MULTILINE,
)


class Section(NamedTuple):
    """One paper of a daily page."""

    link: str
    authors: str
    rest: str


@dataclass(slots=True)
class Former:
    """The pieces of one page as kb wrote it last, but for those of notes that have changed since.

    A piece is found by the link that it begins with. One that is not found is made anew.
    """

    path: str
    text: str
    """Empty where nothing is to be taken from it."""
    changed: Collection[str]
    notes: Notes
    linker: Linker
    _lines: dict[tuple[str, str], str] | None = None
    _sections: dict[str, Section] | None = None

    def row(self, arxiv_id: str) -> str | None:
        """The row of a table that is about this paper."""
        return self._line("|", arxiv_id)

    def item(self, arxiv_id: str) -> str | None:
        """The item of a list that is about this paper."""
        return self._line("-", arxiv_id)

    def _line(self, sign: str, arxiv_id: str) -> str | None:
        if not self.text or arxiv_id in self.changed:
            return None
        if self._lines is None:
            self._lines = {}
            for line in self.text.split("\n"):
                if line[:3] in _ABOUT_A_NOTE and (target := _target(line)):
                    key = line[0], target
                    self._lines[key] = "" if key in self._lines else line
        return self._lines.get((sign, self._target(arxiv_id))) or None

    def section(self, arxiv_id: str) -> Section | None:
        """The section of this paper."""
        if not self.text or arxiv_id in self.changed:
            return None
        if self._sections is None:
            self._sections = {
                _target(match["link"]): Section(*match.groups())
                for match in _SECTION.finditer(self.text)
            }
        return self._sections.get(self._target(arxiv_id))

    def _target(self, arxiv_id: str) -> str:
        return self.linker.target(self.path, self.notes.path_of(arxiv_id) or "")


def _target(text: str) -> str:
    """What the link with which `text` begins names, as `Linker.target` has it; empty if it cannot
    be told."""
    if (wiki := text.find("[[", 0, 5)) >= 0:
        return re.split(r"[\]|\\]", text[wiki + 2 :], maxsplit=1)[0]
    at = text.find("](")
    while at > 0 and text[at - 1] == "\\":
        at = text.find("](", at + 2)
    return text[at + 2 : text.find(")", at)] if at > 0 else ""
