from __future__ import annotations

from typing import TYPE_CHECKING

from standins.person import opened

from kb.repository.asked import Asked

if TYPE_CHECKING:
    from pathlib import Path

    from standins.person import Person


def test_git_is_asked_in_the_background(reader: Person, tmp_path: Path) -> None:
    reader.write("note.md", "by kb\n")
    asked, nowhere = Asked(reader.folder), Asked(tmp_path / "none")
    asked.start()
    nowhere.start()
    found = asked.found()
    assert found == frozenset(opened(reader.folder).uncommitted(["."]))
    assert {"note.md", "changed.md", "gone.md", "untracked.md"} < found
    assert nowhere.found() is None
