from __future__ import annotations

import pytest
from faults.guards import GUARDS, ROOT, Guard


@pytest.mark.parametrize("guard", GUARDS, ids=lambda guard: guard.name)
def test_every_guard_stands_where_it_could_be_removed(guard: Guard) -> None:
    assert (ROOT / guard.path).read_text("utf-8").count(guard.code) == 1
    assert guard.without != guard.code
