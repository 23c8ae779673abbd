"""A vault and the words to work with it, through the real command line and real git."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from kb.cli import run as run_cli


@dataclass
class Box:
    """A vault, and the words to work with it."""

    root: Path
    capsys: pytest.CaptureFixture[str]
    out: str = ""
    err: str = ""

    def kb(self, *words: str, code: int = 0) -> str:
        """Runs `kb WORDS --vault ROOT`, checks the exit code, gives back stdout."""
        got = run_cli([*words, "--vault", str(self.root)])
        captured = self.capsys.readouterr()
        self.out, self.err = captured.out, captured.err
        assert got == code, f"kb {' '.join(words)} left with {got}:\n{self.out}\n{self.err}"
        return self.out

    def json(self, *words: str, code: int = 0) -> Any:
        return json.loads(self.kb(*words, "--json", code=code))

    def git(self, *words: str) -> str:
        done = subprocess.run(
            ["git", "-C", str(self.root), *words], capture_output=True, check=True, text=True
        )
        return done.stdout

    def text(self, path: str) -> str:
        return (self.root / path).read_bytes().decode()

    def write(self, path: str, text: str) -> None:
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text.encode())

    def edit(self, path: str, old: str, new: str) -> None:
        text = self.text(path)
        assert old in text, f"{old!r} is not in {path}"
        self.write(path, text.replace(old, new, 1))

    def notes(self) -> list[str]:
        return sorted(
            p.relative_to(self.root).as_posix() for p in self.root.glob("**/Papers/**/*.md")
        )

    def state(self) -> dict[str, tuple[bytes, int]]:
        """Every file's bytes and modification time, git's own left out."""
        return {
            path.relative_to(self.root).as_posix(): (path.read_bytes(), path.stat().st_mtime_ns)
            for path in sorted(self.root.rglob("*"))
            if path.is_file() and ".git" not in path.relative_to(self.root).parts
        }
