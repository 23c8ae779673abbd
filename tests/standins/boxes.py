"""Fixtures of tests that work through the command line: a vault of the test's own, and a feed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from standins.box import Box
from standins.vaults import record

__all__ = ["_private", "box", "empty", "feed"]


@pytest.fixture(autouse=True)
def _private(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A home, cache and git identity of the test's own."""
    home = tmp_path / "home"
    home.mkdir()
    for name, value in {
        "HOME": str(home), "KB_CACHE_DIR": str(tmp_path / "cache"), "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": str(home / ".gitconfig"), "XDG_CONFIG_HOME": str(home),
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    for name in ("KB_VAULT", "KB_ARXIV_URL", "GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE",
                 "OPENAI_API_KEY", "OPENAI_BASE_URL"):  # fmt: skip
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def empty(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Box:
    """A folder that is not there yet."""
    return Box(tmp_path / "vault", capsys)


@pytest.fixture
def box(empty: Box) -> Box:
    """A new vault whose notes may be edited without a quiet time."""
    empty.kb("init")
    empty.edit("kb.toml", 'name = "{title}"', 'quiet = 0\nname = "{title}"')
    empty.edit("kb.toml", "settle = 30", "settle = 0")
    return empty


@pytest.fixture
def feed(tmp_path: Path) -> Path:
    """Three days of forty invented papers each, as JSON lines."""
    path = tmp_path / "feed.jsonl"
    lines = [
        json.dumps(record(100 * index + n, day))
        for index, day in enumerate(("2025-03-05", "2025-03-06", "2025-03-07"))
        for n in range(40)
    ]
    path.write_text("\n".join(lines) + "\n")
    return path
