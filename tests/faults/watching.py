"""A vault with `kb watch` beside it: what the suites of the watcher share.

Whatever happens, the pages must be right some seconds after the last change, without anything being
started anew, and with one look at the whole vault at the most.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from faults.passes import private
from faults.processes import Ended
from faults.world import files_of, times_of
from standins import large_vaults
from standins.watchers import NOWHERE, Watching

import kb
from kb.core.announcements import current_day
from kb.vault import leftovers

if TYPE_CHECKING:
    from collections.abc import Iterator

PATIENCE = 60.0
"""Seconds within which pages must be right, on a machine that has other things to do as well."""


class Watched:
    """A vault of invented notes, lived in, in which nothing is left to do."""

    def __init__(self, folder: Path, notes: int, seed: int) -> None:
        self.folder = folder
        self.root = folder / "vault"
        self.today: date = current_day(datetime.now(UTC))
        with private(folder):
            os.environ["KB_ARXIV_URL"] = NOWHERE
            os.environ["PYTHONPATH"] = str(Path(kb.__file__).parents[1])
            self.env = dict(os.environ)
            made = large_vaults.make(self.root, notes, seed=seed, last=self.today)
        self.notes = made.notes
        settings = self.root / "kb.toml"
        text = settings.read_text("utf-8")
        for old, new in (
            ('name = "{title}"', 'quiet = 0\nname = "{title}"'),
            ("settle = 30", "settle = 1"),
        ):
            assert old in text, old
            text = text.replace(old, new, 1)
        settings.write_text(text, "utf-8")
        self.git("commit", "-q", "-a", "-m", "Settings of the test")

    @contextlib.contextmanager
    def watching(self) -> Iterator[Watching]:
        """A watcher that has come to rest; ended politely, with nothing of a crash in its log."""
        with watching(self.root, self.env, self.folder / "watch.log") as watcher:
            yield watcher

    def kb(self, *words: str) -> Ended:
        return run_kb(self.root, self.env, *words)

    def git(self, *words: str) -> str:
        ran = subprocess.run(
            ["git", *words], cwd=self.root, env=self.env, capture_output=True, check=False
        )
        assert ran.returncode == 0, f"git {words[0]}: {ran.stderr.decode('utf-8', 'replace')}"
        return ran.stdout.decode("utf-8", "surrogateescape")

    def check_rest(self, *, strangers: tuple[str, ...] = ()) -> None:
        """I3 and I4, with the watcher gone: sound, nothing left behind, all of kb's committed, and a
        further pass changes nothing. `strangers` may be uncommitted, since they are no papers."""
        ended = self.kb("index")
        assert ended.code == 0, f"the next pass {ended}"
        check_sound(self.root, self.env)
        status = self.git("status", "--porcelain", "-z", "-uall").split("\0")
        open_ = [line for line in status if line and not line[3:].startswith(strangers)]
        assert not open_, f"not committed: {open_[:5]}"
        before, times, head = (
            files_of(self.root),
            times_of(self.root),
            self.git("rev-parse", "HEAD"),
        )
        ended = self.kb("index")
        assert ended.code == 0, f"a further pass {ended}"
        assert files_of(self.root) == before, "a further pass changed something"
        assert times_of(self.root) == times, "a further pass wrote something"
        assert self.git("rev-parse", "HEAD") == head, "a further pass committed something"


@contextlib.contextmanager
def watching(root: Path, env: dict[str, str], log: Path) -> Iterator[Watching]:
    with Watching(root, env, log, "-v") as watcher:
        watcher.wait_until_ready(PATIENCE)
        watcher.wait_until_idle(PATIENCE)
        yield watcher
        watcher.stop()
        assert "Traceback" not in watcher.said(), watcher.said()[-3000:]


def run_kb(root: Path, env: dict[str, str], *words: str) -> Ended:
    """`kb WORDS` as a process."""
    ran = subprocess.run(
        [sys.executable, "-m", "kb", *words, "--vault", str(root)],
        env=env, capture_output=True, text=True, check=False,
    )  # fmt: skip
    return Ended(ran.returncode, ran.stdout, ran.stderr)


def until_right(
    watcher: Watching, root: Path, env: dict[str, str], patience: float = PATIENCE
) -> float:
    """Seconds until `kb index --check` has nothing to say. Raises AssertionError where it has to the end.

    It is asked only while the watcher is at rest: it takes the vault's lock.
    """
    begun = time.monotonic()
    while True:
        watcher.wait_until_idle(patience, still=0.8)
        took = time.monotonic() - begun
        ended = run_kb(root, env, "index", "--check")
        if ended.code == 0:
            return took
        late = time.monotonic() - begun
        assert late < patience, f"after {late:.0f} s: {ended}; {watcher.said()[-1500:]}"


def check_sound(root: Path, env: dict[str, str]) -> None:
    """I2 and I3: no half of a file, no lock, nothing broken in the repository."""
    left = [str(path) for path in root.rglob("*") if leftovers.is_temporary(path.name)]
    assert not left, f"left behind: {left}"
    locks = [path.name for pattern in ("*.lock", "kb-*") for path in (root / ".git").glob(pattern)]
    assert not locks, f"left in .git: {locks}"
    said = subprocess.run(
        ["git", "fsck", "--strict", "--no-dangling", "--no-progress"],
        cwd=root, env=env, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert said.returncode == 0, f"git fsck: {said.stdout} {said.stderr}"
