"""The pass that fetches papers, in a process of its own.

What it takes in memory goes back to the system with it, and what breaks it does not end the watcher.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

_PATIENCE = 1.0
"""Seconds that an interrupted pass is given to come to an end."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a pass ended: its exit code, in a line what it did, and what a person should know."""

    code: int
    did: str
    why: str


class Intake:
    """Runs `kb sync` on one vault. `interrupt` may be called from another thread."""

    def __init__(self, root: Path) -> None:
        self._command = [
            sys.executable, "-P", "-m", "kb", "sync", "--vault", os.fspath(root), "--json",
            "--last-good",
        ]  # fmt: skip
        self._running: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()
        self._stopped = False

    def run(self) -> Outcome:
        """One pass, to its end."""
        with self._lock:
            if self._stopped:
                return Outcome(130, "", "interrupted")
            try:
                self._running = subprocess.Popen(
                    self._command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                    stderr=subprocess.PIPE, start_new_session=True,
                )  # fmt: skip
            except OSError as error:  # memory or processes have run out for the moment
                return Outcome(75, "", f"no process could be started ({error.strerror})")
        out, err = self._running.communicate()
        code = self._running.returncode
        with self._lock:
            self._running = None
        return _outcome(code, out, err)

    def interrupt(self) -> None:
        """Ends a pass that runs, within about a second; none is started any more."""
        with self._lock:
            self._stopped = True
            running = self._running
        if running is None:
            return
        with contextlib.suppress(OSError):
            running.send_signal(signal.SIGINT if os.name != "nt" else signal.SIGTERM)
        try:
            running.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            running.kill()


def _outcome(code: int, out: bytes, err: bytes) -> Outcome:
    try:
        told = json.loads(out)
    except ValueError:
        said = [line for line in err.decode("utf-8", "replace").splitlines() if line.strip()]
        return Outcome(code, "", said[-1].removeprefix("kb: ") if said else f"left with {code}")
    if "days" not in told:
        return Outcome(code, "", str(told.get("error", f"left with {code}")))
    return Outcome(code, _did(told), str(told.get("person") or told.get("later") or ""))


def _did(told: dict[str, Any]) -> str:
    done = [day["day"] for day in told["days"] if day["outcome"] == "done"]
    notes = told["notes"]
    parts = [
        f"arXiv {done[0]}" + (f" to {done[-1]}" if len(done) > 1 else "") if done else "",
        f"{notes['created']} notes created" if notes["created"] else "",
        f"{notes['updated']} updated" if notes["updated"] else "",
        f"{told['pages']} pages written" if told["pages"] else "",
        f"commit {told['commit'][:10]}" if told["commit"] else "",
    ]
    return ", ".join(part for part in parts if part)
