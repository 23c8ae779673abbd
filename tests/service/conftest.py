"""A vault of its own for each test, and a systemctl that only records."""

from __future__ import annotations

import pytest
from standins.boxes import _private, box, empty
from standins.systemctl import systemctl

__all__ = ["_private", "_unset", "box", "empty", "systemctl"]


@pytest.fixture(autouse=True)
def _unset(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_BASE_URL", "OPENAI_API_KEY", "XDG_CACHE_HOME", "XDG_STATE_HOME"):
        monkeypatch.delenv(name, raising=False)
