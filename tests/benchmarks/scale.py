"""What the watcher and a pass cost in vaults of thousands of notes, each figure beside its floor.

    python tests/benchmarks/scale.py [N ...] [--rows NAME ...] [--quick] [--folder SCRATCH]

makes a vault of N notes (default 10,000), prints a table for each, and with several N how time grows
with N. The floor of a figure is what bare Python or bare git need for the same on the same disk,
measured in the same run.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import platform
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from benchmarks import floors
from benchmarks.installed import as_installed
from benchmarks.saves import Pages, Reader
from faults.passes import private
from standins import large_vaults
from standins.watchers import HAS_PROC, NOWHERE, Watching

from kb import watch
from kb.core.announcements import current_day, next_day
from kb.vault.cache import Cache, vault_cache_folder
from kb.vault.ledger import Ledger

ROOT = Path(__file__).resolve().parents[2]
SETTLE = 1
NAMES = ("save", "commit", "start", "cold", "memory", "idle", "sync", "check")


@dataclass(frozen=True, slots=True)
class Effort:
    """How often a thing is done."""

    saves: int = 200
    commits: int = 60
    starts: int = 3
    idle: float = 60.0
    syncs: int = 3
    floors: int = 30


QUICK = Effort(saves=6, commits=2, starts=1, idle=2.0, syncs=1, floors=3)


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table; `figure` is the number that is put against N."""

    name: str
    what: str
    told: str
    reach: str
    floor: str
    figure: float


class Bench:
    """A vault of `count` notes and all that is measured in it, each thing once."""

    def __init__(self, folder: Path, count: int, effort: Effort, seed: int) -> None:
        self.folder = folder
        self.count = count
        self.effort = effort
        self.root = folder / "vault"
        self.today = current_day(datetime.now(UTC))
        begun = time.perf_counter()
        made = large_vaults.make(self.root, count, seed=seed, last=self.today)
        self.made_in = time.perf_counter() - begun
        self.notes = made.notes
        self.reader = Reader(self.root, made.notes, seed)
        self.large = count > 10_000
        benchmark_settings(self.root)
        git(self.root, "commit", "-q", "-a", "-m", "Settings of the benchmark")

    def rows(self, names: list[str]) -> Iterator[Row]:
        """The wanted rows, in the order of the table; what changes the vault comes last."""
        for name in NAMES:
            if name in names:
                yield getattr(self, name)()

    # Floors

    @cached_property
    def python(self) -> float:
        return floors.bare_python(self.effort.floors)

    @cached_property
    def walk(self) -> float:
        return min(floors.timed(lambda: floors.walk(self.root)) for _ in range(3))

    @cached_property
    def parse(self) -> float:
        files = floors.walk(self.root)
        return floors.timed(lambda: floors.parse(files))

    # The watcher at work

    @contextlib.contextmanager
    def watching(self) -> Iterator[Watching]:
        log = self.folder / "watch.log"
        with Watching(self.root, {**os.environ}, log) as watcher:
            watcher.wait_until_ready()
            watcher.wait_until_idle()
            yield watcher
            watcher.wait_until_idle()
            watcher.stop()

    @cached_property
    def worked(self) -> Worked:
        """Saves, commits and a rest, by one watcher."""
        saves: list[float] = []
        commits: list[float] = []
        with self.watching() as watcher:
            for _ in range(self.effort.saves):
                _, took = self.reader.save()
                saves.append(took - watch.QUIET)
            watcher.wait_until_idle(still=1.0 + SETTLE)
            commits += [self._committed() - SETTLE for _ in range(self.effort.commits)]
            watcher.wait_until_idle(still=1.0 + SETTLE)
            used = watcher.processor() if HAS_PROC else 0.0
            time.sleep(self.effort.idle)
            used = (watcher.processor() if HAS_PROC else 0.0) - used
            taken = watcher.taken() if HAS_PROC else None
            log = watcher.said()
        assert "Traceback" not in log, log
        kb("index", "--check", "-q", "--vault", str(self.root))
        rss, pss = (taken.rss, taken.pss) if taken else (0.0, 0.0)
        return Worked(saves, commits, used, rss, pss)

    def _committed(self) -> float:
        """Seconds from a save until git's history has it."""
        log = self.root / ".git/logs/HEAD"
        size = log.stat().st_size
        saved, _ = self.reader.save()
        while True:
            while log.stat().st_size == size:
                assert time.perf_counter() - saved < 300, f"{self.reader.note} was not committed"
                time.sleep(0.001)
            seen = time.perf_counter()
            size = log.stat().st_size
            words = ("log", "-1", "--name-only", "-z", "--format=")
            while time.perf_counter() - seen < 1:  # git writes its log before it moves the branch
                if self.reader.note in git(self.root, *words).split("\0"):
                    return seen - saved

    # Rows

    def save(self) -> Row:
        pages = [page for page in Pages.of(self.root, self.today) if page.exists()]
        one = floors.pages(self.root, pages[:1], self.effort.saves)
        floor = floors.pages(self.root, pages, self.effort.saves)
        took = self.worked.saves
        return Row(
            "save", "save a note → all its pages right, quiet time excluded", _spread(took),
            "p99 ≤ 150 ms" if self.large else "p50 ≤ 10 ms, p99 ≤ 50 ms",
            f"one page {_spread(one)}, {len(pages)} pages {_spread(floor)} (stat, write, fsync, rename)",
            floors.percentile(took, 0.99),
        )  # fmt: skip

    def commit(self) -> Row:
        took = self.worked.commits
        chosen = random.Random(1).sample(self.notes, min(self.effort.floors, len(self.notes)))
        floor = floors.commits(self.root, chosen)
        return Row(
            "commit", "the same → committed, settle excluded", _spread(took),
            "p99 ≤ 600 ms" if self.large else "p99 ≤ 200 ms",
            f"{_spread(floor)} (git add, git commit of one path)", floors.percentile(took, 0.99),
        )  # fmt: skip

    def start(self) -> Row:
        took = [self._start() for _ in range(self.effort.starts)]
        return Row(
            "start", "start with a cache", _seconds(took), "≤ 2 s" if self.large else "≤ 0.6 s",
            f"{self.python + self.walk:.2f} s (python -c pass, walk)", statistics.median(took),
        )  # fmt: skip

    def cold(self) -> Row:
        cache, kept = vault_cache_folder(self.root), self.folder / "kept"
        took = []
        for _ in range(max(1, self.effort.starts - 1)):
            cache.rename(kept)
            took.append(self._start())
            shutil.rmtree(cache)
            kept.rename(cache)
        return Row(
            "cold", "start without", _seconds(took), "≤ 12 s" if self.large else "≤ 3 s",
            f"{self.python + self.walk + self.parse:.2f} s (the same, and all properties parsed in C)",
            statistics.median(took),
        )  # fmt: skip

    def _start(self) -> float:
        with Watching(self.root, {**os.environ}, self.folder / "watch.log") as watcher:
            took = watcher.wait_until_ready()
            watcher.wait_until_idle()
            watcher.stop()
        return took

    def memory(self) -> Row:
        floor = floors.sleeping(HAS_PROC)
        told = f"{self.worked.rss:.0f} MB (PSS {self.worked.pss:.0f} MB)"
        return Row(
            "memory", "memory while idle", told, "≤ 350 MB" if self.large else "≤ 150 MB",
            f"{floor:.0f} MB (a Python that sleeps)", self.worked.rss,
        )  # fmt: skip

    def idle(self) -> Row:
        seconds = self.effort.idle
        return Row(
            "idle", f"processor while idle for {seconds:.0f} s", f"{self.worked.idle:.2f} s",
            "≤ 0.3 s" if self.large else "≤ 0.1 s", "0 s", self.worked.idle,
        )  # fmt: skip

    def sync(self) -> Row:
        empty = self.folder / "empty"
        days = [next_day(self.today)]
        while len(days) < self.effort.syncs + 1:  # the first one warms up
            days.append(next_day(days[-1]))
        feeds = [
            large_vaults.feed(self.folder / f"{day}.jsonl", day, seed=day.toordinal())
            for day in days
        ]
        _seen_as_much(empty, self.root)
        took = {root: [_sync(root, feed) for feed in feeds][1:] for root in (self.root, empty)}
        here, there = (statistics.median(took[root]) for root in (self.root, empty))
        return Row(
            "sync", "`kb sync` that adds 20 notes", f"{here:.2f} s = {here / there:.2f} × empty",
            "≤ 2 × empty" if self.large else "≤ 1.5 × empty",
            f"{there:.2f} s (the same in an empty vault that has seen the same 20 days)", here,
        )  # fmt: skip

    def check(self) -> Row:
        words = ("index", "--check", "-q", "--vault", str(self.root))
        took = [floors.timed(lambda: kb(*words)) for _ in range(self.effort.starts)]
        return Row(
            "check", "`kb index --check`", _seconds(took), "≤ 4 s" if self.large else "≤ 1 s",
            f"{self.python + self.walk:.2f} s (python -c pass, walk)", statistics.median(took),
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Worked:
    """What one watcher did; seconds and MB."""

    saves: list[float]
    commits: list[float]
    idle: float
    rss: float
    pss: float


def _spread(took: list[float]) -> str:
    p50, p99 = (floors.percentile(took, share) * 1000 for share in (0.5, 0.99))
    return f"p50 {p50:.1f} ms, p99 {p99:.1f} ms ({len(took)})"


def _seconds(took: list[float]) -> str:
    return f"{statistics.median(took):.2f} s ({len(took)})"


def benchmark_settings(root: Path) -> None:
    """Commits soon, and a day's best 20 papers are kept whatever they are worth."""
    file = root / "kb.toml"
    text = file.read_text("utf-8")
    for old, new in (
        ("settle = 30", f"settle = {SETTLE}"),
        ("relevance = 7", "relevance = 1"),
        ("per_day = 15", f"per_day = {large_vaults.PER_DAY}"),
    ):
        assert old in text or new in text, old
        text = text.replace(old, new, 1)
    file.write_text(text, "utf-8")


def _seen_as_much(empty: Path, full: Path) -> None:
    """A new vault whose first pass has fetched the same 20 days, as papers seen and not filed."""
    kb("init", str(empty))
    benchmark_settings(empty)
    history = Ledger(full).history()
    days = history.real_days()[-large_vaults.POOL :]
    caches = [Cache(vault_cache_folder(root)) for root in (full, empty)]
    for day in days:
        ids = sorted(day.scores)
        caches[1].put_papers(caches[0].papers(ids).values())
        record = {"v": 1, "k": "seen", "day": day.day.isoformat(), "papers": ids, "at": day.at}
        Ledger(empty).append(f"{day.day:%Y-%m}", [record])
    for cache in caches:
        cache.close()


def _sync(root: Path, feed: Path) -> float:
    words = ("sync", "--feed", str(feed), "--json", "--vault", str(root))
    begun = time.perf_counter()
    told = json.loads(kb(*words))
    took = time.perf_counter() - begun
    assert told["notes"]["created"] == large_vaults.PER_DAY, told
    assert told["commit"], told
    return took


def kb(*words: str) -> str:
    """What `kb WORDS` prints; a code other than 0 ends the benchmark."""
    ran = subprocess.run(
        [sys.executable, "-m", "kb", *words], capture_output=True, text=True, check=False
    )
    if ran.returncode:
        raise SystemExit(
            f"kb {' '.join(words)} left with {ran.returncode}: {ran.stdout}{ran.stderr}"
        )
    return ran.stdout


def git(root: Path, *words: str) -> str:
    ran = subprocess.run(["git", *words], cwd=root, check=True, capture_output=True)
    return ran.stdout.decode("utf-8", "replace")


@contextlib.contextmanager
def scratch(parent: Path | None) -> Iterator[Path]:
    """A folder with a home and a cache of its own, and no arXiv."""
    # Git may still be tidying up behind a commit while all is removed.
    made = tempfile.TemporaryDirectory(dir=parent, prefix="kb-scale-", ignore_cleanup_errors=True)
    with made as name, private(Path(name)):
        os.environ["KB_ARXIV_URL"] = NOWHERE
        os.environ["PYTHONPATH"] = str(ROOT)
        yield Path(name)


def growth(tables: dict[int, list[Row]]) -> Iterator[str]:
    """Figures of the same row against N: how many times the first one, beside how many times N."""
    counts = sorted(tables)
    first = counts[0]
    yield f"| time against N | {' | '.join(f'{n:,} (N × {n / first:.3g})' for n in counts)} |"
    yield f"|---|{'---:|' * len(counts)}"
    for number, row in enumerate(tables[first]):
        base = row.figure or float("nan")
        cells = [
            f"{tables[n][number].figure:.3g} (× {tables[n][number].figure / base:.2f})"
            for n in counts
        ]
        yield f"| {row.name} | {' | '.join(cells)} |"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("counts", type=int, nargs="*", metavar="N")
    parser.add_argument("--rows", nargs="+", choices=NAMES, default=list(NAMES), metavar="NAME")
    parser.add_argument("--quick", action="store_true", help="200 notes and few of everything")
    parser.add_argument("--folder", type=Path, help="where the vaults are made")
    parser.add_argument("--seed", type=int, default=0)
    words = parser.parse_args()
    as_installed()
    counts = words.counts or [200 if words.quick else 10_000]
    print(f"{os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}")
    tables: dict[int, list[Row]] = {}
    for count in sorted(counts):
        with scratch(words.folder) as folder:
            bench = Bench(folder, count, QUICK if words.quick else Effort(), words.seed)
            print(f"\n**{count:,} notes** (made in {bench.made_in:.0f} s, load {_load()})\n")
            print("| what | figure | reach | floor |\n|---|---:|---|---:|", flush=True)
            tables[count] = []
            for row in bench.rows(words.rows):
                tables[count].append(row)
                print(f"| {row.what} | {row.told} | {row.reach} | {row.floor} |", flush=True)
    if len(tables) > 1:
        print()
        print("\n".join(growth(tables)))


def _load() -> str:
    return f"{os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "not known"


if __name__ == "__main__":
    main()
