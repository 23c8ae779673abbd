from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from standins.vaultfiles import LINUX, Ours, names, put, recovered

from kb.vault import leftovers
from kb.vault.files import VaultFiles

linux_only = pytest.mark.skipif(not LINUX, reason="Linux has this, other systems do not")

DIES = """
import os, signal, sys
from pathlib import Path
from kb.vault import disk
from kb.vault.files import VaultFiles
from standins.vaultfiles import Ours
vault = VaultFiles(Path(sys.argv[1]), ours=Ours())
def die(*_): os.kill(os.getpid(), signal.SIGKILL)
real = disk.exchange
def after(one, other):
    real(one, other)
    die()
def saved(one, other):
    Path(other).write_bytes(b"typed")
    after(one, other)
match sys.argv[2]:
    case "half": disk.copy_standing = die
    case "whole": disk.exchange = die
    case "exchanged": disk.exchange = after
    case "saved": disk.exchange = saved
disk.CAN_LEASE = False
vault.write("a.md", b"new", expect=vault.read("a.md"))
"""


@linux_only
@pytest.mark.parametrize(
    ("when", "stands", "kept"),
    [
        ("half", b"old", []),
        ("whole", b"old", []),
        ("exchanged", b"new", []),
        ("saved", b"new", [b"typed"]),
    ],
)
def test_a_killed_write_leaves_old_or_new_and_its_leftover_goes(
    tmp_path: Path, when: str, stands: bytes, kept: list[bytes]
) -> None:
    vault = VaultFiles(tmp_path, ours=Ours())
    put(vault, "a.md", b"old")
    path = os.pathsep.join(str(Path(__file__).parents[each]) for each in (1, 2))
    killed = subprocess.run(
        [sys.executable, "-c", DIES, str(tmp_path), when],
        env={**os.environ, "PYTHONPATH": path},
        check=False,
    )
    assert killed.returncode == -9
    assert (tmp_path / "a.md").read_bytes() == stands
    left = vault.leftovers()
    assert len(left) == 1
    assert leftovers.is_temporary(left[0])
    assert vault.clean_leftovers() == left
    assert vault.leftovers() == []
    assert (tmp_path / "a.md").read_bytes() == stands
    assert recovered(vault) == kept


def test_only_our_own_leftovers_are_cleaned(vault: VaultFiles) -> None:
    mine = leftovers.fresh_name()
    elsewhere = ".kb-0000-4000000-01234567.tmp"
    if elsewhere[4:8] == mine[4:8]:
        elsewhere = elsewhere.replace("0000", "1111", 1)
    foreign = {".kb-notes.tmp", ".kb-1-2-3.tmp", "kb.tmp", "a.tmp"}
    for name in (mine, elsewhere, *foreign):
        (vault.root / name).write_bytes(b"x")
    assert vault.clean_leftovers() == []  # this run lives, that of another host may
    later = VaultFiles(vault.root, clock=lambda: time.time() + 3700, ours=Ours())
    assert later.clean_leftovers() == sorted([mine, elsewhere])
    assert names(vault) == foreign
