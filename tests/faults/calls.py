"""Every call by which a pass changes the disk: counted, and one of them made to go wrong.

Two ways to get between kb and the disk. `Within` replaces the functions of `os` (and renameat2)
inside the process of kb: it works everywhere and can also tear a write in two. `Strace` lets the
kernel do it: it sees SQLite's and git's calls as well. https://strace.io
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from faults.processes import Ended

if TYPE_CHECKING:
    from collections.abc import Callable

    from faults.world import World

WRAPPED = (
    "write", "fsync", "rename", "replace", "link", "unlink", "remove", "ftruncate", "mkdir",
    "fchmod", "utime", "sendfile", "copy_file_range",
)  # fmt: skip
TRACED = (
    *("write", "pwrite64", "rename", "renameat", "renameat2", "fsync", "fdatasync"),
    *("link", "linkat", "unlink", "unlinkat", "ftruncate", "mkdir", "mkdirat"),
)


@dataclass(frozen=True, slots=True)
class Point:
    """The `number`-th call of its name (`within`: of any name) in a process."""

    name: str
    number: int

    def __str__(self) -> str:
        return f"{self.name} {self.number}"


class Within:
    """Calls made by kb's own process, in their order."""

    def points(self, world: World) -> list[Point]:
        log = world.folder / "calls"

        def first() -> None:
            descriptor, write = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), os.write
            _wrap(lambda name, call: write(descriptor, f"{name}\n".encode()) and call())

        ended = world.run(first=first)
        assert ended.code == 0, ended
        return [Point(name, n) for n, name in enumerate(log.read_text().split(), 1)]

    def kill(self, world: World, point: Point, *, torn: bool = False) -> Ended:
        """SIGKILL before the call; with `torn`, after half of what it was to write."""

        def act(call: Callable[[bool], Any]) -> Any:
            if torn:
                call(True)
            os.kill(os.getpid(), signal.SIGKILL)

        return world.run(first=lambda: when_met(point, act))

    def fail(self, world: World, point: Point, code: int) -> Ended:
        """The call fails with an errno, and does nothing."""

        def act(_: Callable[[bool], Any]) -> Any:
            raise OSError(code, os.strerror(code))

        return world.run(first=lambda: when_met(point, act))


def when_met(point: Point, act: Callable[[Callable[[bool], Any]], Any]) -> None:
    """From now on in this process, `act` in the place of one call. It is given the call to make, and
    with True half of it."""
    calls = 0

    def meet(name: str, call: Callable[..., Any]) -> Any:
        nonlocal calls
        calls += 1
        return act(call) if calls == point.number else call()

    _wrap(meet)


def _wrap(meet: Callable[[str, Callable[..., Any]], Any]) -> None:
    """Lets `meet` stand before each call; it is given the call's name and the call to make."""
    for name in WRAPPED:
        if real := getattr(os, name, None):
            setattr(os, name, _standing_before(name, real, meet))
    from kb.vault import disk

    if (renameat2 := disk._renameat2()) is not None:
        met = _standing_before("renameat2", renameat2, meet)

        def with_errno(*words: Any) -> int:
            import ctypes

            try:
                return int(met(*words))
            except OSError as error:
                ctypes.set_errno(error.errno or 0)
                return -1

        disk._renameat2 = lambda: with_errno  # type: ignore[assignment]


def _standing_before(
    name: str, real: Callable[..., Any], meet: Callable[[str, Callable[..., Any]], Any]
) -> Callable[..., Any]:
    def replaced(*words: Any, **more: Any) -> Any:
        def call(torn: bool = False) -> Any:
            if torn and name == "write":
                return real(words[0], bytes(words[1])[: len(words[1]) // 2])
            return None if torn else real(*words, **more)

        return meet(name, call)

    return replaced


class Strace:
    """Calls made by kb and by the git that it starts, each process counted for itself."""

    @staticmethod
    def works() -> bool:
        if shutil.which("strace") is None:
            return False
        tried = subprocess.run(
            ["strace", "-qq", "-f", "--seccomp-bpf", "-e", "trace=write", "true"],
            capture_output=True,
            check=False,
        )
        return tried.returncode == 0

    def points(self, world: World) -> list[Point]:
        log = world.folder / "strace"
        ended = self._run(world, "-o", str(log))
        assert ended.code == 0, ended
        counts: dict[str, Counter[str]] = defaultdict(Counter)
        for line in log.read_text("utf-8", "replace").splitlines():
            if match := re.match(r"(\d+) +(\w+)\(", line):
                counts[match[1]][match[2]] += 1
        most = {name: max(each[name] for each in counts.values()) for name in TRACED}
        return [Point(name, n) for name in TRACED for n in range(1, most[name] + 1)]

    def kill(self, world: World, point: Point) -> Ended:
        # Not with --seccomp-bpf, by which strace 6.1 counts the call and sends no signal.
        inject = f"inject={point.name}:signal=KILL:when={point.number}"
        return self._run(world, "-e", inject, "-o", os.devnull, fast=False)

    def fail(self, world: World, point: Point, code: int) -> Ended:
        import errno

        error = errno.errorcode[code]
        return self._run(
            world, "-e", f"inject={point.name}:error={error}:when={point.number}", "-o", os.devnull
        )

    def _run(self, world: World, *options: str, fast: bool = True) -> Ended:
        known = ",".join(f"?{name}" for name in TRACED)
        command = [
            *("strace", "-qq", "-f", *(["--seccomp-bpf"] if fast else []), "-e", f"trace={known}"),
            *options,
            *(sys.executable, "-B", "-m", "kb", "sync", "--feed", str(world.feed)),
            *("--vault", str(world.root)),
        ]
        done = subprocess.run(
            command, env=world.env, cwd=world.folder, capture_output=True, text=True,
            errors="replace", check=False, timeout=120,
        )  # fmt: skip
        return Ended(done.returncode, done.stdout, done.stderr)
