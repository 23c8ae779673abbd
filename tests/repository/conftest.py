from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from standins.person import Person

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def no_settings_of_this_machine(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in list(os.environ):
        if name.startswith("GIT_") or name == "EMAIL":
            monkeypatch.delenv(name)
    home = str(tmp_path_factory.mktemp("home"))
    for name, value in {
        "HOME": home,
        "XDG_CONFIG_HOME": home,
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_AUTHOR_DATE": "2025-03-06T06:00:00Z",
        "GIT_COMMITTER_DATE": "2025-03-06T06:00:00Z",
    }.items():
        monkeypatch.setenv(name, value)


@pytest.fixture(params=["staging", "unstaged"])
def reader(request: pytest.FixtureRequest, tmp_path: Path) -> Person:
    """A reader whose vault is a repository with a little history and work under way.

    Committed: note.md, staged.md, changed.md, gone.md. Since then staged.md was staged and changed
    again, new.md staged, changed.md changed, gone.md deleted, untracked.md made. The one that is
    "unstaged" has staged nothing of it, so that kb's commits are made of the index as it is.
    """
    folder = tmp_path / "vault"
    folder.mkdir()
    person = Person(folder)
    person.git("init", "-q", "-b", "main")
    person.git("config", "user.name", "A reader")
    person.git("config", "user.email", "reader@localhost")
    for name in ("note", "staged", "changed", "gone"):
        person.write(f"{name}.md", f"{name}\n")
    person.git("add", ".")
    person.git("commit", "-q", "-m", "first")
    person.write("staged.md", "staged once\n")
    person.write("new.md", "new, staged\n")
    person.git("add", "staged.md", "new.md")
    person.write("staged.md", "staged once\nand changed again\n")
    person.write("changed.md", "changed since\n")
    (folder / "gone.md").unlink()
    person.write("untracked.md", "not git's\n")
    if request.param == "unstaged":
        person.git("reset", "-q")
    return person
