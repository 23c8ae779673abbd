"""Names of notes that git or a shell could take for something else."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from faults.git_cases import Case, State

if TYPE_CHECKING:
    from collections.abc import Sequence

NOTE = "Papers/2025-02/Linear attention number 1.md"


NAMES = (
    "[1].md", ":(top)x.md", ":!x.md", "-n.md", " lead.md", "*.md", '"quoted".md', "it's.md",
    "back\\slash.md", "line\nbreak.md", "tab\t.md", "é 漢 😀.md", "$(echo).md",
)  # fmt: skip


def _named(case: Case, names: Sequence[str]) -> None:
    """Notes get such names at the vault's root, where the reader has files that they would match."""
    notes = sorted((case.root / "Papers").rglob("*.md"))
    for note, name in zip(notes, names, strict=False):
        note.rename(case.root / name)
        case.moved_to.add(name)
    for name in ("1.md", "x.md", "lead.md"):
        case.write(name, "mine\n")
        case.git("add", name)
        case.write(name, "mine, and changed\n")


def names_of_pathspecs(case: Case) -> None:
    _named(case, NAMES[:5])


def names_with_spaces_and_quotes(case: Case) -> None:
    _named(case, NAMES[5:10])


def names_with_breaks_and_emoji(case: Case) -> None:
    _named(case, NAMES[10:])


def name_that_is_not_unicode(case: Case) -> None:
    note = case.root / NOTE
    name = "Papers/2025-02/" + os.fsdecode(b"caf\xe9.md")
    note.rename(case.root / name)
    case.left_out.add(name)


def case_of_a_name_changed(case: Case) -> None:
    note = case.root / NOTE
    note.rename(note.with_name(note.name.lower()))


STATES = (
    State(names_of_pathspecs, modes=("notes", "own")),
    State(names_with_spaces_and_quotes),
    State(names_with_breaks_and_emoji),
    State(name_that_is_not_unicode),
    State(case_of_a_name_changed),
)
