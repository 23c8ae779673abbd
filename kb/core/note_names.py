"""What a new note is called and where it lies, by the templates of the settings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from kb.core import names, tex

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kb.core.papers import Paper


@dataclass(slots=True)
class NamePlan:
    """Gives out file names that are unique in the whole vault."""

    taken: set[str]
    folder: str
    name: str
    root: str = ""

    def path(self, paper: Paper) -> str:
        """The vault path of a new note. Raises ValueError for a template that leads outside."""
        folder, stem = self._wanted(paper)
        stem = names.unique(stem, self.taken, marker=paper.id.replace("/", "-"))
        self.taken.add(names.key(stem))
        return self._at(folder, stem)

    def fits(self, path: str, paper: Paper) -> bool:
        """Whether a new note of the paper could lie at `path`."""
        folder, stem = self._wanted(paper)
        other = names.unique(stem, {names.key(stem)}, marker=paper.id.replace("/", "-"))
        return path in (self._at(folder, stem), self._at(folder, other))

    def _at(self, folder: str, stem: str) -> str:
        whole = "/".join(part for part in (self.root, folder, f"{stem}.md") if part)
        return str(names.safe_relative(whole))

    def _wanted(self, paper: Paper) -> tuple[str, str]:
        """The folder and the file name, its `.md` and what makes it unique aside."""
        values = {
            "title": names.stem(tex.plain(paper.title), fallback=paper.id.replace("/", "-")),
            "id": paper.id.replace("/", "-"),
            "announced": paper.announced,
            "submitted": paper.submitted,
            "primary": paper.primary,
            "year": str(paper.announced.year) if paper.announced else "",
            "first_author": paper.authors[0] if paper.authors else "",
        }
        folder = "Papers/undated"
        if paper.announced is not None or "{announced" not in self.folder:
            folder = _rendered(self.folder, values, missing="unknown")
        stem = names.stem(
            _rendered(self.name, values, missing=""), fallback=paper.id.replace("/", "-")
        )
        return folder, stem


def _rendered(template: str, values: Mapping[str, object], missing: str) -> str:
    """The template filled in, `missing` standing for what is not known of the paper."""
    while True:
        try:
            return names.render_template(template, values)
        except names.MissingField as lacking:
            template = names.without(template, lacking.field, missing)
