"""kb as a user has it."""

from __future__ import annotations

import compileall
import os
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[2] / "kb"


def as_installed() -> None:
    """Lets every process that is measured find kb's modules compiled, as pip leaves them, also in a
    checkout, and where the environment forbids Python to keep what it compiles."""
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    compileall.compile_dir(PACKAGE, quiet=2)
