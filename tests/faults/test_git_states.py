from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from faults import git_states

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.skipif(os.name == "nt", reason="states that are made with hooks and modes of POSIX")
def test_every_state_of_a_repository(tmp_path: Path) -> None:
    git_states.run(len(git_states.STATES) * 3, seed=1, folder=tmp_path).holds()
