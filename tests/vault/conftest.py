from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from standins.vaultfiles import LINUX, Ours

from kb.vault import disk
from kb.vault.files import VaultFiles

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(params=["exchange", "one step"])
def vault(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> VaultFiles:
    """A vault on a system that can exchange two names, and on one that cannot."""
    if request.param == "one step":
        monkeypatch.setattr(disk, "CAN_RENAMEAT2", False)
        monkeypatch.setattr(disk, "CAN_LEASE", False)
    elif not LINUX:
        pytest.skip("names cannot be exchanged here")
    return VaultFiles(tmp_path, ours=Ours())
