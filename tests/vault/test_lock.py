from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from kb.errors import KbError, TryLater
from kb.vault.lock import VaultLock, process_start

HOLDS = """
import os, sys, time
from pathlib import Path
from kb.vault.lock import VaultLock
with VaultLock(Path(sys.argv[1]), Path(sys.argv[2]), command="kb watch"):
    if sys.argv[3:] == ["child"] and not os.fork():
        time.sleep(0.15)
        os._exit(0)
    print("held", flush=True)
    sys.stdin.read(1)
    if sys.argv[3:] == ["raise"]:
        raise SystemExit(3)
"""


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    (tmp_path / "vault").mkdir()
    return tmp_path / "cache", tmp_path / "vault"


def holder(folders: tuple[Path, Path], *more: str) -> subprocess.Popen[bytes]:
    """Another process that holds the lock until it is told to stop."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDS, *map(str, folders), *more],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    )
    assert process.stdout is not None
    assert process.stdout.readline() == b"held\n"
    return process


def test_a_second_process_is_told_who_holds_it(folders: tuple[Path, Path]) -> None:
    with holder(folders) as other:
        with pytest.raises(TryLater) as told, VaultLock(*folders):
            pass
        owner = VaultLock(*folders).owner()
        other.communicate(b".")
    message = str(told.value)
    assert re.search(
        rf"vault is held by `kb watch` \(process {other.pid} on \S+\), for \d s;", message
    )
    assert owner is not None
    assert (owner.pid, owner.command) == (other.pid, "kb watch")
    with VaultLock(*folders) as mine:
        assert mine.took_over is None
    assert VaultLock(*folders).owner() is None


def test_a_killed_owner_is_followed_at_once(folders: tuple[Path, Path]) -> None:
    with holder(folders) as other:
        other.kill()
        other.wait()
        other.communicate()
    with VaultLock(*folders) as mine:
        assert mine.took_over is not None
        assert mine.took_over.pid == other.pid
    with VaultLock(*folders) as again:
        assert again.took_over is None


def test_an_error_lets_go(folders: tuple[Path, Path]) -> None:
    with holder(folders, "raise") as other:
        other.communicate(b".")
    assert other.returncode == 3
    with VaultLock(*folders) as mine:
        assert mine.took_over is None


def test_one_lock_a_vault_whatever_its_spelling(folders: tuple[Path, Path]) -> None:
    cache, vault = folders
    other = vault.parent / "other"
    other.mkdir()
    with VaultLock(cache, vault), VaultLock(cache, other):
        with pytest.raises(TryLater), VaultLock(cache, vault / ".." / "vault"):
            pass
        if os.name != "nt":
            (vault.parent / "link").symlink_to(vault)
            with pytest.raises(TryLater), VaultLock(cache, vault.parent / "link"):
                pass


def test_threads_and_the_same_lock_twice(folders: tuple[Path, Path]) -> None:
    inside: list[int] = []
    together: list[int] = []

    def work() -> None:
        for _ in range(50):
            try:
                with VaultLock(*folders):
                    inside.append(1)
                    together.append(len(inside))
                    inside.pop()
            except TryLater:
                continue

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(together) == {1}
    lock = VaultLock(*folders)
    with lock, pytest.raises(TryLater), lock:
        pass
    with lock:
        pass


def test_rivals_one_works_and_the_rest_are_turned_away(folders: tuple[Path, Path]) -> None:
    first = holder(folders)
    script = HOLDS.replace('print("held", flush=True)', "").replace("sys.stdin.read(1)", "")
    rivals = [
        subprocess.run(
            [sys.executable, "-c", script, *map(str, folders)],
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
            capture_output=True,
            check=False,
        )
        for _ in range(3)
    ]
    first.communicate(b".")
    assert [b"TryLater" in rival.stderr for rival in rivals] == [True] * 3


def test_a_record_that_cannot_be_read_still_locks(folders: tuple[Path, Path]) -> None:
    lock = VaultLock(*folders)
    with lock:
        lock.path.write_bytes(b'{"pid": 1')
        with pytest.raises(TryLater, match="held by another pass of kb"), VaultLock(*folders):
            pass
        assert VaultLock(*folders).owner() is not None


@pytest.mark.skipif(sys.platform != "linux", reason="told by /proc")
def test_what_a_dead_owner_was_about_to_start_is_waited_for(folders: tuple[Path, Path]) -> None:
    """Until a child has become another program it has the files of its parent, this lock among them."""
    with holder(folders, "child") as other:
        other.kill()
        other.wait()
        with VaultLock(*folders) as mine:
            assert mine.took_over is not None
            assert mine.took_over.pid == other.pid


@pytest.mark.skipif(sys.platform != "linux", reason="told by /proc")
def test_a_dead_owner_is_not_named_for_the_one_that_follows_it(
    folders: tuple[Path, Path],
) -> None:
    with holder(folders) as other:
        other.kill()
        other.wait()
        dead = VaultLock(*folders).path.read_bytes()
    assert str(other.pid).encode() in dead
    with VaultLock(*folders, command="kb index") as lock:
        mine = lock.path.read_bytes()
        lock.path.write_bytes(dead)  # as if we had not come to write our record yet
        soon = threading.Timer(0.1, lock.path.write_bytes, [mine])
        soon.start()
        with pytest.raises(TryLater, match=rf"`kb index` \(process {os.getpid()} on "):
            VaultLock(*folders).__enter__()
        soon.join()


def test_a_folder_that_cannot_be_used_names_the_remedy(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file")
    with pytest.raises(KbError, match="set KB_CACHE_DIR"), VaultLock(tmp_path / "cache", tmp_path):
        pass


@pytest.mark.skipif(sys.platform != "linux", reason="told by /proc")
def test_a_process_has_a_start_and_a_dead_one_has_none() -> None:
    boot, _, ticks = process_start(os.getpid()).partition("/")
    assert len(boot) == 36
    assert int(ticks) > 0
    assert process_start(2**22 + 1) == ""
