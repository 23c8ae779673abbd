from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from standins.vaultfiles import LINUX, Ours, names, put

from kb.vault.files import DiskError, VaultFiles

linux_only = pytest.mark.skipif(not LINUX, reason="Linux has this, other systems do not")

ON_A_DISK = """
import sys, os
from pathlib import Path
from kb.vault.files import VaultFiles, DiskError
from standins.vaultfiles import Ours
vault = VaultFiles(Path(sys.argv[1]), quiet_seconds=0, ours=Ours())
for step in sys.argv[2:]:
    try:
        if step == "new": vault.write("new/b.md", b"x" * 100_000, expect=None)
        if step == "old": vault.write("a.md", b"x" * 100_000, expect=vault.read("a.md"))
        if step == "gone": vault.remove("a.md", expect=vault.read("a.md"))
        print("done")
    except DiskError as error:
        print(error)
print((vault.root / "a.md").read_bytes(), sorted(os.listdir(vault.root)))
"""


@linux_only
@pytest.mark.parametrize(
    ("options", "remedy"), [("size=64k", "make room on the disk"), ("ro", "mounted read-only")]
)
def test_a_full_or_read_only_disk_is_one_clear_error(
    tmp_path: Path, options: str, remedy: str
) -> None:
    script = tmp_path / "script.py"
    script.write_text(ON_A_DISK)
    root = tmp_path / "disk"
    root.mkdir()
    steps = "new old" if options != "ro" else "new old gone"
    inside = (
        f"mount -t tmpfs -o size=64k none {root} && printf old > {root}/a.md && mkdir {root}/new"
        f" && mount -o remount,{options} {root} && exec {sys.executable} {script} {root} {steps}"
    )
    path = os.pathsep.join(str(Path(__file__).parents[each]) for each in (1, 2))
    ran = subprocess.run(
        ["unshare", "--map-root-user", "--mount", "sh", "-c", inside],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    if "old" not in ran.stdout:
        pytest.skip(f"no disk of our own can be mounted here: {ran.stderr.strip()}")
    *told, end = ran.stdout.splitlines()
    assert len(told) == len(steps.split())
    assert all(remedy in line for line in told), told
    assert told[0].startswith("new/b.md: ")
    assert end == "b'old' ['a.md', 'new']"


def test_a_vanished_vault_is_not_made_again(tmp_path: Path) -> None:
    root = tmp_path / "vault"
    root.mkdir()
    vault = VaultFiles(root, ours=Ours())
    seen = put(vault, "a.md", b"old")
    root.rename(tmp_path / "elsewhere")
    for act in (
        lambda: vault.write("b.md", b"x", expect=None),
        lambda: vault.write("a.md", b"x", expect=seen),
        lambda: vault.remove("a.md", expect=seen),
        lambda: vault.read("a.md"),
        lambda: list(vault.walk()),
    ):
        with pytest.raises(DiskError, match=r"not there|No such file"):
            act()
    assert not root.exists()


def test_nothing_is_made_in_the_empty_folder_that_an_unmounted_vault_leaves(
    tmp_path: Path,
) -> None:
    root = tmp_path / "vault"
    root.mkdir()
    vault = VaultFiles(root, ours=Ours())
    seen = put(vault, "a.md", b"old")
    root.rename(tmp_path / "elsewhere")
    root.mkdir()
    for act in (
        lambda: vault.write("b.md", b"x", expect=None),
        lambda: vault.write("a.md", b"x", expect=seen),
        lambda: vault.remove("a.md", expect=seen),
        lambda: vault.find("a.md"),
    ):
        with pytest.raises(DiskError, match="another folder lies there now; the disk seems"):
            act()
    assert names(vault) == set()
    root.rmdir()
    (tmp_path / "elsewhere").rename(root)
    assert vault.write("a.md", b"new", expect=seen)
