from __future__ import annotations

import os
from pathlib import Path

import pytest
from faults import watch_together


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_everything_at_once_for_ten_seconds(tmp_path: Path) -> None:
    watch_together.run(10, seed=1, folder=tmp_path).holds()
