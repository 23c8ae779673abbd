from __future__ import annotations

import os
from pathlib import Path

import pytest
from faults import disk_errors

pytestmark = pytest.mark.skipif(os.name == "nt", reason="processes are forked")


def test_an_error_of_the_disk_at_any_call_is_told_and_nothing_is_lost(tmp_path: Path) -> None:
    disk_errors.run(40, seed=1, folder=tmp_path).holds()
