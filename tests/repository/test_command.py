"""Loading what runs git."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path


def test_without_git_there_is_one_clear_error(tmp_path: Path) -> None:
    program = (
        "import pathlib; from kb.repository import command\n"
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
