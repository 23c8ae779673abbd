"""Whether a watcher that has seen very much still takes no more of the machine than at first.

    python tests/benchmarks/soak.py [--events 100000] [--notes 10000] [--pace 60] [--looks 20]

Notes of a large vault are saved again and again beside `kb watch`, in bursts with pauses in which it
commits, until so many events were made. Handles, threads, child processes and memory are read while
it is at rest, and the last quarter of the looks is set against the first. Reads proc(5), so it needs Linux.
"""

from __future__ import annotations

import argparse
import os
import random
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from benchmarks.saves import Reader
from benchmarks.scale import SETTLE, benchmark_settings, git, kb, scratch
from standins import large_vaults
from standins.watchers import HAS_PROC, Taken, Watching

from kb.core.announcements import current_day

FLAT = 5.0
"""Percent of growth that still count as flat."""
COLUMNS = ("events", "commits", "handles", "threads", "children", "RSS MB", "PSS MB", "processor s")
IN_PLACE, BY_RENAME = 3, 4
"""What a system tells of a save at least: modified twice and closed; created, modified, closed and
moved."""


class Soak:
    """The watcher, the reader and what has been seen so far."""

    def __init__(self, root: Path, notes: tuple[str, ...], seed: int, pace: float) -> None:
        self.root = root
        self.reader = Reader(root, notes, seed)
        self.chance = random.Random(seed)
        self.pace = pace
        self.events = 0
        self.started_with = self.commits()

    def commits(self) -> int:
        return int(git(self.root, "rev-list", "--count", "HEAD"))

    def save_until(self, events: int) -> None:
        """Bursts of saves, `pace` a second in the mean, up to so many events."""
        while self.events < events:
            for _ in range(self.chance.randint(1, 40)):
                self.events += BY_RENAME if self.reader.save_only() else IN_PLACE
            time.sleep(self.chance.expovariate(1.0) * 20 / self.pace)

    def look(self, watcher: Watching) -> Taken:
        """What the watcher holds once it has committed and come to rest; prints a row."""
        watcher.wait_until_idle(1800, still=1.0 + SETTLE)
        taken = watcher.taken()
        cells = (
            f"{self.events:,}", f"{self.commits() - self.started_with:,}", taken.handles,
            taken.threads, taken.children, f"{taken.rss:.1f}", f"{taken.pss:.1f}",
            f"{watcher.processor():.1f}",
        )  # fmt: skip
        print(f"| {' | '.join(map(str, cells))} |", flush=True)
        return taken


def growth(looks: list[Taken]) -> dict[str, float]:
    """Percent by which the last quarter of the looks is above the first, figure by figure."""
    quarter = max(1, len(looks) // 4)
    found = {}
    for name in Taken._fields:
        first = [float(getattr(taken, name)) for taken in looks[:quarter]]
        last = [float(getattr(taken, name)) for taken in looks[-quarter:]]
        before, after = sum(first) / quarter, sum(last) / quarter
        found[name] = 100 * (after - before) / before if before else 100.0 * after
    return found


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--events", type=int, default=100_000)
    parser.add_argument("--notes", type=int, default=10_000)
    parser.add_argument("--pace", type=float, default=60.0, help="saves a second, pauses included")
    parser.add_argument("--looks", type=int, default=20, help="how often the figures are read")
    parser.add_argument("--folder", type=Path, help="where the vault is made")
    parser.add_argument("--seed", type=int, default=0)
    words = parser.parse_args()
    if not HAS_PROC:
        print("There is no proc(5) here to read a process by.")
        return 1
    with scratch(words.folder) as folder:
        root = folder / "vault"
        today = current_day(datetime.now(UTC))
        made = large_vaults.make(root, words.notes, seed=words.seed, last=today)
        benchmark_settings(root)
        git(root, "commit", "-q", "-a", "-m", "Settings of the soak")
        soak = Soak(root, made.notes, words.seed, words.pace)
        print(f"{words.events:,} events over {words.notes:,} notes\n")
        print(f"| {' | '.join(COLUMNS)} |\n|{'---:|' * len(COLUMNS)}", flush=True)
        with Watching(root, {**os.environ}, folder / "watch.log") as watcher:
            watcher.wait_until_ready()
            looks = []
            for number in range(words.looks):
                soak.save_until(words.events * (number + 1) // words.looks)
                looks.append(soak.look(watcher))
            took = watcher.stop()
        kb("index", "--check", "-q", "--vault", str(root))
        git(root, "fsck", "--strict", "--no-dangling", "--no-progress")
    grown = growth(looks)
    told = ", ".join(f"{name} {percent:+.1f} %" for name, percent in grown.items())
    print(f"\nLast quarter against the first: {told}. Ended in {took:.1f} s; pages are right.")
    return 1 if max(grown.values()) > FLAT else 0


if __name__ == "__main__":
    sys.exit(main())
