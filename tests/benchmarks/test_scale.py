"""The benchmark of large vaults prints what it promises; how fast anything is, is not asked here."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from benchmarks import scale


@pytest.mark.skipif(os.name == "nt", reason="signals end the watcher")
def test_a_quick_run_prints_every_row(tmp_path: Path) -> None:
    words = [sys.executable, str(Path(scale.__file__)), "--quick", "--folder", str(tmp_path)]
    ran = subprocess.run(words, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    lines = [line for line in ran.stdout.splitlines() if line.startswith("| ")]
    told = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[1:]]
    assert len(told) == len(scale.NAMES)
    assert all(len(cells) == 4 and all(cells) for cells in told), told
    assert list(tmp_path.iterdir()) == []


def test_growth_sets_each_row_against_n() -> None:
    def rows(figure: float) -> list[scale.Row]:
        return [scale.Row("check", "`kb index --check`", "", "", "", figure)]

    lines = list(scale.growth({1000: rows(0.5), 10_000: rows(0.75)}))
    assert "10,000 (N × 10)" in lines[0]
    assert lines[2] == "| check | 0.5 (× 1.00) | 0.75 (× 1.50) |"
