from __future__ import annotations

import os
from pathlib import Path

import pytest
from faults import kill_points

pytestmark = pytest.mark.skipif(os.name == "nt", reason="processes are forked")


def test_a_pass_killed_at_any_call_is_finished_by_the_next(tmp_path: Path) -> None:
    kill_points.run(40, seed=1, folder=tmp_path).holds()
