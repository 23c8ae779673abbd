from __future__ import annotations

import errno
import logging
import os
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from kb.watch import listening
from kb.watch.hints import Bell, Hints
from kb.watch.listening import Listener, matters


@pytest.fixture
def heard(tmp_path: Path, bell: Bell) -> Iterator[Callable[[], set[str]]]:
    """What a listener has heard since it was asked last, once nothing more comes."""
    for folder in ("Papers/2025-03", "Daily", ".git/objects", ".obsidian", ".kb/ledger"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "Papers/2025-03/a.md").write_text("a")
    (tmp_path / "Papers/2025-03/b.md").write_text("b")
    hints = Hints(bell)
    listener = Listener(tmp_path, hints)

    def told() -> set[str]:
        found: set[str] = set()
        still = 0
        deadline = time.monotonic() + 20
        while still < 3 and time.monotonic() < deadline:
            time.sleep(0.3)
            now = hints.take().paths
            found |= now
            still = 0 if now or not found else still + 1
            if not found and time.monotonic() > deadline - 18:
                break
        return found

    told()
    yield told
    listener.stop()
    assert not listener.is_alive()


def in_place(note: Path) -> None:
    with note.open("r+") as file:
        file.write("x")


def by_renaming(note: Path) -> None:
    fresh = note.with_name(f".{note.name}.tmp")
    fresh.write_text("x")
    fresh.replace(note)


def anew(note: Path) -> None:
    note.unlink()
    note.write_text("x")


def with_a_backup(note: Path) -> None:
    note.rename(note.with_name(f"{note.name}~"))
    note.write_text("x")


def as_syncthing_does(note: Path) -> None:
    fresh = note.with_name(f".syncthing.{note.name}.tmp")
    fresh.write_text("x")
    fresh.rename(note)


@pytest.mark.parametrize(
    "save",
    [in_place, by_renaming, anew, with_a_backup, as_syncthing_does],
    ids=lambda s: s.__name__,
)
def test_every_way_to_save_is_heard_as_the_note(
    tmp_path: Path, heard: Callable[[], set[str]], save: Callable[[Path], None]
) -> None:
    save(tmp_path / "Papers/2025-03/a.md")
    assert "Papers/2025-03/a.md" in heard()


@pytest.mark.filterwarnings("ignore:Callback with id:RuntimeWarning")  # of watchdog, coming back
def test_renames_and_folders_are_heard(tmp_path: Path, heard: Callable[[], set[str]]) -> None:
    (tmp_path / "Papers/2025-03/a.md").rename(tmp_path / "Daily/c.md")
    assert heard() >= {"Papers/2025-03/a.md", "Daily/c.md"}
    outside = tmp_path.with_name(f"{tmp_path.name}-outside")
    shutil.move(tmp_path / "Papers/2025-03", outside)
    assert heard() >= {"Papers/2025-03"}
    shutil.move(outside, tmp_path / "Papers/2025-04")
    assert heard() >= {"Papers/2025-04"}
    (tmp_path / "Papers/2025-04/b.md").write_text("again")
    assert heard() >= {"Papers/2025-04/b.md"}, "a folder that came later is listened to as well"


def test_reading_git_and_temporary_files_are_not_heard(
    tmp_path: Path, heard: Callable[[], set[str]]
) -> None:
    for _ in range(3):
        (tmp_path / "Papers/2025-03/a.md").read_text()
        list(os.walk(tmp_path))
    (tmp_path / ".git/objects/x").write_text("x")
    (tmp_path / ".git/index.lock").write_text("x")
    (tmp_path / ".obsidian/workspace.json").write_text("x")
    (tmp_path / "Papers/2025-03/.kb-1.tmp").write_text("x")
    (tmp_path / "Papers/2025-03/figure.png").write_text("x")
    assert heard() == set()


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("Papers/a.md", True), ("a.MD", True), ("Papers", True), ("", True), ("kb.toml", True),
        (".kb/ledger/2025-03.jsonl", True), (".kb/ledger", False), (".kb/recovered/a.md", False),
        (".git/x.md", False), (".trash/a.md", False), ("Papers/.a.md.swp", False),
        ("Papers/.kb-1.tmp", False), ("picture.png", False), ("other.toml", False),
    ],
)  # fmt: skip
def test_what_can_change_a_page(path: str, *, expected: bool) -> None:
    assert matters(path) is expected


def test_lost_events_are_noticed(tmp_path: Path, bell: Bell) -> None:
    hints = Hints(bell)
    listener = Listener(tmp_path, hints)
    try:
        log = logging.getLogger("watchdog.observers.inotify_c")
        log.warning("Inotify queue overflowed; filesystem events were lost")  # as watchdog has it
        assert hints.take().everything
    finally:
        listener.stop()


@pytest.mark.skipif(sys.platform != "linux", reason="watchdog says so elsewhere in other words")
def test_watchdog_says_that_events_were_lost_in_these_words() -> None:
    import inspect

    from watchdog.observers import inotify_c

    assert "overflow" in inspect.getsource(inotify_c.InotifyFD.handle_event)


@pytest.mark.skipif(sys.platform != "linux", reason="there is no /proc here")
def test_the_kind_of_drive_is_known(tmp_path: Path) -> None:
    assert listening.file_system(Path("/proc")) == "proc"
    assert listening.file_system(tmp_path)
    assert not listening.why_deaf(tmp_path)


@pytest.mark.skipif(sys.platform != "linux", reason="there is no /proc here")
def test_folders_that_nobody_listens_to_are_noticed(tmp_path: Path, bell: Bell) -> None:
    for number in range(5):
        (tmp_path / f"Papers/{number}").mkdir(parents=True)
    listener = Listener(tmp_path, Hints(bell))
    try:
        assert not listening.why_partly_deaf(tmp_path)
        far = tmp_path.with_name(f"{tmp_path.name}-more")
        for number in range(400):
            (far / f"{number}").mkdir(parents=True)
        assert "max_user_watches" in listening.why_partly_deaf(far)
    finally:
        listener.stop()


@pytest.mark.parametrize(
    ("code", "remedy"),
    [(errno.ENOSPC, "max_user_watches"), (errno.EMFILE, "max_user_instances"), (errno.ENOSYS, "(")],
)
def test_an_error_of_listening_has_a_remedy(code: int, remedy: str) -> None:
    assert remedy in listening.why_failed(OSError(code, os.strerror(code)))
