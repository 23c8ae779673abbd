"""One test for each thread in which somebody lost notes to a tool that worked beside them."""

from __future__ import annotations

from pathlib import Path

import pytest
from standins.box import Box
from standins.boxes import _private, box, empty, feed
from standins.revised import Revised

__all__ = ["_private", "box", "empty", "feed"]


@pytest.fixture
def one(box: Box, tmp_path: Path) -> Revised:
    """A vault with one note, whose paper arXiv replaces."""
    revised = Revised(box, tmp_path)
    revised.begin()
    return revised
