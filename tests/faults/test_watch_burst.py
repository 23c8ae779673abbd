from __future__ import annotations

import os
from pathlib import Path

import pytest
from faults import watch_burst


@pytest.mark.skipif(os.name == "nt", reason="signals end the watcher")
def test_a_burst_of_files(tmp_path: Path) -> None:
    watch_burst.run(600, seed=1, folder=tmp_path).holds()
