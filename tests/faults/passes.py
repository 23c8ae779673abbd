"""Whole passes through the real command line, in a world of their own, without pytest."""

from __future__ import annotations

import contextlib
import io
import json
import os
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kb.cli import run as run_cli

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_FOREIGN = ("KB_VAULT", "KB_ARXIV_URL", "GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE")


@contextlib.contextmanager
def private(folder: Path) -> Iterator[None]:
    """A home, a cache and a git identity below `folder`, for as long as it lasts."""
    before = dict(os.environ)
    home = folder / "home"
    home.mkdir(parents=True, exist_ok=True)
    os.environ.update(
        HOME=str(home),
        KB_CACHE_DIR=str(folder / "cache"),
        GIT_CONFIG_NOSYSTEM="1",
        GIT_CONFIG_GLOBAL=str(home / ".gitconfig"),
        XDG_CONFIG_HOME=str(home),
    )
    for name in _FOREIGN:
        os.environ.pop(name, None)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


@dataclass(frozen=True, slots=True)
class Ran:
    """What came of one command."""

    code: int
    told: dict[str, Any]
    """Its JSON; empty where it printed none."""
    errors: str
    seconds: float
    """Of work in this process; what else the machine is doing does not count."""

    @property
    def refused(self) -> dict[str, str]:
        return {each["path"]: each["why"] for each in self.told.get("notes", {}).get("refused", ())}


def kb(root: Path, *words: str) -> Ran:
    """Runs `kb WORDS --json --vault ROOT` in this process."""
    out, errors = io.StringIO(), io.StringIO()
    begun = time.process_time()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(errors):
        code = run_cli([*words, "--json", "--vault", str(root)])
    seconds = time.process_time() - begun
    told: Any = {}
    with contextlib.suppress(ValueError):
        told = json.loads(out.getvalue())
    return Ran(code, told if isinstance(told, dict) else {}, errors.getvalue(), seconds)


def new_vault(root: Path) -> None:
    """A vault that files every paper, however alike, and never waits for a reader to be done."""
    ran = kb(root, "init")
    assert ran.code == 0, ran.errors
    settings = root / "kb.toml"
    text = settings.read_text()
    for old, new in {
        'name = "{title}"': 'quiet = 0\nname = "{title}"',
        "settle = 30": "settle = 0",
        "relevance = 7": "relevance = 1",
        "per_day = 15": "per_day = 0",
    }.items():
        assert old in text, old
        text = text.replace(old, new)
    settings.write_text(text)
