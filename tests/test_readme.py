"""The README is the front door: what it says is what happens."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from kb.config import Settings

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text("utf-8")


def command(name: str) -> str:
    found = re.search(rf"<!-- command: {name} -->\s*```sh\n(.+?)\n```", README, re.DOTALL)
    assert found, f"README has no command {name!r}"
    assert "\n" not in found[1], "it is one line to paste"
    return found[1]


def test_the_run_command_works_in_a_fresh_clone(tmp_path: Path) -> None:
    """Needs the package registry, as a newcomer's machine does."""
    tracked = subprocess.run(
        ["git", "-C", str(ROOT), "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        capture_output=True, check=True,
    ).stdout.split(b"\0")  # fmt: skip
    clone = tmp_path / "clone"
    for name in filter(None, map(os.fsdecode, tracked)):
        if (ROOT / name).is_file():
            (clone / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, clone / name)
    subprocess.run(["git", "init", "-q", str(clone)], check=True)
    env = os.environ | {"KB_CACHE_DIR": str(tmp_path / "cache")}
    for name in ("VIRTUAL_ENV", "PYTHONPATH"):
        env.pop(name, None)
    line = command("run").replace("python3 -m venv", f"{sys.executable} -m venv", 1)
    done = subprocess.run(
        ["bash", "-c", line], cwd=clone, env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    vault = clone / "my-vault"
    assert (vault / ".git").is_dir()
    assert len(list(vault.glob("Papers/2025-01/*.md"))) >= 8
    ignored = subprocess.run(
        ["git", "-C", str(clone), "status", "--porcelain", "--", "my-vault"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert ignored.stdout == ""


@pytest.mark.parametrize("words", re.findall(r"<!-- help: kb (.+?) -->", README))
def test_help_texts_are_those_of_the_program(words: str) -> None:
    shown = re.search(
        rf"<!-- help: kb {re.escape(words)} -->\s*```text\n(.*?)\n```", README, re.DOTALL
    )
    assert shown, words
    env = os.environ | {"COLUMNS": "100"}
    done = subprocess.run(
        [sys.executable, "-m", "kb", *words.split()],
        capture_output=True,
        text=True,
        check=True,
        env=env,
    )
    assert shown[1] == done.stdout.rstrip()


def test_every_setting_it_names_exists_and_the_defaults_are_right() -> None:
    settings = Settings()
    rows = re.findall(r"^\| (`[a-z]+\.[a-z_*`, .]+`) \| (.*?) \|", README, re.MULTILINE)
    assert len(rows) >= 8
    for names, defaults in rows:
        values = re.findall(r"`(.+?)`", defaults)
        for at, name in enumerate(re.findall(r"`([a-z_.*]+)`", names)):
            section, _, key = name.partition(".")
            model = getattr(settings, section)
            if key == "*":
                continue
            value = getattr(model, key)
            if values:
                assert (
                    values[at] == str(value).replace("'", '"')
                    or values[at] == f'"{value}"'
                    or values[at] == str(value).lower()
                    or float(values[at]) == value
                )


def test_pictures_and_links_lead_somewhere() -> None:
    for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", README):
        assert (ROOT / target).is_file(), target
