"""`kb watch` as a process: its log, and what it takes of the machine (proc(5), so on Linux only)."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from faults.processes import below

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType

_READY = re.compile(rb"(?:^|\s)watching\s")
HAS_PROC = Path("/proc/self/smaps_rollup").exists()
_TICK = os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100
NOWHERE = "http://127.0.0.1:9"
"""An arXiv that is never there."""


class Taken(NamedTuple):
    """What a watcher and its children hold at one moment; sizes in MB."""

    rss: float
    pss: float
    handles: int
    threads: int
    children: int


class Watching:
    """A running `kb watch`; as a context manager it is ended, by force if need be."""

    def __init__(self, root: Path, env: Mapping[str, str], log: Path, *words: str) -> None:
        self.log = log
        with log.open("wb") as told:
            self.began = time.perf_counter()
            self.process = subprocess.Popen(
                [sys.executable, "-m", "kb", "watch", "--vault", str(root), *words],
                env={**env}, stdout=subprocess.DEVNULL, stderr=told,
            )  # fmt: skip

    def __enter__(self) -> Watching:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()

    def said(self) -> str:
        return self.log.read_text("utf-8", "replace")

    def full_comparisons(self) -> int:
        """How often it has looked at the whole vault, as it says with `-v`."""
        return self.said().count("full comparison")

    def wait_until_ready(self, seconds: float = 300) -> float:
        """Until it says that it is watching; seconds since it was started.

        Raises AssertionError where it never does.
        """
        while not _READY.search(self.log.read_bytes()):
            self._must_run(seconds)
            time.sleep(0.002)
        return time.perf_counter() - self.began

    def wait_until_idle(self, seconds: float = 300, *, still: float = 1.0) -> None:
        """Until it has used no processor for `still` seconds (where there is no proc(5): for ten
        times as long it is just waited). Raises AssertionError where it is always busy."""
        if not HAS_PROC:
            time.sleep(10 * still)
            return
        deadline = time.perf_counter() + seconds
        used, since = self.processor(), time.perf_counter()
        while time.perf_counter() - since < still:
            self._must_run(seconds, since=deadline - seconds)
            time.sleep(0.05)
            now = self.processor()
            if now > used + 1.5 / _TICK:
                used, since = now, time.perf_counter()

    def _must_run(self, seconds: float, *, since: float | None = None) -> None:
        code = self.process.poll()
        assert code is None, f"the watcher left with {code}: {self.said()[-2000:]}"
        late = time.perf_counter() - (self.began if since is None else since)
        assert late < seconds, f"not after {seconds:.0f} s: {self.said()[-2000:]}"

    def stop(self, number: int = signal.SIGTERM) -> float:
        """Ends it politely; the seconds that took. Raises AssertionError where it fails."""
        begun = time.perf_counter()
        self.process.send_signal(number)
        code = self.process.wait(60)
        assert code == 0, f"the watcher left with {code}: {self.said()[-2000:]}"
        return time.perf_counter() - begun

    def processor(self) -> float:
        """Seconds of processor that it and all its children have used so far."""
        total = 0
        for pid in self._pids():
            words = _read(f"/proc/{pid}/stat").rpartition(")")[2].split()
            if words:  # of children that have ended too, with its own
                total += sum(map(int, words[11:15]))
        return total / _TICK

    def taken(self) -> Taken:
        sizes = {"Rss": 0, "Pss": 0}
        handles = threads = 0
        pids = self._pids()
        for pid in pids:
            for line in _read(f"/proc/{pid}/smaps_rollup").splitlines():
                name = line.partition(":")[0]
                if name in sizes:
                    sizes[name] += int(line.split()[1])
            handles += len(_names(f"/proc/{pid}/fd"))
            threads += len(_names(f"/proc/{pid}/task"))
        return Taken(sizes["Rss"] / 1024, sizes["Pss"] / 1024, handles, threads, len(pids) - 1)

    def _pids(self) -> list[int]:
        return [self.process.pid, *below(self.process.pid)]


def _read(path: str) -> str:
    try:
        return Path(path).read_text("utf-8", "replace")
    except OSError:  # it has ended meanwhile
        return ""


def _names(folder: str) -> list[str]:
    try:
        return [each.name for each in Path(folder).iterdir()]
    except OSError:
        return []
