from __future__ import annotations

from pathlib import Path

import pytest
from faults import power_loss


@pytest.mark.skipif(not power_loss.WORKS, reason="the names of open files cannot be read here")
def test_after_a_power_loss_every_file_is_old_or_new(tmp_path: Path) -> None:
    power_loss.run(1, seed=0, folder=tmp_path).holds()
