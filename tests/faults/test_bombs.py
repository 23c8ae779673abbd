from __future__ import annotations

from pathlib import Path

from faults import bombs


def test_bombs_neither_crash_nor_hang_a_pass_and_are_named(tmp_path: Path) -> None:
    tally = bombs.run(folder=tmp_path, within=30)
    tally.holds()
    assert tally.figures["refused"] >= len(bombs.HEADS)
    assert tally.figures["edited"] > 20
