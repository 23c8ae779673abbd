from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings

# What is found by chance is found at a desk; a change is never held up by it.
settings.register_profile("ci", derandomize=True)
if os.environ.get("CI"):
    settings.load_profile("ci")

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The labelled days and captures that lie beside a checkout where we work."""
    if not DATA.is_dir():
        pytest.skip("the shared data is not here")
    return DATA
