"""The benchmark of imports prints what it promises; how fast anything is, is not asked here."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from benchmarks import imports


@pytest.mark.skipif(os.name == "nt", reason="what a process took is read by wait4")
def test_a_quick_run_prints_a_row_for_each_size(tmp_path: Path) -> None:
    sizes = ["--digests", "2", "4", "--per-day", "3", "--folder", str(tmp_path)]
    words = [sys.executable, str(Path(imports.__file__)), *sizes]
    ran = subprocess.run(words, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    rows = [line.strip("| ").split(" | ") for line in ran.stdout.splitlines()[2:]]
    told = [dict(zip(imports.COLUMNS, row, strict=True)) for row in rows]
    assert [row["digests"] for row in told] == ["2", "4"]
    assert [row["notes"] for row in told] == ["6", "12"]
    assert [(row["commits"], row["changed"]) for row in told] == [("1", "0")] * 2
    assert list(tmp_path.iterdir()) == []
