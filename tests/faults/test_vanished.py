from __future__ import annotations

import os
from pathlib import Path

import pytest
from faults.vanished import run


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_what_is_out_of_sight_is_not_taken_for_deleted(tmp_path: Path) -> None:
    tally = run(100, seed=1, folder=tmp_path)
    tally.holds()
    assert tally.figures["refused with 1"] > 50
