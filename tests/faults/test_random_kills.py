from __future__ import annotations

import os
from pathlib import Path

import pytest
from faults import random_kills

pytestmark = pytest.mark.skipif(os.name == "nt", reason="processes are forked")


def test_a_pass_killed_at_any_time_is_finished_by_the_next(tmp_path: Path) -> None:
    random_kills.run(50, seed=1, folder=tmp_path).holds()
