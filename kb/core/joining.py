"""Notes on papers that were in the vault before kb, made known to it: what each one lacks for that."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kb.core import frontmatter
from kb.core.plan import NoteEdit

if TYPE_CHECKING:
    from datetime import date

    from kb.core.foreign import Facts
    from kb.core.properties import Properties

_OF_A_PAPER = frozenset({"authors", "citekey", "doi", "journal", "abstract"})
"""Properties that only a note on one paper has."""


def paper_of(facts: Facts) -> str | None:
    """The paper a note is on; None for one that only mentions papers, such as a diary."""
    if facts.ids:
        return facts.ids[0] if len(facts.ids) == 1 else None
    return facts.id if _OF_A_PAPER & facts.names.keys() else None


def join(
    path: str, arxiv_id: str, facts: Facts, announced: date | None, properties: Properties
) -> NoteEdit:
    """Gives a note the properties by which kb knows it: the id, and under kb's names what it says
    under others. A property that is there is never changed."""
    said: dict[str, Any] = {
        "title": facts.title,
        "arxiv_id": arxiv_id,
        "authors": list(facts.authors),
        "announced": announced,
        "doi": facts.doi,
        "journal": facts.journal,
        "url": f"https://arxiv.org/abs/{arxiv_id}",
        "status": facts.status,
        "rating": facts.rating,
    }
    wanted = {key: value for key, value in said.items() if value}

    def apply(text: str) -> tuple[str, dict[str, Any], bool]:
        present = properties.read(frontmatter.read(text))
        here = properties.on(wanted)
        missing = {key: value for key, value in here.items() if present.get(key) is None}
        return properties.edit(text, missing), missing, False

    mapped = [
        f"{key} from {facts.names[key]}"
        for key in wanted
        if facts.names.get(key, key) != key and key not in ("arxiv_id", "url")
    ]
    why = ", ".join([f"arXiv {arxiv_id}", *mapped])
    return NoteEdit(id=arxiv_id, path=path, why=why, apply=apply, adopted=True, day=announced)
