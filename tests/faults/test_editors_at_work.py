from __future__ import annotations

import os
from pathlib import Path

import pytest
from faults.editors_at_work import run


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_no_line_is_lost_while_eight_editors_type(tmp_path: Path) -> None:
    tally = run(5000, seed=1, folder=tmp_path)
    tally.holds()
    assert tally.figures["here: lines typed"] >= 5000 or "here: seconds" not in tally.figures
