from __future__ import annotations

import os
from pathlib import Path

import pytest
from faults.rivals import run


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_of_ten_rivals_one_works(tmp_path: Path) -> None:
    tally = run(10, seed=1, folder=tmp_path)
    tally.holds()
    assert tally.figures["left with 75"] > 10
