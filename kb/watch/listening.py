"""Listening to a vault with watchdog, and when that does not work."""

from __future__ import annotations

import contextlib
import errno
import logging
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from kb.vault.vault import CONFIG

if TYPE_CHECKING:
    from watchdog.events import FileSystemEvent
    from watchdog.observers.api import BaseObserver

    from kb.watch.hints import Hints

log = logging.getLogger(__name__)
LEDGER = ".kb/ledger/"
_MOVE_DELAY = 0.02
"""Seconds that the first half of a rename waits for the second."""
_REMOTE = frozenset(
    {"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "ceph", "lustre", "gfs2", "ocfs2",
     "vboxsf", "prl_fs", "vmhgfs", "fuse.vmhgfs-fuse", "drvfs", "davfs", "fuse.davfs",
     "fuse.davfs2", "fuse.sshfs", "fuse.rclone", "fuse.glusterfs", "fuse.s3fs",
     "fuse.gvfsd-fuse"}
)  # fmt: skip
"""File systems that others write to without this kernel being told (mount(8), names as in
/proc/self/mountinfo)."""


def matters(path: str) -> bool:
    """Whether a change at a vault path can change a page: notes, folders of notes, the settings and
    what other machines have added to the ledger; not temporary files, git's, or kb's own."""
    if path == CONFIG or (path.startswith(LEDGER) and path.endswith(".jsonl")):
        return True
    parts = path.split("/")
    if any(part[:1] == "." for part in parts):
        return not path
    name = parts[-1]
    return name[-3:].lower() == ".md" or "." not in name


class Listener:
    """Puts what is touched below a vault into hints. Raises OSError where the system cannot tell."""

    def __init__(self, root: Path, hints: Hints) -> None:
        from watchdog import events
        from watchdog.observers import Observer

        _pair_moves_soon()
        self._root = root
        self._hints = hints
        self._observer: BaseObserver = Observer()
        listener = self

        class Handler(events.FileSystemEventHandler):
            def on_any_event(self, event: FileSystemEvent) -> None:
                listener.hear(event)

        self._observer.schedule(
            Handler(), os.fspath(root), recursive=True,
            # Neither opening nor reading, which kb does itself.
            event_filter=[
                events.FileCreatedEvent, events.FileModifiedEvent, events.FileMovedEvent,
                events.FileDeletedEvent, events.FileClosedEvent, events.DirCreatedEvent,
                events.DirMovedEvent, events.DirDeletedEvent,
            ],
        )  # fmt: skip
        self._overflow = _Overflow(hints)
        logging.getLogger("watchdog.observers").addHandler(self._overflow)
        self._observer.start()

    def hear(self, event: FileSystemEvent) -> None:
        """Takes an event for a hint, if it can matter."""
        places = (self._place(event.src_path), self._place(event.dest_path))
        paths = [place for place in places if place is not None and matters(place)]
        if paths:
            self._hints.add(*paths)

    def _place(self, path: str | bytes) -> str | None:
        if not path:
            return None
        name = os.fsdecode(path)
        top = os.fspath(self._root)
        if name == top:
            return ""
        return name[len(top) + 1 :].replace(os.sep, "/") if name.startswith(top + os.sep) else None

    def is_alive(self) -> bool:
        """Whether anything is still being heard: each of its threads runs."""
        return self._observer.is_alive() and all(e.is_alive() for e in self._observer.emitters)

    def stop(self) -> None:
        self._observer.stop()
        logging.getLogger("watchdog.observers").removeHandler(self._overflow)
        self._observer.join(1)


def _pair_moves_soon() -> None:
    """Where watchdog reads the first half of a rename before the second, it holds back all that
    follows for half a second to put them together. The kernel tells both at once, and here each half
    is a hint of its own."""
    with contextlib.suppress(ImportError):
        from watchdog.observers.inotify_move_event_grouper import InotifyMoveEventGrouper

        InotifyMoveEventGrouper.delay = _MOVE_DELAY


class _Overflow(logging.Handler):
    """watchdog tells of lost events in its log alone."""

    def __init__(self, hints: Hints) -> None:
        super().__init__(logging.WARNING)
        self._hints = hints

    def emit(self, record: logging.LogRecord) -> None:
        if "overflow" in record.getMessage():
            self._hints.lost()


def why_deaf(root: Path) -> str:
    """Why listening would miss what happens in this vault; empty where nothing says so."""
    kind = file_system(root)
    if kind in _REMOTE:
        return f"the vault is on a drive ({kind}) that others can write to unheard"
    return ""


def file_system(path: Path) -> str:
    """The kind of file system that holds `path` (proc(5), mountinfo); empty where it is not told."""
    try:
        lines = Path("/proc/self/mountinfo").read_text("utf-8", "replace").splitlines()
    except OSError:
        return ""
    real = os.path.realpath(path)
    best, kind = "", ""
    for line in lines:
        left, _, right = line.partition(" - ")
        point = left.split()[4].encode().decode("unicode_escape", "replace")
        inside = real == point or real.startswith(point.rstrip("/") + "/")
        if inside and len(point) >= len(best):
            best, kind = point, right.split()[0]
    return kind


def why_failed(error: OSError) -> str:
    """An error of listening, with the remedy."""
    if error.errno == errno.ENOSPC:
        return f"the system's limit of watched folders is reached; {_RAISE_WATCHES}"
    if error.errno == errno.EMFILE:
        return (
            "the system's limit of listening programs is reached; raise it:"
            " sudo sysctl fs.inotify.max_user_instances=1024"
        )
    return f"the system cannot tell of changes there ({error.strerror or error})"


_RAISE_WATCHES = "raise it: sudo sysctl fs.inotify.max_user_watches=524288"


def why_partly_deaf(root: Path) -> str:
    """Whether folders of the vault are not listened to, since a limit was reached; empty where all
    are, or the system does not tell. watchdog passes them over in silence."""
    if sys.platform != "linux":
        return ""
    watched = _watches()
    if watched is None:
        return ""
    folders = sum(1 for _ in _folders(root))
    if watched >= folders:
        return ""
    return (
        f"only {watched} of {folders} folders can be listened to: the system's limit of watched"
        f" folders is reached; {_RAISE_WATCHES}"
    )


def _watches() -> int | None:
    """How many folders this process listens to (proc(5), fdinfo of inotify)."""
    count, any_there = 0, False
    try:
        for descriptor in Path("/proc/self/fd").iterdir():
            try:
                if str(descriptor.readlink()) != "anon_inode:inotify":
                    continue
                any_there = True
                about = Path("/proc/self/fdinfo", descriptor.name).read_text("ascii")
                count += about.count("inotify wd:")
            except OSError:
                continue
    except OSError:
        return None
    return count if any_there else None


def _folders(root: Path) -> list[str]:
    return [folder for folder, _, _ in os.walk(root)]
