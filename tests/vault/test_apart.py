"""What a copy of the process does is the same as if it were done here, and no copy is left."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from standins.vaults import odd_notes

from kb.config import Settings
from kb.vault import apart as apart_
from kb.vault.apart import apart, each
from kb.vault.vault import Vault

helped = pytest.mark.skipif(not apart_.can_help(), reason="there is no second core, or no fork")


def children() -> set[int]:
    found = set()
    for told in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            pid, _, rest = told.read_text().partition(" ")
            if rest.rpartition(")")[2].split()[1] == str(os.getpid()):
                found.add(int(pid))
    return found


@helped
def test_another_process_does_the_work_and_tells_all_of_it() -> None:
    before = children()
    with apart(lambda: (os.getpid(), b"x" * 1_000_000)) as had:
        assert len(children() - before) == 1
        who, much = had()
    assert who != os.getpid()
    assert len(much) == 1_000_000
    assert children() <= before


def fail() -> int:
    raise OSError(5, f"the disk is gone, {os.getpid()} says")


def test_what_goes_wrong_is_told_here() -> None:
    with pytest.raises(OSError, match=f"{os.getpid()} says"), apart(fail) as had:
        had()


@helped
def test_a_copy_that_is_killed_is_done_without() -> None:
    def work() -> int:
        if os.getpid() != here:
            os.kill(os.getpid(), 9)
        return 7

    here = os.getpid()
    with apart(work) as had:
        assert had() == 7


@helped
def test_where_there_can_be_no_other_process_this_one_does_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refused() -> int:
        raise BlockingIOError(11, "Resource temporarily unavailable")

    monkeypatch.setattr(os, "fork", refused)
    open_before = len(list(Path("/proc/self/fd").iterdir()))
    with apart(os.getpid) as had:
        assert had() == os.getpid()
    assert len(list(Path("/proc/self/fd").iterdir())) == open_before


@helped
def test_a_copy_that_hangs_is_done_without(monkeypatch: pytest.MonkeyPatch) -> None:
    def work() -> int:
        if os.getpid() != here:
            time.sleep(60)
        return 7

    here, begun = os.getpid(), time.monotonic()
    monkeypatch.setattr(apart_, "_LEAST", 0.1)
    with apart(work) as had:
        assert had() == 7
    assert time.monotonic() - begun < 30


@helped
def test_no_copy_is_left_where_this_process_goes_on_without() -> None:
    before = children()
    begun = time.monotonic()
    with pytest.raises(KeyboardInterrupt), apart(lambda: time.sleep(60)):
        raise KeyboardInterrupt
    assert children() <= before
    assert time.monotonic() - begun < 30


@helped
def test_no_copy_outlives_a_process_that_is_killed(tmp_path: Path) -> None:
    code = (
        "import os, time\nfrom pathlib import Path\nfrom kb.vault.apart import apart\n"
        f"told = Path({str(tmp_path / 'told')!r})\n"
        "def work():\n    told.write_text(str(os.getpid()))\n    time.sleep(60)\n"
        "with apart(work) as had:\n    had()\n"
    )
    with subprocess.Popen([sys.executable, "-c", code]) as process:
        deadline = time.monotonic() + 30
        while not (tmp_path / "told").exists() or not (tmp_path / "told").read_text():
            assert time.monotonic() < deadline
            time.sleep(0.01)
        copy = int((tmp_path / "told").read_text())
        process.kill()
    while _runs(copy):
        assert time.monotonic() < deadline, "the copy goes on"
        time.sleep(0.01)


def _runs(pid: int) -> bool:
    """Whether there is such a process, and it is no dead one that nobody has asked after."""
    try:
        return ") Z " not in Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return False


@helped
@pytest.mark.parametrize("count", [0, 1, 199, 200, 201])
def test_each_has_its_own_outcome_in_order(count: int) -> None:
    told = each(lambda number: (number, os.getpid()), range(count))
    assert [number for number, _ in told] == list(range(count))
    assert len({pid for _, pid in told}) == (2 if count >= apart_.WORTH else min(count, 1))


@helped
def test_notes_read_by_two_processes_are_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tmp_path / "vault"
    root.mkdir()
    odd_notes(root, 7)
    (root / "mine.md").write_text("my own words\n")

    def found(name: str) -> tuple[object, ...]:
        with Vault(root, Settings(), folder=tmp_path / name) as vault:
            scan = vault.scan()
            notes = {path: scan.note_at(path) for path in scan.paths()}
            return notes, dict(scan.notes), scan.duplicates, scan.refused

    alone = found("one")
    monkeypatch.setattr(apart_, "WORTH", 2)
    assert found("two") == alone
