from __future__ import annotations

import os
from pathlib import Path

import pytest
from faults import living_vault


@pytest.mark.skipif(os.name == "nt", reason="passes are forked to be killed")
def test_a_vault_that_is_lived_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HOME", "KB_CACHE_DIR", "GIT_CONFIG_NOSYSTEM", "GIT_CONFIG_GLOBAL"):
        monkeypatch.setenv(name, "")  # `run` sets them; they come back after it
    tally = living_vault.run(50, seed=1, folder=tmp_path)
    tally.holds()
    assert tally.figures["passes killed"]
