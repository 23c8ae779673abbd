"""Several files wait for the disk together, and each hears of its own errors."""

from __future__ import annotations

import errno
import os
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from standins.vaultfiles import Ours, put

from kb.errors import Busy
from kb.vault import steps
from kb.vault.files import DiskError, VaultFiles


@pytest.fixture
def files(tmp_path: Path) -> VaultFiles:
    return VaultFiles(tmp_path, ours=Ours())


def test_files_are_written_together(files: VaultFiles) -> None:
    one, two, same = (put(files, f"{name}.md", name.encode()) for name in ("one", "two", "same"))
    (files.root / "two.md").write_bytes(b"somebody's")
    outcomes = files.write_together(
        [("one.md", b"1", one), ("two.md", b"2", two), ("new/three.md", b"3", None),
         ("same.md", b"same", same)]
    )  # fmt: skip
    assert outcomes[0] is outcomes[2] is True
    assert outcomes[3] is False
    assert isinstance(outcomes[1], Busy)
    found = {p.name: p.read_bytes() for p in files.root.rglob("*") if p.is_file()}
    assert found == {"one.md": b"1", "two.md": b"somebody's", "three.md": b"3", "same.md": b"same"}


def test_they_wait_side_by_side(files: VaultFiles, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each flush begins before any has ended."""
    seen = [put(files, f"{number}.md", b"old") for number in range(4)]
    together = threading.Barrier(4, timeout=20)
    real = os.fsync

    def flush(descriptor: int) -> None:
        together.wait()
        real(descriptor)

    monkeypatch.setattr(os, "fsync", flush)
    assert files.write_together([(each.path, b"new", each) for each in seen]) == [True] * 4


@pytest.mark.parametrize("code", [errno.EIO, errno.ENOSPC])
def test_a_disk_that_refuses_one_of_them_leaves_it_as_it_was_and_nothing_beside_any(
    files: VaultFiles, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    seen = [put(files, f"{number}.md", b"old") for number in range(3)]
    real, count = os.fsync, iter(range(9))

    def flush(descriptor: int) -> None:
        if next(count) == 1:
            raise OSError(code, os.strerror(code))
        real(descriptor)

    monkeypatch.setattr(os, "fsync", flush)
    with pytest.raises(DiskError, match=os.strerror(code)):
        files.write_together([(each.path, b"new", each) for each in seen])
    monkeypatch.undo()
    left = {path.name: path.read_bytes() for path in files.root.iterdir()}
    assert set(left) == {"0.md", "1.md", "2.md"}
    assert sorted(left.values()) == [b"new", b"new", b"old"]


def waiting(wait: Callable[[], None], done: list[str], name: str) -> steps.Steps[str]:
    try:
        yield wait
        done.append(name)
        yield wait
    finally:
        done.append(f"{name} closed")
    return name


def test_an_interruption_ends_them_all() -> None:
    done: list[str] = []

    def interrupted() -> None:
        raise KeyboardInterrupt

    works = [waiting(lambda: None, done, "one"), waiting(interrupted, done, "two")]
    with pytest.raises(KeyboardInterrupt):
        steps.run_together(works)
    assert done == ["one", "two closed", "one closed"]


def test_each_gives_back_its_own() -> None:
    done: list[str] = []
    works = [waiting(lambda: None, done, name) for name in ("one", "two")]
    assert steps.run_together(works) == ["one", "two"]
    assert done == ["one", "two", "one closed", "two closed"]
    assert steps.run_together([]) == []
