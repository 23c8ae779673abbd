from __future__ import annotations

from collections.abc import Iterator

import pytest

from kb.watch.hints import Bell


@pytest.fixture
def bell() -> Iterator[Bell]:
    with Bell() as made:
        yield made
