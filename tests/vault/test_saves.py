from __future__ import annotations

import contextlib
import os
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from standins.vaultfiles import LINUX, Ours, names, put, recovered, save_by_rename, save_in_place

from kb.errors import Busy, Refused
from kb.vault import disk
from kb.vault.files import Missing, VaultFiles

if TYPE_CHECKING:
    from collections.abc import Callable

linux_only = pytest.mark.skipif(not LINUX, reason="Linux has this, other systems do not")


def at_exchange(monkeypatch: pytest.MonkeyPatch, *acts: Callable[[], None]) -> None:
    """Let each act happen right before one of the exchanges, in order."""
    real, waiting = disk.exchange, list(acts)

    def exchange(one: Path, other: Path) -> bool:
        if waiting:
            waiting.pop(0)()
        return real(one, other)

    monkeypatch.setattr(disk, "exchange", exchange)


def while_staging(monkeypatch: pytest.MonkeyPatch, act: Callable[[], None]) -> None:
    """Let the act happen while the new bytes are written beside the file."""
    real = disk.copy_standing

    def copy_standing(path: str, source: int, target: int) -> None:
        act()
        real(path, source, target)

    monkeypatch.setattr(disk, "copy_standing", copy_standing)


@pytest.mark.parametrize("save", [save_in_place, save_by_rename])
def test_a_save_while_kb_is_writing_stands(
    vault: VaultFiles, monkeypatch: pytest.MonkeyPatch, save: Callable[[Path, bytes], None]
) -> None:
    seen = put(vault, "a.md", b"old")
    while_staging(monkeypatch, lambda: save(vault.root / "a.md", b"typed"))
    with pytest.raises(Busy, match="what was saved stands"):
        vault.write("a.md", b"new", expect=seen)
    assert (vault.root / "a.md").read_bytes() == b"typed"
    assert names(vault) == {"a.md"}


@pytest.mark.parametrize("save", [save_in_place, save_by_rename])
def test_for_no_moment_do_our_bytes_have_the_name_of_what_was_saved_before(
    vault: VaultFiles, monkeypatch: pytest.MonkeyPatch, save: Callable[[Path, bytes], None]
) -> None:
    seen = put(vault, "a.md", b"old")
    exchanged: list[str] = []
    while_staging(monkeypatch, lambda: save(vault.root / "a.md", b"typed"))
    at_exchange(monkeypatch, lambda: exchanged.append("a.md"))
    with pytest.raises(Busy, match="what was saved stands"):
        vault.write("a.md", b"new", expect=seen)
    assert not exchanged


@linux_only
@pytest.mark.parametrize("save", [save_in_place, save_by_rename])
def test_a_save_between_compare_and_exchange_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, save: Callable[[Path, bytes], None]
) -> None:
    vault = VaultFiles(tmp_path, ours=Ours())
    monkeypatch.setattr(disk, "CAN_LEASE", False)  # the editor would wait for the lease
    seen = put(vault, "a.md", b"old")
    at_exchange(monkeypatch, lambda: save(vault.root / "a.md", b"typed"))
    with pytest.raises(Busy, match="what was saved stands"):
        vault.write("a.md", b"new", expect=seen)
    assert (vault.root / "a.md").read_bytes() == b"typed"
    assert names(vault) == {"a.md"}


@linux_only
def test_two_saves_one_after_the_other_are_both_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    vault = VaultFiles(tmp_path, ours=Ours())
    seen = put(vault, "a.md", b"old")
    file = tmp_path / "a.md"
    at_exchange(
        monkeypatch,
        lambda: save_by_rename(file, b"first"),
        lambda: save_by_rename(file, b"second"),
    )
    with pytest.raises(Busy):
        vault.write("a.md", b"new", expect=seen)
    assert file.read_bytes() == b"second"
    assert recovered(vault) == [b"first"]
    assert not [name for name in names(vault) if name.endswith(".tmp")]


@linux_only
def test_what_is_typed_into_ours_before_it_is_taken_back_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    vault = VaultFiles(tmp_path, ours=Ours())
    seen = put(vault, "a.md", b"old")
    file = tmp_path / "a.md"
    editors = []
    at_exchange(
        monkeypatch,
        lambda: save_by_rename(file, b"first"),
        lambda: editors.append(file.open("r+b")),
    )
    with pytest.raises(Busy):
        vault.write("a.md", b"new", expect=seen)
    with editors[0] as editor:
        editor.write(b"typed")
    assert file.read_bytes() == b"first"
    assert recovered(vault) == [b"typed"]


@linux_only
@pytest.mark.parametrize("save", [save_in_place, save_by_rename])
def test_a_next_save_made_from_our_bytes_loses_nothing_of_the_one_taken_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, save: Callable[[Path, bytes], None]
) -> None:
    """Saved by rename; ours has the name for a moment, is read, and is what the next save adds to."""
    vault = VaultFiles(tmp_path, ours=Ours())
    seen = put(vault, "a.md", b"key: 0\nold\n")
    file = tmp_path / "a.md"
    read: list[bytes] = []
    at_exchange(
        monkeypatch,
        lambda: save_by_rename(file, b"key: 0\nold\nfirst\n"),
        lambda: read.append(file.read_bytes()),
    )
    real = vault._discard

    def discard(*words: Any) -> bool:
        if read:
            save(file, read.pop() + b"second\n")
        return real(*words)

    monkeypatch.setattr(vault, "_discard", discard)
    with pytest.raises(Busy):
        vault.write("a.md", b"key: 1\nold\n", expect=seen)
    assert file.read_bytes() == b"key: 1\nold\nsecond\n"
    assert recovered(vault) == [b"key: 0\nold\nfirst\n"]
    assert not [name for name in names(vault) if name.endswith(".tmp")]


@pytest.mark.parametrize("moment", [at_exchange, while_staging])
def test_a_deletion_while_kb_is_writing_is_not_undone(
    vault: VaultFiles,
    monkeypatch: pytest.MonkeyPatch,
    moment: Callable[[pytest.MonkeyPatch, Callable[[], None]], None],
) -> None:
    if moment is at_exchange and not disk.CAN_RENAMEAT2:
        pytest.skip("cannot be told there")
    seen = put(vault, "a.md", b"old")
    moment(monkeypatch, lambda: (vault.root / "a.md").unlink())
    with pytest.raises(Busy):
        vault.write("a.md", b"new", expect=seen)
    assert names(vault) == set()


def test_a_folder_put_in_place_of_a_note_is_not_lost(
    vault: VaultFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = put(vault, "a.md", b"old")

    def swap() -> None:
        (vault.root / "a.md").unlink()
        (vault.root / "a.md").mkdir()
        (vault.root / "a.md/inner.md").write_bytes(b"theirs")

    at_exchange(monkeypatch, swap)
    with pytest.raises((Busy, Refused)):
        vault.write("a.md", b"new", expect=seen)
    assert names(vault) == {"a.md/inner.md"}


@linux_only
def test_a_file_open_for_writing_is_busy(tmp_path: Path) -> None:
    vault = VaultFiles(tmp_path, ours=Ours())
    seen = put(vault, "a.md", b"old")
    with (tmp_path / "a.md").open("r+b") as editor:
        with pytest.raises(Busy, match="open for writing"):
            vault.write("a.md", b"new", expect=seen)
        with pytest.raises(Busy, match="open for writing"):
            vault.remove("a.md", expect=seen)
        editor.write(b"typed")
    assert (tmp_path / "a.md").read_bytes() == b"typed"
    assert names(vault) == {"a.md"}


@linux_only
def test_an_editor_that_opens_the_file_meanwhile_writes_into_what_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    vault = VaultFiles(tmp_path, ours=Ours())
    seen = put(vault, "a.md", b"old")
    file = tmp_path / "a.md"
    editor = threading.Thread(target=save_in_place, args=(file, b"typed"))

    def start() -> None:
        editor.start()  # it opens the old file and is held up by the lease
        time.sleep(0.1)

    at_exchange(monkeypatch, start)
    with pytest.raises(Busy):
        vault.write("a.md", b"new", expect=seen)
    editor.join(10)
    assert file.read_bytes() == b"typed"
    assert names(vault) == {"a.md"}


@pytest.fixture
def in_one_step(monkeypatch: pytest.MonkeyPatch) -> None:
    """A system without exchange and lease."""
    if os.name == "nt":
        pytest.skip("no open file is replaced there")
    monkeypatch.setattr(disk, "CAN_RENAMEAT2", False)
    monkeypatch.setattr(disk, "CAN_LEASE", False)


def at_replace(
    monkeypatch: pytest.MonkeyPatch,
    target: Path,
    before: Callable[[], object] = lambda: None,
    after: Callable[[], object] = lambda: None,
) -> None:
    """Let acts happen right before and after the one step."""
    real = Path.replace

    def replace(self: Path, other: Path) -> Path:
        ours = other == target and "-" in self.name
        if ours:
            monkeypatch.setattr(Path, "replace", real)
            before()
        result = real(self, other)
        if ours:
            after()
        return result

    monkeypatch.setattr(Path, "replace", replace)


@pytest.mark.usefixtures("in_one_step")
@pytest.mark.parametrize("moment", ["before", "after"])
def test_in_one_step_an_editor_that_has_the_old_file_open_goes_on_in_what_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    vault = VaultFiles(tmp_path, ours=Ours())
    seen = put(vault, "a.md", b"old")
    with (tmp_path / "a.md").open("r+b", buffering=0) as editor:
        at_replace(monkeypatch, vault.root / "a.md", **{moment: lambda: editor.write(b"typed")})
        with pytest.raises(Busy, match="what was saved stands"):
            vault.write("a.md", b"new", expect=seen)
        editor.write(b" and more")
    assert (tmp_path / "a.md").read_bytes() == b"typed and more"
    assert names(vault) == {"a.md"}


@pytest.mark.usefixtures("in_one_step")
def test_in_one_step_a_late_write_is_kept_where_files_have_one_name_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(disk, "link", lambda *_: False)
    vault = VaultFiles(tmp_path, ours=Ours())
    seen = put(vault, "a.md", b"old")
    with (tmp_path / "a.md").open("r+b", buffering=0) as editor:
        at_replace(monkeypatch, vault.root / "a.md", after=lambda: editor.write(b"typed"))
        vault.write("a.md", b"new", expect=seen)
    assert (tmp_path / "a.md").read_bytes() == b"new"
    assert recovered(vault) == [b"typed"]


@pytest.mark.usefixtures("in_one_step")
@pytest.mark.parametrize("save", [save_in_place, save_by_rename])
def test_in_one_step_a_save_over_ours_stands_and_a_late_write_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, save: Callable[[Path, bytes], None]
) -> None:
    vault = VaultFiles(tmp_path, ours=Ours())
    seen = put(vault, "a.md", b"old")
    with (tmp_path / "a.md").open("r+b", buffering=0) as editor:

        def both() -> None:
            editor.write(b"typed")
            save(vault.root / "a.md", b"saved")

        at_replace(monkeypatch, vault.root / "a.md", after=both)
        with pytest.raises(Busy):
            vault.write("a.md", b"new", expect=seen)
    assert (tmp_path / "a.md").read_bytes() == b"saved"
    assert recovered(vault) == [b"typed"]


@linux_only
def test_in_one_step_the_lease_tells_of_an_editor_that_waits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(disk, "CAN_RENAMEAT2", False)
    vault = VaultFiles(tmp_path, ours=Ours())
    seen = put(vault, "a.md", b"old")
    file = tmp_path / "a.md"
    editor = threading.Thread(target=save_in_place, args=(file, b"typed"))

    def start() -> None:
        editor.start()  # it opens the old file and is held up by the lease
        time.sleep(0.1)

    at_replace(monkeypatch, vault.root / "a.md", before=start)
    with pytest.raises(Busy):
        vault.write("a.md", b"new", expect=seen)
    editor.join(10)
    assert file.read_bytes() == b"typed"
    assert names(vault) == {"a.md"}


def kept_lines(vault: VaultFiles) -> set[bytes]:
    texts = [(vault.root / "a.md").read_bytes(), *recovered(vault)]
    return {line for text in texts for line in text.splitlines()}


def test_no_typed_line_is_lost_while_kb_updates_the_file(tmp_path: Path) -> None:
    """Append in place, rewrite in place and save by rename, each as fast as the machine can."""
    if not LINUX:
        pytest.skip("needs exchange and lease")
    vault = VaultFiles(tmp_path, quiet_seconds=0, ours=Ours())
    put(vault, "a.md", b"key: 0\n")
    file = tmp_path / "a.md"
    stop = threading.Event()
    typed: list[bytes] = []
    counts = {"wrote": 0, "busy": 0}

    def update() -> None:
        turn = 0
        while not stop.is_set():
            turn += 1
            with contextlib.suppress(Missing, Busy):
                state = vault.read("a.md")
                head, _, rest = state.data.partition(b"\n")
                if head.startswith(b"key:"):
                    try:
                        vault.write("a.md", b"key: %d\n" % turn + rest, expect=state, urgent=True)
                        counts["wrote"] += 1
                    except Busy:
                        counts["busy"] += 1

    kb = threading.Thread(target=update)
    kb.start()
    while len(typed) < 500:
        line = b"line %d" % len(typed)
        way = len(typed) % 3
        if way == 0:
            with file.open("ab", buffering=0) as opened:
                opened.write(line + b"\n")
        else:
            # An editor that noticed the last change on disk, as Obsidian does.
            with file.open("r+b", buffering=0) as opened:
                text = opened.read() + line + b"\n"
                if way == 1:
                    opened.seek(0)
                    opened.truncate()
                    opened.write(text)
                else:
                    save_by_rename(file, text)
        typed.append(line)
        time.sleep(0.002)
    stop.set()
    kb.join()
    assert set(typed) <= kept_lines(vault)
    assert counts["wrote"] > 10
