"""Real processes of kb: forked with everything loaded, so that a thousand of them take minutes."""

from __future__ import annotations

import importlib
import os
import signal
import sys
import time
import traceback
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from kb.repository import command

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence


@dataclass(frozen=True, slots=True)
class Ended:
    """How a process ended: its exit code, or minus the signal that killed it."""

    code: int
    out: str
    err: str

    def __str__(self) -> str:
        return f"left with {self.code}: {self.out[-600:]} {self.err[-600:]}"


class Process:
    """`kb WORDS` in a process of its own. `first` runs in it before anything else."""

    def __init__(
        self,
        words: Sequence[str],
        env: Mapping[str, str],
        told: Path,
        *,
        first: Callable[[], None] | None = None,
    ) -> None:
        _load()
        self._out, self._err = told.with_suffix(".out"), told.with_suffix(".err")
        sys.stdout.flush()
        sys.stderr.flush()
        self.pid = os.fork()
        if self.pid == 0:
            self._be_kb(words, env, first)
        self._status: int | None = None

    def _be_kb(
        self, words: Sequence[str], env: Mapping[str, str], first: Callable[[], None] | None
    ) -> None:
        code = 70
        try:
            for number, path in ((1, self._out), (2, self._err)):
                descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
                os.dup2(descriptor, number)
                os.close(descriptor)
            sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
            sys.stderr = open(2, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
            os.environ.clear()
            os.environ.update(env)
            command._git.cache_clear()  # it is where kb looks at its environment
            for number in (signal.SIGINT, signal.SIGTERM):
                signal.signal(number, signal.default_int_handler)
            if first is not None:
                first()
            from kb.cli import run

            code = run(words)
            sys.stdout.flush()
            sys.stderr.flush()
        except BaseException:  # noqa: BLE001 - a process of its own ends here
            traceback.print_exc()
            sys.stderr.flush()
        finally:
            os._exit(code)

    def kill(self, *, children: bool = False) -> None:
        """SIGKILL, to its git and hooks too with `children`."""
        if self.ended():
            return  # its number may be somebody else's by now
        for pid in [self.pid, *(below(self.pid) if children else ())]:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue

    def ended(self) -> bool:
        if self._status is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            self._status = status if pid else None
        return self._status is not None

    def wait(self, seconds: float = 120.0) -> Ended:
        """Until it ends. Raises AssertionError where it does not."""
        deadline = time.monotonic() + seconds
        pause = 0.001
        while not self.ended():
            if time.monotonic() > deadline:
                self.kill(children=True)
                raise AssertionError(f"kb had not ended after {seconds:.0f} s")
            time.sleep(pause)
            pause = min(pause * 2, 0.01)
        code = os.waitstatus_to_exitcode(self._status or 0)
        return Ended(code, _text(self._out), _text(self._err))


def _text(path: Path) -> str:
    return path.read_text("utf-8", "replace") if path.exists() else ""


_LOADED = (
    *("git", "jinja2.sandbox", "defusedxml.ElementTree", "threadpoolctl", "numpy"),
    *("scipy.sparse", "scipy.sparse.linalg", "kb.cli.index", "kb.cli.sync", "kb.sync.filing"),
    *("kb.scorers.explain", "kb.scorers.local", "kb.sources.files", "kb.repository.git"),
)


def _load() -> None:
    """What a pass imports, once, in the parent."""
    for name in _LOADED:
        importlib.import_module(name)


def below(pid: int) -> list[int]:
    """All processes that a process has started, and theirs (proc(5)); none elsewhere."""
    parents: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            words = stat.read_text("utf-8", "replace").rpartition(")")[2].split()
        except OSError:
            continue
        parents.setdefault(int(words[1]), []).append(int(stat.parent.name))
    found, waiting = [], [pid]
    while waiting:
        children = parents.get(waiting.pop(), [])
        found += children
        waiting += children
    return found
