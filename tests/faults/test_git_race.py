from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from faults import git_race

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.skipif(os.name == "nt", reason="kb is forked")
def test_commits_racing_a_persons(tmp_path: Path) -> None:
    git_race.run(50, seed=1, folder=tmp_path).holds()
