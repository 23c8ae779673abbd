"""The soak says what grew; for how long anything takes it is not asked here."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from benchmarks import soak
from standins.watchers import HAS_PROC, Taken


@pytest.mark.skipif(not HAS_PROC, reason="reads proc(5)")
def test_a_short_soak_prints_what_the_watcher_holds(tmp_path: Path) -> None:
    words = [sys.executable, str(Path(soak.__file__)), "--events", "60", "--notes", "60"]
    words += ["--looks", "2", "--folder", str(tmp_path)]
    ran = subprocess.run(words, capture_output=True, text=True, check=False)
    assert "pages are right" in ran.stdout, ran.stderr
    rows = [line for line in ran.stdout.splitlines() if line.startswith("| ")]
    assert len(rows) == 3
    assert all(line.count("|") == len(soak.COLUMNS) + 1 for line in rows)


def test_what_grows_is_told() -> None:
    looks = [Taken(50.0, 40.0, 6 + number // 4, 4, 0) for number in range(8)]
    assert soak.growth(looks) == {
        "rss": 0.0, "pss": 0.0, "handles": pytest.approx(100 / 6), "threads": 0.0, "children": 0.0,
    }  # fmt: skip
    assert soak.growth([looks[0], looks[0]._replace(children=1)])["children"] > soak.FLAT
