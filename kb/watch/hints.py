"""What has been touched since somebody last looked. Events are hints only: the disk is the truth."""

from __future__ import annotations

import contextlib
import select
import socket
import threading
import time
from typing import NamedTuple

QUIET = 0.3
"""Seconds without an event before what was touched is looked at."""
AT_MOST = 2.0
"""Seconds after which it is looked at though there are still events."""


class Touched(NamedTuple):
    """Vault paths of files and folders, or everything where events were lost."""

    paths: frozenset[str]
    everything: bool
    last: float
    """When the last event came, on the monotonic clock."""


class Bell:
    """Wakes one waiting thread; may be rung from any thread and from a signal handler."""

    def __init__(self) -> None:
        self._ear, self._hammer = socket.socketpair()
        self._ear.setblocking(False)
        self._hammer.setblocking(False)

    def close(self) -> None:
        self._ear.close()
        self._hammer.close()

    def __enter__(self) -> Bell:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def fileno(self) -> int:
        """For `signal.set_wakeup_fd`."""
        return self._hammer.fileno()

    def ring(self) -> None:
        with contextlib.suppress(BlockingIOError, OSError):  # it rings already, or is taken down
            self._hammer.send(b"!")

    def wait(self, seconds: float | None) -> None:
        """Until it rings, or the time is over."""
        select.select([self._ear], [], [], seconds)
        with contextlib.suppress(BlockingIOError):
            while self._ear.recv(4096):
                pass


class Hints:
    """Gathers touched paths from listening threads for the working one."""

    def __init__(self, bell: Bell) -> None:
        self._bell = bell
        self._lock = threading.Lock()
        self._paths: set[str] = set()
        self._everything = False
        self._first: float | None = None
        self._last = 0.0

    def add(self, *paths: str) -> None:
        """Somebody has touched these. The empty path is the vault itself."""
        now = time.monotonic()
        with self._lock:
            self._paths.update(paths)
            self._last = now
            if self._first is not None:
                return
            self._first = now
        self._bell.ring()

    def lost(self) -> None:
        """Events were lost, so anything may have been touched."""
        with self._lock:
            self._everything = True
        self.add()

    def due(self) -> float | None:
        """When to look, on the monotonic clock; None where there is nothing to look at.

        Where events were lost there are many, and looking at everything waits until they end.
        """
        with self._lock:
            if self._first is None:
                return None
            quiet = self._last + QUIET
            return quiet if self._everything else min(quiet, self._first + AT_MOST)

    def take(self) -> Touched:
        """All that was touched; forgotten here."""
        with self._lock:
            taken = Touched(frozenset(self._paths), self._everything, self._last)
            self._paths.clear()
            self._everything, self._first = False, None
        return taken
