from __future__ import annotations

import os
from pathlib import Path

import pytest
from faults import watch_styles


@pytest.mark.skipif(os.name == "nt", reason="signals end the watcher")
def test_ten_edits_in_each_style(tmp_path: Path) -> None:
    tally = watch_styles.run(10, seed=1, folder=tmp_path)
    tally.holds()
    assert tally.tried >= 10 * len(watch_styles.STYLES)
