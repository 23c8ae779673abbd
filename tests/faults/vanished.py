"""Fault 9: the vault, or a folder of it, is gone, unmounted, or replaced by an empty one.

And a disk that is read-only or full, where one can be mounted.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
from datetime import date
from typing import TYPE_CHECKING

from faults.tally import Tally, silent
from faults.world import World, files_of, times_of
from standins.feeds import ON_TOPIC, rss

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

    from faults.processes import Ended
    from faults.tally import Progress

COMMANDS = (
    ("sync", "--feed", "FEED"), ("sync", "--feed", "FEED", "--dry-run"), ("index",),
    ("index", "--check"), ("status",), ("doctor",), ("doctor", "--fix"), ("undo",),
    ("watch", "--once"),
)  # fmt: skip
FOLDERS = ("Papers", "Daily", ".kb", ".kb/ledger", "")
LEFT = (0, 4, 16, 64, 160)
"""KiB that a full disk has left: enough for nothing, for some files, for all but git's."""


def run(count: int, *, seed: int, folder: Path, progress: Progress = silent) -> Tally:
    """At most `count` losses, each met by every command; there is no chance in it."""
    tally = Tally()
    trials = [*_losses(), *_disks()][:count]
    world = Settled(folder)
    for number, (name, meet) in enumerate(trials):
        progress(number, len(trials))
        with tally.trial(name):
            try:
                meet(world, tally)
            except CannotMount:
                tally.tried -= 1
                tally.figures["left out: no disk can be mounted here"] += 1
            finally:
                world.set_back()
    return tally


class CannotMount(Exception):
    """Mounting takes root, and a system that knows tmpfs."""


class Settled(World):
    """A world with six days behind it, in which nothing is left to do."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.env["KB_ARXIV_URL"] = "http://127.0.0.1:9"  # nobody answers there, and nobody is asked
        self._must("sync", "--feed", str(self.feed))
        for day in range(12, 16):
            papers = ((n, "new", 1, f"{ON_TOPIC} Part {n}.") for n in (10 * day, 10 * day + 1))
            mailed = date(2025, 2, day).strftime("%a, %d %b %Y")
            self._must("sync", "--feed", str(rss(folder / f"{day}.xml", *papers, date=mailed)))
        self._settled = folder / "settled"
        for name in ("vault", "cache"):
            shutil.copytree(folder / name, self._settled / name, symlinks=True)
        self.rest = self.snapshot(), times_of(self.root)

    def set_back(self) -> None:
        for name in ("vault", "cache"):
            shutil.rmtree(self.folder / name, ignore_errors=True)
            shutil.copytree(self._settled / name, self.folder / name, symlinks=True)

    def do(self, words: tuple[str, ...]) -> Ended:
        return self.run(*(str(self.feed) if word == "FEED" else word for word in words))

    def check_rest(self) -> None:
        """All is as it was, and passes find nothing to do."""
        for words in (COMMANDS[0], ("index",)):
            ended = self.do(words)
            assert ended.code == 0, ended
        snapshot, times = self.rest
        now = self.snapshot()
        assert now.files == snapshot.files
        assert now.head == snapshot.head
        assert now.status == snapshot.status
        assert times_of(self.root) == times, "something was written again"


def _losses() -> Iterator[tuple[str, Callable[[Settled, Tally], None]]]:
    for name in FOLDERS:
        for how in (_gone, _emptied, _unmounted):
            yield f"{name or 'the vault'} {how.__name__[1:]}", _losing(name, how)
    yield "all but kb.toml gone", _losing_all_but_settings
    yield "kb.toml gone", _losing("kb.toml", _gone)


def _losing(
    name: str, how: Callable[[Path, Path], AbstractContextManager[None]]
) -> Callable[[Settled, Tally], None]:
    def meet(world: Settled, tally: Tally) -> None:
        place = world.root / name if name else world.root
        with how(place, world.folder / "away"):
            there = _seen(world.root)
            for words in COMMANDS:
                _check_refused(world.do(words), words, tally)
                assert _seen(world.root) == there, f"kb {words[0]} changed something"
        world.check_rest()

    return meet


def _losing_all_but_settings(world: Settled, tally: Tally) -> None:
    away = world.folder / "away"
    away.mkdir()
    names = [each.name for each in world.root.iterdir() if each.name != "kb.toml"]
    for name in names:
        (world.root / name).rename(away / name)
    for words in COMMANDS:
        _check_refused(world.do(words), words, tally)
        assert _seen(world.root) == {"kb.toml"}, f"kb {words[0]} made something"
    for name in names:
        (away / name).rename(world.root / name)
    away.rmdir()
    world.check_rest()


@contextlib.contextmanager
def _gone(place: Path, away: Path) -> Iterator[None]:
    place.rename(away)
    try:
        yield
    finally:
        away.rename(place)


@contextlib.contextmanager
def _emptied(place: Path, away: Path) -> Iterator[None]:
    with _gone(place, away):
        place.mkdir()
        try:
            yield
        finally:
            place.rmdir()


@contextlib.contextmanager
def _unmounted(place: Path, _: Path, options: str = "size=16m") -> Iterator[None]:
    """An empty disk over the folder: as it looks while the real one is not mounted."""
    if shutil.which("mount") is None or not _mount("-t", "tmpfs", "-o", options, "kb", place):
        raise CannotMount
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(place)], check=True)


def _mount(*words: object) -> bool:
    done = subprocess.run(["mount", *map(str, words)], capture_output=True, check=False)
    return done.returncode == 0


def _check_refused(ended: Ended, words: tuple[str, ...], tally: Tally) -> None:
    """One clear error, with the way out."""
    what = f"kb {' '.join(words)} {ended}"
    assert ended.code in (1, 2), what
    told = ended.err.splitlines()
    assert len(told) == 1, what
    assert told[0].startswith("kb: "), what
    assert any(word in told[0].lower() for word in ("bring", "in no git repository")), what
    assert not ended.out, what
    tally.figures[f"refused with {ended.code}"] += 1


def _seen(root: Path) -> set[str]:
    """Every file and folder of the vault that is there, git's own left out."""
    return {
        each.relative_to(root).as_posix()
        for each in root.rglob("*")
        if ".git" not in each.relative_to(root).parts
    }


def _disks() -> Iterator[tuple[str, Callable[[Settled, Tally], None]]]:
    yield "a read-only disk", _read_only
    for left in LEFT:
        yield f"a disk with {left} KiB left", _full(left)


@contextlib.contextmanager
def _on_a_disk(world: Settled) -> Iterator[None]:
    """The vault as it was before its pass, on a small disk of its own."""
    world.restore()
    with _unmounted(world.root, world.root, "size=8m,mode=755"):
        shutil.copytree(world.folder / "kept/vault", world.root, symlinks=True, dirs_exist_ok=True)
        yield


def _read_only(world: Settled, tally: Tally) -> None:
    with _on_a_disk(world):
        if not _mount("-o", "remount,ro", world.root):
            raise CannotMount
        for words in (*COMMANDS[:1], ("index",), ("undo",)):
            ended = world.do(words)
            _check_disk_error(ended, "read-only", tally)
            assert files_of(world.root) == world.before.files, "changed on a read-only disk"
        _mount("-o", "remount,rw", world.root)
        world.check_recovered()


def _full(left: int) -> Callable[[Settled, Tally], None]:
    def meet(world: Settled, tally: Tally) -> None:
        with _on_a_disk(world):
            filler = world.root / ".git/filler"
            told = os.statvfs(world.root)
            size = told.f_bavail * told.f_frsize - left * 1024
            with filler.open("wb") as file:
                os.posix_fallocate(file.fileno(), 0, size)
            _check_disk_error(world.run(), "room", tally)
            world.check_broken_off()
            filler.unlink()
            world.check_recovered()

    return meet


def _check_disk_error(ended: Ended, remedy: str, tally: Tally) -> None:
    assert ended.code == 1, ended
    told = [line for line in ended.err.splitlines() if line.startswith("kb: ")]
    assert len(told) == 1, ended
    assert remedy in told[0], ended
    assert "Traceback" not in ended.err, ended
    tally.figures[f"disk errors told with {ended.code}"] += 1
