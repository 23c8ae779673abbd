"""The only opener and writer of vault files. What the reader wrote last always stands."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import time
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn, Protocol

from kb.errors import Busy, Refused
from kb.vault import disk, leftovers, steps
from kb.vault.disk import DiskError, told
from kb.vault.reading import (
    NOTE_LIMIT,
    FileState,
    Missing,
    decode,
    holds,
    open_file,
    sha256,
    state_of,
)
from kb.vault.walk import Entry, Walk

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from io import FileIO

    from kb.vault.steps import Steps

__all__ = ["DiskError", "Entry", "FileState", "Missing", "OurBytes", "VaultFiles", "decode"]

_HEAD = 128 * 1024
RECOVERED = ".kb/recovered"
_SAVED = "was saved while kb was writing; what was saved stands"
_NEXT_SAVE = 0.1
"""Seconds within which an editor saves what it has read, where nobody waits for a person."""
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)


class OurBytes(Protocol):
    """Remembers, for a path, the SHA-256 of the bytes kb wrote there last."""

    def get(self, path: str) -> str | None: ...
    def put(self, path: str, sha256: str) -> None: ...
    def forget(self, path: str) -> None: ...


class VaultFiles:
    """Reads and writes below one root. Paths are relative to it, with `/`, on every system.

    Every method raises Refused for a path that leads out of the vault or into `.git`, and
    DiskError where the disk does not do its part (full, read-only, gone).
    """

    def __init__(
        self,
        root: Path,
        *,
        quiet_seconds: float = 10.0,
        clock: Callable[[], float] = time.time,
        ours: OurBytes,
    ) -> None:
        self.root = Path(os.path.realpath(root))
        self._opened_as = self.root.stat() if self.root.is_dir() else None
        self._quiet = quiet_seconds
        self._clock = clock
        self._ours = ours
        self._to_sync: set[Path] | None = None

    def read(self, path: str, *, limit: int = NOTE_LIMIT) -> FileState:
        """The file as it is now, whole. At most `limit` bytes, or Refused.

        Raises Missing where there is none, Busy while it is being written.
        """
        with self._opened(path, self._locate(path)) as held:
            return state_of(path, held, limit)

    def read_met(self, path: str) -> FileState:
        """As `read`, for a file that a walk has just met, and so found to lie in the vault."""
        try:
            with self._opened(path, self.root / path) as held:
                return state_of(path, held)
        except Refused:
            return self.read(path)  # a link, which may lead anywhere; or it says why it cannot

    def find(self, path: str, *, limit: int = NOTE_LIMIT) -> FileState | None:
        """As `read`, and None where there is no such file."""
        try:
            return self.read(path, limit=limit)
        except Missing:
            return None

    def head(self, path: str, *, most: int = _HEAD) -> bytes:
        """The first `most` bytes of a file of any size. Raises as `read`."""
        with self._opened(path, self._locate(path)) as held:
            return disk.read_all(held.fileno(), most)

    def walk(self, passed_over: dict[str, str] | None = None) -> Iterator[Entry]:
        """Every Markdown file of the vault, see `kb.vault.walk.Walk.all`."""
        return Walk(self.root).all({} if passed_over is None else passed_over)

    def write(
        self, path: str, data: bytes, *, expect: FileState | None, urgent: bool = False
    ) -> bool:
        """Let the file have these bytes; False where it had them already and was not touched.

        `expect` is the file as it was read, None for a new one. Folders are made as needed.
        Raises Busy when the file is not (or no longer) what `expect` says, or when the reader
        may be typing in it: changed in the last `quiet_seconds` by somebody else (`urgent`
        leaves this out), or open for writing. Raises Refused for a file that cannot be replaced
        as it is: read-only, with several hard links, of an owner that cannot be kept.
        """
        return steps.run(self._writing(path, data, expect, urgent=urgent))

    def write_together(
        self, writes: Iterable[tuple[str, bytes, FileState | None]]
    ) -> list[bool | Exception]:
        """As `write` with each (path, data, expect), urgently, or the Busy or Refused that it raised:
        all wait for the disk at once."""
        works = [self._writing(path, data, expect, urgent=True) for path, data, expect in writes]
        outcomes = steps.run_together(works)
        for outcome in outcomes:
            if isinstance(outcome, Exception) and not isinstance(outcome, (Busy, Refused)):
                raise outcome
        return outcomes

    @contextlib.contextmanager
    def together(self) -> Iterator[None]:
        """Within it the folders of new files wait to be synced until the end, each once. Until then
        nothing may say that the files are there: a loss of power may take their names."""
        self._to_sync = set()
        try:
            yield
        finally:
            folders, self._to_sync = self._to_sync, None
            for folder in sorted(folders):
                with told(str(folder)):
                    disk.sync_folder(folder)

    def remove(self, path: str, *, expect: FileState) -> None:
        """Delete the file if its bytes are exactly those of `expect`; Busy where they are not."""
        target = self._locate(path)
        if (self.root / path).is_symlink():
            raise Refused(path, "is a symbolic link; remove it and its target yourself")
        with told(path), self._opened(path, target) as held:
            _same(path, state_of(path, held), expect)
            leased = _lease(path, held)
            aside = target.parent / leftovers.staged_name(
                leftovers.fresh_name(), expect.sha256, expect.sha256
            )
            target.rename(aside)
            if self._discard(aside, expect.data, held, leased):
                disk.sync_folder(target.parent)
                self._ours.forget(path)
                return
            try:
                disk.move_to_free_name(aside, target)
            except FileExistsError:
                self._keep(aside, target.name)
        raise Busy(path, "was changed while kb was about to remove it; it stays")

    def recovered(self) -> list[str]:
        """Paths of the bytes that kb displaced and that nobody had read: for the reader to see."""
        folder = self.root / RECOVERED
        return sorted(f"{RECOVERED}/{each.name}" for each in folder.glob("*"))

    def leftovers(self) -> list[str]:
        """Temporary files that dead runs of kb left behind."""
        return sorted(each.path for each in leftovers.find(self.root, self._clock()))

    def clean_leftovers(self) -> list[str]:
        """Remove what dead runs left, and say which; bytes nobody has read go to `recovered`."""
        cleaned = []
        for each in list(leftovers.find(self.root, self._clock())):
            full = self.root / each.path
            with told(each.path):
                if each.ours:
                    full.unlink(missing_ok=True)
                else:
                    self._keep(full, "found.md")
            cleaned.append(each.path)
        return sorted(cleaned)

    # One file, found and opened

    def _locate(self, path: str) -> Path:
        parts = path.split("/")
        if any(part in {"", ".", ".."} for part in parts) or "\0" in path:
            raise Refused(path, "is not a path inside the vault")
        if os.name == "nt" and any(char in path for char in "\\:"):
            raise Refused(path, "is not a path that Windows knows")
        try:
            path.encode()
        except UnicodeEncodeError as error:
            raise Refused(ascii(path), "has a name that is not Unicode; rename it") from error
        real = Path(os.path.realpath(self.root / path))
        if not real.is_relative_to(self.root):
            raise Refused(path, "leads out of the vault by a symbolic link; kb does not follow it")
        if any(part.lower() == ".git" for part in (*parts, *real.relative_to(self.root).parts)):
            raise Refused(path, "lies in git's own folder")
        return real

    def _see_root(self) -> None:
        there = self.root.is_dir()
        if not there or (
            self._opened_as and not os.path.samestat(self.root.stat(), self._opened_as)
        ):
            why = "another folder lies there now" if there else "the vault is not there"
            raise DiskError(str(self.root), OSError(errno.ENODEV, why))

    @contextlib.contextmanager
    def _opened(self, path: str, target: Path) -> Iterator[FileIO]:
        try:
            held = open_file(path, target)
        except Missing:
            self._see_root()
            raise
        with held, told(path):
            yield held

    # Writing

    def _writing(
        self, path: str, data: bytes, expect: FileState | None, *, urgent: bool
    ) -> Steps[bool]:
        target = self._locate(path)
        self._see_root()
        with told(path):
            if expect is None:
                return (yield from self._create(path, target, data))
            return (yield from self._replace(path, target, data, expect, urgent))

    def _create(self, path: str, target: Path, data: bytes) -> Steps[bool]:
        if os.path.lexists(target):
            return self._already(path, data)
        self._make_folders(target.parent)
        staged = yield from self._stage(path, target.parent, data, like=None, old=sha256(b""))
        try:
            disk.move_to_free_name(staged, target)
        except FileExistsError:
            return self._already(path, data)
        finally:
            staged.unlink(missing_ok=True)
        if self._to_sync is None:
            yield partial(disk.sync_folder, target.parent)
        else:
            self._to_sync.add(target.parent)
        self._ours.put(path, sha256(data))
        return True

    def _already(self, path: str, data: bytes) -> bool:
        if self.read(path).data == data:
            return False
        raise Busy(path, "somebody made a file of that name meanwhile; kb leaves it alone")

    def _replace(
        self, path: str, target: Path, data: bytes, expect: FileState, urgent: bool
    ) -> Steps[bool]:
        with self._opened(path, target) as held:
            now = state_of(path, held)
            if now.data == data:
                return False
            _same(path, now, expect)
            if not urgent:
                self._see_quiet(path, now)
            told_now = os.fstat(held.fileno())
            if not now.mode & 0o222:
                raise Refused(path, "is read-only; allow writing if kb is to keep it up to date")
            if told_now.st_nlink > 1:
                raise Refused(path, "has several names (hard links); kb would part them")
            staged = yield from self._stage(path, target.parent, data, like=held, old=now.sha256)
            try:
                leased = _lease(path, held)
                if not disk.is_open_as(target, held.fileno()) or not holds(target, expect.data):
                    raise Busy(path, _SAVED)
                exchanged = disk.exchange(staged, target)
                if not exchanged:
                    self._replace_in_one_step(target, staged, data, held, expect, leased)
            except (OSError, Busy) as error:
                staged.unlink(missing_ok=True)
                if isinstance(error, FileNotFoundError):
                    raise Busy(path, "was renamed or deleted while kb was writing") from None
                raise
            if not exchanged:
                yield partial(disk.sync_folder, target.parent)
            elif not (yield from self._discarding(staged, expect.data, held, leased)):
                self._take_back(target, staged, data, expect)
        self._ours.put(path, sha256(data))
        return True

    def _discard(self, aside: Path, data: bytes, held: FileIO, leased: bool) -> bool:
        return steps.run(self._discarding(aside, data, held, leased))

    def _discarding(self, aside: Path, data: bytes, held: FileIO, leased: bool) -> Steps[bool]:
        """Unlink `aside` if it is the open file, has these bytes and nobody is about to write to it.

        The folder is synced before: in that time an editor that found the file under its name, and
        has not opened it yet, comes so far that the lease tells of it.
        """
        if not _is_still(aside, data, held):
            return False
        yield partial(disk.sync_folder, aside.parent)
        if not _is_still(aside, data, held) or (leased and not disk.lease_holds(held.fileno())):
            return False
        aside.unlink()
        return True

    def _take_back(self, target: Path, staged: Path, data: bytes, expect: FileState) -> NoReturn:
        """The reader saved in between: their bytes (now in `staged`) get their name again."""
        saved = set()
        known = {expect.data, data}
        with contextlib.suppress(FileNotFoundError, Refused):
            for _ in range(2):
                saved.add(_bytes_of(staged))
                disk.exchange(staged, target)
                # Ours goes, unless somebody opened it in the moment that it had the name. If it
                # is not ours but a still newer version, that goes back by the same way.
                with open_file(expect.path, staged) as ours:
                    leased = disk.nobody_writes(ours.fileno())
                    if leased is False or self._discard(staged, data, ours, bool(leased)):
                        break
        if os.path.lexists(staged):
            known.add(_bytes_of(staged))
            self._keep(staged, target.name)
        disk.sync_folder(target.parent)
        self._see_next_save(target, saved - known, known)
        raise Busy(expect.path, _SAVED)

    def _see_next_save(self, target: Path, saved: set[bytes], known: set[bytes]) -> None:
        """Keep what was saved if the next save lacks lines of it.

        For a moment the name stood for our bytes. An editor that read them then, and saves now,
        saves over what was taken back.
        """
        if saved:
            time.sleep(_NEXT_SAVE)
        if not os.path.lexists(target):
            return  # renamed or deleted since, with all that was in it
        there = {line for text in (*known, _bytes_of(target)) for line in text.splitlines()}
        for text in saved:
            if not there.issuperset(text.splitlines()):
                self._keep_copy(target, text)

    def _replace_in_one_step(
        self,
        target: Path,
        staged: Path,
        data: bytes,
        held: FileIO,
        expect: FileState,
        leased: bool,
    ) -> None:
        """For file systems that cannot exchange. The old file keeps a second name until nobody can
        be writing to it any more: where somebody does, it gets the first one back."""
        if os.name == "nt":
            held.close()  # Windows replaces no open file
            staged.replace(target)
            return
        aside = staged.with_name(
            leftovers.staged_name(leftovers.fresh_name(), expect.sha256, expect.sha256)
        )
        linked = disk.link(target, aside)
        try:
            now = disk.read_all(held.fileno(), expect.size + 1)
            if now != expect.data or not disk.is_open_as(target, held.fileno()):
                raise Busy(expect.path, _SAVED)
            staged.replace(target)
        except BaseException:
            aside.unlink(missing_ok=True)
            raise
        if not leased:
            time.sleep(_NEXT_SAVE)  # for an editor that has the old file open
        if linked:
            if self._discard(aside, expect.data, held, leased):
                return
            if holds(target, data):
                aside.replace(target)
            else:
                self._keep(aside, target.name)
            disk.sync_folder(target.parent)
            raise Busy(expect.path, _SAVED)
        if (late := disk.read_all(held.fileno())) != expect.data:
            self._keep_copy(target, late)

    def _see_quiet(self, path: str, now: FileState) -> None:
        age = self._clock() - now.mtime_ns / 1e9
        if abs(age) < self._quiet and self._ours.get(path) != now.sha256:
            raise Busy(path, f"was changed {abs(age):.0f} s ago; kb waits until it is quiet")

    def _stage(
        self, path: str, folder: Path, data: bytes, *, like: FileIO | None, old: str
    ) -> Steps[Path]:
        """A complete, synced file in `folder` that holds `data`."""
        fresh = folder / leftovers.fresh_name()
        descriptor = os.open(fresh, _NEW, 0o666 if like is None else 0o600)
        try:
            try:
                disk.write_all(descriptor, data)
                if like is not None:
                    disk.copy_standing(path, like.fileno(), descriptor)
                yield partial(os.fsync, descriptor)
            finally:
                os.close(descriptor)
            return fresh.rename(folder / leftovers.staged_name(fresh.name, sha256(data), old))
        except BaseException:
            fresh.unlink(missing_ok=True)
            raise

    def _make_folders(self, folder: Path) -> None:
        missing = []
        while not folder.is_dir():
            missing.append(folder)
            folder = folder.parent
        for each in reversed(missing):
            each.mkdir(exist_ok=True)
            disk.sync_folder(each.parent)

    def _keep_copy(self, target: Path, data: bytes) -> None:
        aside = steps.run(
            self._stage(target.name, target.parent, data, like=None, old=sha256(data))
        )
        self._keep(aside, target.name)

    def _keep(self, aside: Path, name: str) -> None:
        folder = self.root / RECOVERED
        self._make_folders(folder)
        stamp = datetime.fromtimestamp(self._clock(), UTC).strftime("%Y%m%dT%H%M%S")
        disk.move_to_free_name(aside, folder / f"{stamp}-{secrets.token_hex(3)}-{name[-50:]}")
        disk.sync_folder(folder)


def _bytes_of(file: Path) -> bytes:
    """What is in a file, as far as kb reads; nothing where there is none to be read."""
    try:
        with open_file(file.name, file) as held:
            return disk.read_all(held.fileno(), NOTE_LIMIT)
    except Refused:
        return b""


def _is_still(aside: Path, data: bytes, held: FileIO) -> bool:
    return disk.is_open_as(aside, held.fileno()) and (
        disk.read_all(held.fileno(), len(data) + 1) == data
    )


def _same(path: str, now: FileState, expect: FileState) -> None:
    if now.sha256 != expect.sha256:
        raise Busy(path, "was changed since kb read it")


def _lease(path: str, held: FileIO) -> bool:
    """Whether the kernel will tell us of a writer; Busy where there is one already."""
    leased = disk.nobody_writes(held.fileno())
    if leased is False:
        raise Busy(path, "is open for writing in another program")
    return bool(leased)
