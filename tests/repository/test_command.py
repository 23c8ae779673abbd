"""Loading what runs git."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path


def test_warming_loads_gitpython() -> None:
    program = (
        "import sys; from kb.repository import command; print('git' in sys.modules);"
        "command.warm(); print('git' in sys.modules)"
    )
    assert _printed(program) == ["False", "True"]


def test_without_git_warming_says_nothing_and_running_does(tmp_path: Path) -> None:
    program = (
        "import pathlib; from kb.repository import command; command.warm()\n"
        "try: command.run(pathlib.Path(), ['version'])\n"
        "except command.UsageError as error: print(error)"
    )
    (said,) = _printed(program, PATH=str(tmp_path))
    assert "git was not found" in said


def _printed(program: str, **environ: str) -> list[str]:
    ran = subprocess.run(
        [sys.executable, "-c", program], env={**os.environ, **environ}, capture_output=True,
        text=True, check=True,
    )  # fmt: skip
    return ran.stdout.splitlines()
