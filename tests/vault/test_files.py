from __future__ import annotations

import contextlib
import os
import stat
import sys
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from standins.vaultfiles import LINUX, Ours, names, put, recovered, save_by_rename

from kb.errors import Busy, Refused
from kb.vault import disk
from kb.vault.files import Missing, VaultFiles

linux_only = pytest.mark.skipif(not LINUX, reason="Linux has this, other systems do not")


def test_a_new_file_with_its_folders(vault: VaultFiles) -> None:
    assert vault.write("a/b/c.md", b"x", expect=None)
    assert vault.read("a/b/c.md").data == b"x"
    assert names(vault) == {"a/b/c.md"}


@pytest.mark.skipif(os.name == "nt", reason="modes")
@pytest.mark.parametrize("broken", [False, True])
def test_folders_of_many_new_files_are_synced_once_each_before_it_is_over(
    vault: VaultFiles, monkeypatch: pytest.MonkeyPatch, broken: bool
) -> None:
    vault.write("A/first.md", b"1", expect=None)
    vault.write("B/first.md", b"1", expect=None)
    synced: list[str] = []
    monkeypatch.setattr(disk, "sync_folder", lambda folder: synced.append(folder.name))
    with contextlib.suppress(KeyError), vault.together():
        for name in ("A/1.md", "A/2.md", "B/1.md", "A/3.md"):
            vault.write(name, b"x", expect=None)
        assert synced == []
        if broken:
            raise KeyError
    assert synced == ["A", "B"]
    vault.write("A/4.md", b"x", expect=None)
    assert synced == ["A", "B", "A"]


def test_a_new_file_has_the_usual_mode(vault: VaultFiles) -> None:
    before = os.umask(0o027)
    try:
        vault.write("a.md", b"x", expect=None)
    finally:
        os.umask(before)
    assert vault.read("a.md").mode == 0o640


def test_a_file_in_the_way_is_never_clobbered(vault: VaultFiles) -> None:
    seen = put(vault, "a.md", b"theirs")
    with pytest.raises(Busy, match="somebody made a file"):
        vault.write("a.md", b"ours", expect=None)
    assert vault.read("a.md") == seen
    assert vault.write("a.md", b"theirs", expect=None) is False
    assert vault.read("a.md") == seen
    assert names(vault) == {"a.md"}


def test_a_file_made_at_the_last_moment_is_never_clobbered(
    vault: VaultFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = disk.move_to_free_name

    def late(old: Path, new: Path) -> None:
        new.write_bytes(b"theirs")
        real(old, new)

    monkeypatch.setattr(disk, "move_to_free_name", late)
    with pytest.raises(Busy):
        vault.write("a.md", b"ours", expect=None)
    assert vault.read("a.md").data == b"theirs"
    assert names(vault) == {"a.md"}


def test_without_hard_links_too_nothing_is_clobbered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_links(*_: object, **__: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(disk, "CAN_RENAMEAT2", False)
    monkeypatch.setattr(os, "link", no_links)
    vault = VaultFiles(tmp_path, ours=Ours())
    assert vault.write("a.md", b"x", expect=None)
    (tmp_path / "new").write_bytes(b"n")
    with pytest.raises(FileExistsError):
        disk.move_to_free_name(tmp_path / "new", tmp_path / "a.md")
    assert names(vault) == {"a.md", "new"}
    assert vault.read("a.md").data == b"x"


def test_a_file_where_a_folder_is_needed(vault: VaultFiles) -> None:
    put(vault, "a", b"theirs")
    with pytest.raises(Refused, match="a file lies where a folder is needed"):
        vault.write("a/b.md", b"x", expect=None)
    assert names(vault) == {"a"}


def test_a_name_too_long_is_refused(vault: VaultFiles) -> None:
    with pytest.raises(Refused, match="too long"):
        vault.write("x" * 300, b"x", expect=None)
    assert names(vault) == set()


def test_replaces_what_was_read(vault: VaultFiles) -> None:
    seen = put(vault, "a.md", b"old")
    assert vault.write("a.md", b"new", expect=seen)
    assert vault.read("a.md").data == b"new"
    assert names(vault) == {"a.md"}


def test_equal_bytes_are_not_written(vault: VaultFiles) -> None:
    seen = put(vault, "a.md", b"old", age=0)
    inode = (vault.root / "a.md").stat()
    assert vault.write("a.md", b"old", expect=seen) is False
    after = (vault.root / "a.md").stat()
    assert (after.st_ino, after.st_mtime_ns, after.st_ctime_ns) == (
        inode.st_ino,
        inode.st_mtime_ns,
        inode.st_ctime_ns,
    )


def test_a_file_that_changed_since_it_was_read_stands(vault: VaultFiles) -> None:
    seen = put(vault, "a.md", b"old")
    put(vault, "a.md", b"typed")
    with pytest.raises(Busy, match="changed since"):
        vault.write("a.md", b"new", expect=seen, urgent=True)
    assert vault.read("a.md").data == b"typed"


def test_a_file_that_went_away_is_not_made_again(vault: VaultFiles) -> None:
    seen = put(vault, "a.md", b"old")
    (vault.root / "a.md").rename(vault.root / "b.md")
    with pytest.raises(Missing):
        vault.write("a.md", b"new", expect=seen)
    assert names(vault) == {"b.md"}


def test_a_file_being_typed_in_is_left(vault: VaultFiles) -> None:
    seen = put(vault, "a.md", b"old", age=3)
    with pytest.raises(Busy, match="3 s ago"):
        vault.write("a.md", b"new", expect=seen)
    assert vault.read("a.md").data == b"old"
    assert vault.write("a.md", b"new", expect=seen, urgent=True)


def test_a_file_is_quiet_after_the_quiet_time(tmp_path: Path) -> None:
    now = time.time()
    vault = VaultFiles(tmp_path, quiet_seconds=30, clock=lambda: now + 31, ours=Ours())
    seen = put(vault, "a.md", b"old", age=0)
    assert vault.write("a.md", b"new", expect=seen)


def test_a_time_in_the_far_future_does_not_keep_a_file_busy(vault: VaultFiles) -> None:
    seen = put(vault, "a.md", b"old", age=-86400)
    assert vault.write("a.md", b"new", expect=seen)


def test_our_own_bytes_need_no_wait_but_the_readers_do(vault: VaultFiles) -> None:
    vault.write("a.md", b"one", expect=None)
    assert vault.write("a.md", b"two", expect=vault.read("a.md"))
    assert vault.write("a.md", b"three", expect=vault.read("a.md"))
    typed = put(vault, "a.md", b"three and more", age=0)
    with pytest.raises(Busy):
        vault.write("a.md", b"four", expect=typed)


@pytest.mark.skipif(os.name == "nt", reason="modes and links")
def test_mode_and_symlink_are_kept(vault: VaultFiles) -> None:
    put(vault, "store/real.md", b"old")
    (vault.root / "store/real.md").chmod(0o604)
    (vault.root / "a.md").symlink_to("store/real.md")
    assert vault.write("a.md", b"new", expect=vault.read("a.md"))
    assert (vault.root / "a.md").is_symlink()
    real = vault.root / "store/real.md"
    assert real.read_bytes() == b"new"
    assert stat.S_IMODE(real.stat().st_mode) == 0o604
    assert names(vault) == {"a.md", "store/real.md"}


@linux_only
def test_extended_attributes_and_owner_are_kept(vault: VaultFiles) -> None:
    if sys.platform != "linux":
        return
    seen = put(vault, "a.md", b"old")
    file = vault.root / "a.md"
    try:
        os.setxattr(file, "user.tag", b"red\0blue")
    except OSError:
        pytest.skip("no extended attributes on this file system")
    if os.geteuid() == 0:
        os.chown(file, 4321, 4322)
    before = file.stat()
    assert vault.write("a.md", b"new", expect=seen)
    assert os.getxattr(file, "user.tag") == b"red\0blue"
    after = file.stat()
    assert (after.st_uid, after.st_gid) == (before.st_uid, before.st_gid)


@pytest.mark.skipif(os.name == "nt", reason="modes and links")
def test_a_read_only_or_hard_linked_file_is_left(vault: VaultFiles) -> None:
    seen = put(vault, "a.md", b"old")
    (vault.root / "a.md").chmod(0o444)
    with pytest.raises(Refused, match="read-only"):
        vault.write("a.md", b"new", expect=seen)
    (vault.root / "a.md").chmod(0o644)
    os.link(vault.root / "a.md", vault.root / "b.md")
    with pytest.raises(Refused, match="hard links"):
        vault.write("a.md", b"new", expect=seen)
    assert vault.read("b.md").data == b"old"


def test_removes_exactly_what_was_read(vault: VaultFiles) -> None:
    vault.write("a.md", b"x", expect=None)
    vault.remove("a.md", expect=vault.read("a.md"))
    assert names(vault) == set()
    assert vault._ours.get("a.md") is None


def test_does_not_remove_what_changed(vault: VaultFiles) -> None:
    seen = put(vault, "a.md", b"old")
    put(vault, "a.md", b"typed")
    with pytest.raises(Busy):
        vault.remove("a.md", expect=seen)
    assert vault.read("a.md").data == b"typed"


def test_a_save_while_removing_is_put_back_or_kept(
    vault: VaultFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(disk, "CAN_LEASE", False)
    seen = put(vault, "a.md", b"old")
    file, real = vault.root / "a.md", Path.rename

    def late(self: Path, target: Path) -> Path:
        save_by_rename(self, b"typed")
        return real(self, target)

    monkeypatch.setattr(Path, "rename", late)
    with pytest.raises(Busy):
        vault.remove("a.md", expect=seen)
    assert file.read_bytes() == b"typed"

    def later(self: Path, target: Path) -> Path:
        if self != file:
            return real(self, target)
        save_by_rename(self, b"typed again")
        moved = real(self, target)
        file.write_bytes(b"and again")
        return moved

    monkeypatch.setattr(Path, "rename", later)
    with pytest.raises(Busy):
        vault.remove("a.md", expect=vault.read("a.md"))
    assert file.read_bytes() == b"and again"
    assert recovered(vault) == [b"typed again"]


@pytest.mark.skipif(os.name == "nt", reason="symbolic links need rights there")
def test_a_symlink_is_not_removed(vault: VaultFiles) -> None:
    seen = put(vault, "store/real.md", b"old")
    (vault.root / "a.md").symlink_to("store/real.md")
    with pytest.raises(Refused, match="symbolic link"):
        vault.remove("a.md", expect=seen)
    assert names(vault) == {"a.md", "store/real.md"}


@pytest.fixture(scope="module")
def any_vault(tmp_path_factory: pytest.TempPathFactory) -> VaultFiles:
    return VaultFiles(tmp_path_factory.mktemp("vault"), ours=Ours())


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(before=st.binary(max_size=3000), after=st.binary(max_size=3000), swap=st.booleans())
def test_any_bytes_are_written_as_they_are(
    any_vault: VaultFiles, monkeypatch: pytest.MonkeyPatch, before: bytes, after: bytes, swap: bool
) -> None:
    monkeypatch.setattr(disk, "CAN_RENAMEAT2", swap and LINUX)
    seen = put(any_vault, "f/a.md", before)
    assert any_vault.write("f/a.md", after, expect=seen) is (before != after)
    assert any_vault.read("f/a.md").data == after
    assert names(any_vault) == {"f/a.md"}
