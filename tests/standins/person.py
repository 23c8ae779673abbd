"""A person at work in a repository, with git itself."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

from kb.repository.git import Repository

if TYPE_CHECKING:
    from pathlib import Path


class Person:
    """Runs git in one folder, as its user."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def git(self, *words: str, code: int = 0) -> str:
        """What git prints; it must end with `code`."""
        ran = subprocess.run(
            ["git", *words], cwd=self.folder, capture_output=True, text=True, check=False
        )
        assert ran.returncode == code, (words, ran.stdout, ran.stderr)
        return ran.stdout

    def write(self, path: str, text: str) -> None:
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text.encode())

    def hook(self, name: str, script: str) -> None:
        folder = self.folder / self.git("rev-parse", "--git-path", "hooks").strip()
        folder.mkdir(exist_ok=True)
        (folder / name).write_text(f"#!/bin/sh\n{script}\n")
        (folder / name).chmod(0o755)

    def index(self, *but: str) -> dict[str, str]:
        """Mode, blob and stage of every path of the index, except `but`."""
        entries = self.git("ls-files", "-s", "-z").split("\0")
        pairs = (entry.partition("\t") for entry in entries if entry)
        return {path: about for about, _, path in pairs if path not in but}

    def files(self, commit: str = "HEAD") -> set[str]:
        """Paths that a commit changed."""
        words = ("-r", "-z", "--root", "--no-commit-id", "--name-only")
        return set(filter(None, self.git("diff-tree", *words, commit).split("\0")))


def opened(path: Path) -> Repository:
    """The repository around a vault, which there must be."""
    repository = Repository.find(path)
    assert repository is not None
    return repository


def leftovers(repository: Repository) -> list[str]:
    """Files of kb's and locks in the git folder."""
    names = ["index.lock", "HEAD.lock", *(each.name for each in repository.git_dir.glob("kb-*"))]
    names += [each.name for each in repository.git_dir.glob("next-index*")]
    return [name for name in names if (repository.git_dir / name).exists()]
