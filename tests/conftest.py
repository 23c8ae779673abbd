from __future__ import annotations

from pathlib import Path

import pytest

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The labelled days and captures that lie beside a checkout where we work."""
    if not DATA.is_dir():
        pytest.skip("the shared data is not here")
    return DATA
